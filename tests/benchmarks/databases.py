"""Databases to measure on."""

from __future__ import annotations

from asyncio import Runner
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tenantry.sqlalchemy import SQLAlchemyStore

from .world import World, tenantry_on

__all__ = ["Database", "opened", "sqlite_url"]

AWAITED = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


@frozen
class Database:
    """A database with a world in it, and the engines that both sides use."""

    engine: Engine
    async_engine: AsyncEngine
    runner: Runner
    world: World

    def analyze(self) -> None:
        """Let the database look at what it holds, as a server does by itself some time later."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def sqlite_url(directory: Path, name: str) -> str:
    """The URL of a file."""
    return f"sqlite:///{directory / name}.db"


@contextmanager
def opened(url: str, *, members: int, workspaces: int) -> Iterator[Database]:
    """A database that is empty, with a new world."""
    engine = create_engine(url)
    async_engine = create_async_engine(make_url(url).set(drivername=AWAITED[engine.dialect.name]))
    if engine.dialect.name == "sqlite":
        for each in (engine, async_engine.sync_engine):
            event.listen(each, "connect", _without_the_disk)
    with Runner() as runner:
        try:
            store = SQLAlchemyStore(engine)
            store.create_all()
            world = World(tenantry_on(store), members=members, workspaces=workspaces)
            database = Database(engine, async_engine, runner, world)
            database.analyze()
            yield database
        finally:
            runner.run(async_engine.dispose())
            engine.dispose()


def _without_the_disk(connection: Any, record: object) -> None:
    """Waiting for the disk costs both sides the same, and hides what they do not have in common."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()
