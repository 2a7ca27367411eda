"""How a soak goes round, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tests.soak import Ended, Lap, Outcome, laps, soak, summary


class Minutes:
    """A clock of which each look takes a minute."""

    def __init__(self) -> None:
        self._times: Iterator[float] = iter(range(0, 1_000_000, 60))

    def __call__(self) -> float:
        return next(self._times)


def both(lap: Lap, seconds: float) -> Outcome:
    """A round of a random test and of one that is not."""
    return Outcome([Ended("a.py::random[x]", lap.scale * 20, True), Ended("a.py::plain", 0, True)], True)


def test_the_counts_double_and_no_seed_comes_twice() -> None:
    scales, seeds = zip(*islice(laps(5), 10), strict=True)
    assert scales == tuple(2**number for number in range(10))
    assert seeds[0] == 5
    for scale, seed, following in zip(scales, seeds, seeds[1:], strict=False):
        assert following - seed >= scale * 10_000


def test_the_first_round_is_everything_and_the_others_are_what_is_random() -> None:
    seen: list[Lap] = []

    def run(lap: Lap, seconds: float) -> Outcome:
        seen.append(lap)
        return both(lap, seconds)

    _, passed = soak(600, run, seed=0, clock=Minutes())
    assert passed
    assert [lap.tests for lap in seen] == [None, *[["a.py::random[x]"]] * (len(seen) - 1)]
    assert len(seen) > 2


def test_no_round_begins_when_the_time_is_over_and_each_is_told_what_is_left() -> None:
    left: list[float] = []

    def run(lap: Lap, seconds: float) -> Outcome:
        left.append(seconds)
        return both(lap, seconds)

    soak(600, run, seed=0, clock=Minutes())
    assert left == [540, 420, 300, 180, 60]


def test_a_round_that_is_cut_short_is_the_last_and_counts_as_far_as_it_came() -> None:
    def run(lap: Lap, seconds: float) -> Outcome:
        found = both(lap, seconds)
        return found if lap.scale == 1 else Outcome(found.ended, True, over=False)

    lines, passed = soak(6_000, run, seed=0, clock=Minutes())
    assert passed
    assert lines[1].split() == ["2", "40", "60", "a.py::random"]
    assert lines[-2:] == [
        "Round 1 (TENANTRY_SCALE=1 TENANTRY_SEED=0): over.",
        "Round 2 (TENANTRY_SCALE=2 TENANTRY_SEED=100000): cut short, since its time was over.",
    ]


def test_a_failure_ends_it_and_says_with_what_it_can_be_had_again() -> None:
    def run(lap: Lap, seconds: float) -> Outcome:
        good = lap.scale < 4
        return Outcome([Ended("a.py::random[x]", lap.scale, good)], good)

    lines, passed = soak(6_000, run, seed=7, clock=Minutes())
    assert not passed
    assert lines[-2:] == ["Round 3 (TENANTRY_SCALE=4 TENANTRY_SEED=300007): over.", "  failed: a.py::random[x]"]


def test_a_round_that_does_not_even_begin_is_a_failure() -> None:
    lines, passed = soak(600, lambda lap, seconds: Outcome([], False), seed=0, clock=Minutes())
    assert not passed
    assert lines[-1] == "  failed, before any test did"


def test_the_variants_of_a_test_share_a_line() -> None:
    ended = [Ended(f"a.py::random[{variant}]", count, True) for variant, count in [("x", 20), ("y", 1_000)]]
    lines = summary([(Lap(1, 0, None), Outcome(ended, True))])
    assert [line.split() for line in lines[1:-1]] == [["1", "1,000", "1,020", "a.py::random"]]


def test_a_line_that_is_cut_off_was_not_said() -> None:
    whole = '{"test": "a.py::b", "count": 3, "passed": true}'
    assert Ended.read([whole + "\n", whole[:20]]) == [Ended("a.py::b", 3, True)]
