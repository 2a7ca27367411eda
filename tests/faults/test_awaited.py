"""The asynchronous doors: a database that fails, and tasks that are cancelled, at any statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncSession

from tenantry import AsyncTenantry, Tenantry, Unavailable, schemes
from tenantry.ports import AsyncStore
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SQLAlchemyStore
from tests.faults.commands import (
    Command,
    accept_an_invitation,
    create_a_tenant,
    send_an_invitation,
    take_several_steps,
)
from tests.faults.injection import CONNECTION_LOST, DISK_FULL, NO_SUCH_COLUMN, Fault, Instead, checked_out, contents
from tests.races.race import KEYS, new_tenancy
from tests.races.scenarios import ADA, stage

Ready = Callable[[Tenantry], Command]
Failure = BaseException | None
Run = Callable[[AsyncSQLAlchemyStore, Command], Awaitable[Failure]]

AWAITED = {"aiosqlite": "sqlite", "asyncpg": "postgresql", "psycopg": "postgresql"}

every_driver = pytest.mark.parametrize(
    ("store", "driver"), [(name, driver) for driver, name in AWAITED.items()], indirect=["store"]
)


@asynccontextmanager
async def owner(store: SQLAlchemyStore, driver: str) -> AsyncIterator[AsyncSQLAlchemyStore]:
    """An asynchronous door to the same database."""
    url = store.engine.url.set(drivername=f"{store.engine.dialect.name}+{driver}")
    awaited = AsyncSQLAlchemyStore(url.render_as_string(hide_password=False))
    try:
        yield awaited
    finally:
        await awaited.dispose()


def awaiting(store: AsyncStore) -> AsyncTenantry:
    return AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=KEYS)


async def attempt(work: Awaitable[object]) -> Failure:
    try:
        await work
    except (Unavailable, asyncio.CancelledError) as error:
        return error
    return None


async def run_as_owner(store: AsyncSQLAlchemyStore, command: Command) -> Failure:
    return await attempt(asyncio.ensure_future(awaiting(store).run(command)))


async def run_as_guest(store: AsyncSQLAlchemyStore, command: Command) -> Failure:
    async with AsyncSession(store.engine) as session:
        failure = await attempt(asyncio.ensure_future(awaiting(AsyncSessionStore(session)).run(command)))
        if failure is None:
            await session.commit()
        return failure


def cancel() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def case(driver: str, what: str, instead: Instead) -> Any:
    return pytest.param(AWAITED[driver], driver, instead, id=f"{driver}: {what}")


@pytest.mark.parametrize(
    ("store", "driver", "instead"),
    [
        case("aiosqlite", "no such column", NO_SUCH_COLUMN),
        case("aiosqlite", "cancelled", cancel),
        case("asyncpg", "disk full", DISK_FULL),
        case("asyncpg", "connection lost", CONNECTION_LOST),
        case("asyncpg", "cancelled", cancel),
        case("psycopg", "disk full", DISK_FULL),
        case("psycopg", "connection lost", CONNECTION_LOST),
        case("psycopg", "cancelled", cancel),
    ],
    indirect=["store"],
)
@pytest.mark.parametrize(
    "ready", [create_a_tenant, accept_an_invitation, take_several_steps], ids=lambda ready: ready.__name__
)
@pytest.mark.parametrize("run", [run_as_owner, run_as_guest])
def test_what_goes_wrong_at_any_statement_leaves_nothing(
    store: SQLAlchemyStore, driver: str, ready: Ready, run: Run, instead: Instead
) -> None:
    """CR-03, CR-09, CR-10"""
    command = ready(new_tenancy(store))
    before = contents(store.engine)
    told = asyncio.CancelledError if instead is cancel else Unavailable

    async def fail_everywhere() -> None:
        async with owner(store, driver) as awaited:
            engine: Engine = awaited.engine.sync_engine
            for statement in count(1):
                with Fault(instead, at=statement).on(engine) as fault:
                    failure = await run(awaited, command)
                assert checked_out(engine) == 0
                assert (failure is None) is not bool(fault.struck)
                if not fault.struck:
                    break
                assert isinstance(failure, told)
                assert contents(store.engine) == before

    asyncio.run(fail_everywhere())
    assert contents(store.engine) != before


@every_driver
def test_a_transaction_whose_task_is_cancelled_between_its_steps_keeps_nothing(
    store: SQLAlchemyStore, driver: str
) -> None:
    """CR-09"""
    here = stage(new_tenancy(store))
    before = contents(store.engine)

    async def work(tenancy: AsyncTenantry) -> None:
        async with tenancy.transaction() as tx:
            await tx.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
            cancel()
            await tx.tenant(here.tenant_id, by=ADA).workspaces.create("Chair")

    async def cancelled() -> None:
        async with owner(store, driver) as awaited:
            tenancy = awaiting(awaited)
            assert isinstance(await attempt(asyncio.ensure_future(work(tenancy))), asyncio.CancelledError)
            assert checked_out(awaited.engine.sync_engine) == 0
            assert contents(store.engine) == before
            await tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")

    asyncio.run(cancelled())
    assert contents(store.engine) != before


@every_driver
def test_a_command_that_is_cancelled_while_it_waits_for_another_does_nothing(
    store: SQLAlchemyStore, driver: str
) -> None:
    """CR-09"""
    command = send_an_invitation(new_tenancy(store))
    before = contents(store.engine)

    async def cancelled() -> None:
        async with owner(store, driver) as awaited:
            tenancy = awaiting(awaited)
            with store.engine.connect() as somebody:
                if driver == "aiosqlite":
                    somebody.exec_driver_sql("BEGIN IMMEDIATE")
                somebody.exec_driver_sql("UPDATE tenantry_tenants SET version = version")
                waiting = asyncio.ensure_future(tenancy.run(command))
                await asyncio.sleep(0.05)
                waiting.cancel()
                if driver == "aiosqlite":
                    somebody.rollback()  # the driver's thread cannot be called back from its waiting
                assert isinstance(await attempt(waiting), asyncio.CancelledError)
            assert checked_out(awaited.engine.sync_engine) == 0
            assert contents(store.engine) == before
            await tenancy.run(command)

    asyncio.run(cancelled())
    assert contents(store.engine) != before
