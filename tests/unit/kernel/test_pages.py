"""A page is a sequence that knows where the next one begins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from tenantry import Invalid, InvalidCursor, Page, Tenant, Workspace
from tenantry.kernel.tokens import KeyRing
from tenantry.memory import MemoryStore
from tenantry.ports import Creating, Reader
from tenantry.runtime.pages import page
from tenantry.workspaces.model import WORKSPACES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = KeyRing(["k" * 32])
NAMES = ["Delta", "alpha", "Charlie", "bravo", "echo"]


@contextmanager
def reading() -> Iterator[Reader[Workspace]]:
    """Five workspaces, made in an order that is not the one by name."""
    store = MemoryStore()
    acme = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_0", created_at=NOW)
    with store.command(acme.id, gate=Creating(acme)) as tx:
        tx.records(WORKSPACES).add(
            *(
                Workspace(tenant_id=acme.id, id=f"ws_{n}", name=name, slug=name.lower(), created_at=NOW)
                for n, name in enumerate(NAMES)
            )
        )
    with store.query(acme.id) as tx:
        yield tx.records(WORKSPACES)


def names(found: Sequence[Workspace]) -> list[str]:
    return [workspace.name for workspace in found]


def ask(reader: Reader[Workspace], *, context: str = "acme workspaces", **asked: Any) -> Page[str]:
    whole: dict[str, Any] = {"limit": 2, "after": None, "offset": None, "order": None, "total": False, **asked}
    return page(reader, WORKSPACES, {}, keys=KEYS, context=context, present=names, **whole)


class TestPage:
    def test_is_a_sequence(self) -> None:
        found = Page(["a", "b", "c"])
        assert (len(found), list(found), found[1], found[-1]) == (3, ["a", "b", "c"], "b", "c")
        assert found[1:] == ("b", "c")
        assert "b" in found
        assert found.index("c") == 2
        assert isinstance(found, Sequence)
        assert not Page([])

    def test_is_equal_to_one_with_the_same_items_and_the_same_way_on(self) -> None:
        assert Page([1], next="x", total=2) == Page([1], next="x", total=2)
        assert Page([1]) != Page([1], next="x")
        assert Page([1]) != Page([1], total=1)
        assert Page([1]) != [1]

    def test_does_not_show_its_cursor(self) -> None:
        assert repr(Page([1], next="secret", total=2)) == "Page([1], next=…, total=2)"


class TestCursors:
    @pytest.mark.parametrize(
        ("order", "whole"),
        [(None, NAMES), ("newest", NAMES[::-1]), ("name", ["alpha", "bravo", "Charlie", "Delta", "echo"])],
    )
    @pytest.mark.parametrize("limit", [1, 2, 4, 5, 200])
    def test_lead_through_the_whole_list_once(self, order: str | None, whole: list[str], limit: int) -> None:
        with reading() as reader:
            seen: list[str] = []
            after = None
            while True:
                found = ask(reader, order=order, limit=limit, after=after)
                assert found, "the last page says that it is the last, also when it is full"
                seen += found
                after = found.next
                if after is None:
                    break
                assert len(found) == limit
            assert seen == whole

    def test_are_good_for_their_list_and_order_alone(self) -> None:
        """TI: a cursor of another tenant, verb, filter or order is refused."""
        with reading() as reader:
            cursor = ask(reader).next
            for other in ({"context": "other workspaces"}, {"order": "name"}, {"order": "newest"}):
                with pytest.raises(InvalidCursor):
                    ask(reader, after=cursor, **other)
            assert list(ask(reader, after=cursor, limit=1)) == list(ask(reader, offset=2, limit=1))

    @pytest.mark.parametrize("after", ["", "nonsense", 7, b"x", ["x"], "x" * 10_000, "\ud800"], ids=count())
    def test_that_nobody_made_are_refused(self, after: Any) -> None:
        """IN-07, IN-08."""
        with reading() as reader, pytest.raises(InvalidCursor):
            ask(reader, after=after)

    def test_signed_for_an_order_of_other_fields_are_refused(self) -> None:
        payload = json.dumps(["ws_1", "one", "too many"]).encode()
        cursor = KEYS.sign_cursor(payload, context="acme workspaces None")
        with reading() as reader, pytest.raises(InvalidCursor):
            ask(reader, after=cursor)


class TestAsking:
    def test_by_offset_serves_page_numbers(self) -> None:
        with reading() as reader:
            assert list(ask(reader, offset=4)) == ["echo"]
            assert list(ask(reader, offset=10_000)) == []

    def test_for_the_total_counts_the_whole_list(self) -> None:
        with reading() as reader:
            assert ask(reader, total=True).total == 5
            assert ask(reader).total is None

    @pytest.mark.parametrize(
        "asked",
        [
            *({"limit": value} for value in (0, -1, 201, 10**400, None, True, 2.0, "2", [2])),
            *({"offset": value} for value in (-1, 10_001, True, 0.0, "0")),
            *({"order": value} for value in ("", "Name", "id", 7, ["name"], b"name")),
            *({"total": value} for value in (None, 1, "yes")),
        ],
        ids=count(),
    )
    def test_out_of_bounds_is_refused(self, asked: dict[str, Any]) -> None:
        """IN-08, IN-11."""
        with reading() as reader, pytest.raises(Invalid) as refused:
            ask(reader, **asked)
        assert refused.value.field in asked

    def test_by_cursor_and_offset_at_once_is_refused(self) -> None:
        with reading() as reader, pytest.raises(Invalid, match="not by both"):
            ask(reader, after=ask(reader).next, offset=0)
