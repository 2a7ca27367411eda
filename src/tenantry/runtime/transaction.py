"""Several steps in one transaction stay with one tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta

from ..kernel.errors import Denied, Invalid, InviterLostAuthority, TenantMismatch, TenantryError
from ..storage.ports import Across, Gate, Jobs, Scope, Store, Transaction

__all__ = ["OneTenant", "Owed", "record"]

Owed = list[Denied | InviterLostAuthority]
"""Refusals of which the audit trail does not know yet."""


def record(owed: Owed, record_denial: Callable[[TenantryError], None]) -> None:
    """Record each refusal of a transaction that has ended; how that ended is what the caller must hear of."""
    for refused in owed:
        with suppress(TenantryError):
            record_denial(refused)


class OneTenant:
    """A store within one transaction, bound to the first tenant that is created or touched through it.

    Attributes:
        bound_to: The id of that tenant, if there is one yet.
        owed: The refusals that are to be recorded when the transaction has ended, in one of their own: this one may be
            rolled back, and holds the lock. None where it is the host's.
    """

    tries = 1
    owns_transactions = False

    def __init__(self, store: Store, bound_to: list[str], owed: Owed | None) -> None:
        self._store = store
        self.bound_to = bound_to
        self.owed = owed
        self._is_over = False

    @classmethod
    @contextmanager
    def within(cls, outer: Store, store: Store, owed: Owed) -> Iterator[OneTenant]:
        """A transaction begun on `outer`, and so bound as that one is; it is over when the block ends.

        Args:
            outer: What it was begun on.
            store: What it gave.
            owed: Filled with the refusals that are to be recorded afterwards, unless `outer` sees to it.
        """
        if isinstance(outer, OneTenant):
            one = cls(store, outer.bound_to, outer.owed)
        else:
            one = cls(store, [], owed if outer.owns_transactions else None)
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
