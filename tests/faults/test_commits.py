"""A commit that fails, and a database that is not to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from tenantry import Busy, OutcomeUnknown, Stale, Tenantry, TenantryError, Unavailable
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.faults.commands import COMMANDS, Command, refresh_a_profile, send_an_invitation
from tests.faults.injection import checked_out, contents
from tests.races.race import new_tenancy

# A constraint trigger that is deferred speaks up at COMMIT, when all statements have succeeded.
SPEAK_UP = """
CREATE FUNCTION speak_up() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{code}'; END $$;
CREATE CONSTRAINT TRIGGER speak_up AFTER INSERT ON tenantry_audit_events DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION speak_up()
"""


@contextmanager
def failing_commits(engine: Engine) -> Iterator[None]:
    def fail(connection: object) -> None:
        raise OperationalError("COMMIT", {}, OSError("no space left on device"))

    event.listen(engine, "commit", fail)
    yield
    event.remove(engine, "commit", fail)


@pytest.mark.parametrize("ready", COMMANDS, ids=lambda ready: ready.__name__)
def test_a_commit_that_fails_keeps_nothing(store: SQLAlchemyStore, ready: Callable[[Tenantry], Command]) -> None:
    tenancy = new_tenancy(store)
    command = ready(tenancy)
    before = contents(store.engine)
    # What SQLite says it says at once; on PostgreSQL this is no answer of the server's. What was only read is not kept.
    is_known = store.engine.dialect.name == "sqlite" or ready is refresh_a_profile
    told = Unavailable if is_known else OutcomeUnknown
    with failing_commits(store.engine), pytest.raises(told):
        command(tenancy)

    assert checked_out(store.engine) == 0
    assert contents(store.engine) == before
    command(tenancy)
    assert contents(store.engine) != before


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("code", "told", "tries"), [("40001", Stale, 5), ("53100", Unavailable, 1)])
def test_a_commit_that_the_server_refuses_keeps_nothing(
    store: SQLAlchemyStore, code: str, told: type[TenantryError], tries: int
) -> None:
    """RC-12."""
    tenancy = new_tenancy(store)
    command = send_an_invitation(tenancy)
    before = contents(store.engine)
    asked: list[object] = []
    with store.engine.begin() as connection:
        connection.exec_driver_sql(SPEAK_UP.format(code=code))
    event.listen(store.engine, "commit", asked.append)
    with pytest.raises(told):
        command(tenancy)
    assert len(asked) == tries
    with store.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION speak_up CASCADE"))

    assert checked_out(store.engine) == 0
    assert contents(store.engine) == before
    command(tenancy)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_database_that_somebody_else_keeps_locked_is_told_at_once_as_busy(store: SQLAlchemyStore) -> None:
    """CR-03"""
    command = send_an_invitation(new_tenancy(store))
    before = contents(store.engine)
    tries: list[object] = []
    hasty = SQLAlchemyStore(create_engine(store.engine.url, connect_args={"timeout": 0}))
    with store.engine.connect() as somebody:
        somebody.exec_driver_sql("BEGIN IMMEDIATE")
        event.listen(hasty.engine, "begin", tries.append)
        with pytest.raises(Busy):
            command(new_tenancy(hasty))

    assert len(tries) == 1
    assert checked_out(hasty.engine) == 0
    assert contents(store.engine) == before
    command(new_tenancy(hasty))
    hasty.dispose()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_server_that_is_not_there_is_unavailable_and_then_it_is_there(store: SQLAlchemyStore) -> None:
    tenancy = new_tenancy(store)
    command = send_an_invitation(tenancy)
    before = contents(store.engine)
    nowhere = store.engine.url.set(query={"host": "/nowhere"}, host=None)
    with pytest.raises(Unavailable) as told:
        command(new_tenancy(SQLAlchemyStore(nowhere.render_as_string(hide_password=False))))

    assert isinstance(told.value.__cause__, OperationalError)
    assert contents(store.engine) == before
    command(tenancy)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_after_the_server_has_dropped_every_connection_the_next_command_works(store: SQLAlchemyStore) -> None:
    """CR-10: a connection that died in the pool is found out when it is taken from it, and replaced."""
    tenancy = new_tenancy(store)
    command = send_an_invitation(tenancy)
    before = contents(store.engine)
    other = create_engine(store.engine.url)
    with other.connect() as connection:
        mine = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))
    other.dispose()

    command(tenancy)

    assert contents(store.engine) != before
