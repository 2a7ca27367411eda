"""Two values have the same canonical bytes only if they are the same value."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tenantry import AuditEvent, Invalid
from tenantry.audit.model import AUDIT_EVENTS, content_of
from tenantry.kernel.canonical import canonical

texts = st.text(st.characters(), max_size=8)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = AuditEvent(
    tenant_id="ten_acme",
    id="evt_1",
    sequence=1,
    action="workspace.updated",
    principal="user_ada",
    target="ws_a",
    occurred_at=WHEN,
)


def spelled(value: Any) -> str:
    """A spelling that tells all values apart: by type, and a float to its last bit."""
    if isinstance(value, dict):
        return f"dict {sorted((key, spelled(each)) for key, each in value.items())}"
    if isinstance(value, list):
        return f"list {[spelled(each) for each in value]}"
    return f"{type(value).__name__} {value!r}"


@given(plain, plain)
def test_different_values_have_different_bytes(one: Any, other: Any) -> None:
    """AU-05."""
    assert (canonical(one) == canonical(other)) == (spelled(one) == spelled(other))


@given(st.lists(texts, min_size=2, max_size=5), st.data())
def test_nothing_moves_from_one_field_into_the_next(parts: list[str], data: st.DataObject) -> None:
    """AU-05: field-boundary shifts."""
    at = data.draw(st.integers(0, len(parts) - 2))
    shifted = [*parts[:at], parts[at] + parts[at + 1][:1], parts[at + 1][1:], *parts[at + 2 :]]
    assert (canonical(parts) == canonical(shifted)) == (parts == shifted)
    assert canonical(parts) != canonical(["".join(parts)])
    swallowed = parts[at] + canonical(parts[at + 1]).decode("utf-8", "surrogatepass")
    assert canonical(parts) != canonical([*parts[:at], swallowed, *parts[at + 2 :]])


@given(plain)
def test_the_way_through_json_keeps_the_bytes(value: Any) -> None:
    """AU-05: what a database gives back is signed alike, whatever the order of its keys."""
    assert canonical(json.loads(json.dumps(value))) == canonical(value)
    assert canonical(json.loads(json.dumps(value, sort_keys=True, ensure_ascii=False))) == canonical(value)


LOOK_ALIKE: list[Any] = [
    *(1, 1.0, "1", True, [1], {"1": 1}, {"1": 1.0}, {"1": "1"}, {"1": None}),
    *(0, 0.0, -0.0, "", False, None, [], {}, "None", "null", [None], [[]], [{}], {"": None}),
    *(10**22, 1e22, "1e22", 2**53, 2**53 + 1, float(2**53), 0.1 + 0.2, 0.3),
    *("\u00e9", "e\u0301", "\u212b", "\u00c5", "\ud800", "\x00", "\x01", "\x00\x01", "a\x00b"),
    *(["a", "b"], ["ab"], ["a,b"], ["ab", ""], ["", "ab"], "s1:a", ["s1:a"], "l4:s1:a"),
]


def test_what_looks_alike_is_told_apart() -> None:
    """AU-05: whole numbers and others, kinds, normal forms of Unicode, control characters."""
    assert unicodedata.normalize("NFC", "e\u0301") == "\u00e9"
    assert not [pair for pair in combinations(LOOK_ALIKE, 2) if canonical(pair[0]) == canonical(pair[1])]


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        {1: "a"},
        {None: "a"},
        {True: 1},
        {"a": {2: 3}},
        b"a",
        {"a"},
        WHEN,
        object(),
    ],
    ids=lambda value: "object" if type(value) is object else repr(value),
)
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    """AU-05: a key that is no text is not quietly made one."""
    for each in (value, [value], {"a": value}):
        with pytest.raises(Invalid):
            canonical(each)


@pytest.mark.parametrize("name", [name for name in AUDIT_EVENTS.fields if name not in ("digest", "personal")])
def test_an_event_has_other_content_when_any_field_differs(name: str) -> None:
    """AU-05."""
    now = AUDIT_EVENTS.value(EVENT, name)
    others: dict[type, Any] = {int: 2, dict: {"a": 1}, datetime: WHEN.replace(microsecond=1)}
    other = others.get(type(now), "other")
    assert content_of(EVENT, "") != content_of(evolve(EVENT, **{name: other}), "")


def test_the_content_of_an_event_has_a_version_and_what_precedes_it() -> None:
    """AU-05."""
    assert b"tenantry.audit.1" in content_of(EVENT, "")
    assert content_of(EVENT, "") != content_of(EVENT, "0" * 64)
