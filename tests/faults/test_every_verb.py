"""Every public verb, with a database that fails at its first statement, at its second, and so on until it passes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session

from tenantry import TenantStatus, Unavailable
from tenantry.delivery.service.dispatch import LEASE
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.faults.injection import CONNECTION_LOST, DISK_FULL, NO_SUCH_COLUMN, Fault, Instead, checked_out, contents
from tests.features.notices.postbox import Postbox, outbox, owe
from tests.features.people import BOB, EVE, Company
from tests.features.stores import emptied
from tests.features.verbs import VERBS, World
from tests.scale import SCALE

GUESTS = (
    "person.create_tenant",
    "person.accept",
    "person.signed_in",
    "members.remove",
    "invitations.resend",
    "tenant.delete",
)
"""Verbs that are tried in a transaction of the host's too, of each kind one; `commands.py` has more."""

LOGGED = ("tenancy.record_denial",)
"""Verbs that leave a warning where others raise: whoever was denied something is to be told that, and nothing else."""


def interrupt() -> None:
    raise KeyboardInterrupt


def case(database: str, what: str, instead: Instead) -> Any:
    return pytest.param(database, instead, id=f"{database}: {what}")


FAULTS = [case("sqlite", "no such column", NO_SUCH_COLUMN), case("postgresql", "disk full", DISK_FULL)]
MORE_FAULTS = [
    case("sqlite", "interrupted", interrupt),
    case("postgresql", "interrupted", interrupt),
    case("postgresql", "connection lost", CONNECTION_LOST),
]
every_fault = pytest.mark.parametrize(
    ("store", "instead"), FAULTS + (MORE_FAULTS if SCALE > 1 else []), indirect=["store"]
)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def world(store: SQLAlchemyStore, clock: FrozenClock) -> World:
    """One that tells people of what is done."""
    return World(emptied(store), clock=clock, notices=True)


def attempt(
    engine: Engine, instead: Instead, at: int, act: Callable[[], object], *, told_as: type = Unavailable
) -> Fault:
    """Do it with a fault: it is told as what it is, and no connection is kept."""
    told: BaseException | None = None
    with Fault(instead, at=at).on(engine) as fault:
        try:
            act()
        except (KeyboardInterrupt, Unavailable) as error:
            told = error
    assert type(told) is (type(None) if not fault.struck else KeyboardInterrupt if instead is interrupt else told_as)
    assert checked_out(engine) == 0
    return fault


@every_fault
@pytest.mark.parametrize("name", [name for name in VERBS if not VERBS[name].several])
def test_a_verb_that_fails_at_any_statement_has_done_nothing_and_then_succeeds(
    store: SQLAlchemyStore, world: World, name: str, instead: Instead
) -> None:
    """CR-03, CR-09, CR-10: neither its facts, nor its events, nor its messages."""
    arguments = (VERBS[name].doing or VERBS[name].args)(world)
    told_as = type(None) if name in LOGGED else Unavailable
    before = contents(store.engine)
    tried = 0
    for statement in count(1):
        verb = world.verb(name, VERBS[name].by)  # anew, since a context keeps what it has read
        act = partial(verb, **arguments)
        if not attempt(store.engine, instead, statement, act, told_as=told_as).struck:
            break
        assert contents(store.engine) == before
        tried = statement
    assert bool(tried) is not VERBS[name].asks_nothing
    assert (contents(store.engine) == before) is VERBS[name].reads


@every_fault
@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_that_fails_at_any_statement_has_done_nothing_although_the_host_commits(
    store: SQLAlchemyStore, world: World, name: str, instead: Instead
) -> None:
    """CR-03, CR-09, CR-10"""
    arguments = VERBS[name].args(world)
    before = contents(store.engine)
    for statement in count(1):
        with Session(store.engine) as session:
            verb = guest(world, session).verb(name, VERBS[name].by)
            with Fault(instead, at=statement).on(store.engine) as fault, suppress(Unavailable, KeyboardInterrupt):
                verb(**arguments)
            if (fault.struck and instead == CONNECTION_LOST) or fault.hit.startswith(("SAVEPOINT", "RELEASE")):
                session.rollback()  # there is nothing that the host could go on from
            with suppress(PendingRollbackError):  # SQLAlchemy gives up a connection that was interrupted
                session.commit()
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert contents(store.engine) != before


@pytest.mark.parametrize("name", GUESTS)
def test_what_a_guest_has_done_is_gone_when_the_host_rolls_back_and_can_be_done_again(
    store: SQLAlchemyStore, world: World, name: str
) -> None:
    """RC-19"""
    arguments = VERBS[name].args(world)
    before = contents(store.engine)
    with Session(store.engine) as session:
        guest(world, session).verb(name, VERBS[name].by)(**arguments)
        session.rollback()
    assert contents(store.engine) == before

    world.verb(name, VERBS[name].by)(**arguments)
    assert contents(store.engine) != before


@every_fault
def test_messages_that_could_not_be_marked_are_delivered_by_a_later_run_with_the_same_key(
    store: SQLAlchemyStore, world: World, clock: FrozenClock, instead: Instead
) -> None:
    """CR-07: each claim and each mark is a transaction of its own, so at most one message goes out twice."""
    world.tenancy.jobs.dispatch_notices(Postbox())
    for statement in count(1):
        owed = owe(world.acme, 2)
        postbox = Postbox()

        fault = attempt(store.engine, instead, statement, lambda: world.tenancy.jobs.dispatch_notices(postbox))  # noqa: B023
        clock.advance(LEASE)
        world.tenancy.jobs.dispatch_notices(postbox)

        keys = [delivery.key for delivery in postbox.got]
        assert set(keys) == set(owed)
        assert len(keys) <= len(owed) + bool(fault.struck)
        left = [notice for notice in outbox(world.acme) if notice.id in owed]
        assert {(notice.status.value, notice._claim) for notice in left} == {("sent", None)}
        if not fault.struck:
            assert statement > 5
            break


@every_fault
def test_a_purge_that_fails_at_any_statement_has_purged_a_tenant_wholly_or_not_at_all(
    store: SQLAlchemyStore, world: World, clock: FrozenClock, instead: Instead
) -> None:
    """CR-05"""
    world.acme.context().delete(confirm="Acme")
    clock.advance(days=365)
    before = contents(store.engine)
    purge = world.tenancy.jobs.purge
    for statement in count(1):
        with Fault(instead, at=statement).on(store.engine), suppress(Unavailable, KeyboardInterrupt):
            assert set(purge().failed.values()) <= {"Unavailable"}
        assert checked_out(store.engine) == 0
        if contents(store.engine) != before:
            assert statement > 5
            break
    again = purge()

    assert (again.tenant_ids, again.failed, again.remaining) == ((), {}, 0)
    assert status_of(world.acme) is TenantStatus.PURGED
    left = {name.removeprefix("tenantry_") for name, rows in contents(store.engine).items() if rows}
    assert left == {"tenants", "slugs", "audit_events"}


@every_fault
def test_a_user_who_could_not_be_forgotten_everywhere_is_so_by_the_next_run(
    store: SQLAlchemyStore, world: World, instead: Instead
) -> None:
    """CR-03: each tenant has forgotten them wholly or not at all."""
    beta = Company(world.tenancy, world.tenancy.person(EVE).create_tenant("Beta"))
    both = (world.acme, beta)
    forget = world.tenancy.forget
    for statement in count(1):
        for company in both:
            if BOB.user_id not in company.user_ids():
                company.add(BOB)
        before = {company.id: rows_of(store.engine, company) for company in both}

        fault = attempt(store.engine, instead, statement, lambda: forget(BOB.user_id, emails=["bob@acme.test"]))

        for company in both:
            after = rows_of(store.engine, company)
            assert (after == before[company.id]) is not forgotten(company, after)
        if not fault.struck:
            assert statement > 20
            break
    assert all(forgotten(company, rows_of(store.engine, company)) for company in both)


def guest(world: World, session: Session) -> World:
    """The same world in a transaction of the host's."""
    here = copy(world)
    here.tenancy = world.tenancy.using(SessionStore(session))
    here.acme = copy(world.acme)
    here.acme.tenancy = here.tenancy
    return here


def status_of(company: Company) -> TenantStatus:
    with company.tenancy._store.query(company.id) as tx:
        return tx.tenant().status


def rows_of(engine: Engine, company: Company) -> list[tuple[Any, ...]]:
    """What is stored of one tenant."""
    return [row for rows in contents(engine).values() for row in rows if company.id in row]


def forgotten(company: Company, rows: list[tuple[Any, ...]]) -> bool:
    """Whether Bob is not known there any more."""
    return BOB.user_id not in company.user_ids() and "bob@acme.test" not in repr(rows)
