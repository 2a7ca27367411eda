"""The four ways to a database, each with the same by hand beside it."""

from __future__ import annotations

from asyncio import Runner
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore

from .by_hand import Row, Steps
from .timing import Timed, repeated
from .world import tenantry_on

__all__ = ["AsyncGuest", "AsyncOwner", "Door", "Guest", "Owner"]

Work = Callable[[], Any]


class Owner:
    """`SQLAlchemyStore`, which owns its transactions."""

    name = "SQLAlchemyStore"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tenancy = tenantry_on(SQLAlchemyStore(engine))

    def ours(self, ask: Callable[[Any], Any]) -> Work:
        """One request: what is asked of a `Tenantry`."""
        return lambda: ask(self._tenancy)

    def by_hand(self, steps: Callable[[], Steps], *, writes: bool) -> Work:
        """One request: these steps, on a connection."""

        def work() -> Any:
            with self._engine.connect() as connection:
                if writes and connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = run(connection, steps())
                connection.commit()
                return result

        return work

    def once(self, work: Work) -> Any:
        """The result of a request."""
        return work()

    def timed(self, work: Work) -> Timed:
        """The request, to be timed."""
        return repeated(work)


class Guest(Owner):
    """`SessionStore`, in the transaction of a host's session."""

    name = "SessionStore"

    def ours(self, ask: Callable[[Any], Any]) -> Work:
        def work() -> Any:
            with Session(self._engine) as session:
                result = ask(self._tenancy.using(SessionStore(session)))
                session.commit()
                return result

        return work

    def by_hand(self, steps: Callable[[], Steps], *, writes: bool) -> Work:
        def work() -> Any:
            with Session(self._engine) as session:
                connection = session.connection()
                if not writes:
                    result = run(connection, steps())
                else:
                    if connection.dialect.name == "sqlite":
                        connection.exec_driver_sql("BEGIN IMMEDIATE")
                    with connection.begin_nested():
                        result = run(connection, steps())
                session.commit()
                return result

        return work


class AsyncOwner:
    """`AsyncSQLAlchemyStore`, which owns its transactions."""

    name = "AsyncSQLAlchemyStore"

    def __init__(self, engine: AsyncEngine, runner: Runner) -> None:
        self._engine = engine
        self._runner = runner
        self._sync = tenantry_on(SQLAlchemyStore("sqlite://"))  # only the settings of it are used
        self._tenancy = self._sync.using(AsyncSQLAlchemyStore(engine))

    def ours(self, ask: Callable[[Any], Any]) -> Work:
        return lambda: ask(self._tenancy)

    def by_hand(self, steps: Callable[[], Steps], *, writes: bool) -> Work:
        async def work() -> Any:
            async with self._engine.connect() as connection:
                if writes and connection.dialect.name == "sqlite":
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = await run_awaited(connection, steps())
                await connection.commit()
                return result

        return work

    def once(self, work: Work) -> Any:
        return self._runner.run(work())

    def timed(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Timed:
        async def batch(calls: int) -> float:
            started = perf_counter()
            for _ in range(calls):
                await work()
            return perf_counter() - started

        return lambda calls: self._runner.run(batch(calls))


class AsyncGuest(AsyncOwner):
    """`AsyncSessionStore`, in the transaction of a host's session."""

    name = "AsyncSessionStore"

    def ours(self, ask: Callable[[Any], Any]) -> Work:
        async def work() -> Any:
            async with AsyncSession(self._engine) as session:
                result = await ask(self._sync.using(AsyncSessionStore(session)))
                await session.commit()
                return result

        return work

    def by_hand(self, steps: Callable[[], Steps], *, writes: bool) -> Work:
        async def work() -> Any:
            async with AsyncSession(self._engine) as session:
                connection = await session.connection()
                if not writes:
                    result = await run_awaited(connection, steps())
                else:
                    if connection.dialect.name == "sqlite":
                        await connection.exec_driver_sql("BEGIN IMMEDIATE")
                    async with connection.begin_nested():
                        result = await run_awaited(connection, steps())
                await session.commit()
                return result

        return work


Door = Owner | AsyncOwner
"""One way to a database. What is asked is the same at all: an awaited verb is called like the other."""


def run(connection: Connection, steps: Steps) -> Any:
    """The result of the steps, on a connection."""
    try:
        statement, values = next(steps)
        while True:
            statement, values = steps.send(_dictionaries(connection.execute(statement, values)))
    except StopIteration as end:
        return end.value


async def run_awaited(connection: AsyncConnection, steps: Steps) -> Any:
    """The result of the steps, on a connection that is awaited."""
    try:
        statement, values = next(steps)
        while True:
            statement, values = steps.send(_dictionaries(await connection.execute(statement, values)))
    except StopIteration as end:
        return end.value


def _dictionaries(result: CursorResult[Any]) -> list[Row]:
    """The rows as dictionaries, made in the quickest way there is."""
    if not result.returns_rows:
        return []
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]
