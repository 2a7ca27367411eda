"""Job tables over all tenants, read and changed in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ..storage.collection import Collection
from . import statements
from .conditions import shape_of
from .execution import Execution
from .records import Reader

__all__ = ["Jobs"]

E = TypeVar("E")


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
        rows = self._execution.rows(statement, {**asked, **self._new(values), "limit": limit})
        return self._collection.order(order).sorted(map(self._codec.entity, rows))

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        """See `tenantry.ports.JobRecords.change`."""
        shape, asked = shape_of(self._collection, where)
        statement = statements.change(self._collection, shape, self._execution.dialect, changed=tuple(values))
        return self._execution.changed(statement, asked | self._new(values))

    def remove(self, **where: object) -> int:
        """See `tenantry.ports.JobRecords.remove`."""
        shape, asked = shape_of(self._collection, where)
        return self._execution.changed(statements.clear(self._collection, shape, self._execution.dialect), asked)

    def _new(self, values: Mapping[str, object]) -> dict[str, Any]:
        return {f"new_{name}": self._codec.stored(name, value) for name, value in values.items()}
