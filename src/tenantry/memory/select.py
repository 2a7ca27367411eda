"""Which entities the conditions of a list, a search or a count speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ..storage.collection import Collection
from ..storage.ports import After, Among, Before, Contains, HasKey, HasValue, OneOf
from .state import Table, Tables

E = TypeVar("E")


def table_of(tables: Tables, collection: Collection[E]) -> Table[E]:
    """The table of this collection; an empty one where nothing was ever added."""
    return tables.get(collection.name) or Table(collection)


def select(tables: Tables, collection: Collection[E], where: Mapping[str, object]) -> Iterator[E]:
    """The entities of one tenant for which all conditions hold."""
    tests = [(name, _test(tables, condition)) for name, condition in where.items()]
    for row in table_of(tables, collection).candidates(where):
        if all(test(getattr(row, name)) for name, test in tests):
            yield row


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
        case HasKey(key):
            return lambda value: key in value
        case HasValue(part):
            return lambda value: part in value.values()
        case Among(collection, name, where):
            present = {getattr(row, name) for row in select(tables, collection, where)} - {None}
            return lambda value: value in present
        case _:
            return lambda value: value == condition
