"""Which entities the conditions of a list, a search or a count speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..storage.collection import Collection
from ..storage.ports import After, Among, AnyOf, Before, Contains, HasKey, HasValue, OneOf, StartsWith
from .state import Table, Tables

E = TypeVar("E")


def table_of(tables: Tables, collection: Collection[E]) -> Table[E]:
    """The table of this collection; an empty one where nothing was ever added."""
    return tables.get(collection.name) or Table(collection)


def select(tables: Tables, collection: Collection[E], where: Mapping[str, object]) -> Iterator[E]:
    """The entities of one tenant for which all conditions hold."""
    fits = _fits(tables, collection, where)
    for row in table_of(tables, collection).candidates(where):
        if fits(row):
            yield row


def _fits(tables: Tables, collection: Collection[Any], where: Mapping[str, Any]) -> Callable[[object], bool]:
    """Whether all conditions hold for a row."""
    asked = {collection.attribute(name): each for name, each in where.items() if name != AnyOf.NAME}
    tests = [(name, _test(tables, condition)) for name, condition in asked.items()]
    either = where[AnyOf.NAME].alternatives if AnyOf.NAME in where else ()
    alternatives = [_fits(tables, collection, each) for each in either] if AnyOf.NAME in where else None

    def fits(row: object) -> bool:
        if not all(test(getattr(row, name)) for name, test in tests):
            return False
        return alternatives is None or any(each(row) for each in alternatives)

    return fits


def _test(tables: Tables, condition: object) -> Callable[[Any], bool]:
    match condition:
        case OneOf(values):
            return lambda value: value in values
        case Before(at):
            return lambda value: value is not None and value <= at
        case After(at):
            return lambda value: value is not None and value > at
        case Contains(text):
            return lambda value: value is not None and text in value
        case StartsWith(text):
            return lambda value: value is not None and value.startswith(text)
        case HasKey(key):
            return lambda value: key in value
        case HasValue(part):
            return lambda value: part in value.values()
        case Among(collection, name, where, part):
            found = (collection.value(row, name) for row in select(tables, collection, where))
            present = {value for each in found for value in _PARTS[part](each)}
            return lambda value: value in present
        case _:
            return lambda value: value == condition


_PARTS: Mapping[str | None, Callable[[Any], Iterable[Any]]] = {
    None: lambda value: () if value is None else (value,),
    "keys": lambda document: document.keys(),
    "texts": lambda document: (value for value in document.values() if isinstance(value, str)),
}
"""Which values a field has, or which a document has in it."""
