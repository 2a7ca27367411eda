"""Ways to make a database fail, for real, at a chosen statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field
from sqlalchemy import Engine, event, select

from tenantry.sqlalchemy import metadata

SERIALIZATION_FAILURE = "DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '40001'; END $$"
DISK_FULL = "DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '53100'; END $$"
CONNECTION_LOST = "SELECT pg_terminate_backend(pg_backend_pid())"
NO_SUCH_COLUMN = "SELECT planted"

Instead = str | Callable[[], object]


@define(eq=False)
class Fault:
    """Statements of an engine that are replaced by one that fails, or before which something happens.

    Attributes:
        instead: The text that is sent in its place, or what is called before it.
        at: The first statement that is concerned, counted from 1.
        times: How many are.
        where: Only statements in whose text this occurs are counted.
        struck: How many were concerned.
        hit: The text of the last of them.
    """

    instead: Instead
    at: int = 1
    times: int = 1
    where: str = ""
    struck: int = field(default=0, init=False)
    hit: str = field(default="", init=False)
    _seen: int = field(default=0, init=False)

    def __call__(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> Any:
        self._seen += self.where in statement
        if self.where not in statement or not self.at <= self._seen < self.at + self.times:
            return statement, parameters
        self.struck += 1
        self.hit = statement
        if isinstance(self.instead, str):
            # with no values at all, a driver would run it for none; several rows of one INSERT are no list
            return self.instead, [()] if isinstance(parameters, list) else ()
        self.instead()
        return statement, parameters

    @contextmanager
    def on(self, engine: Engine) -> Iterator[Fault]:
        event.listen(engine, "before_cursor_execute", self, retval=True)
        try:
            yield self
        finally:
            event.remove(engine, "before_cursor_execute", self)


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }


def checked_out(engine: Engine) -> int:
    """How many connections are in use."""
    pool: Any = engine.pool
    number: int = pool.checkedout()
    return number
