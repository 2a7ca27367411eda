"""The database fails at the first statement of a command, at the second, and so on until it comes through."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tenantry import Stale, Tenantry, TenantryError, Unavailable
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.faults.commands import COMMANDS, Command
from tests.faults.injection import (
    CONNECTION_LOST,
    DISK_FULL,
    NO_SUCH_COLUMN,
    SERIALIZATION_FAILURE,
    Fault,
    checked_out,
    contents,
)
from tests.races.race import new_tenancy

Ready = Callable[[Tenantry], Command]

every_command = pytest.mark.parametrize("ready", COMMANDS, ids=lambda ready: ready.__name__)


@every_command
@pytest.mark.parametrize(
    ("store", "sql"),
    [
        pytest.param("postgresql", DISK_FULL, id="postgresql: disk full"),
        pytest.param("postgresql", CONNECTION_LOST, id="postgresql: connection lost"),
        pytest.param("sqlite", NO_SUCH_COLUMN, id="sqlite: no such column"),
    ],
    indirect=["store"],
)
def test_a_command_that_fails_at_any_statement_has_done_nothing(store: SQLAlchemyStore, ready: Ready, sql: str) -> None:
    """CR-03, CR-10, E01, E90"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    causes: list[BaseException | None] = []
    for statement in count(1):
        with Fault(sql, at=statement).on(store.engine) as fault:
            try:
                command(tenancy)
            except Unavailable as error:
                causes.append(error.__cause__)
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert len(causes) > 5
    assert None not in causes
    assert contents(store.engine) != before


@every_command
@pytest.mark.parametrize(
    ("store", "sql", "told"),
    [
        pytest.param("postgresql", DISK_FULL, Unavailable, id="postgresql: disk full"),
        pytest.param("postgresql", SERIALIZATION_FAILURE, Stale, id="postgresql: serialization failure"),
        pytest.param("sqlite", NO_SUCH_COLUMN, Unavailable, id="sqlite: no such column"),
    ],
    indirect=["store"],
)
def test_a_guest_that_fails_at_any_statement_leaves_the_host_its_transaction(
    store: SQLAlchemyStore, ready: Ready, sql: str, told: type[TenantryError]
) -> None:
    """CR-03, RC-12"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    causes: list[BaseException | None] = []
    for statement in count(1):
        with Session(store.engine) as session:
            session.execute(text("DELETE FROM host_notes"))
            with Fault(sql, at=statement).on(store.engine) as fault:
                try:
                    command(tenancy.using(SessionStore(session)))
                except told as error:
                    causes.append(error.__cause__)
            if fault.hit.startswith(("SAVEPOINT", "RELEASE")):
                session.rollback()  # without a savepoint there is nothing that the host could go on from
            else:
                session.execute(text("INSERT INTO host_notes VALUES ('kept')"))
                session.commit()
                assert session.scalar(text("SELECT count(*) FROM host_notes")) == 1
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert len(causes) > 5
    assert None not in causes
    assert contents(store.engine) != before


@every_command
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_guest_whose_connection_is_lost_is_told_so_and_the_host_begins_again(
    store: SQLAlchemyStore, ready: Ready
) -> None:
    """CR-10"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    for statement in count(1):
        with Session(store.engine) as session:
            with Fault(CONNECTION_LOST, at=statement).on(store.engine) as fault:
                try:
                    command(tenancy.using(SessionStore(session)))
                except Unavailable:
                    session.rollback()
            session.commit()
        assert checked_out(store.engine) == 0
        if not fault.struck:
            break
        assert contents(store.engine) == before
    assert contents(store.engine) != before


@pytest.mark.parametrize("store", ["postgresql", "sqlite"], indirect=True)
def test_a_guest_whose_savepoint_cannot_be_released_keeps_nothing_even_if_the_host_commits(
    store: SQLAlchemyStore,
) -> None:
    tenancy = new_tenancy(store)
    command = COMMANDS[0](tenancy)
    before = contents(store.engine)
    with Session(store.engine) as session:
        with Fault(NO_SUCH_COLUMN, where="RELEASE").on(store.engine), pytest.raises(Unavailable):
            command(tenancy.using(SessionStore(session)))
        with suppress(SQLAlchemyError):
            session.commit()

    assert checked_out(store.engine) == 0
    assert contents(store.engine) == before
