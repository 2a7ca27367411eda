"""On which databases a test of a feature, or of what fails, runs.

The shipped suite, the agreement of stores and the histories prove that all stores are equal. So a feature test runs in
memory, and on one database that its id chooses. With `TENANTRY_STORES=all` it runs on all of them, as in `make soak`;
with `memory` only what needs no database runs, and with `databases` only the rest, so that `make test` can measure
coverage, which doubles what a test costs, on the first half.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from typing import Any, Final, TypeVar
from zlib import crc32

import pytest

STORES: Final = os.environ.get("TENANTRY_STORES", "")
EVERY_STORE: Final = STORES == "all"

FIXTURES: Final = ("store", "sql_store", "database", "door", "host")
"""The fixtures whose parameter names a store. One with another name gives each of its databases to each test."""

DATABASES: Final = {
    "sqlite": "SQLite",
    "aiosqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "asyncpg": "PostgreSQL",
    "psycopg": "PostgreSQL",
}
"""The last word of such a parameter, where it is a database."""

N = TypeVar("N")


def chosen(nodes: Sequence[N]) -> list[N]:
    """The tests of one file or class that run: all that need no database, and one of those that differ only in theirs.

    Each file meets both databases if it has two tests: where the ids choose the same one for all, the first one moves.
    """
    groups: dict[Hashable, list[tuple[N, str]]] = {}
    for node in nodes:
        if word := _database(node):
            groups.setdefault(_apart_from_database(node), []).append((node, DATABASES[word]))
    picks = {key: crc32(repr(key).encode()) % len(group) for key, group in groups.items()}
    free = sorted((key for key, group in groups.items() if len({name for _, name in group}) > 1), key=repr)
    met = {group[picks[key]][1] for key, group in groups.items()}
    if len(met) == 1 and len(groups) > 1 and free:
        names = [name for _, name in groups[free[0]]]
        picks[free[0]] = next(number for number, name in enumerate(names) if name not in met)
    dropped = {id(node) for key, group in groups.items() for node, _ in group if node is not group[picks[key]][0]}
    return [node for node in nodes if id(node) not in dropped]


def _is_of_this_run(node: object) -> bool:
    if STORES not in ("memory", "databases") or not isinstance(node, pytest.Item):
        return True
    return (_database(node) is None) == (STORES == "memory")


def _parameters(node: object) -> dict[str, Any]:
    callspec = getattr(node, "callspec", None)
    return {} if callspec is None else callspec.params


def _database(node: object) -> str | None:
    """The word for the database on which a test is to run, if it needs one."""
    for name, value in _parameters(node).items():
        if name in FIXTURES and isinstance(value, str) and (word := value.rpartition(" ")[2]) in DATABASES:
            return word
    return None


def _apart_from_database(node: Any) -> Hashable:
    """What the test is called, without the database."""
    word = _database(node)
    parts = node.callspec.id.split("-")
    return (node.nodeid.partition("[")[0], *(part.removesuffix(word) if word else part for part in parts))


def by_its_id(report: pytest.CollectReport) -> pytest.CollectReport:
    """The report of a collection, with each test on one database only."""
    if not EVERY_STORE:
        report.result = chosen(report.result)
    return report


def of_this_half(report: pytest.CollectReport) -> pytest.CollectReport:
    """The report of a collection, without the tests of the other half."""
    report.result = [node for node in report.result if _is_of_this_run(node)]
    return report
