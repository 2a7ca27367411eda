"""What a command has written, so that none of it is lost in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from ..storage.collection import Collection
from ..storage.ports import Records, Transaction
from ..tenants.model import TENANTS, Tenant

__all__ = ["NothingRecorded", "Watched", "watch"]

E = TypeVar("E")


class NothingRecorded(RuntimeError):
    """A command has written something and recorded nothing. This is a mistake in tenantry, not in the host."""


def watch(tx: Transaction) -> tuple[Transaction, Watched]:
    """The same transaction, and what is written through it from now on."""
    watched = Watched(tx)
    return cast(Transaction, watched), watched


class Watched:
    """A transaction that knows what was written through it. Everything else is that of the transaction itself.

    Attributes:
        written: The names of the collections to which something was written.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.written: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def records(self, collection: Collection[E]) -> Records[E]:
        """See `tenantry.ports.Transaction.records`."""
        return cast(Records[E], _WatchedRecords(self, collection, self._tx.records(collection)))

    def save_tenant(self, tenant: Tenant) -> None:
        """See `tenantry.ports.Transaction.save_tenant`."""
        self._tx.save_tenant(tenant)
        self.note(TENANTS)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """See `tenantry.ports.Transaction.nested`."""
        written = self.written
        try:
            with self._tx.nested():
                yield
        except BaseException:
            self.written = written
            raise

    def note(self, collection: Collection[Any]) -> None:
        """Something in this collection was written."""
        self.written |= {collection.name}


class _WatchedRecords:
    def __init__(self, tx: Watched, collection: Collection[Any], records: Records[Any]) -> None:
        self._tx = tx
        self._collection = collection
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def add(self, *entities: Any) -> None:
        self._write(self._records.add, entities)

    def save(self, *entities: Any) -> None:
        self._write(self._records.save, entities)

    def remove(self, *entities: Any) -> None:
        self._write(self._records.remove, entities)

    def _write(self, write: Callable[..., None], entities: tuple[Any, ...]) -> None:
        write(*entities)
        if entities:
            self._tx.note(self._collection)
