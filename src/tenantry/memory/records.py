"""The records of one tenant, and reading over several."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import evolve

from ..runtime.sights import View
from ..storage.collection import Collection
from ..storage.ports import Slice, Sums
from .select import select, table_of

if TYPE_CHECKING:
    from .transaction import Transaction

E = TypeVar("E")


class Reader(Generic[E]):
    """Reading one collection out of any number of tenants."""

    def __init__(self, parts: Sequence[Transaction], collection: Collection[E], view: View | None = None) -> None:
        self._parts = parts
        self._collection = collection
        self._view = view

    def _rows(self, where: Mapping[str, object]) -> Iterator[E]:
        if self._view is not None:
            where = self._view.narrowed(self._collection, where)
        for part in self._parts:
            yield from select(part.tables, self._collection, where)

    def find(self, **where: object) -> E | None:
        self._parts[0].step()
        found = min(self._rows(where), key=self._collection.order(None).position, default=None)
        return None if found is None else self._out(found)

    def list(self, slice: Slice = Slice(), /, **where: object) -> Sequence[E]:
        self._parts[0].step()
        order = self._collection.order(slice.order)
        rows = order.sorted(self._rows(where))
        if slice.after is not None:
            after = slice.after
            rows = [r for r in rows if (order.position(r) < after if order.descending else order.position(r) > after)]
        end = None if slice.limit is None else slice.offset + slice.limit
        return [self._out(row) for row in rows[slice.offset : end]]

    def count(self, **where: object) -> int:
        self._parts[0].step()
        return sum(1 for _ in self._rows(where))

    def count_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        self._parts[0].step()
        seen: dict[Any, set[Any]] = {}
        value = self._collection.value
        for row in self._rows(where):
            seen.setdefault(value(row, field), set()).add(value(row, of))
        return {value: len(different - {None}) for value, different in seen.items()}

    def sum_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        self._parts[0].step()
        sums: dict[Any, int] = {}
        read = self._collection.value
        for row in self._rows(where):
            value = read(row, field)
            sums[value] = sums.get(value, 0) + (read(row, of) or 0)
        return sums

    def sum_of(self, document: str, /, **where: object) -> Sums:
        self._parts[0].step()
        entities = 0
        sums: dict[str, int] = {}
        for entities, row in enumerate(self._rows(where), start=1):  # noqa: B007 - the last one counts
            for key, value in self._collection.value(row, document).items():
                if type(value) is int:
                    sums[key] = sums.get(key, 0) + value
        return Sums(entities, sums)

    def _out(self, entity: E) -> E:
        return unshared(self._joined(entity), self._collection)

    def _joined(self, entity: E) -> E:
        """The entity with what is read along from elsewhere."""
        if not self._collection.joined:
            return entity
        values = {}
        for name, (source, there, by) in self._collection.joined.items():
            row = table_of(self._parts[0].of_users, source).rows.get(self._collection.value(entity, by))
            values[name] = None if row is None else source.value(row, there)
        joined: E = evolve(entity, **values)  # type: ignore[misc]  # every entity is an attrs class
        return joined


class Records(Reader[E]):
    """Reading and writing one collection of one tenant."""

    def __init__(self, transaction: Transaction, collection: Collection[E]) -> None:
        super().__init__([transaction], collection)
        self._transaction = transaction

    def get(self, id: str) -> E:
        self._transaction.step()
        row = self._transaction.readable(self._collection).rows.get(id)
        if row is None:
            raise self._collection.missing()
        return self._out(row)

    def add(self, *entities: E) -> None:
        self._collection.require_tenant(self._transaction.tenant_id, entities)
        there = self._transaction.readable(self._collection).rows
        keys = {self._collection.key_of(entity) for entity in entities}
        if len(keys) < len(entities) or any(key in there for key in keys):
            raise self._collection.taken()
        self._put(entities)

    def save(self, *entities: E) -> None:
        self._collection.require_tenant(self._transaction.tenant_id, entities)
        there = self._transaction.readable(self._collection).rows
        if any(self._collection.key_of(entity) not in there for entity in entities):
            raise self._collection.missing()
        self._put(entities)

    def remove(self, *entities: E) -> None:
        if not entities:
            return
        self._transaction.step()
        self._collection.require_tenant(self._transaction.tenant_id, entities)
        keys = {self._collection.key_of(entity) for entity in entities}
        for table in self._transaction.tables.values():
            value = table.collection.value
            for name, target in table.collection.references.items():
                if target is self._collection and any(value(row, name) in keys for row in table.rows.values()):
                    raise self._collection.dangling()
        table = self._transaction.writable(self._collection)
        for key in keys:
            table.drop(key)

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        self._collection.require_job()
        rows = list(self._rows(where))
        self._put([with_values(row, values) for row in rows])
        return len(rows)

    def _put(self, entities: Sequence[E]) -> None:
        if not entities:
            return
        self._transaction.step()
        for name, target in self._collection.references.items():
            there = self._transaction.readable(target).rows
            if {self._collection.value(entity, name) for entity in entities} - {None} - there.keys():
                raise target.dangling()
        mine, claims = self._transaction.tenant_id, self._transaction.claims
        with self._transaction.nested():
            table = self._transaction.writable(self._collection)
            for entity in entities:
                table.put(unshared(entity, self._collection), lambda claim: claims.get(claim, mine) != mine)


def with_values(entity: E, values: Mapping[str, Any]) -> E:
    """The entity with these values set."""
    changed: E = evolve(entity, **values)  # type: ignore[misc]  # every entity is an attrs class
    return changed


def unshared(entity: E, collection: Collection[E]) -> E:
    """The entity with documents of its own, so that nobody changes another's."""
    if not collection.documents:
        return entity
    documents = {name: copy.deepcopy(collection.value(entity, name)) for name in collection.documents}
    unshared: E = evolve(entity, **documents)  # type: ignore[misc]  # every entity is an attrs class
    return unshared
