"""Feature tests run in memory and on one database: which one, their ids say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from attrs import frozen

from tests.features.choice import chosen


@frozen
class CallSpec:
    id: str
    params: Mapping[str, object]


@frozen
class Test:
    """What pytest has collected."""

    __test__ = False

    name: str
    callspec: CallSpec | None = None

    @property
    def nodeid(self) -> str:
        return f"file.py::{self.name}" + (f"[{self.callspec.id}]" if self.callspec else "")


def on(name: str, databases: Sequence[str], *, fixture: str = "store", other: str = "x") -> list[Test]:
    """A test for each of these."""
    return [Test(name, CallSpec(f"{each}-{other}", {fixture: each, "other": object()})) for each in databases]


STORES = ["memory", "sqlite", "postgresql"]


def stores(tests: Sequence[Test]) -> list[str]:
    return [test.callspec.id.partition("-")[0] for test in tests if test.callspec]


def test_memory_is_always_there_and_one_database() -> None:
    for name in "abcdefgh":
        memory, database = stores(chosen(on(name, STORES)))
        assert memory == "memory"
        assert database in ("sqlite", "postgresql")


def test_other_tests_stay_and_so_does_the_order() -> None:
    tests = [Test("a"), *on("b", ["memory"]), *on("c", ["sqlite"]), Test("d", CallSpec("sqlite", {"word": "sqlite"}))]
    assert chosen(tests) == tests


def test_each_variant_of_a_test_chooses_for_itself() -> None:
    tests = [each for number in range(50) for each in on("a", STORES, other=f"{number}")]
    found = stores(chosen(tests))
    assert found.count("memory") == 50
    assert found.count("sqlite") + found.count("postgresql") == 50
    assert min(found.count("sqlite"), found.count("postgresql")) > 10


def test_the_choice_is_the_same_each_time() -> None:
    """The workers of pytest-xdist must agree, so neither an address nor the seed of a hash may have a say."""
    names = [f"test_{number}" for number in range(20)]
    assert stores(chosen([each for name in names for each in on(name, STORES)])) == stores(
        chosen([each for name in names for each in on(name, STORES)])
    )
    assert stores(chosen(on("test_0", STORES))) == ["memory", "postgresql"]


@pytest.mark.parametrize("fixture", ["store", "sql_store"])
def test_two_tests_of_a_file_meet_both_databases(fixture: str) -> None:
    for one, other in combinations("abcdefgh", 2):
        tests = [*on(one, STORES[1:], fixture=fixture), *on(other, STORES[1:], fixture=fixture)]
        assert sorted(stores(chosen(tests))) == ["postgresql", "sqlite"]


def test_of_the_drivers_that_await_each_door_has_one() -> None:
    doors = ["memory", *(f"{kind} {driver}" for kind in ("owner", "guest") for driver in ("aiosqlite", "asyncpg"))]
    assert [store.partition(" ")[0] for store in stores(chosen(on("a", doors, fixture="door")))] == [
        "memory",
        "owner",
        "guest",
    ]
