"""How SQLite goes about the questions that it is asked: by an index, or through a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

__all__ = ["plans"]


@contextmanager
def plans(engine: Engine) -> Iterator[list[str]]:
    """The plans of what is selected meanwhile; they are there when the block ends."""
    asked: list[tuple[str, Any]] = []
    told: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        told += [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all()) for sql, given in asked]
