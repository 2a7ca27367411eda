"""Rows become entities, and entities rows. Only what a column cannot hold as it is costs a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from attrs import fields
from sqlalchemy import JSON, Column, ColumnElement, DateTime, Label, Table, select

from ..storage.collection import Collection, Joined
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
        self._build, self._given = collection.entity, (*collection.given, *collection.joined)
        table = TABLES[collection]
        joined = [_joined(table, name, each) for name, each in collection.joined.items()]
        self.columns: Sequence[ColumnElement[Any]] = [*(table.c[name] for name in collection.given), *joined]
        self._readers = {c.name: read for c in (*table.c, *joined) if (read := _reader(c))}
        self._writers = {c.name: write for c in table.c if (write := _writer(c))}
        self._converted = [(at, self._readers[name]) for at, name in enumerate(self._given) if name in self._readers]
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

    def changes(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Values of some fields as they are stored, by the names that a statement has for new ones."""
        return {f"new_{name}": self.stored(name, value) for name, value in values.items()}

    def reader(self, field: str) -> Callable[[Any], Any]:
        """A function from what is stored of one field to its value."""
        return self._readers.get(field, _as_it_is)


def _joined(table: Table, name: str, joined: Joined) -> Label[Any]:
    """What is read along from another table: a look-up by its key for each row, and no statement more."""
    source = TABLES[joined.source]
    found = select(source.c[joined.field]).where(source.c[joined.source.key] == table.c[joined.by])
    return found.correlate(table).scalar_subquery().label(name)


def _as_it_is(value: Any) -> Any:
    return value


def _reader(column: Column[Any] | Label[Any]) -> Callable[[Any], Any] | None:
    info = column.info if isinstance(column, Column) else {}
    if choices := info.get("choices"):
        return {choice.value: choice for choice in choices}.__getitem__
    if read := info.get("read"):
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
