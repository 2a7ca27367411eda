"""Rows become entities, and entities rows. Only what a column cannot hold as it is costs a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from attrs import fields
from sqlalchemy import JSON, Column, DateTime

from ..storage.collection import Collection
from .tables import TABLES

__all__ = ["Codec", "codec"]

E = TypeVar("E")


class Codec(Generic[E]):
    """How the entities of one collection are stored.

    Attributes:
        columns: What an entity is built from, in this order.
    """

    def __init__(self, collection: Collection[E]) -> None:
        self._collection = collection
        self._build, self._given = collection.entity, collection.given
        table = TABLES[collection]
        self.columns: Sequence[Column[Any]] = [table.c[name] for name in collection.given]
        self._readers = {c.name: read for c in table.c if (read := _reader(c))}
        self._writers = {c.name: write for c in table.c if (write := _writer(c))}
        self._converted = [(at, self._readers[c.name]) for at, c in enumerate(self.columns) if c.name in self._readers]
        self._by_position = not any(each.kw_only for each in fields(collection.entity))  # type: ignore[arg-type]

    def entity(self, row: Iterable[Any]) -> E:
        """The entity of a row with `columns`."""
        values = list(row)
        for at, read in self._converted:
            if (value := values[at]) is not None:
                values[at] = read(value)
        if self._by_position:  # in half the time, for what is read with every check
            return self._build(*values)
        return self._build(**dict(zip(self._given, values, strict=True)))

    def row(self, entity: E) -> dict[str, Any]:
        """The values of all columns, by name."""
        values = dict(zip(self._collection.fields, self._collection.values(entity), strict=True))
        for name, write in self._writers.items():
            values[name] = write(values[name])
        return values

    def stored(self, field: str, value: Any) -> Any:
        """A value of one field as it is stored."""
        write = self._writers.get(field)
        return value if write is None else write(value)

    def reader(self, field: str) -> Callable[[Any], Any]:
        """A function from what is stored of one field to its value."""
        return self._readers.get(field, _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value


def _reader(column: Column[Any]) -> Callable[[Any], Any] | None:
    if choices := column.info.get("choices"):
        return {choice.value: choice for choice in choices}.__getitem__
    if read := column.info.get("read"):
        return cast(Callable[[Any], Any], read)
    return _aware if isinstance(column.type, DateTime) else None


def _writer(column: Column[Any]) -> Callable[[Any], Any] | None:
    if "choices" in column.info:
        return str  # drivers need not know what an enumeration is
    if write := column.info.get("written"):
        return cast(Callable[[Any], Any], write)
    if isinstance(column.type, JSON):
        return _plain
    return _in_utc if isinstance(column.type, DateTime) else None


def _aware(value: datetime | None) -> datetime | None:
    """SQLite knows no time zones, and PostgreSQL answers in that of the connection."""
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return _EPOCH + (value - _NAIVE_EPOCH)  # what `replace` does, in a fifth of the time
    return value.astimezone(UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)


def _in_utc(value: datetime | None) -> datetime | None:
    """SQLite drops the time zone, so it must be UTC before."""
    return value and value.astimezone(UTC)


def _plain(value: Any) -> Any:
    """Only real dicts and lists are written as JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


_codecs: dict[Collection[Any], Codec[Any]] = {collection: Codec(collection) for collection in TABLES}


def codec(collection: Collection[E]) -> Codec[E]:
    """The codec of a collection."""
    known = _codecs.get(collection)
    if known is None:
        known = _codecs[collection] = Codec(collection)
    return known
