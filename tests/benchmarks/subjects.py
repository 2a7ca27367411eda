"""Everything that is measured, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from .databases import Database, opened, sqlite_url
from .doors import AsyncGuest, AsyncOwner, Guest, Owner
from .engines import LIMIT, Engine, agencies, contest, described
from .flatness import flatness
from .imports import imports
from .report import Section
from .requests import requests
from .timing import QUICK, Effort, Pair, Ratio, compare

__all__ = ["measured"]


def measured(postgres_url: str, effort: Effort, peers: Sequence[type[Engine]]) -> Iterator[tuple[Section, Ratio]]:
    """The ratios, each with its section.

    Args:
        postgres_url: An empty PostgreSQL database.
        effort: How much is done for each.
        peers: The engines of others to compare with.
    """
    for section, pairs in _subjects(postgres_url, peers, small=effort is QUICK):
        for pair in pairs:
            yield section, compare(pair, effort)


def _subjects(
    postgres_url: str, peers: Sequence[type[Engine]], *, small: bool
) -> Iterator[tuple[Section, Iterable[Pair]]]:
    world = agencies(tenants=2, members=4, workspaces=4) if small else agencies(tenants=20, members=20, workspaces=10)
    yield Section("Checks, beside other engines", described(world, peers), LIMIT.name), contest(world, peers)
    with TemporaryDirectory() as name:
        directory = Path(name)
        with opened(sqlite_url(directory, "doors"), members=60, workspaces=10) as database:
            yield Section("SQLite, against the same by hand"), _through_all_doors(database)
        with opened(postgres_url, members=60, workspaces=10) as database:
            yield Section("PostgreSQL, against the same by hand"), _through_all_doors(database)
        crowd = 20 if small else 2_000
        note = "The same question where there is more of everything; on SQLite, where it comes from the database."
        yield Section("Much against little", note, "where there is little"), flatness(directory, crowd)
    note = "CPU, best of all rounds, in fresh interpreters. Our own part: what is left when the dependencies are there."
    yield Section("Import", note, "`sqlalchemy.orm`"), imports()


def _through_all_doors(database: Database) -> Iterator[Pair]:
    engine, awaited, runner = database.engine, database.async_engine, database.runner
    for door in (Owner(engine), Guest(engine), AsyncOwner(awaited, runner), AsyncGuest(awaited, runner)):
        yield from requests(door, database.world, engine)
