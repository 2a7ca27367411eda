"""What a store can be asked for: conditions on fields, and a part of a list. `ports` hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple

from attrs import field

from ..kernel.values import frozen
from .collection import Collection

__all__ = [
    "After",
    "Among",
    "AnyOf",
    "Before",
    "Contains",
    "HasKey",
    "HasValue",
    "OneOf",
    "Slice",
    "StartsWith",
    "Sums",
]


def _frozenset(values: Iterable[Any]) -> frozenset[Any]:
    return frozenset(values)


@frozen
class OneOf:
    """The field is one of these values. None of them matches nothing."""

    values: frozenset[Any] = field(converter=_frozenset)


class Before(NamedTuple):
    """The field is a time at or before this one. Every time is either before or after another."""

    at: datetime


class After(NamedTuple):
    """The field is a time later than this one."""

    at: datetime


class Contains(NamedTuple):
    """The field is a text in which this one occurs."""

    part: str


class StartsWith(NamedTuple):
    """The field is a text that begins with this one. An index over the field leads to it.

    The field is one that is compared by its characters' numbers: a key, or one that a list is ordered by.
    """

    part: str


class HasKey(NamedTuple):
    """The field is a document that has this key."""

    key: str


class HasValue(NamedTuple):
    """The field is a document in which some key has this text."""

    value: str


class Among(NamedTuple):
    """The field is among the values that `field` has in the entities of another collection, of the same tenant.

    Where `field` is a document, `part` says which values are meant: its outer keys, or the texts next to them.

    Example:
        Members with a role in a workspace: `id=Among(GRANTS, "membership_id", {"workspace_id": workspace_id})`.
    """

    collection: Collection[Any]
    field: str
    where: Mapping[str, Any] = MappingProxyType({})
    part: Literal["keys", "texts"] | None = None


@frozen
class AnyOf:
    """All conditions of one of these alternatives hold.

    Scopes add it. A question may have it where no scope narrows it: one within a tenant, and the operator's over all
    tenants. It stands among the conditions under `AnyOf.NAME`, which is the name of no field.
    """

    NAME: ClassVar[str] = ""

    alternatives: Sequence[Mapping[str, Any]]


class Sums(NamedTuple):
    """Figures over many entities, as of one instant.

    Attributes:
        entities: How many there are.
        by_key: For each outer key of a document of theirs, the sum of the whole numbers next to it.
    """

    entities: int
    by_key: Mapping[str, int]


class Slice(NamedTuple):
    """Which part of a list: at most `limit` entities, in a declared order, after a position or an offset."""

    limit: int | None = None
    after: tuple[Any, ...] | None = None
    offset: int = 0
    order: str | None = None
