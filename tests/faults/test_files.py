"""A file of SQLite that takes nothing more: because the disk is full, or because it is only to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tenantry import Tenantry, Unavailable
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.faults.commands import COMMANDS, Command
from tests.faults.injection import checked_out, contents
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, stage

Ready = Callable[[Tenantry], Command]

every_command = pytest.mark.parametrize("ready", COMMANDS, ids=lambda ready: ready.__name__)
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@contextmanager
def before_statement(engine: Engine, number: int, pragma: str) -> Iterator[list[str]]:
    """Before the statement of this number the file is changed for the connection that is about to execute it."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        seen.append(statement)
        if len(seen) == number:
            connection.connection.dbapi_connection.execute(pragma)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@on_sqlite
@every_command
def test_a_file_that_may_only_be_read_from_any_statement_on_keeps_what_it_had(
    store: SQLAlchemyStore, ready: Ready
) -> None:
    """CR-03"""
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    causes: list[BaseException | None] = []
    for statement in count(1):
        with before_statement(store.engine, statement, "PRAGMA query_only = 1") as seen:
            try:
                command(tenancy)
            except Unavailable as error:
                causes.append(error.__cause__)
        assert checked_out(store.engine) == 0
        store.dispose()  # which lets go of the connection that only reads
        if contents(store.engine) != before:
            break
        assert len(seen) >= statement
    assert len(causes) > 2
    assert None not in causes


@on_sqlite
def test_a_disk_that_is_full_keeps_what_it_had_and_goes_on_when_there_is_room(store: SQLAlchemyStore) -> None:
    """CR-03"""
    here = stage(tenancy := new_tenancy(store))
    create = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create
    before = contents(store.engine)

    def no_page_more(connection: Any, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # no fewer than there are

    def fill() -> None:
        nonlocal before
        for number in range(1_000):
            before = contents(store.engine)
            create(f"Press {number}")

    event.listen(store.engine, "connect", no_page_more)
    store.dispose()
    with pytest.raises(Unavailable) as told:
        fill()

    assert "full" in str(told.value.__cause__)
    assert checked_out(store.engine) == 0
    assert contents(store.engine) == before
    event.remove(store.engine, "connect", no_page_more)
    store.dispose()

    create("Press")

    assert contents(store.engine) != before
