"""What the doors take, and what they refuse with a sentence."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosqlite
import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tenantry.errors import Invalid
from tenantry.ports import AsyncStore, Open, Operator, Store
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore
from tenantry.testing.contract.world import founded, version
from tenantry.workspaces.model import WORKSPACES
from tests.contract.sqlalchemy.host import rename

if TYPE_CHECKING:

    def doors_are_stores(
        owner: SQLAlchemyStore, guest: SessionStore, awaited: AsyncSQLAlchemyStore, awaited_guest: AsyncSessionStore
    ) -> tuple[Store, Store, AsyncStore, AsyncStore]:
        return owner, guest, awaited, awaited_guest


@pytest.mark.parametrize("host", [None, "sqlite://", object(), SQLAlchemyStore])
def test_a_guest_needs_a_session_or_connection(host: Any) -> None:
    with pytest.raises(Invalid, match="Session"):
        SessionStore(host)
    with pytest.raises(Invalid, match="AsyncSession"):
        AsyncSessionStore(host)


@pytest.mark.parametrize("database", [None, 1, object()])
def test_an_owner_needs_a_url_or_engine(database: Any) -> None:
    with pytest.raises(Invalid, match="URL"):
        SQLAlchemyStore(database)
    with pytest.raises(Invalid, match="URL"):
        AsyncSQLAlchemyStore(database)


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql+nosuch://x"])
def test_a_url_must_lead_to_a_database(url: str) -> None:
    for door in (SQLAlchemyStore, AsyncSQLAlchemyStore):
        with pytest.raises(Invalid, match="URL"):
            door(url)


def test_a_synchronous_door_refuses_what_is_to_be_awaited() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    session = AsyncSession(engine)
    for refused_host in (session, engine.connect()):
        with pytest.raises(Invalid, match="use AsyncSessionStore"):
            SessionStore(refused_host)  # type: ignore[arg-type]
    for database in (engine.sync_engine, "sqlite+aiosqlite://"):
        with pytest.raises(Invalid, match="AsyncSQLAlchemyStore"):
            SQLAlchemyStore(database)
    store = SessionStore(session.sync_session)
    for door in (store.query("ten_1"), store.command("ten_1", gate=Open())):
        with pytest.raises(Invalid, match="AsyncSessionStore"), door:
            pass


def test_an_asynchronous_door_refuses_what_is_not() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(Invalid, match="AsyncSession"):
        AsyncSessionStore(Session(engine))  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="AsyncEngine"):
        AsyncSQLAlchemyStore(engine)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="URL"):
        AsyncSQLAlchemyStore("sqlite://")


def test_another_database_is_refused(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite.dialect, "name", "oracle")
    with pytest.raises(Invalid, match="not on oracle"):
        SQLAlchemyStore(sqlite)
    with (
        Session(sqlite) as session,
        pytest.raises(Invalid, match="not on oracle"),
        SessionStore(session).across(Operator()),
    ):
        pass


def test_another_database_to_be_awaited_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    monkeypatch.setattr(engine.dialect, "name", "oracle")
    with pytest.raises(Invalid, match="not on oracle"):
        AsyncSQLAlchemyStore(engine)
    host = AsyncSessionStore(AsyncSession(engine))

    async def main() -> None:
        with pytest.raises(Invalid, match="not on oracle"):
            await host.run(lambda: host.store.across(Operator()).__enter__())

    asyncio.run(main())


def test_an_old_sqlite_is_refused(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    awaited = create_async_engine("sqlite+aiosqlite://")
    for module in (sqlite.dialect.dbapi, awaited.dialect.dbapi, aiosqlite):  # the last is what a new engine asks
        monkeypatch.setattr(module, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(Invalid, match=r"this is 3\.34\.1"):
        SQLAlchemyStore(sqlite)
    for database in (awaited, "sqlite+aiosqlite://"):
        with pytest.raises(Invalid, match=r"this is 3\.34\.1"):
            AsyncSQLAlchemyStore(database)


def test_a_connection_that_commits_by_itself_is_refused(postgresql: Engine) -> None:
    world = founded(SQLAlchemyStore(postgresql))
    engine = postgresql.execution_options(isolation_level="AUTOCOMMIT")
    with pytest.raises(Invalid, match="AUTOCOMMIT"):
        rename(SQLAlchemyStore(engine), world)
    with Session(engine) as session, pytest.raises(Invalid, match="AUTOCOMMIT"):
        rename(SessionStore(session), world)
    with SQLAlchemyStore(engine).query(world.tenant.id) as tx:
        assert tx.tenant() == world.tenant


def test_an_awaited_connection_that_commits_by_itself_is_refused(postgresql: Engine) -> None:
    world = founded(SQLAlchemyStore(postgresql))

    async def main() -> None:
        engine = create_async_engine(postgresql.url, isolation_level="AUTOCOMMIT")
        owner = AsyncSQLAlchemyStore(engine)
        with pytest.raises(Invalid, match="AUTOCOMMIT"):
            await owner.run(lambda: rename(owner.store, world))
        async with AsyncSession(engine) as session:
            guest = AsyncSessionStore(session)
            with pytest.raises(Invalid, match="AUTOCOMMIT"):
                await guest.run(lambda: rename(guest.store, world))
        await owner.dispose()

    asyncio.run(main())
    assert version(SQLAlchemyStore(postgresql), world.tenant) == world.tenant._version


def test_a_session_without_an_engine_is_refused() -> None:
    with Session() as session, pytest.raises(Invalid, match="no engine"), SessionStore(session).query("ten_1"):
        pass


def test_a_guest_never_waits(sqlite: Engine) -> None:
    with Session(sqlite) as session, pytest.raises(AssertionError):
        SessionStore(session).pause(1)


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    store = SQLAlchemyStore("sqlite://")
    store.create_all()
    world = founded(store)
    rename(store, world)
    assert version(store, world.tenant) == world.tenant._version + 1
    store.dispose()


def test_sqlite_checks_foreign_keys_and_lets_readers_read(tmp_path: Path) -> None:
    store = SQLAlchemyStore(f"sqlite:///{tmp_path}/ours.db")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    store.dispose()


def test_an_awaited_sqlite_checks_foreign_keys_and_lets_readers_read(tmp_path: Path) -> None:
    async def main() -> None:
        store = AsyncSQLAlchemyStore(f"sqlite+aiosqlite:///{tmp_path}/ours.db")
        async with store.engine.connect() as connection:
            assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
            assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
        await store.dispose()

    asyncio.run(main())


@pytest.mark.parametrize("name", ["", ":memory:", "file:ours?mode=memory&uri=true"])
def test_a_url_in_memory_is_one_database_for_all_who_await(name: str) -> None:
    async def main() -> None:
        store = AsyncSQLAlchemyStore(f"sqlite+aiosqlite:///{name}")
        await store.create_all()
        world = await store.run(lambda: founded(store.store))
        await asyncio.gather(*(store.run(lambda: rename(store.store, world)) for _ in range(3)))
        assert await store.run(lambda: version(store.store, world.tenant)) == world.tenant._version + 3
        await store.dispose()

    asyncio.run(main())


def test_only_real_statements_are_counted(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    with Session(engine) as session:
        with SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            with tx.nested():
                tx.records(WORKSPACES).list()
            tx.save_tenant(tx.tenant())
        session.commit()
    real = [each for each in sent if each.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    assert tx.statements == len(real) == 3


BARE = """
import sys
sys.modules["greenlet"] = None
import tenantry.sqlalchemy as ours
store = ours.SQLAlchemyStore("sqlite://")
store.create_all()
try:
    ours.AsyncSessionStore
except ImportError as error:
    print(error)
try:
    ours.Nothing
except AttributeError as error:
    print(error)
"""


def test_only_who_awaits_needs_greenlet() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "AsyncSessionStore needs greenlet: install tenantry[async].",
        "module 'tenantry.sqlalchemy' has no attribute 'Nothing'",
    ]


def test_who_has_no_sqlalchemy_is_told_what_to_install() -> None:
    without = "import sys; sys.modules['sqlalchemy'] = None; import tenantry.sqlalchemy"
    done = subprocess.run([sys.executable, "-c", without], check=False, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last == "ImportError: tenantry.sqlalchemy needs SQLAlchemy: install tenantry[sqlalchemy]."


@pytest.mark.parametrize(
    ("door", "url", "driver", "how"),
    [
        (SQLAlchemyStore, "postgresql+psycopg://db/app", "psycopg", "install tenantry[postgresql]."),
        (SQLAlchemyStore, "postgresql+psycopg2://db/app", "psycopg2", "begin the URL with postgresql+psycopg:."),
        (AsyncSQLAlchemyStore, "postgresql+asyncpg://db/app", "asyncpg", "install tenantry[asyncpg]."),
        (AsyncSQLAlchemyStore, "sqlite+aiosqlite://", "aiosqlite", "install tenantry[async]."),
        (SQLAlchemyStore, "postgresql+pg8000://db/app", "pg8000", "install its driver."),
    ],
)
def test_who_has_no_driver_is_told_what_to_install(
    door: type[SQLAlchemyStore | AsyncSQLAlchemyStore], url: str, driver: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(Invalid, match="There is no engine") as refused:
        door(url)
    assert str(refused.value).endswith(how)


@pytest.mark.parametrize("door", [SQLAlchemyStore, AsyncSQLAlchemyStore])
@pytest.mark.parametrize("name", ["mysql", "nosuch"])
def test_another_database_is_refused_before_its_driver_is_missed(
    door: type[SQLAlchemyStore | AsyncSQLAlchemyStore], name: str
) -> None:
    with pytest.raises(Invalid, match=rf"^tenantry works on SQLite and PostgreSQL, not on {name}\.$"):
        door(f"{name}://db/app")
