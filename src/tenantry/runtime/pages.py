"""Lists come in pages: what a caller asks for, and what they get."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

from ..kernel import text
from ..kernel.errors import Invalid, InvalidCursor
from ..kernel.tokens import KeyRing
from ..storage.collection import Collection, Order
from ..storage.ports import Reader, Slice

__all__ = ["DEEPEST_OFFSET", "LARGEST_PAGE", "Page", "page"]

E = TypeVar("E")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)

LARGEST_PAGE = 200
DEEPEST_OFFSET = 10_000


class Page(Sequence[R_co], Generic[R_co]):
    """A part of a list, as a sequence.

    Attributes:
        next: The cursor of the page after this one, to be passed as `after`; None on the last page.
        total: How many there are in the whole list, where `total=True` was asked; otherwise None.
    """

    __slots__ = ("_items", "next", "total")

    def __init__(self, items: Sequence[R_co], *, next: str | None = None, total: int | None = None) -> None:
        self._items = tuple(items)
        self.next: str | None = next
        self.total: int | None = total

    @overload
    def __getitem__(self, index: int) -> R_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[R_co]: ...
    def __getitem__(self, index: int | slice) -> R_co | Sequence[R_co]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[R_co]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"Page({list(self._items)!r}, next={'…' if self.next else None}, total={self.total})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Page):
            return NotImplemented
        return (self._items, self.next, self.total) == (other._items, other.next, other.total)

    def __hash__(self) -> int:
        return hash((self._items, self.next, self.total))


def page(
    reader: Reader[E],
    collection: Collection[E],
    where: Mapping[str, object],
    *,
    keys: KeyRing,
    context: str,
    limit: int,
    after: str | None,
    offset: int | None,
    order: str | None,
    total: bool,
    present: Callable[[Sequence[E]], Sequence[T]],
) -> Page[T]:
    """One page of what a reader has.

    Args:
        reader: Where the entities come from.
        collection: What they are.
        where: The conditions.
        keys: What signs cursors.
        context: What a cursor is bound to: tenant, verb and filters, in words.
        limit: The largest number of items, 1-200.
        after: The cursor of the page before, or None.
        offset: Instead of a cursor, how many to leave out, 0-10,000.
        order: A declared order, or None for the order of creation.
        total: Whether to count the whole list; one statement more.
        present: What is done to the page's entities before they are shown.

    Raises:
        Invalid: A number is out of bounds, the order is unknown, or both `after` and `offset` are given.
        InvalidCursor: `after` was not issued for this tenant, list, filters and order.
    """
    _check(collection, limit=limit, after=after, offset=offset, order=order, total=total)
    context = f"{context} {order}"
    declared = collection.order(order)
    position = None if after is None else _position(keys.read_cursor(after, context=context), declared)
    found = reader.list(Slice(limit=limit + 1, after=position, offset=offset or 0, order=order), **where)
    more = len(found) > limit
    found = found[:limit]
    return Page(
        present(found),
        next=keys.sign_cursor(_payload(declared.position(found[-1])), context=context) if more else None,
        total=reader.count(**where) if total else None,
    )


def _check(
    collection: Collection[Any], *, limit: object, after: object, offset: object, order: object, total: object
) -> None:
    text.integer(limit, "limit", low=1, high=LARGEST_PAGE)
    if offset is not None and (type(offset) is not int or not 0 <= offset <= DEEPEST_OFFSET):
        raise Invalid(
            f"offset must be a whole number from 0 to {DEEPEST_OFFSET}; go on by cursor.",
            field="offset",
            rule="out_of_range",
            low=0,
            high=DEEPEST_OFFSET,
        )
    if offset is not None and after is not None:
        raise Invalid("Ask for a page by after or by offset, not by both.", field="offset", rule="exclusive")
    if order is not None and (type(order) is not str or order not in collection.orders):
        known = ", ".join(sorted(collection.orders))
        raise Invalid(
            f"There is no such order; there are: {known}.",
            field="order",
            rule="not_a_choice",
            choices=sorted(collection.orders),
        )
    text.boolean(total, "total")


def _payload(position: tuple[Any, ...]) -> bytes:
    return json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()


def _position(payload: bytes, order: Order) -> tuple[Any, ...]:
    values = json.loads(payload)
    if len(values) != len(order.fields):
        raise InvalidCursor("This cursor belongs to another list.")
    return tuple(values)
