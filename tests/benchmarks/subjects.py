"""Everything that is measured, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .checks import checks
from .databases import Database, opened, sqlite_url
from .doors import AsyncGuest, AsyncOwner, Guest, Owner
from .flatness import flatness
from .imports import imports
from .requests import requests
from .timing import QUICK, Effort, Pair, Ratio, compare

__all__ = ["measured"]


def measured(postgres_url: str, effort: Effort) -> Iterator[tuple[str, Ratio]]:
    """The ratios, each under its heading.

    Args:
        postgres_url: An empty PostgreSQL database.
        effort: How much is done for each.
    """
    for heading, pairs in _subjects(postgres_url, crowd=20 if effort is QUICK else 2_000):
        for pair in pairs:
            yield heading, compare(pair, effort)


def _subjects(postgres_url: str, crowd: int) -> Iterator[tuple[str, Iterable[Pair]]]:
    yield "A check, against a nested dictionary", checks()
    with TemporaryDirectory() as name:
        directory = Path(name)
        with opened(sqlite_url(directory, "doors"), members=60, workspaces=10) as database:
            yield "SQLite, against the same by hand", _through_all_doors(database)
        with opened(postgres_url, members=60, workspaces=10) as database:
            yield "PostgreSQL, against the same by hand", _through_all_doors(database)
        yield "Facts and first check (SQLite)", flatness(directory, workspaces=crowd // 2, tenants=crowd)
    yield "Import", imports()


def _through_all_doors(database: Database) -> Iterator[Pair]:
    engine, awaited, runner = database.engine, database.async_engine, database.runner
    for door in (Owner(engine), Guest(engine), AsyncOwner(awaited, runner), AsyncGuest(awaited, runner)):
        yield from requests(door, database.world, engine)
