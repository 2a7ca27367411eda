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
    """

    name: str
    ours: Timed
    limit: Timed
    most: int = 1_000_000


@frozen
class Ratio:
    """What came out: the median seconds of a call on both sides, and the median of the rounds' ratios."""

    name: str
    ours: float
    limit: float
    ratio: float


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
    calls = _calls(pair, effort)
    ours, limit = [], []
    with _garbage_kept():
        for turn in range(effort.rounds):
            if turn % 2:
                ours.append(pair.ours(calls) / calls)
            limit.append(pair.limit(calls) / calls)
            if not turn % 2:
                ours.append(pair.ours(calls) / calls)
    return Ratio(pair.name, median(ours), median(limit), median(o / x for o, x in zip(ours, limit, strict=True)))


def _calls(pair: Pair, effort: Effort) -> int:
    """How many calls make a batch. Afterwards both sides are warm."""
    calls = 1
    pair.ours(calls)
    while pair.limit(calls) < effort.batch_seconds and calls < pair.most:
        calls = min(calls * 2, pair.most)
    pair.ours(min(calls, 10))  # some drivers prepare what they have seen a few times
    return calls


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """A collection costs by what else lives in the process, and would hit either side by chance."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
