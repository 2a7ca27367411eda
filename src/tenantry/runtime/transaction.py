"""Several steps in one transaction stay with one tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from ..kernel.errors import Invalid, TenantMismatch
from ..storage.ports import Across, Gate, Jobs, Scope, Store, Transaction

__all__ = ["OneTenant"]


class OneTenant:
    """A store within one transaction, bound to the first tenant that is created or touched through it."""

    tries = 1
    owns_transactions = False

    def __init__(self, store: Store, bound_to: list[str] | None = None) -> None:
        self._store = store
        self.bound_to = [] if bound_to is None else bound_to
        self._is_over = False

    @classmethod
    @contextmanager
    def within(cls, outer: Store, store: Store) -> Iterator[OneTenant]:
        """A transaction begun on `outer`, and so bound as that one is; it is over when the block ends."""
        one = cls(store, outer.bound_to if isinstance(outer, OneTenant) else None)
        try:
            yield one
        finally:
            one._is_over = True

    def pause(self, seconds: float) -> None:
        """See `tenantry.ports.Store.pause`."""
        self._store.pause(seconds)

    def begin(self) -> AbstractContextManager[Store]:
        """See `tenantry.ports.Store.begin`."""
        self.require_open()
        return self._store.begin()

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.command`."""
        self._check(tenant_id)
        with self._store.command(tenant_id, gate=gate, patience=patience) as transaction:
            yield transaction
        self._bind(tenant_id)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.query`."""
        self._check(tenant_id)
        with self._store.query(tenant_id) as transaction:
            yield transaction
        self._bind(tenant_id)

    def across(self, scope: Scope) -> AbstractContextManager[Across]:
        """See `tenantry.ports.Store.across`."""
        self.require_open()
        return self._store.across(scope)

    def jobs(self) -> AbstractContextManager[Jobs]:
        """See `tenantry.ports.Store.jobs`."""
        return self._store.jobs()

    def require_open(self) -> None:
        """Go on only within the block.

        Raises:
            Invalid: It has ended.
        """
        if self._is_over:
            raise Invalid(
                "This transaction is over; its Tenantry is good within its block only.", rule="transaction_over"
            )

    def _check(self, tenant_id: str) -> None:
        self.require_open()
        if self.bound_to not in ([], [tenant_id]):
            raise TenantMismatch("This transaction is bound to another tenant; begin one for each.")

    def _bind(self, tenant_id: str) -> None:
        self.bound_to[:] = [tenant_id]
