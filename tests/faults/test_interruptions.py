"""What comes from outside in the middle of a command: an interrupt, a clock that is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session

from tenantry import Invalid, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.faults.commands import COMMANDS, Command
from tests.faults.injection import Fault, checked_out, contents
from tests.races.race import KEYS, new_tenancy

Ready = Callable[[Tenantry], Command]

every_command = pytest.mark.parametrize("ready", COMMANDS, ids=lambda ready: ready.__name__)


def interrupt() -> None:
    raise KeyboardInterrupt


@every_command
def test_an_interrupt_before_any_statement_leaves_nothing(store: SQLAlchemyStore, ready: Ready) -> None:
    """CR-09"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    for statement in count(1):
        with Fault(interrupt, at=statement).on(store.engine) as fault, suppress(KeyboardInterrupt):
            command(tenancy)
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert contents(store.engine) != before


@every_command
def test_an_interrupted_guest_leaves_nothing_although_the_host_commits(store: SQLAlchemyStore, ready: Ready) -> None:
    """CR-09"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    for statement in count(1):
        with Session(store.engine) as session:
            with Fault(interrupt, at=statement).on(store.engine) as fault, suppress(KeyboardInterrupt):
                command(tenancy.using(SessionStore(session)))
            with suppress(PendingRollbackError):  # SQLAlchemy gives up a connection that was interrupted
                session.commit()
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert contents(store.engine) != before


@every_command
def test_an_interrupt_at_any_step_in_memory_leaves_nothing(ready: Ready) -> None:
    """CR-09"""
    steps: Iterator[int] = count(-1_000_000)

    def step() -> None:
        if next(steps) == 0:
            raise KeyboardInterrupt

    store = MemoryStore(switch=step)
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = kept(store)
    for at in count(1):
        steps = count(-at)
        try:
            command(tenancy)
        except KeyboardInterrupt:
            assert kept(store) == before
        else:
            assert at > 5
            break
    assert kept(store) != before


def kept(store: MemoryStore) -> object:
    """All that is there; the number of a transaction that came to nothing is not given again."""
    return evolve(store._state, numbers=0)


class Clock:
    """Tells the time, and on request something else."""

    def __init__(self) -> None:
        self.answer: Callable[[], Any] = lambda: datetime.now(UTC)

    def __call__(self) -> Any:
        return self.answer()


def stopped() -> datetime:
    raise LookupError("the clock has stopped")


def naive() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@every_command
@pytest.mark.parametrize(("answer", "told"), [(stopped, LookupError), (naive, Invalid), (lambda: 0, Invalid)])
def test_a_broken_clock_stops_a_command_and_nothing_is_done(
    store: SQLAlchemyStore, ready: Ready, answer: Callable[[], Any], told: type[Exception]
) -> None:
    """CR-08"""
    clock = Clock()
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=KEYS, clock=clock)
    command = ready(tenancy)
    before = contents(store.engine)
    clock.answer = answer
    with pytest.raises(told):
        command(tenancy)

    assert checked_out(store.engine) == 0
    assert contents(store.engine) == before
    clock.answer = lambda: datetime.now(UTC)
    command(tenancy)
