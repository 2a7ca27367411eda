"""Our `frozen` makes what that of attrs makes; only the methods that are the same for all are not written for each."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from attrs import evolve, field
from attrs.exceptions import FrozenInstanceError

from tenantry import Owner, Tenant
from tenantry.kernel.values import frozen


def _fields() -> dict[str, Any]:
    return {
        "__annotations__": {"name": str, "_key": str, "notes": dict, "version": int, "secret": str},
        "_key": field(default="key"),
        "notes": field(factory=dict, hash=False),
        "version": field(default=1, eq=False),
        "secret": field(default="s3cret", repr=False),
    }


OURS: Any = frozen(type("Value", (), _fields()))
THEIRS: Any = attrs.frozen(type("Value", (), _fields()))


@pytest.mark.parametrize(
    "other", [{}, {"name": "b"}, {"key": "k"}, {"notes": {"a": 1}}, {"version": 2}, {"secret": "x"}]
)
def test_values_are_equal_and_print_as_those_of_attrs(other: dict[str, Any]) -> None:
    ours, theirs = (kind("a") == kind(**{"name": "a", **other}) for kind in (OURS, THEIRS))
    assert ours is theirs
    assert repr(OURS(**{"name": "a", **other})) == repr(THEIRS(**{"name": "a", **other}))
    if ours:
        assert hash(OURS("a")) == hash(OURS(**{"name": "a", **other}))


def test_a_mapping_counts_for_equality_and_not_for_the_hash() -> None:
    one, other = OURS("a", notes={"b": 1}), OURS("a", notes={"b": 2})
    assert one != other
    assert hash(one) == hash(other)


def test_values_of_two_classes_are_never_equal() -> None:
    assert OURS("a") != THEIRS("a")
    assert OURS("a") != ("a", "key", {}, 1, "s3cret")


def test_a_class_keeps_a_method_of_its_own() -> None:
    @frozen
    class Named:
        name: str

        def __repr__(self) -> str:
            return self.name

        def __hash__(self) -> int:
            return 7

    assert (repr(Named("Ada")), hash(Named("Ada")), Named("Ada") == Named("Ada")) == ("Ada", 7, True)


def test_without_equality_each_is_only_itself() -> None:
    @frozen(eq=False)
    class Alone:
        name: str

    assert Alone("a") != Alone("a")
    assert len({Alone("a"), Alone("a")}) == 2


def test_values_are_frozen_and_can_be_copied() -> None:
    owner = Owner("user_ada", "Ada", None)
    with pytest.raises(FrozenInstanceError):
        owner.name = "Bob"  # type: ignore[misc]
    assert evolve(owner, name="Bob") == Owner("user_ada", "Bob", None)
    assert copy.deepcopy(owner) == pickle.loads(pickle.dumps(owner)) == owner
    assert attrs.has(Tenant)
