"""Job tables over all tenants, read and changed in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from ..collection import Collection
from .records import Reader
from .state import Table

if TYPE_CHECKING:
    from .store import Guest

__all__ = ["Jobs"]

E = TypeVar("E")


class Jobs:
    """See `tenantry.ports.Jobs`."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest

    def records(self, collection: Collection[E]) -> JobRecords[E]:
        return JobRecords(self._guest, collection)


class JobRecords(Reader[E]):
    """See `tenantry.ports.JobRecords`."""

    def __init__(self, guest: Guest, collection: Collection[E]) -> None:
        super().__init__([guest.transaction(id) for id in guest.state.tenants] or [guest.transaction("")], collection)
        self._guest = guest

    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        rows = islice(sorted(self._rows(where), key=self._collection.order(order).position), limit)
        return self._each(rows, lambda table, row: table.put(_with(row, values)), values)

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        return len(self._each(list(self._rows(where)), lambda table, row: table.put(_with(row, values)), values))

    def remove(self, **where: object) -> int:
        drop = self._collection.key_of
        return len(self._each(list(self._rows(where)), lambda table, row: table.drop(drop(row)), {}))

    def _each(self, rows: Iterable[E], act: Callable[[Table[E], E], None], values: Mapping[str, object]) -> Sequence[E]:
        """The rows with these values, after each was acted upon in its tenant's table."""
        self._parts[0].step()
        tenants = {part.tenant_id: part for part in self._parts}
        done = []
        touched = set()
        for row in rows:
            part = tenants[row.tenant_id]  # type: ignore[attr-defined]  # every entity has one
            act(part.writable(self._collection), row)
            touched.add(part.tenant_id)
            done.append(self._out(_with(row, values)))
        for id in touched:
            self._guest.changed(tenants[id])
        return done


def _with(row: E, values: Mapping[str, Any]) -> E:
    changed: E = evolve(row, **values)  # type: ignore[misc]  # every entity is an attrs class
    return changed
