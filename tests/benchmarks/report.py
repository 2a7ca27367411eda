"""What is written down."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

import sqlalchemy

from .timing import Ratio

__all__ = ["line", "markdown"]

INTRODUCTION = """\
# Benchmarks

Written by `make bench`. Only the ratios mean anything: how many times as long tenantry takes as the other way, both
timed in turns in one run, median of all rounds.

*By hand* is the best that somebody could write without tenantry: SQLAlchemy Core with statements that are built once,
on the same engine, with the same BEGIN, savepoint and COMMIT, the very statements that tenantry executes, and rows
turned into dictionaries. Both sides give the same result, or there is no report. The disk is left out: SQLite does not
wait for it (`synchronous = OFF`), nor does PostgreSQL (`fsync = off`), which is on the same machine.
"""


def line(ratio: Ratio) -> str:
    """A ratio for the terminal."""
    return f"{ratio.name:<62} {_time(ratio.ours):>8} {_time(ratio.limit):>8} {ratio.ratio:6.2f}×"


def markdown(measured: Iterable[tuple[str, Ratio]]) -> str:
    """The whole report."""
    return "\n".join([INTRODUCTION, f"{_machine()}\n", *_tables(measured)])


def _tables(measured: Iterable[tuple[str, Ratio]]) -> Iterator[str]:
    for heading, ratios in groupby(measured, key=itemgetter(0)):
        yield f"## {heading}\n\n| | tenantry | the other | ratio |\n|---|--:|--:|--:|"
        for _, ratio in ratios:
            yield f"| {ratio.name} | {_time(ratio.ours)} | {_time(ratio.limit)} | **{ratio.ratio:.2f}** |"
        yield ""


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}, on {platform.machine()}."


def _time(seconds: float) -> str:
    if seconds < 1e-4:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms"
