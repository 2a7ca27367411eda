"""What a command has written, so that none of it is lost in silence, and whoever is to hear of it does."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from ..storage.collection import Collection
from ..storage.ports import Records, Transaction
from ..tenants.model import TENANTS, Tenant

__all__ = ["NothingRecorded", "Watched", "watch"]

E = TypeVar("E")


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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def records(self, collection: Collection[E]) -> Records[E]:
        """See `tenantry.ports.Transaction.records`."""
        return cast(Records[E], _WatchedRecords(self, collection, self._tx.records(collection)))

    def save_tenant(self, tenant: Tenant) -> None:
        """See `tenantry.ports.Transaction.save_tenant`."""
        self._tx.save_tenant(tenant)
        self.note("save", TENANTS, (tenant,))

    @contextmanager
    def nested(self) -> Iterator[None]:
        """See `tenantry.ports.Transaction.nested`."""
        before = len(self._writes)
        try:
            with self._tx.nested():
                yield
        except BaseException:
            del self._writes[before:]
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

    def _done(self, act: str, collection: Collection[E]) -> Sequence[E]:
        return [
            each for way, there, entities in self._writes if way == act and there is collection for each in entities
        ]


class _WatchedRecords:
    def __init__(self, tx: Watched, collection: Collection[Any], records: Records[Any]) -> None:
        self._tx = tx
        self._collection = collection
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def add(self, *entities: Any) -> None:
        self._records.add(*entities)
        self._tx.note("add", self._collection, entities)

    def save(self, *entities: Any) -> None:
        self._records.save(*entities)
        self._tx.note("save", self._collection, entities)

    def remove(self, *entities: Any) -> None:
        self._records.remove(*entities)
        self._tx.note("remove", self._collection, entities)
