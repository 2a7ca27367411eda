"""After any number of failures everything that was borrowed is back."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tenantry import SYSTEM, Principal, Tenantry, TenantryError
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.faults.injection import CONNECTION_LOST, NO_SUCH_COLUMN, Fault, checked_out
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, BOB, Stage, stage
from tests.scale import rounds

Attempt = Callable[[Tenantry], object]


def failures(store: SQLAlchemyStore, here: Stage) -> Sequence[Attempt]:
    """What is refused, each in its own way."""
    stranger = Principal("user_stranger")
    broken = NO_SUCH_COLUMN if store.engine.dialect.name == "sqlite" else CONNECTION_LOST

    def by(who: Principal) -> Callable[[Tenantry], object]:
        return lambda t: t.tenant(here.tenant_id, by=who).members.remove(ADA.user_id)

    def unavailable(t: Tenantry) -> object:
        with Fault(broken, at=3).on(store.engine):
            return t.tenant(here.tenant_id, by=ADA).workspaces.create("Press")

    def interrupted(t: Tenantry) -> object:
        with t.transaction() as tx:
            tx.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
            raise KeyboardInterrupt

    return [
        by(stranger),
        by(BOB),
        by(SYSTEM),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.get("user_nobody"),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create("\x00"),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create("General", slug="general"),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.list(after="not a cursor"),
        lambda t: t.person(BOB).create_tenant("Acme", slug=f"acme{here.tag}"),
        lambda t: t.person(BOB).accept("not a token"),
        lambda t: t.resolve("nobody-has-this"),
        unavailable,
        interrupted,
    ]


def borrowed(store: SQLAlchemyStore) -> tuple[int, int, int]:
    """Connections in use, threads, open files."""
    gc.collect()
    return checked_out(store.engine), threading.active_count(), len([*Path("/dev/fd").iterdir()])


def test_failing_operations_give_everything_back(store: SQLAlchemyStore) -> None:
    """RX-12."""
    tenancy = new_tenancy(store)
    here = stage(tenancy, bob="member")
    ways = failures(store, here)

    def fail(way: Attempt) -> None:
        with pytest.raises((TenantryError, KeyboardInterrupt)):
            way(tenancy)
        with Session(store.engine) as session, suppress(TenantryError, KeyboardInterrupt):
            way(tenancy.using(SessionStore(session)))

    for way in ways:
        fail(way)
    before = borrowed(store)
    assert before[0] == 0
    for way in islice(cycle(ways), rounds(20_000)):
        fail(way)
    assert borrowed(store) == before
