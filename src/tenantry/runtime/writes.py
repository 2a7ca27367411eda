"""What a command has written, so that none of it is lost in silence, and whoever is to hear of it does.

And what is called how, as far as it was read or written, so that its events can say so without a statement more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Collection as Values
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from ..access.model import Standing
from ..storage.collection import Collection
from ..storage.ports import Records, Slice, Transaction
from ..tenants.model import TENANTS, Tenant
from ..workspaces.model import WORKSPACES

__all__ = ["Names", "NothingRecorded", "Watched", "watch"]

E = TypeVar("E")
Names = Mapping[tuple[str, str], str | None]
"""What something is called, by its noun and by what an audit event has as its target."""


class NothingRecorded(RuntimeError):
    """A command has written something and recorded nothing. This is a mistake in tenantry, not in the host."""


def watch(tx: Transaction, kept: Values[Collection[Any]] = ()) -> tuple[Transaction, Watched]:
    """The same transaction, and what is written through it from now on.

    Args:
        tx: The transaction.
        kept: The collections of which it is also known what was added and removed.
    """
    watched = Watched(tx, kept)
    return cast(Transaction, watched), watched


class Watched:
    """A transaction that knows what was written through it. Everything else is that of the transaction itself."""

    def __init__(self, tx: Transaction, kept: Values[Collection[Any]]) -> None:
        self._tx = tx
        self._kept = kept
        self._writes: list[tuple[str, Collection[Any], tuple[Any, ...]]] = []
        self._seen: list[Callable[[], Names]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def records(self, collection: Collection[E]) -> Records[E]:
        """See `tenantry.ports.Transaction.records`."""
        return cast(Records[E], _WatchedRecords(self, collection, self._tx.records(collection)))

    def save_tenant(self, tenant: Tenant) -> None:
        """See `tenantry.ports.Transaction.save_tenant`."""
        self._tx.save_tenant(tenant)
        self.note("save", TENANTS, (tenant,))

    def standing(self, user_id: str, workspaces: Values[str]) -> Standing:
        """See `tenantry.ports.Transaction.standing`."""
        standing = self._tx.standing(user_id, workspaces)
        names = standing.workspace_names
        self._seen.append(lambda: {(WORKSPACES.noun, id): name for id, name in names.items()})
        return standing

    @contextmanager
    def nested(self) -> Iterator[None]:
        """See `tenantry.ports.Transaction.nested`."""
        writes, seen = len(self._writes), len(self._seen)
        try:
            with self._tx.nested():
                yield
        except BaseException:
            del self._writes[writes:], self._seen[seen:]
            raise

    @property
    def written(self) -> frozenset[str]:
        """The names of the collections to which something was written."""
        return frozenset(collection.name for _, collection, _ in self._writes)

    def added(self, collection: Collection[E]) -> Sequence[E]:
        """What was added to one of the collections of which that is known, in that order."""
        return self._done("add", collection)

    def removed(self, collection: Collection[E]) -> Sequence[E]:
        """What was removed from one of the collections of which that is known, in that order."""
        return self._done("remove", collection)

    def note(self, act: str, collection: Collection[Any], entities: tuple[Any, ...]) -> None:
        """These, if there are any, were written to this collection."""
        if entities:
            self._writes.append((act, collection, entities if collection in self._kept else ()))
            self.see(collection, entities)

    def see(self, collection: Collection[Any], entities: Iterable[Any]) -> None:
        """These were read or written, and so it is known what they are called; their last state counts."""
        if collection.called:
            self._seen.append(partial(collection.names_of, entities))

    def names(self) -> Names:
        """What everything that was read or written is called, as it was at last."""
        return {subject: name for names in self._seen for subject, name in names().items()}

    def _done(self, act: str, collection: Collection[E]) -> Sequence[E]:
        return [
            each for way, there, entities in self._writes if way == act and there is collection for each in entities
        ]


_ALL = Slice()


class _WatchedRecords:
    def __init__(self, tx: Watched, collection: Collection[Any], records: Records[Any]) -> None:
        self._tx = tx
        self._collection = collection
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def get(self, id: str) -> Any:
        found = self._records.get(id)
        self._tx.see(self._collection, (found,))
        return found

    def find(self, **where: object) -> Any:
        found = self._records.find(**where)
        if found is not None:
            self._tx.see(self._collection, (found,))
        return found

    def list(self, slice: Slice = _ALL, /, **where: object) -> Sequence[Any]:
        found = self._records.list(slice, **where)
        self._tx.see(self._collection, found)
        return found

    def add(self, *entities: Any) -> None:
        self._records.add(*entities)
        self._tx.note("add", self._collection, entities)

    def save(self, *entities: Any) -> None:
        self._records.save(*entities)
        self._tx.note("save", self._collection, entities)

    def remove(self, *entities: Any) -> None:
        self._records.remove(*entities)
        self._tx.note("remove", self._collection, entities)

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        changed = self._records.change(values, **where)
        if changed:
            self._tx.note("change", self._collection, (values,))
        return changed
