"""A command of ours waits for a lock as long as the option says, and no setting of anybody else's changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, QueuePool, create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tenantry import AsyncTenantry, Busy, Invalid, Options, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, SECRET, Company

SOON = Options(lock_timeout=timedelta(milliseconds=50))
GENERIC = "-c plan_cache_mode=force_generic_plan"


def tenancy_of(store: Any, options: Options = SOON) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], options=options)


@pytest.fixture
def acme(sql_store: SQLAlchemyStore) -> Company:
    tenancy = tenancy_of(sql_store, Options())
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme", slug="acme"))


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody keeps every tenant locked."""
    with engine.connect() as connection:
        connection.execute(text("UPDATE tenantry_tenants SET name = name"))
        yield


@contextmanager
def soon_busy() -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(Busy):
        yield
    assert time.monotonic() - began < 4  # and not the 5 seconds or more of a driver


def waits(engine: Engine) -> str:
    """How long a connection of this pool waits for locks."""
    with engine.connect() as connection:
        shown = "PRAGMA busy_timeout" if engine.dialect.name == "sqlite" else "SHOW lock_timeout"
        return str(connection.scalar(text(shown)))


@pytest.fixture
def alone(sql_store: SQLAlchemyStore) -> Iterator[Engine]:
    """An engine with one connection, whose plans know no values."""
    url = sql_store.engine.url
    given: dict[str, Any] = {} if url.get_backend_name() == "sqlite" else {"options": GENERIC, "prepare_threshold": 0}
    engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=1, connect_args=given)
    yield engine
    engine.dispose()


class TestOwners:
    def test_a_command_is_busy_when_the_lock_does_not_come(self, acme: Company, alone: Engine) -> None:
        tenancy = tenancy_of(SQLAlchemyStore(alone))
        for _ in range(3):  # the plan is generic from the first time on
            with locked(acme.tenancy._store.engine), soon_busy():  # type: ignore[attr-defined]
                tenancy.tenant(acme.id, by=ADA).update(name="Apex")
        tenancy.tenant(acme.id, by=ADA).update(name="Apex")

    def test_nothing_of_it_stays_with_the_connection(self, acme: Company, alone: Engine) -> None:
        before = waits(alone)
        tenancy = tenancy_of(SQLAlchemyStore(alone))
        tenancy.tenant(acme.id, by=ADA).update(name="Apex")
        tenancy.person(ADA).create_tenant("Beta")
        assert waits(alone) == before
        with locked(acme.tenancy._store.engine), soon_busy():  # type: ignore[attr-defined]
            tenancy.tenant(acme.id, by=ADA).update(name="Acme")
        assert waits(alone) == before

    def test_none_leaves_it_to_the_database(self, acme: Company, sql_store: SQLAlchemyStore) -> None:
        hasty = {"timeout": 0} if sql_store.engine.dialect.name == "sqlite" else {"options": "-c lock_timeout=20"}
        url = sql_store.engine.url.difference_update_query(["timeout"])
        store = SQLAlchemyStore(create_engine(url, connect_args=hasty))
        with locked(sql_store.engine), soon_busy():
            tenancy_of(store, Options(lock_timeout=None)).tenant(acme.id, by=ADA).update(name="Apex")
        store.dispose()

    def test_several_steps_are_busy_too(self, acme: Company, alone: Engine) -> None:
        if alone.dialect.name == "postgresql":  # SQLite waits when the transaction begins, as long as the driver says
            with locked(alone), soon_busy(), tenancy_of(SQLAlchemyStore(alone)).transaction() as tx:
                tx.tenant(acme.id, by=ADA).update(name="Apex")

    def test_waiting_for_a_slug_ends_too(self, acme: Company, alone: Engine) -> None:
        tenancy = tenancy_of(SQLAlchemyStore(alone))
        with Session(acme.tenancy._store.engine) as session:  # type: ignore[attr-defined]
            acme.tenancy.using(SessionStore(session)).person(BOB).create_tenant("Beta", slug="beta")
            with soon_busy():
                tenancy.person(ADA).create_tenant("Beta", slug="beta")


class TestGuests:
    def test_the_setting_of_the_host_is_never_touched(self, acme: Company, alone: Engine) -> None:
        before = waits(alone)
        for host in (Session(alone), alone.connect()):
            with host:
                tenancy_of(SessionStore(host)).tenant(acme.id, by=ADA).update(name="Apex")
                shown = "PRAGMA busy_timeout" if alone.dialect.name == "sqlite" else "SHOW lock_timeout"
                assert str(host.execute(text(shown)).scalar()) == before

    def test_the_setting_of_the_host_decides(self, acme: Company, sql_store: SQLAlchemyStore) -> None:
        if sql_store.engine.dialect.name == "postgresql":
            with Session(sql_store.engine) as session, locked(sql_store.engine):
                session.execute(text("SET LOCAL lock_timeout = '20ms'"))
                with soon_busy():
                    tenancy_of(SessionStore(session), Options()).tenant(acme.id, by=ADA).update(name="Apex")


class TestAwaited:
    @awaited
    async def test_a_command_is_busy_when_the_lock_does_not_come(self, database: Database) -> None:
        acme = database.seen.person(ADA).create_tenant("Acme")
        engine = generic(database)
        tenancy = AsyncTenantry(
            store=AsyncSQLAlchemyStore(engine), scheme=schemes.AGENCY, secret_keys=[SECRET], options=SOON
        )
        with locked(database.sync.engine), soon_busy():
            await tenancy.tenant(acme.id, by=ADA).update(name="Apex")
        await tenancy.tenant(acme.id, by=ADA).update(name="Apex")
        shown = "PRAGMA busy_timeout" if engine.dialect.name == "sqlite" else "SHOW lock_timeout"
        async with engine.connect() as connection:
            assert str(await connection.scalar(text(shown))) in ("60000", "0")
        async with AsyncSession(engine) as session:
            await tenancy.using(AsyncSessionStore(session)).tenant(acme.id, by=ADA).update(name="Acme")
            assert str(await session.scalar(text(shown))) in ("60000", "0")
        await engine.dispose()


def generic(database: Database) -> AsyncEngine:
    """An engine whose plans know no values."""
    given: dict[str, Any] = {
        "aiosqlite": {},
        "asyncpg": {"server_settings": {"plan_cache_mode": "force_generic_plan"}},
        "psycopg": {"options": GENERIC, "prepare_threshold": 0},
    }
    return create_async_engine(database.engine.url, connect_args=given[database.engine.dialect.driver], pool_size=1)


def test_the_limit_is_set_before_the_lock_is_waited_for(postgresql_store: SQLAlchemyStore) -> None:
    """The update takes only rows for which the subquery was evaluated, once."""
    sent: list[tuple[str, Any]] = []
    store = SQLAlchemyStore(create_engine(postgresql_store.engine.url))

    def note(*args: Any) -> None:
        if "set_config" in args[2]:
            sent.append((args[2], args[3]))

    event.listen(store.engine, "before_cursor_execute", note)
    tenancy = tenancy_of(store)
    acme = tenancy.person(ADA).create_tenant("Acme")
    tenancy.tenant(acme.id, by=ADA).update(name="Apex")
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN (VERBOSE) {sent[-1][0]}", sent[-1][1]).scalars().all()
    store.dispose()
    lines = [line.strip() for line in plan]
    setting = next(number for number, line in enumerate(lines) if "set_config('lock_timeout'" in line)
    assert lines[setting - 2].startswith("InitPlan")
    assert any(line.startswith(("Filter:", "One-Time Filter:")) and "IS NOT NULL" in line for line in lines)


@pytest.mark.parametrize("given", [timedelta(0), timedelta(seconds=-1), 5, "5s"], ids=str)
def test_the_option_is_a_time_or_none(given: Any) -> None:
    with pytest.raises(Invalid, match="lock_timeout"):
        Options(lock_timeout=given)


def test_in_memory_nobody_waits() -> None:
    tenancy = tenancy_of(MemoryStore())
    acme = tenancy.person(ADA).create_tenant("Acme")
    assert tenancy.tenant(acme.id, by=ADA).update(name="Apex").name == "Apex"
