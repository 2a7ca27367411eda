"""Rows become entities, and entities rows. Only what a column cannot hold as it is costs a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, Column, DateTime

from ..collection import Collection
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
        table = TABLES[collection]
        self.columns: Sequence[Column[Any]] = [table.c[name] for name in collection.given]
        self._readers = {c.name: read for c in table.c if (read := _reader(c))}
        self._writers = {c.name: write for c in table.c if (write := _writer(c))}
        self._converted = [(c.name, self._readers[c.name]) for c in self.columns if c.name in self._readers]

    def entity(self, row: Iterable[Any]) -> E:
        """The entity of a row with `columns`."""
        values = dict(zip(self._collection.given, row, strict=True))
        for name, read in self._converted:
            values[name] = read(values[name])
        return self._collection.entity(**values)

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

    def read(self, field: str, value: Any) -> Any:
        """The value of one field that is stored so."""
        read = self._readers.get(field)
        return value if read is None else read(value)


def _reader(column: Column[Any]) -> Callable[[Any], Any] | None:
    if choices := column.info.get("choices"):
        return {choice.value: choice for choice in choices}.__getitem__
    return _aware if isinstance(column.type, DateTime) else None


def _writer(column: Column[Any]) -> Callable[[Any], Any] | None:
    if "choices" in column.info:
        return str  # drivers need not know what an enumeration is
    if isinstance(column.type, JSON):
        return _plain
    return _in_utc if isinstance(column.type, DateTime) else None


def _aware(value: datetime | None) -> datetime | None:
    """SQLite knows no time zones, and PostgreSQL answers in that of the connection."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime | None) -> datetime | None:
    """SQLite drops the time zone, so it must be UTC before."""
    return value and value.astimezone(UTC)


def _plain(value: Any) -> Any:
    """Only a real dict is written as a JSON object."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


_codecs: Mapping[Collection[Any], Codec[Any]] = {collection: Codec(collection) for collection in TABLES}


def codec(collection: Collection[E]) -> Codec[E]:
    """The codec of a collection."""
    return _codecs[collection]
