"""What a store can be asked for: conditions on fields, and a part of a list. `ports` hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, field, frozen

from .collection import Collection

__all__ = ["After", "Among", "Before", "Contains", "HasKey", "HasValue", "OneOf", "Slice"]


def _frozenset(values: Iterable[Any]) -> frozenset[Any]:
    return frozenset(values)


@frozen
class OneOf:
    """The field is one of these values. None of them matches nothing."""

    values: frozenset[Any] = field(converter=_frozenset)


@frozen
class Before:
    """The field is a time at or before this one. Every time is either before or after another."""

    at: datetime


@frozen
class After:
    """The field is a time later than this one."""

    at: datetime


@frozen
class Contains:
    """The field is a text in which this one occurs."""

    part: str


@frozen
class HasKey:
    """The field is a document that has this key."""

    key: str


@frozen
class HasValue:
    """The field is a document in which some key has this text."""

    value: str


@frozen
class Among:
    """The field is among the values that `field` has in the entities of another collection, of the same tenant.

    Example:
        Members with a role in a workspace: `id=Among(GRANTS, "membership_id", {"workspace_id": workspace_id})`.
    """

    collection: Collection[Any]
    field: str
    where: Mapping[str, Any] = Factory(dict)


@frozen
class Slice:
    """Which part of a list: at most `limit` entities, in a declared order, after a position or an offset."""

    limit: int | None = None
    after: tuple[Any, ...] | None = None
    offset: int = 0
    order: str | None = None
