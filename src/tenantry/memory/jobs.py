"""Job tables over all tenants, read and changed in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from ..storage.collection import Collection
from ..tenants.model import TENANTS
from .records import Reader, with_values
from .state import Claim, Table

if TYPE_CHECKING:
    from .store import Guest
    from .transaction import Transaction

__all__ = ["Jobs"]

E = TypeVar("E")


class Jobs:
    """See `tenantry.ports.Jobs`."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._parts = [guest.transaction(id) for id in guest.state.tenants] or [guest.transaction("")]

    def records(self, collection: Collection[E]) -> JobRecords[E]:
        collection.require_job()
        return JobRecords(self._guest, self._parts, collection)


class JobRecords(Reader[E]):
    """See `tenantry.ports.JobRecords`."""

    def __init__(self, guest: Guest, parts: Sequence[Transaction], collection: Collection[E]) -> None:
        super().__init__(parts, collection)
        self._guest = guest

    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        rows = self._collection.order(order).sorted(self._rows(where))[:limit]
        return self._replace([with_values(row, values) for row in rows])

    def put(self, *entities: E) -> None:
        if not entities:
            return
        self._parts[0].step()
        tenants = {part.tenant_id: part for part in self._parts}
        rows = self._collection.latest(entities)
        for row in rows:
            self._require_referred(tenants.get(self._collection.place_of(row)[0]), row)
        touched = {id: tenants[id] for id, _ in map(self._collection.place_of, rows)}
        with ExitStack() as whole:
            for part in touched.values():
                whole.enter_context(part.nested())
            for row in rows:
                part = touched[self._collection.place_of(row)[0]]
                part.writable(self._collection).put(self._out(row), self._held_but_by(part))
        for part in touched.values():
            self._guest.changed(part)

    def _require_referred(self, part: Transaction | None, row: E) -> None:
        """Go on only if the row's tenant is there, and so is what it refers to."""
        if part is None or not part.readable(TENANTS).rows:
            raise TENANTS.dangling()
        for name, target in self._collection.references.items():
            id = self._collection.value(row, name)
            if id is not None and id not in part.readable(target).rows:
                raise target.dangling()

    def _held_but_by(self, mine: Transaction) -> Callable[[Claim], bool]:
        def held(claim: Claim) -> bool:
            at = self._collection.unique.index(claim[0])
            others = (part for part in self._parts if part is not mine)
            return any(claim[1:] in part.readable(self._collection).taken[at] for part in others)

        return held

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        return len(self._replace([with_values(row, values) for row in self._rows(where)]))

    def remove(self, **where: object) -> int:
        rows = list(self._rows(where))
        for table, row in self._tables(rows):
            table.drop(self._collection.key_of(row))
        return len(rows)

    def _replace(self, rows: Sequence[E]) -> Sequence[E]:
        for table, row in self._tables(rows):
            table.put(self._out(row))
        return [self._out(row) for row in rows]

    def _tables(self, rows: Iterable[E]) -> Iterator[tuple[Table[E], E]]:
        """Each row with its tenant's table, to be written to; afterwards the transaction has changed these tenants."""
        self._parts[0].step()
        tenants = {part.tenant_id: part for part in self._parts}
        touched = {}
        for row in rows:
            part = tenants[self._collection.value(row, "tenant_id")]
            touched[part.tenant_id] = part
            yield part.writable(self._collection), row
        for part in touched.values():
            self._guest.changed(part)
