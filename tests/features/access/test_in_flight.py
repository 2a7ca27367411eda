"""A question that is asked while a command of the same context runs: its answer is not kept beyond the command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from sqlalchemy.util import await_only

from tenantry import AsyncTenantry, TenantContext, Tenantry, schemes
from tenantry.ports import Store, Transaction
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, SECRET

READ = "workspace-api:workspace:read"
PATIENCE = 60  # seconds, after which a test that hangs fails


class Watched:
    """A store that lets a test act after each read, and before each commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.has_read: Callable[[], object] = lambda: None
        self.will_commit: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        with self._store.query(tenant_id) as tx:
            yield tx
        self.has_read()

    @contextmanager
    def command(self, tenant_id: str, *, gate: Any, patience: Any = None) -> Iterator[Transaction]:
        with self._store.command(tenant_id, gate=gate) as tx:
            yield tx
            self.will_commit()


class Office:
    """Ada's context, in whose workspace she may read until it is archived."""

    def __init__(self, store: Store) -> None:
        self.store = Watched(store)
        tenancy = Tenantry(store=self.store, scheme=schemes.AGENCY, secret_keys=[SECRET])
        acme = tenancy.person(ADA).create_tenant("Acme")
        self.context: TenantContext = tenancy.tenant(acme.id, by=ADA)
        self.justice = self.context.workspaces.create("Justice").id

    def may_read(self) -> bool:
        return self.context.can(READ, workspace=self.justice)


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_what_was_read_before_a_command_ended_is_not_kept(office: Office) -> None:
    loaded, go_on = Event(), Event()

    def wait() -> None:
        loaded.set()
        assert go_on.wait(PATIENCE)

    with ThreadPoolExecutor() as threads:
        office.store.has_read = wait
        answer = threads.submit(office.may_read)
        assert loaded.wait(PATIENCE)
        office.store.has_read = lambda: None
        office.context.workspaces.archive(office.justice)
        go_on.set()

        assert answer.result(PATIENCE), "it was asked before"
    assert not office.may_read()


def test_what_was_read_within_a_command_is_not_kept(office: Office) -> None:
    with ThreadPoolExecutor() as threads:

        def ask() -> None:
            assert threads.submit(office.may_read).result(PATIENCE), "nothing is committed yet"

        office.store.will_commit = ask
        office.context.workspaces.archive(office.justice)

    assert not office.may_read()


def test_what_was_read_within_a_command_that_failed_is_not_kept(office: Office) -> None:
    """Who knows whether it was kept."""
    statements = 0

    def count() -> None:
        nonlocal statements
        statements += 1

    def fail() -> None:
        office.may_read()
        raise RuntimeError

    office.store.will_commit = fail
    with pytest.raises(RuntimeError):
        office.context.workspaces.archive(office.justice)
    office.store.has_read = count

    assert office.may_read()
    assert statements == 1


def test_an_answer_is_kept_until_the_next_command(office: Office) -> None:
    assert office.may_read()
    office.store.has_read = pytest.fail

    assert office.may_read()


@awaited
async def test_what_another_task_has_asked_is_not_kept(database: Database) -> None:
    """A task asks, and waits for the answer while another one runs a command."""
    loaded, go_on = asyncio.Event(), asyncio.Event()

    def wait() -> None:
        loaded.set()
        await_only(go_on.wait())

    door: Any = database.owned._store
    watched: Any = Watched(door.store)
    door.store = watched
    tenancy = AsyncTenantry(store=door, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = await tenancy.person(ADA).create_tenant("Acme")
    context = tenancy.tenant(acme.id, by=ADA)
    justice = (await context.workspaces.create("Justice")).id

    watched.has_read = wait
    asking = asyncio.create_task(context.can(READ, workspace=justice))
    async with asyncio.timeout(PATIENCE):
        await loaded.wait()
        watched.has_read = lambda: None
        await context.workspaces.archive(justice)
        go_on.set()
        assert await asking, "it was asked before"

    assert not await context.can(READ, workspace=justice)
