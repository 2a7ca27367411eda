"""What is written down."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter

import sqlalchemy
from attrs import frozen

from .timing import Ratio

__all__ = ["Section", "line", "markdown"]

INTRODUCTION = """\
# Benchmarks

Written by `make bench`. Only the ratios mean anything: how many times as long the one takes as the other, both timed in
turns in one run, median of all rounds. The times are medians too, each for itself: on a busy machine their quotient
may be another. Both give the same result, or there is no report.

*By hand* is the best that somebody could write without tenantry: SQLAlchemy Core with statements that are built once,
on the same engine, with the same BEGIN, savepoint and COMMIT, the very statements that tenantry executes, and rows
turned into dictionaries. The disk is left out: SQLite does not wait for it (`synchronous = OFF`), nor does PostgreSQL
(`fsync = off`), which is on the same machine.
"""


@frozen
class Section:
    """A part of the report, with a table.

    Args:
        heading: What it is about.
        note: What one must know to read the table.
        limit: What the other is called, where the table has it in its first line.
    """

    heading: str
    note: str = ""
    limit: str = "the other"


def line(ratio: Ratio) -> str:
    """A ratio for the terminal."""
    name = f"{ratio.name}, {ratio.column}" if ratio.column else ratio.name
    return f"{name:<66} {_time(ratio.ours):>8} {_time(ratio.limit):>8} {_times(ratio.ratio):>6}×"


def markdown(measured: Iterable[tuple[Section, Ratio]]) -> str:
    """The whole report."""
    return "\n".join([INTRODUCTION, f"{_machine()}\n", *_sections(measured)])


def _sections(measured: Iterable[tuple[Section, Ratio]]) -> Iterator[str]:
    for section, found in groupby(measured, key=itemgetter(0)):
        ratios = [ratio for _, ratio in found]
        yield f"## {section.heading}\n"
        if section.note:
            yield f"{section.note}\n"
        yield from _columns(section.limit, ratios) if ratios[0].column else _lines(section.limit, ratios)
        yield ""


def _lines(limit: str, ratios: Sequence[Ratio]) -> Iterator[str]:
    """A line for each ratio, with the times that it comes from."""
    yield f"| | tenantry | {limit} | ratio |\n|---|--:|--:|--:|"
    for ratio in ratios:
        yield f"| {ratio.name} | {_time(ratio.ours)} | {_time(ratio.limit)} | **{_times(ratio.ratio)}** |"


def _columns(limit: str, ratios: Sequence[Ratio]) -> Iterator[str]:
    """A line for each name, with a column for each question; the first line is what they are compared with."""
    lines = [list(each) for _, each in groupby(ratios, key=attrgetter("name"))]
    yield f"| | {' | '.join(ratio.column for ratio in lines[0])} |\n|---|{'--:|' * len(lines[0])}"
    yield f"| {limit} | {' | '.join(_time(ratio.limit) for ratio in lines[0])} |"
    for each in lines:
        yield f"| {each[0].name} | {' | '.join(f'**{_times(ratio.ratio)}**' for ratio in each)} |"


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}, on {platform.machine()}."


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{float(f'{ratio:.2g}'):,.0f}"


def _time(seconds: float) -> str:
    if seconds < 1e-4:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms"
