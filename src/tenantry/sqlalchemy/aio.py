"""The two asynchronous doors. The work is the same and synchronous; in a greenlet, where its waiting is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util import await_only

from ..kernel.coroutines import guarded
from ..kernel.errors import Invalid
from ..storage.ports import Store
from .engines import make, require, set_up
from .store import SessionStore, SQLAlchemyStore

__all__ = ["AsyncSQLAlchemyStore", "AsyncSessionStore"]

T = TypeVar("T")


class _Owner(SQLAlchemyStore):
    def __init__(self, engine: Engine) -> None:
        require(engine.dialect)
        self.engine = engine

    def pause(self, seconds: float) -> None:
        await_only(asyncio.sleep(seconds))


class _Bridge:
    """See `tenantry.ports.AsyncStore`."""

    def __init__(self, store: Store, awaiting: AsyncSession | AsyncConnection) -> None:
        self.store = store
        self._awaiting = awaiting

    async def run(self, work: Callable[[], T]) -> T:
        """See `tenantry.ports.AsyncStore.run`."""
        return await self._awaiting.run_sync(lambda _: work())

    def begin(self) -> _Begun:
        """See `tenantry.ports.AsyncStore.begin`."""
        return _Begun(self.store.begin(), self._awaiting)


class _Begun:
    """A synchronous transaction, to be entered with `async with`."""

    def __init__(self, begun: AbstractContextManager[Store], awaiting: AsyncSession | AsyncConnection) -> None:
        self._begun = begun
        self._awaiting = awaiting

    async def __aenter__(self) -> _Bridge:
        return _Bridge(await self._awaiting.run_sync(lambda _: self._begun.__enter__()), self._awaiting)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._awaiting.run_sync(lambda _: self._begun.__exit__(kind, error, traceback))


class AsyncSessionStore(_Bridge):
    """As `SessionStore`, for a host that awaits.

    Args:
        host: An asynchronous session, or a connection that is open.

    Raises:
        Invalid: It is something else.
    """

    def __init__(self, host: AsyncSession | AsyncConnection) -> None:
        inner = getattr(host, "sync_session", None) or getattr(host, "sync_connection", None)
        if inner is None:
            kind = type(host).__name__
            raise Invalid(
                f"AsyncSessionStore takes an AsyncSession or an AsyncConnection that is open, not {kind}.",
                rule="wrong_type",
                expected="AsyncSession",
            )
        super().__init__(SessionStore(inner), host)


class AsyncSQLAlchemyStore(_Bridge):
    """As `SQLAlchemyStore`, for a host that awaits.

    Args:
        database: The URL of a database, with a driver that is awaited (`sqlite+aiosqlite:`, `postgresql+asyncpg:`,
            `postgresql+psycopg:`), or an engine for one.

    Raises:
        Invalid: There is no engine for this URL, or it is one that we cannot work with.
    """

    def __init__(self, database: str | URL | AsyncEngine) -> None:
        if isinstance(database, str | URL):
            self.engine = make(database, create_async_engine)
            set_up(self.engine.sync_engine)
        elif isinstance(database, AsyncEngine):
            self.engine = database
        else:
            raise Invalid(
                f"AsyncSQLAlchemyStore takes a URL or an AsyncEngine, not {type(database).__name__}.",
                rule="wrong_type",
                expected="AsyncEngine",
            )
        self._owner = _Owner(self.engine.sync_engine)
        super().__init__(self._owner, AsyncSession())  # it has no engine: what we need of it is `run_sync`

    @guarded
    async def create_all(self) -> None:
        """Create the tables that are missing: for demos and tests. An application has its migrations do that."""
        await self.run(self._owner.create_all)

    @guarded
    async def dispose(self) -> None:
        """Close the connections of the engine."""
        await self.engine.dispose()
