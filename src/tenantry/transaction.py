"""Several steps in one transaction stay with one tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from .errors import TenantMismatch
from .ports import Across, Gate, Store, Transaction

__all__ = ["OneTenant"]


class OneTenant:
    """A store within one transaction, bound to the first tenant that is created or touched through it."""

    tries = 1
    owns_transactions = False

    def __init__(self, store: Store, bound_to: list[str] | None = None) -> None:
        self._store = store
        self.bound_to = [] if bound_to is None else bound_to

    @classmethod
    def within(cls, outer: Store, store: Store) -> OneTenant:
        """The same, with the binding of the transaction that this one is begun in, if there is one."""
        return cls(store, outer.bound_to if isinstance(outer, OneTenant) else None)

    def pause(self, seconds: float) -> None:
        """See `tenantry.ports.Store.pause`."""
        self._store.pause(seconds)

    @contextmanager
    def begin(self) -> Iterator[OneTenant]:
        """See `tenantry.ports.Store.begin`."""
        with self._store.begin() as store:
            yield self.within(self, store)

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.command`."""
        self._check(tenant_id)
        with self._store.command(tenant_id, gate=gate) as transaction:
            yield transaction
        self._bind(tenant_id)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.query`."""
        self._check(tenant_id)
        with self._store.query(tenant_id) as transaction:
            yield transaction
        self._bind(tenant_id)

    def across(self) -> AbstractContextManager[Across]:
        """See `tenantry.ports.Store.across`."""
        return self._store.across()

    def _check(self, tenant_id: str) -> None:
        if self.bound_to not in ([], [tenant_id]):
            raise TenantMismatch("This transaction is bound to another tenant; begin one for each.")

    def _bind(self, tenant_id: str) -> None:
        self.bound_to[:] = [tenant_id]
