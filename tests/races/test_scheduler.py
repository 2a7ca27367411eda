"""The scheduler that hosts get with `tenantry.testing`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tenantry.testing.scheduler import Scheduler
from tests.races.arenas import Turns
from tests.races.race import Scenario
from tests.races.scenarios import accepted_revoked_and_sent_again, eight_admins_invite_one_address
from tests.scale import seeds


def counting(scheduler: Scheduler, lines: list[str]) -> Sequence[Callable[[], str]]:
    """Three that write down when it was their turn; the second raises."""

    def work(name: str) -> Callable[[], str]:
        def count() -> str:
            for step in range(3):
                scheduler.switch()
                lines.append(f"{name}{step}")
            if name == "b":
                raise LookupError(name)
            return name

        return count

    return [work(name) for name in "abc"]


def test_each_callable_has_its_result_or_its_exception() -> None:
    scheduler = Scheduler()
    a, b, c = scheduler.run(counting(scheduler, []), seed=1)

    assert (a, c) == ("a", "c")
    assert isinstance(b, LookupError)


def test_a_seed_gives_the_same_interleaving_each_time() -> None:
    scheduler = Scheduler()
    first: list[str] = []
    again: list[str] = []
    scheduler.run(counting(scheduler, first), seed=3)
    trace = scheduler.trace
    Scheduler().run(counting(scheduler, []), seed=4)
    scheduler.run(counting(scheduler, again), seed=3)

    assert again == first
    assert scheduler.trace == trace


def test_other_seeds_give_other_interleavings() -> None:
    scheduler = Scheduler()
    seen = set()
    for seed in seeds(2_000):
        lines: list[str] = []
        scheduler.run(counting(scheduler, lines), seed=seed)
        assert sorted(lines) == sorted(f"{name}{step}" for name in "abc" for step in range(3))
        seen.add(tuple(lines))

    assert len(seen) > 15


@pytest.mark.parametrize(
    "scenario", [accepted_revoked_and_sent_again, eight_admins_invite_one_address], ids=lambda each: each.__name__
)
def test_a_race_over_a_store_can_be_had_again_by_its_seed(scenario: Scenario) -> None:
    def trace(seed: int) -> Sequence[int]:
        arena = Turns()
        tenancy = arena.open()
        arena.race(tenancy, scenario(tenancy).contenders, seed)
        return arena.scheduler.trace

    assert trace(11) == trace(11)
    assert trace(11) != trace(12)


def test_nobody_waits_who_is_in_no_run() -> None:
    scheduler = Scheduler()
    scheduler.switch()

    assert scheduler.run([], seed=0) == []
    assert scheduler.trace == ()


def test_even_an_exit_in_one_thread_lets_the_others_end() -> None:
    scheduler = Scheduler()

    def leave() -> None:
        scheduler.switch()
        raise SystemExit

    def stay() -> None:
        for _ in range(5):
            scheduler.switch()

    left, stayed = scheduler.run([leave, stay], seed=2)
    assert isinstance(left, SystemExit)
    assert stayed is None
