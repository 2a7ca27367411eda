"""Hosts that await: every door that is for them, on every driver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import ParamSpec

from attrs import frozen
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tenantry import AsyncTenantry, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SQLAlchemyStore
from tests.features.people import SECRET

P = ParamSpec("P")

DRIVERS = {"aiosqlite": "sqlite+aiosqlite", "asyncpg": "postgresql+asyncpg", "psycopg": "postgresql+psycopg"}


def awaited(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """A test that awaits, as one that pytest can call."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@frozen
class Database:
    """A database as a host that awaits reaches it, and as the test looks at it."""

    engine: AsyncEngine
    sync: SQLAlchemyStore

    @classmethod
    def by(cls, driver: str, sync: SQLAlchemyStore) -> Database:
        url = sync.engine.url.set(drivername=DRIVERS[driver])
        return cls(create_async_engine(url, poolclass=NullPool), sync)

    @property
    def seen(self) -> Tenantry:
        """What is committed."""
        return Tenantry(store=self.sync, scheme=schemes.AGENCY, secret_keys=[SECRET])

    @property
    def owned(self) -> AsyncTenantry:
        """Through the door that owns its transactions."""
        return awaiting(AsyncSQLAlchemyStore(self.engine))

    def hosted(self, session: AsyncSession) -> AsyncTenantry:
        """Through the door that is a guest in the host's."""
        return awaiting(AsyncSessionStore(session))


def awaiting(store: MemoryStore | AsyncSQLAlchemyStore | AsyncSessionStore) -> AsyncTenantry:
    return AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])


@frozen
class Door:
    """One way for a host that awaits; the session that it may take is committed at the end."""

    database: Database | None
    guest: bool

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncTenantry]:
        if self.database is None:
            yield awaiting(MemoryStore())
        elif not self.guest:
            yield self.database.owned
        else:
            async with AsyncSession(self.database.engine) as session, session.begin():
                yield self.database.hosted(session)
