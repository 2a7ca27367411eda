# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""The doors for hosts that await, on each driver: the same store, in a greenlet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tenantry.errors import Invalid, NotFound, SlugTaken, Unavailable
from tenantry.members.model import MEMBERSHIPS
from tenantry.ports import AsyncStore, Open, Passes, Store
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore, metadata
from tenantry.testing.contract.world import World, founded, workspace
from tenantry.workspaces.model import WORKSPACES


@pytest.fixture(params=["aiosqlite", "asyncpg", "psycopg"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "aiosqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/host.db"
    url = make_url(request.getfixturevalue("postgres_url"))
    return url.set(drivername=f"postgresql+{request.param}").render_as_string(hide_password=False)


@pytest.fixture
def sync(url: str) -> Iterator[Engine]:
    """The same database, for looking at it."""
    engine = create_engine(url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg"))
    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def world(sync: Engine) -> World:
    return founded(SQLAlchemyStore(sync))


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM tenantry_tenants")))


def rename(store: Store, world: World, name: str) -> None:
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), name=name, slug=world.tenant.slug))


def refuse(store: Store, world: World) -> None:
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), name="Refused", slug="refused"))
        raise LookupError


def on(url: str, work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    async def main() -> None:
        engine = create_async_engine(url)
        try:
            await work(engine)
        finally:
            await engine.dispose()

    asyncio.run(main())


class TestGuests:
    def test_what_the_host_rolls_back_never_was(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                store = AsyncSessionStore(session)
                await store.run(lambda: rename(store.store, world, "Changed"))
                await session.rollback()
                await store.run(lambda: founded(store.store))
                await session.rollback()

        on(url, work)
        assert names(sync) == [world.tenant.name]

    def test_a_refused_command_leaves_the_hosts_transaction_usable_and_the_tenant_unlocked(
        self, url: str, sync: Engine, world: World
    ) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                store = AsyncSessionStore(session)
                with pytest.raises(LookupError):
                    await store.run(lambda: refuse(store.store, world))
                with pytest.raises(NotFound):
                    await store.run(lambda: enter(store.store, world, "nobody"))
                rename(SQLAlchemyStore(sync), world, "By another")
                await store.run(lambda: rename(store.store, world, "By the host"))
                await session.commit()

        on(url, work)
        assert names(sync) == ["By the host"]

    def test_a_connection_is_a_host_too(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with engine.connect() as connection:
                store = AsyncSessionStore(connection)
                await store.run(lambda: rename(store.store, world, "Changed"))
                await connection.commit()
            with pytest.raises(Invalid, match="open"):
                AsyncSessionStore(engine.connect())

        on(url, work)
        assert names(sync) == ["Changed"]

    def test_a_part_of_the_hosts_transaction_is_undone_alone(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                store: AsyncStore = AsyncSessionStore(session)
                await store.run(lambda: rename(store.store, world, "Kept"))
                with pytest.raises(LookupError):
                    async with store.begin() as part:
                        await part.run(lambda: rename(part.store, world, "Undone"))
                        raise LookupError
                await session.commit()

        on(url, work)
        assert names(sync) == ["Kept"]

    def test_synchronous_code_that_the_host_runs_in_its_session_uses_the_synchronous_door(
        self, url: str, sync: Engine, world: World
    ) -> None:
        def synchronous(session: Session) -> None:
            rename(SessionStore(session), world, "Changed")

        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                await session.run_sync(synchronous)
                await session.commit()

        on(url, work)
        assert names(sync) == ["Changed"]

    def test_outside_of_run_the_store_is_of_no_use(self, url: str, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                with pytest.raises(Invalid, match="AsyncSessionStore"):
                    rename(AsyncSessionStore(session).store, world, "Changed")

        on(url, work)

    def test_a_command_that_is_cancelled_is_undone(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            async with AsyncSession(engine) as session:
                store = AsyncSessionStore(session)
                await cancelled(store, world)
                await session.rollback()
                await store.run(lambda: rename(store.store, world, "Afterwards"))
                await session.commit()

        on(url, work)
        assert names(sync) == ["Afterwards"]


class TestOwners:
    def test_a_command_is_committed_and_a_refused_one_is_not(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            with pytest.raises(LookupError):
                await store.run(lambda: refuse(store.store, world))
            assert names(sync) == [world.tenant.name]
            await store.run(lambda: rename(store.store, world, "Changed"))
            assert names(sync) == ["Changed"]

        on(url, work)

    def test_several_commands_are_kept_together_or_not_at_all(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            store: AsyncStore = AsyncSQLAlchemyStore(engine)
            with pytest.raises(LookupError):
                async with store.begin() as tx:
                    assert not tx.store.owns_transactions
                    await tx.run(lambda: rename(tx.store, world, "Undone"))
                    raise LookupError
            async with store.begin() as tx:
                await tx.run(lambda: rename(tx.store, world, "One"))
                with pytest.raises(LookupError):
                    await tx.run(lambda: refuse(tx.store, world))
                await tx.run(lambda: rename(tx.store, world, "Two"))
                assert names(sync) == [world.tenant.name]

        on(url, work)
        assert names(sync) == ["Two"]

    def test_many_are_saved_or_none_whether_the_driver_counts_them_or_not(self, url: str, world: World) -> None:
        first, *others = (workspace(world.tenant) for _ in range(5))

        def save(store: Store) -> tuple[int, list[str]]:
            with store.command(world.tenant.id, gate=Open()) as tx:
                places = tx.records(WORKSPACES)
                places.add(first, *others)
                before = tx.statements
                places.save(*(evolve(place, name="Changed") for place in (first, *others)))
                cost = tx.statements - before
                with pytest.raises(SlugTaken):
                    places.save(evolve(first, name="Lost"), evolve(others[0], slug=world.workspace.slug), *others[1:])
                with pytest.raises(NotFound):
                    places.save(evolve(first, name="Lost"), workspace(world.tenant))
                return cost, [place.name for place in places.list()]

        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            cost, found = await store.run(lambda: save(store.store))
            assert cost == (5 if "asyncpg" in url else 1)
            assert found == [world.workspace.name, *(["Changed"] * 5)]

        on(url, work)

    def test_a_url_is_enough(self, url: str) -> None:
        async def main() -> None:
            store = AsyncSQLAlchemyStore(url)
            await store.create_all()
            world = await store.run(lambda: founded(store.store))
            await store.run(lambda: rename(store.store, world, "Changed"))
            await store.dispose()

        asyncio.run(main())

    def test_a_connection_that_the_server_has_dropped_is_replaced(self, url: str, sync: Engine, world: World) -> None:
        async def main() -> None:
            store = AsyncSQLAlchemyStore(url)
            await store.run(lambda: rename(store.store, world, "Before"))
            if sync.dialect.name == "postgresql":
                with sync.connect() as connection:
                    mine = "pid <> pg_backend_pid() AND datname = current_database()"
                    connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))
            await store.run(lambda: rename(store.store, world, "After"))
            await store.dispose()

        asyncio.run(main())
        assert names(sync) == ["After"]

    def test_commands_of_many_tasks_lose_nothing(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            await asyncio.gather(
                *(store.run(lambda n=n: rename(store.store, world, f"{n}")) for n in range(12))  # type: ignore[misc]
            )

        on(url, work)
        with SQLAlchemyStore(sync).query(world.tenant.id) as tx:
            assert tx.tenant()._version == world.tenant._version + 12

    def test_a_pause_holds_up_nobody(self, url: str) -> None:
        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            pausing = asyncio.create_task(store.run(lambda: store.store.pause(0.01)))
            await asyncio.sleep(0)
            assert not pausing.done()
            await pausing

        on(url, work)

    def test_a_command_that_is_cancelled_is_undone(self, url: str, sync: Engine, world: World) -> None:
        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            await cancelled(store, world)
            assert names(sync) == [world.tenant.name]
            await store.run(lambda: rename(store.store, world, "Afterwards"))

        on(url, work)
        assert names(sync) == ["Afterwards"]

    def test_missing_tables_are_unavailable(self, url: str, sync: Engine, world: World) -> None:
        metadata.drop_all(sync)

        async def work(engine: AsyncEngine) -> None:
            store = AsyncSQLAlchemyStore(engine)
            with pytest.raises(Unavailable, match=r"^The tables .*tenantry_tenants.*migrations") as told:
                await store.run(lambda: rename(store.store, world, "Changed"))
            assert "class" not in str(told.value)

        on(url, work)


def test_a_database_in_memory_is_one_for_all_tasks() -> None:
    async def main() -> None:
        store = AsyncSQLAlchemyStore("sqlite+aiosqlite://")
        await store.create_all()
        world = await store.run(lambda: founded(store.store))
        await asyncio.gather(*(store.run(lambda: rename(store.store, world, "Changed")) for _ in range(5)))
        await store.dispose()

    asyncio.run(main())


def enter(store: Store, world: World, user_id: str) -> None:
    with store.command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": user_id})):
        pass


async def cancelled(store: AsyncStore, world: World) -> None:
    """Cancel a task that has written and goes on writing."""
    has_written = asyncio.Event()

    def work() -> None:
        with store.store.command(world.tenant.id, gate=Open()) as tx:
            while True:
                tx.records(WORKSPACES).add(workspace(world.tenant))
                has_written.set()

    task = asyncio.create_task(store.run(work))
    await has_written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
