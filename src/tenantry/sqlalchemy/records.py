"""The entities of one collection, by way of the statements."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, select

from ..kernel.errors import Conflict, Stale
from ..runtime.sights import View
from ..storage.collection import Collection
from ..storage.ports import OneOf, Slice, Sums
from . import statements
from .codec import codec
from .conditions import shape_of
from .execution import Execution
from .tables import REFERRED, referring

__all__ = ["Reader", "Records", "Seen"]

E = TypeVar("E")

Seen = dict[Collection[Any], set[str]]
"""The keys that a transaction has read or written. Under the lock they are there until it removes them itself."""


class _NotAll(Exception):
    """Some of several rows were not changed; leaves the savepoint by the way on which all are as before."""


class Reader(Generic[E]):
    """See `tenantry.ports.Reader`. Without a tenant it reads all of them."""

    def __init__(
        self,
        execution: Execution,
        collection: Collection[E],
        tenant_id: str | None,
        seen: Seen,
        view: View | None = None,
    ) -> None:
        self._view = view
        self._execution = execution
        self._collection = collection
        self._tenant_id = tenant_id
        self._codec = codec(collection)
        self._seen: set[str] = seen.setdefault(collection, set())

    def find(self, **where: object) -> E | None:
        """See `tenantry.ports.Reader.find`."""
        found = self._list({"limit": 1}, where, limit=True)
        return found[0] if found else None

    def list(self, slice: Slice = Slice(), /, **where: object) -> Sequence[E]:
        """See `tenantry.ports.Reader.list`."""
        declared = self._collection.order(slice.order)
        values: dict[str, Any] = {"limit": slice.limit, "offset": slice.offset}
        for number, (name, value) in enumerate(zip(declared.fields, slice.after or (), strict=False)):
            values[f"after_{number}"] = self._codec.stored(name, value)
        form = {"after": slice.after is not None, "limit": slice.limit is not None, "offset": slice.offset > 0}
        return self._list(values, where, order=slice.order, **form)

    def count(self, **where: object) -> int:
        """See `tenantry.ports.Reader.count`."""
        statement, values = self._statement(statements.counting, where)
        return int(self._execution.rows(statement, values)[0][0])

    def count_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        """See `tenantry.ports.Reader.count_by`."""
        statement, values = self._statement(statements.grouping, where, field=field, of=of)
        read = self._codec.reader(field)
        return {read(value): number for value, number in self._execution.rows(statement, values)}

    def sum_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        """See `tenantry.ports.Reader.sum_by`."""
        statement, values = self._statement(statements.summing, where, field=field, of=of)
        read = self._codec.reader(field)
        return {read(value): _whole(*halves) for value, *halves in self._execution.rows(statement, values)}

    def sum_of(self, document: str, /, **where: object) -> Sums:
        """See `tenantry.ports.Reader.sum_of`."""
        statement, values = self._statement(statements.adding, where, document=document)
        rows = {key: halves for key, *halves in self._execution.rows(statement, values)}
        entities, _ = rows.pop(None)
        return Sums(int(entities), {key: _whole(*halves) for key, halves in rows.items()})

    def _list(self, values: dict[str, Any], where: Mapping[str, object], **form: Any) -> Sequence[E]:
        statement, asked = self._statement(statements.listing, where, **form)
        entities = [self._codec.entity(row) for row in self._execution.rows(statement, values | asked)]
        if self._collection in REFERRED:  # nobody asks for the others, and a trail is long
            self._seen.update(map(self._collection.key_of, entities))
        return entities

    def _statement(self, build: Any, where: Mapping[str, object], **form: Any) -> tuple[Any, dict[str, Any]]:
        if self._view is not None:
            where = self._view.narrowed(self._collection, where)
        shape, values = shape_of(self._collection, where)
        values["tenant"] = self._tenant_id
        bound = self._tenant_id is not None
        return build(self._collection, shape, self._execution.dialect, bound=bound, **form), values


class Records(Reader[E]):
    """See `tenantry.ports.Records`."""

    def __init__(self, execution: Execution, collection: Collection[E], tenant_id: str, seen: Seen) -> None:
        super().__init__(execution, collection, tenant_id, seen)
        self._tenant_id: str = tenant_id
        self._known = seen

    def get(self, id: str) -> E:
        """See `tenantry.ports.Records.get`."""
        found = self.find(**{self._collection.key: id})
        if found is None:
            raise self._collection.missing()
        return found

    def add(self, *entities: E) -> None:
        """See `tenantry.ports.Records.add`."""
        if not entities:
            return
        self._collection.require_tenant(self._tenant_id, entities)
        if any(self._missing(name, entities) for name in self._collection.references):
            raise self._refusal(entities)
        statement = statements.insert(self._collection, self._execution.dialect)
        rows = [self._codec.row(entity) for entity in entities]
        added = {key for (key,) in self._execution.rows(statement, rows if len(rows) > 1 else rows[0])}
        if len(added) < len(entities):
            refusal = self._refusal([e for e in entities if self._collection.key_of(e) not in added] or entities)
            if added:
                self._remove(added, checked=False)
            raise refusal
        self._seen |= added

    def save(self, *entities: E) -> None:
        """See `tenantry.ports.Records.save`."""
        self._collection.require_tenant(self._tenant_id, entities)
        if len(entities) == 1:
            self._save(entities[0])
        elif entities and not self._saved_at_once(entities):
            with self._execution.savepoint():
                for entity in entities:
                    self._save(entity)

    def remove(self, *entities: E) -> None:
        """See `tenantry.ports.Records.remove`."""
        if not entities:
            return
        self._collection.require_tenant(self._tenant_id, entities)
        keys = set(map(self._collection.key_of, entities))
        removed = self._remove(keys)
        if removed < len(keys) and any(self._held(column, keys) for column in referring(self._collection)):
            raise self._collection.dangling()

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        """See `tenantry.ports.Records.change`."""
        self._collection.require_job()
        statement, asked = self._statement(statements.change, where, changed=tuple(values))
        return self._execution.changed(statement, asked | self._codec.changes(values))

    def _save(self, entity: E) -> None:
        if not self._execution.changed(statements.replace(self._collection), self._new(entity)):
            self.get(self._collection.key_of(entity))
            raise self._refusal([entity], new=False)

    def _saved_at_once(self, entities: Sequence[E]) -> bool:
        """Whether one statement has saved them all. Otherwise nothing is changed, and one by one they tell why."""
        if not self._execution.counts_many:
            return False
        with suppress(_NotAll), self._execution.savepoint():
            rows = [self._new(entity) for entity in entities]
            if self._execution.changed(statements.replace(self._collection), rows) < len(rows):
                raise _NotAll
            return True
        return False

    def _remove(self, keys: Values[str], *, checked: bool = True) -> int:
        self._seen.difference_update(keys)
        statement = statements.remove(self._collection, checked=checked)
        return self._execution.changed(statement, {"tenant": self._tenant_id, "keys": list(keys)})

    def _refusal(self, entities: Sequence[E], *, new: bool = True) -> Conflict:
        """Why not all of these can be written. It is asked only when that is known, so that it costs nothing before."""
        if new and self.count(**{self._collection.key: OneOf(map(self._collection.key_of, entities))}):
            return self._collection.taken()
        for name, target in self._collection.references.items():
            if self._missing(name, entities):
                return target.dangling()
        for entity in entities:
            for rule in self._collection.unique:
                taken = statements.holder(self._collection, rule)
                if rule.applies_to(entity) and self._execution.rows(taken, self._new(entity)):
                    return rule.refusal()
        return Stale("Another transaction was faster; run the whole transaction again.")

    def _missing(self, field: str, entities: Sequence[E]) -> bool:
        """Whether what this field refers to is not there. What the transaction has seen need not be asked for."""
        target = self._collection.references[field]
        wanted = (
            {self._collection.value(entity, field) for entity in entities} - {None} - self._known.get(target, set())
        )
        there = Reader(self._execution, target, self._tenant_id, self._known)
        return bool(wanted) and there.count(id=OneOf(wanted)) < len(wanted)

    def _held(self, column: Column[Any], keys: Values[str]) -> bool:
        found = select(column).where(column.table.c.tenant_id == self._tenant_id, column.in_(keys)).limit(1)
        return bool(self._execution.rows(found, {}))

    def _new(self, entity: E) -> dict[str, Any]:
        values = {f"new_{name}": value for name, value in self._codec.row(entity).items()}
        return values | {"tenant": self._tenant_id}


def _whole(high: Any, low: Any) -> int:
    """The sum of numbers by those of their halves; of none it is 0."""
    return 0 if low is None else (int(high) << 32) + int(low)
