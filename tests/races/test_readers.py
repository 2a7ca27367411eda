"""What others read while somebody changes a tenant, and right after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
from sqlalchemy.orm import Session

from tenantry import SYSTEM, Tenantry, TenantryError
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.races.arenas import together
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, BOB, Stage, stage
from tests.scale import rounds

STORES = ["memory", "on_sqlite", "on_postgres"]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = MemoryStore() if request.param == "memory" else request.getfixturevalue(request.param)
    return found


def answers(tenancy: Tenantry, here: Stage) -> tuple[str, bool]:
    """What Bob is told when he looks at the tenant, and whether others find him among those who may."""
    try:
        tenancy.tenant(here.tenant_id, by=BOB).get()
        told = "done"
    except TenantryError as error:
        told = type(error).__name__
    holders = tenancy.tenant(here.tenant_id, by=SYSTEM).who_can("tenant-api:tenant:read")
    return told, BOB.user_id in [each.user_id for each in holders]


def test_whoever_is_switched_off_or_removed_is_denied_from_then_on_in_every_thread(store: Store) -> None:
    """PE-17."""
    tenancy = new_tenancy(store)
    here = stage(tenancy, bob="member")
    members = tenancy.tenant(here.tenant_id, by=ADA).members
    ends: list[tuple[str, Callable[[str], object], Callable[[str], object]]] = [
        ("Denied", members.deactivate, members.reactivate),
        ("NotFound", members.remove, members.add),
    ]
    with ThreadPoolExecutor(1) as elsewhere:
        for number in range(rounds(100_000 if isinstance(store, MemoryStore) else 2_000)):
            refusal, end, again = ends[number % 2]
            assert elsewhere.submit(answers, tenancy, here).result() == ("done", True)
            end(BOB.user_id)
            assert elsewhere.submit(answers, tenancy, here).result() == (refusal, False)
            again(BOB.user_id)


# --- PE-19: a transfer is seen as a whole

BEFORE, AFTER = {"user_ada": ("owner",), "user_bob": ("admin",)}, {"user_ada": ("admin",), "user_bob": ("owner",)}


def hand_back_and_forth(tenancy: Tenantry, here: Stage, over: Event) -> None:
    try:
        for _ in range(rounds(2_000)):
            for owner, heir in ((ADA, BOB), (BOB, ADA)):
                tenancy.tenant(here.tenant_id, by=owner).members.transfer_ownership(to=heir.user_id)
    finally:
        over.set()


def watch(opened: Callable[[], Iterator[Tenantry]], here: Stage, over: Event) -> list[dict[str, tuple[str, ...]]]:
    """The roles of everybody, as they were each time."""
    seen = []
    while not over.is_set():
        for tenancy in opened():
            members = tenancy.tenant(here.tenant_id, by=SYSTEM).members
            seen.append({member.user_id: member.roles for member in members.list()})
    return seen


def as_guests(tenancy: Tenantry, store: SQLAlchemyStore) -> Iterator[Tenantry]:
    """Twice within one snapshot of the host's."""
    with Session(store.engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        yield from [tenancy.using(SessionStore(session))] * 2


def require_whole(tenancy: Tenantry, opened: Callable[[], Iterator[Tenantry]]) -> list[dict[str, tuple[str, ...]]]:
    here = stage(tenancy, bob="admin")
    over = Event()
    _, *seen = together([partial(hand_back_and_forth, tenancy, here, over), *[partial(watch, opened, here, over)] * 2])
    for each in seen:
        assert isinstance(each, list)
        assert each
        assert all(roles in (BEFORE, AFTER) for roles in each)
    return [roles for each in seen if isinstance(each, list) for roles in each]


def test_a_reader_sees_ownership_before_or_after_a_transfer(store: Store) -> None:
    """PE-19."""
    tenancy = new_tenancy(store)
    require_whole(tenancy, lambda: iter([tenancy]))


def test_within_a_snapshot_ownership_stays_where_it_was(on_postgres: SQLAlchemyStore) -> None:
    """PE-19."""
    tenancy = new_tenancy(on_postgres)
    seen = require_whole(tenancy, partial(as_guests, tenancy, on_postgres))
    assert seen[::2] == seen[1::2]
