# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""What a database or its driver fails with becomes one of our errors."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, QueuePool, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from tenantry.errors import Busy, Conflict, Stale, TenantryError, Unavailable
from tenantry.members.model import MEMBERSHIPS
from tenantry.ports import Open
from tenantry.sqlalchemy import AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore, metadata
from tenantry.testing.contract.world import World, founded, member, version, workspace
from tenantry.workspaces.model import WORKSPACES
from tests.contract.sqlalchemy.host import Note, impatient, notes, rename


def test_a_race_at_repeatable_read_is_stale(postgresql: Engine) -> None:
    world = founded(SQLAlchemyStore(postgresql))
    with Session(postgresql.execution_options(isolation_level="REPEATABLE READ")) as session:
        session.connection().execute(text("SELECT count(*) FROM tenantry_tenants"))
        rename(SQLAlchemyStore(postgresql), world)
        with pytest.raises(Stale):
            rename(SessionStore(session), world, "Too late")
        session.add(Note(text="the host goes on"))
        session.commit()
    assert notes(postgresql) == 1


def test_a_race_at_the_end_is_stale(postgresql: Engine) -> None:
    """At SERIALIZABLE, PostgreSQL may say so at COMMIT only."""
    serializable = postgresql.execution_options(isolation_level="SERIALIZABLE")
    one, two = founded(SQLAlchemyStore(postgresql)), founded(SQLAlchemyStore(postgresql))
    with pytest.raises(Stale), SQLAlchemyStore(serializable).command(one.tenant.id, gate=Open()) as tx:
        names = "SELECT string_agg(name, ' ') FROM tenantry_tenants"
        tx.session.execute(text(names))
        with Session(serializable) as session:
            session.execute(text(names))
            rename(SessionStore(session), two)
            session.commit()
        tx.records(WORKSPACES).add(workspace(one.tenant))


def test_a_locked_database_is_busy(sqlite: Engine) -> None:
    world = founded(SQLAlchemyStore(sqlite))
    with sqlite.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            rename(SQLAlchemyStore(sqlite), world)
        with Session(sqlite) as session, pytest.raises(Busy):
            rename(SessionStore(session), world)
        with Session(sqlite) as session, pytest.raises(Busy):
            session.add(Note(text="the host's own"))
            rename(SessionStore(session), world)


def test_a_lock_that_does_not_come_in_time_is_busy(postgresql: Engine) -> None:
    world = founded(SQLAlchemyStore(postgresql))
    hasty = create_engine(postgresql.url, connect_args={"options": "-c lock_timeout=10"})
    with postgresql.begin() as connection:
        connection.execute(text("UPDATE tenantry_tenants SET name = 'Mine'"))
        connection.execute(text("LOCK TABLE notes"))
        with pytest.raises(Busy):
            rename(SQLAlchemyStore(hasty), world)
        with Session(hasty) as session, pytest.raises(Busy):
            rename(SessionStore(session), world)
        with Session(hasty) as session, pytest.raises(Busy):
            session.add(Note(text="the host's own"))
            rename(SessionStore(session), world)
    hasty.dispose()


def test_two_who_wait_for_each_other_are_stale(postgresql: Engine) -> None:
    one, two = founded(SQLAlchemyStore(postgresql)), founded(SQLAlchemyStore(postgresql))
    together = Barrier(2)

    def both(first: World, second: World) -> type[Exception] | None:
        with Session(postgresql) as session:
            rename(SessionStore(session), first)
            together.wait()
            try:
                rename(SessionStore(session), second)
            except TenantryError as error:
                return type(error)
            return None

    with ThreadPoolExecutor(2) as pool:
        told = {*pool.map(both, (one, two), (two, one))}
    assert told == {Stale, None}


def test_a_transaction_of_ours_keeps_others_out_from_its_beginning_on_sqlite(sqlite: Engine) -> None:
    store = SQLAlchemyStore(sqlite)
    world = founded(store)
    with store.begin() as guest:
        with guest.query(world.tenant.id) as tx:
            assert tx.tenant()._version == world.tenant._version
        with pytest.raises(Busy):
            rename(impatient(sqlite), world, "Too early")
        rename(guest, world)
    assert version(store, world.tenant) == world.tenant._version + 1


def test_who_read_before_somebody_wrote_is_stale_on_sqlite(tmp_path: Path) -> None:
    """What SQLite says then is an extended code of "locked"."""
    store = SQLAlchemyStore(f"sqlite:///{tmp_path}/wal.db")
    store.create_all()
    world = founded(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.execute(text("SELECT count(*) FROM tenantry_tenants"))
        rename(store, world)
        with pytest.raises(Stale):
            rename(SessionStore(connection), world, "Too late")
    store.dispose()


def test_missing_tables_are_unavailable(engine: Engine) -> None:
    metadata.drop_all(engine)
    store = SQLAlchemyStore(engine)
    for door in (store.query("ten_1"), store.command("ten_1", gate=Open())):
        with pytest.raises(Unavailable, match=r"run your migrations, or create_all\(\)") as caught, door as tx:
            tx.tenant()
        assert caught.value.__cause__ is not None
        assert "tenantry_tenants" in str(caught.value)
        assert caught.value.rule == "schema"


def test_a_missing_column_is_named(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tenantry_tenants RENAME COLUMN epoch TO era"))
    with pytest.raises(Unavailable, match=r"epoch.*run your migrations") as caught:
        rename(SQLAlchemyStore(engine), world)
    with pytest.raises(Unavailable, match=r"epoch.*run your migrations"):
        founded(SQLAlchemyStore(engine))
    assert "\n" not in str(caught.value)


def test_every_failure_is_logged_once_with_its_cause_and_without_parameters(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    world = founded(SQLAlchemyStore(engine))
    metadata.drop_all(engine)
    with Session(engine) as session, pytest.raises(Unavailable), SessionStore(session).begin() as guest:
        with pytest.raises(Unavailable):
            guest.command(world.tenant.id, gate=Open()).__enter__()
        guest.check()
        rename(guest, world, "A name that is nobody's business")
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.name for record in errors] == ["tenantry"] * 2
    assert errors[0].exc_info is not None
    assert "tenantry_tenants" in caplog.text
    assert "no such table" in caplog.text or "UndefinedTable" in caplog.text
    assert world.tenant.id not in caplog.text
    assert "nobody's business" not in caplog.text


def test_a_lock_that_does_not_come_is_logged_and_a_conflict_is_not(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    world = founded(SQLAlchemyStore(engine))
    with engine.connect() as connection:
        connection.execute(text("UPDATE tenantry_tenants SET name = 'Mine'"))
        with pytest.raises(Busy):
            rename(impatient(engine), world)
    with pytest.raises(Conflict):
        founded(SQLAlchemyStore(engine), slug=world.tenant.slug)
    assert [(record.levelname, record.name) for record in caplog.records] == [("ERROR", "tenantry")]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_missing_server_is_unavailable(driver: str, tmp_path: Path) -> None:
    if driver == "psycopg":
        with (
            pytest.raises(Unavailable) as caught,
            SQLAlchemyStore(f"postgresql+psycopg://u@/d?host={tmp_path}").query("ten_1"),
        ):
            pass
    else:
        caught = awaited_failure(f"postgresql+asyncpg://u@/d?host={tmp_path}")
    assert isinstance(caught.value.__cause__, OperationalError | OSError)


def test_a_missing_database_is_unavailable(postgres_url: str) -> None:
    url = create_engine(postgres_url).url.set(drivername="postgresql+asyncpg", database="nowhere")
    assert awaited_failure(url.render_as_string(hide_password=False)).value.__cause__ is not None


def test_an_exhausted_pool_is_unavailable(postgres_url: str) -> None:
    engine = create_engine(postgres_url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(Unavailable), SQLAlchemyStore(engine).query("ten_1"):
        pass
    engine.dispose()


def test_a_lost_connection_is_unavailable_and_the_next_one_works(postgresql: Engine) -> None:
    store = SQLAlchemyStore(postgresql)
    world = founded(store)
    with pytest.raises(Unavailable), store.command(world.tenant.id, gate=Open()) as tx:
        lose(tx.session, postgresql)
        tx.records(WORKSPACES).list()
    with pytest.raises(LookupError), store.command(world.tenant.id, gate=Open()) as tx:
        lose(tx.session, postgresql)
        raise LookupError
    with pytest.raises(Unavailable), store.command(world.tenant.id, gate=Open()) as tx:
        lose(tx.session, postgresql)
    rename(store, world)


def test_what_a_database_cannot_express_is_unavailable(engine: Engine) -> None:
    with pytest.raises(Unavailable), SQLAlchemyStore(engine).query("ten_1") as tx:
        tx.records(WORKSPACES).find(slug="\ud800")


def test_a_failure_that_the_caller_swallows_is_told_at_the_end(engine: Engine) -> None:
    """On PostgreSQL the COMMIT would be a ROLLBACK without a word."""
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with pytest.raises(Unavailable), store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(WORKSPACES).add(workspace(world.tenant))
        with pytest.raises(Unavailable):
            tx.records(WORKSPACES).find(slug="\ud800")
    with pytest.raises(Unavailable), store.begin() as guest:
        rename(guest, world)
        with pytest.raises(Unavailable), guest.query(world.tenant.id) as tx:
            tx.records(WORKSPACES).find(slug="\ud800")
    assert version(store, world.tenant) == world.tenant._version


def test_a_failure_that_is_swallowed_in_a_guests_command_leaves_the_host_as_it_was(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        session.add(Note(text="before"))
        with pytest.raises(Unavailable), SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(workspace(world.tenant))
            with pytest.raises(Unavailable):
                tx.records(WORKSPACES).find(slug="\ud800")
        rename(SessionStore(session), world)
        session.commit()
    assert notes(engine) == 1
    assert version(SQLAlchemyStore(engine), world.tenant) == world.tenant._version + 1


def test_a_failure_in_a_part_that_is_undone_is_forgotten(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        with pytest.raises(Unavailable), tx.nested():
            tx.records(WORKSPACES).find(slug="\ud800")
        tx.records(WORKSPACES).add(workspace(world.tenant))
    with store.query(world.tenant.id) as tx:
        assert tx.records(WORKSPACES).count() == 2


def test_the_hosts_own_errors_pass_as_they_are(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with pytest.raises(IntegrityError), store.command(world.tenant.id, gate=Open()) as tx:
        tx.session.execute(text("INSERT INTO notes (id, text) VALUES (1, NULL)"))
    with pytest.raises(OSError, match="mine"), store.query(world.tenant.id):
        raise OSError("mine")
    rename(store, world)


def test_a_key_that_the_host_has_added_to_our_tables_is_a_conflict(postgresql: Engine) -> None:
    store = SQLAlchemyStore(postgresql)
    world = founded(store)
    with postgresql.begin() as connection:
        connection.execute(text("CREATE TABLE users (id varchar PRIMARY KEY)"))
        connection.execute(
            text(
                "ALTER TABLE tenantry_memberships ADD CONSTRAINT fk_users "
                "FOREIGN KEY (user_id) REFERENCES users NOT VALID"
            )
        )
    with pytest.raises(Conflict) as caught, store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(MEMBERSHIPS).add(member(world.tenant))
    assert caught.value.rule == "reference"
    with postgresql.begin() as connection:
        connection.execute(text("DROP TABLE users CASCADE"))


def test_what_a_table_of_the_host_refers_to_is_not_removed_on_sqlite(tmp_path: Path) -> None:
    store = SQLAlchemyStore(f"sqlite:///{tmp_path}/keys.db")
    store.create_all()
    world = founded(store)
    bob = member(world.tenant)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(MEMBERSHIPS).add(bob)
        tx.session.execute(
            text(
                "CREATE TABLE seats (tenant_id varchar, member_id varchar, "
                "FOREIGN KEY (tenant_id, member_id) REFERENCES tenantry_memberships (tenant_id, id))"
            )
        )
        tx.session.execute(text("INSERT INTO seats SELECT tenant_id, id FROM tenantry_memberships"))
    with pytest.raises(Conflict) as caught, store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(MEMBERSHIPS).remove(bob)
    assert caught.value.rule == "reference"
    store.dispose()


def lose(connection: Connection, engine: Engine) -> None:
    process = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    with engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": process})


def awaited_failure(url: str) -> pytest.ExceptionInfo[Unavailable]:
    async def ask() -> pytest.ExceptionInfo[Unavailable]:
        store = AsyncSQLAlchemyStore(url)

        def work() -> None:
            with store.store.query("ten_1"):
                pass

        with pytest.raises(Unavailable) as caught:
            await store.run(work)
        return caught

    return asyncio.run(ask())
