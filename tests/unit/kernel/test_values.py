"""Our `frozen` makes what that of attrs makes; only the methods that are the same for all are not written for each."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import attrs
import pytest
from attrs import evolve, field
from attrs.exceptions import FrozenInstanceError

from tenantry import Owner, Tenant
from tenantry.kernel.values import fill_in, frozen
from tenantry.members.model import Grant


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


def is_made(kind: type) -> bool:
    return "__match_args__" in vars(kind)


def test_what_is_filled_in_is_as_evolved() -> None:
    grant = Grant(
        tenant_id="ten_a",
        id="grt_a",
        membership_id="mem_a",
        role="admin",
        granted_by="ada",
        created_at=datetime.now(UTC),
    )
    labelled = fill_in(grant, label="Admin")
    assert (labelled.label, grant.label) == ("Admin", None)
    assert vars(labelled) == vars(evolve(grant, label="Admin"))
    with pytest.raises(FrozenInstanceError):
        labelled.label = "Owner"  # type: ignore[misc]


def test_a_class_is_made_when_its_first_object_is() -> None:
    @frozen(kw_only=True)
    class Named:
        name: str
        size: int = 1

    assert not is_made(Named)
    with pytest.raises(TypeError, match=r"Named\.__init__\(\) missing 1 required keyword-only argument: 'name'"):
        Named()  # type: ignore[call-arg]
    assert is_made(Named)
    assert (Named(name="a"), vars(Named(name="a"))) == (Named(name="a", size=1), {"name": "a", "size": 1})


def test_a_class_is_made_when_somebody_asks_for_its_fields() -> None:
    @frozen
    class Named:
        name: str

    class Special(Named):
        pass

    assert [each.name for each in attrs.fields(Special)] == ["name"]
    assert is_made(Named)
    assert (Special("a").name, repr(Special("a")).rpartition(".")[2]) == ("a", "Special(name='a')")


def test_a_class_that_is_not_made_yet_has_the_signature_of_one_that_is() -> None:
    unmade = frozen(type("Value", (), _fields()))

    assert inspect.signature(unmade) == inspect.signature(THEIRS)
    assert inspect.signature(unmade) == inspect.signature(THEIRS)


def test_a_value_may_extend_another() -> None:
    @frozen
    class Named:
        name: str

    @frozen
    class Sized(Named):
        size: int

    assert (Sized("a", 2), hash(Sized("a", 2))) == (Sized("a", size=2), hash(Sized("a", size=2)))
    assert Sized("a", 2) != Sized("a", 3)


def test_a_class_that_many_threads_use_first_is_made_once() -> None:
    many = 16
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(many) as pool:
            for _ in range(20):
                kind: Any = frozen(type("Value", (), _fields()))
                ready = Barrier(many)

                def use(name: str, kind: Any = kind, ready: Barrier = ready) -> tuple[object, tuple[Any, ...]]:
                    ready.wait()
                    return kind(name), attrs.fields(kind)

                used = list(pool.map(use, ["a"] * many))
                assert {each for each, _ in used} == {kind("a")}
                assert len({id(fields) for _, fields in used}) == 1
    finally:
        sys.setswitchinterval(before)


def test_what_was_pickled_is_frozen_in_a_process_that_has_no_other() -> None:
    pickled = pickle.dumps(Owner("user_ada", "Ada", None))
    script = f"import pickle; owner = pickle.loads({pickled!r}); print(owner.name); owner.name = 'Bob'"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "Ada\n"
    assert done.stderr.splitlines()[-1].startswith("attr.exceptions.FrozenInstanceError")
