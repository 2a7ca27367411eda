"""Two ways to do the same, timed in turns: on a busy machine only their ratio means something."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from attrs import frozen

__all__ = ["FULL", "QUICK", "Effort", "Pair", "Ratio", "Timed", "compare", "repeated"]

Timed = Callable[[int], float]
"""Does something so many times, and tells how many seconds that took."""


@frozen
class Pair:
    """What is compared.

    Args:
        name: A line of the report.
        ours: Through tenantry.
        limit: The other way, of which ours takes so many times as long.
        most: How many calls a batch may have.
        column: What is asked, where a line has the answers to several questions.
        best: The best of all rounds counts on each side, rather than the median: for what is counted in CPU.
    """

    name: str
    ours: Timed
    limit: Timed
    most: int = 1_000_000
    column: str = ""
    best: bool = False


@frozen
class Ratio:
    """What came out: the seconds of a call on both sides, and their ratio; medians, or the best if the pair says so."""

    name: str
    ours: float
    limit: float
    ratio: float
    column: str = ""


@frozen
class Effort:
    """How much is done for a ratio. A batch is long enough for the clock, and short enough for the weather to hold."""

    rounds: int
    batch_seconds: float


FULL = Effort(rounds=15, batch_seconds=0.02)
QUICK = Effort(rounds=1, batch_seconds=0)


def repeated(work: Callable[[], object]) -> Timed:
    """A call, to be timed."""

    def timed(calls: int) -> float:
        turns = range(calls)
        started = perf_counter()
        for _ in turns:
            work()
        return perf_counter() - started

    return timed


def compare(pair: Pair, effort: Effort) -> Ratio:
    """Time both in turns, each of them first every other time."""
    ours, limit = _batch(pair.ours, pair.most, effort), _batch(pair.limit, pair.most, effort)
    sides = []
    with _garbage_kept():
        for turn in range(effort.rounds):
            if turn % 2:
                sides.append((ours(), limit()))
            else:
                sides.append((limit(), ours())[::-1])
    if pair.best:
        least, least_limit = (min(times) for times in zip(*sides, strict=True))
        return Ratio(pair.name, least, least_limit, least / least_limit, pair.column)
    return Ratio(
        pair.name,
        median(ours for ours, _ in sides),
        median(limit for _, limit in sides),
        median(ours / limit for ours, limit in sides),
        pair.column,
    )


def _batch(timed: Timed, most: int, effort: Effort) -> Callable[[], float]:
    """As many calls as make a batch; what comes back tells how long one takes."""
    calls = 1
    while timed(calls) < effort.batch_seconds and calls < most:
        calls = min(calls * 2, most)
    timed(min(calls, 10))  # some drivers prepare what they have seen a few times
    return lambda: timed(calls) / calls


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """A collection costs by what else lives in the process, and would hit either side by chance."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
