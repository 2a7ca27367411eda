"""For hosts that await: the steps are awaited, and the mailer keeps no loop waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tenantry import AsyncTenantry, Delivery, Dispatched, Invalid, Tenantry, schemes
from tenantry.delivery.service.dispatch import LEASE
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.awaiting import DRIVERS, Database, awaited
from tests.features.notices.postbox import Postbox, Refusing, given_up, outbox, owe
from tests.features.people import ADA, BOB, SECRET, Company
from tests.features.stores import emptied


class Host:
    """An application that awaits, and Acme as the test sees it."""

    def __init__(self, sync: Any, awaiting: Any, clock: FrozenClock) -> None:
        build: dict[str, Any] = {"scheme": schemes.AGENCY, "secret_keys": [SECRET], "clock": clock, "notices": True}
        seen = Tenantry(store=sync, **build)
        self.acme = Company(seen, seen.person(ADA).create_tenant("Acme"))
        self.tenancy = AsyncTenantry(store=awaiting, **build)
        self.jobs = self.tenancy.jobs


@pytest.fixture(params=["memory", *DRIVERS])
def host(request: pytest.FixtureRequest, clock: FrozenClock) -> Host:
    if request.param == "memory":
        store = MemoryStore()
        return Host(store, store, clock)
    name = "sqlite_store" if request.param == "aiosqlite" else "postgresql_store"
    database = Database.by(request.param, emptied(request.getfixturevalue(name)))
    return Host(database.sync, AsyncSQLAlchemyStore(database.engine), clock)


class Awaiting:
    """A mailer that is awaited."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []

    async def send(self, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        self.got.append(delivery)


class Disguised:
    """A mailer whose method is no coroutine function, and returns what is to be awaited."""

    def __init__(self) -> None:
        self.inner = Awaiting()

    def send(self, delivery: Delivery) -> Coroutine[Any, Any, None]:
        return self.inner.send(delivery)


@awaited
async def test_a_mailer_may_be_awaited(host: Host) -> None:
    issued = host.acme.invite(BOB)
    mailer = Awaiting()

    assert await host.jobs.dispatch_notices(mailer) == Dispatched(sent=1, waiting=1)

    assert [delivery.token for delivery in mailer.got] == [issued.token]
    assert outbox(host.acme)[0].status == "sent"


@awaited
async def test_what_a_mailer_returns_is_awaited(host: Host) -> None:
    owed = owe(host.acme, 1)
    mailer = Disguised()

    assert (await host.jobs.dispatch_notices(mailer)).sent == 1
    assert [delivery.key for delivery in mailer.inner.got] == owed


@awaited
async def test_a_mailer_that_blocks_does_not_block_the_loop(host: Host) -> None:
    """CR-08: it works in a thread, with no transaction open."""
    owe(host.acme, 1)
    begun, go_on, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def block(delivery: Delivery) -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()

    dispatching = asyncio.create_task(host.jobs.dispatch_notices(Postbox(block)))
    await begun.wait()
    await host.tenancy.tenant(host.acme.id, by=ADA).workspaces.create("Justice")
    go_on.set()

    assert (await dispatching).sent == 1


@awaited
async def test_a_failed_try_is_repeated_later(host: Host) -> None:
    owe(host.acme, 1)

    assert await host.jobs.dispatch_notices(Refusing()) == Dispatched(failed=1, waiting=1)
    assert outbox(host.acme)[0].failure == "ConnectionRefusedError"


@pytest.mark.parametrize("kind", [Awaiting, Postbox])
def test_a_cancelled_worker_leaves_it_to_the_next(
    host: Host, clock: FrozenClock, kind: type[Awaiting | Postbox]
) -> None:
    """CR-09"""
    owed = owe(host.acme, 1)

    class Slow(Awaiting):
        async def send(self, delivery: Delivery) -> None:
            begun.set()
            await asyncio.Event().wait()

    async def cancelled() -> None:
        dispatching = asyncio.create_task(host.jobs.dispatch_notices(Slow()))
        await begun.wait()
        dispatching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dispatching

    begun = asyncio.Event()
    asyncio.run(cancelled())
    mailer = kind()
    assert asyncio.run(host.jobs.dispatch_notices(mailer)).sent == 0
    clock.advance(LEASE)
    assert asyncio.run(host.jobs.dispatch_notices(mailer)).sent == 1
    assert [delivery.key for delivery in mailer.got] == owed


@awaited
async def test_workers_that_await_share_the_outbox(host: Host) -> None:
    """RC-09"""
    owed = owe(host.acme, 20)
    mailers = [Awaiting() for _ in range(4)]

    await asyncio.gather(*(host.jobs.dispatch_notices(mailer, limit=20) for mailer in mailers))

    assert sorted(delivery.key for mailer in mailers for delivery in mailer.got) == owed


@awaited
async def test_the_dead_are_listed_and_tried_again(host: Host) -> None:
    id = given_up(host.acme)

    assert [notice.id for notice in await host.jobs.dead_notices()] == [id]
    await host.jobs.retry_notice(id)
    assert not await host.jobs.dead_notices()


@awaited
async def test_what_cannot_send_is_no_mailer(host: Host) -> None:
    with pytest.raises(Invalid, match="method send"):
        await host.jobs.dispatch_notices(Postbox)  # type: ignore[arg-type]


@awaited
async def test_a_guest_delivers_nothing(database: Database) -> None:
    async with AsyncSession(database.engine) as session:
        tenancy = database.owned.using(AsyncSessionStore(session))
        with pytest.raises(Invalid, match="guest"):
            await tenancy.jobs.dispatch_notices(Postbox())
