"""Job tables over all tenants, read and changed in bulk."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from ..kernel.errors import Conflict
from ..storage.collection import Collection, Unique
from ..storage.ports import OneOf
from ..tenants.model import TENANTS
from . import statements
from .conditions import shape_of
from .execution import Execution
from .records import Reader

__all__ = ["Jobs"]

E = TypeVar("E")
T = TypeVar("T")

_AT_ONCE = 5_000  # no driver takes any number of parameters


class Jobs:
    """See `tenantry.ports.Jobs`."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def records(self, collection: Collection[E]) -> JobRecords[E]:
        """See `tenantry.ports.Jobs.records`."""
        collection.require_job()
        return JobRecords(self._execution, collection, None, {})


class JobRecords(Reader[E]):
    """See `tenantry.ports.JobRecords`."""

    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        """See `tenantry.ports.JobRecords.claim`."""
        shape, asked = shape_of(self._collection, where)
        statement = statements.claim(
            self._collection, shape, self._execution.dialect, order=order, changed=tuple(values)
        )
        rows = self._execution.rows(statement, {**asked, **self._codec.changes(values), "limit": limit})
        return self._collection.order(order).sorted(map(self._codec.entity, rows))

    def put(self, *entities: E) -> None:
        """See `tenantry.ports.JobRecords.put`."""
        if not entities:
            return
        latest = self._collection.latest(entities)
        if self._execution.dialect == "sqlite" and (missing := self._missing_of(latest)):
            raise missing  # foreign keys may be switched off there
        rows = [self._codec.row(entity) for entity in latest]
        statement = statements.put(self._collection, self._execution.dialect)
        try:
            with self._execution.savepoint():
                self._execution.rows(statement, rows if len(rows) > 1 else rows[0])
        except Conflict as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            raise self._missing_of(latest) or self._taken_of(latest) or error from error

    def _missing_of(self, entities: Sequence[E]) -> Conflict | None:
        """The error for the first thing that these refer to and that is not there."""
        mine = [self._collection.place_of(entity) for entity in entities]
        if not self._there(TENANTS, {(tenant_id, tenant_id) for tenant_id, _ in mine}):
            return TENANTS.dangling()
        for name, target in self._collection.references.items():
            wanted = (
                (tenant_id, self._collection.value(each, name))
                for (tenant_id, _), each in zip(mine, entities, strict=True)
            )
            if not self._there(target, {place for place in wanted if place[1] is not None}):
                return target.dangling()
        return None

    def _there(self, target: Collection[Any], places: Values[tuple[str, str]]) -> bool:
        """Whether there are entities at all these places."""
        for some in _batches(places):
            asked = {"tenants": sorted({tenant_id for tenant_id, _ in some}), "keys": sorted({key for _, key in some})}
            found = {(tenant_id, key) for tenant_id, key in self._execution.rows(statements.present(target), asked)}
            if not found.issuperset(some):
                return False
        return True

    def _taken_of(self, entities: Sequence[E]) -> Conflict | None:
        """The error for the first of these that a rule of uniqueness refuses, as they are kept one after the other."""
        held: dict[tuple[Any, ...], tuple[str, str]] = {}
        for some in _batches(entities):
            for rule in self._collection.unique:
                held |= self._holders(rule, [entity for entity in some if rule.applies_to(entity)])
        for entity in entities:
            mine = self._collection.place_of(entity)
            for rule in self._collection.unique:
                if rule.applies_to(entity) and held.setdefault(_claim(rule, entity), mine) != mine:
                    return rule.refusal()
        return None

    def _holders(self, rule: Unique, entities: Sequence[E]) -> Mapping[tuple[Any, ...], tuple[str, str]]:
        """Who holds what is stored of the values that these want to have by a rule."""
        asked = {name: OneOf({self._collection.value(entity, name) for entity in entities}) for name in rule.fields}
        if not rule.across_tenants:
            asked["tenant_id"] = OneOf({self._collection.place_of(entity)[0] for entity in entities})
        stored = self.list(**{**rule.where, **asked}) if entities else ()
        return {_claim(rule, entity): self._collection.place_of(entity) for entity in stored}

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        """See `tenantry.ports.JobRecords.change`."""
        shape, asked = shape_of(self._collection, where)
        statement = statements.change(
            self._collection, shape, self._execution.dialect, changed=tuple(values), bound=False
        )
        return self._execution.changed(statement, asked | self._codec.changes(values))

    def remove(self, **where: object) -> int:
        """See `tenantry.ports.JobRecords.remove`."""
        shape, asked = shape_of(self._collection, where)
        return self._execution.changed(statements.clear(self._collection, shape, self._execution.dialect), asked)


def _claim(rule: Unique, entity: object) -> tuple[Any, ...]:
    """What no other may have by this rule."""
    return (rule, None if rule.across_tenants else getattr(entity, "tenant_id", None), *rule.key(entity))


def _batches(values: Values[T]) -> Iterator[Sequence[T]]:
    whole = [*values]
    for start in range(0, len(whole), _AT_ONCE):
        yield whole[start : start + _AT_ONCE]
