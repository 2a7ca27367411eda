"""What a transaction keeps locked, remembered where it was opened: there, nobody waits for it in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from sqlalchemy import Connection, Engine, QueuePool

from ..runtime.here import held, hold

if TYPE_CHECKING:
    from sqlalchemy import Transaction

__all__ = ["keep_locked", "kept_locked"]


class _Locks:
    """The tenants that one transaction keeps locked; on SQLite it is the whole database, from its first command on.

    The transaction is the host's or ours, and remembered weakly: who drops its connection has ended it.
    """

    rule = "open_here"

    def __init__(self, transaction: Transaction) -> None:
        self.tenants: set[str] = set()
        self._transaction = ref(transaction)
        locked = "the database" if _is_sqlite(transaction.connection) else "this tenant"
        self.refusal = (
            f"A transaction that is open here keeps {locked} locked, and this would wait for it: use the Tenantry that "
            "transaction() gave you, or the one on the session that is open."
        )

    @property
    def transaction(self) -> Transaction | None:
        """The transaction, while it is open."""
        transaction = self._transaction()
        return transaction if transaction is not None and _is_open(transaction) else None

    @property
    def is_held(self) -> bool:
        return self.transaction is not None

    def bars(self, where: object, tenant_id: str | None, writes: bool) -> bool:
        transaction = self.transaction
        if transaction is None or not isinstance(where, Engine | Connection) or where is transaction.connection:
            return False
        pool = transaction.connection.engine.pool
        if where.engine.pool is not pool:
            return False
        if _has_one_connection(pool):
            return True
        return writes if _is_sqlite(where) else tenant_id in self.tenants


def keep_locked(connection: Connection, *tenant_ids: str) -> None:
    """Remember that what is open on this connection keeps these tenants locked, until it ends.

    On PostgreSQL that is the innermost savepoint: a host that rolls back to it lets go of what was locked within. Where
    it is released the lock lives on; then it is no longer known here, and whoever waits for it does so until the lock
    timeout.
    """
    transaction = _innermost(connection)
    if transaction is None:
        return
    known = next((locks for locks in held() if isinstance(locks, _Locks) and locks.transaction is transaction), None)
    if known is None:
        known = _Locks(transaction)
        hold(known)
    known.tenants.update(tenant_ids)


def kept_locked(connection: Connection) -> set[str]:
    """The tenants that were locked in the innermost savepoint that is open on this connection."""
    innermost = _innermost(connection)
    kept = (locks.tenants for locks in held() if isinstance(locks, _Locks) and locks.transaction is innermost)
    return next(kept, set())


def _innermost(connection: Connection) -> Transaction | None:
    nested = None if _is_sqlite(connection) else connection.get_nested_transaction()
    return nested or connection.get_transaction()


def _is_open(transaction: Transaction) -> bool:
    connection = transaction.connection
    if not transaction.is_active or connection.invalidated:
        return False
    driver: Any = connection.connection.driver_connection
    return not _is_sqlite(connection) or bool(driver.in_transaction)  # there, a refused command may have ended it


def _is_sqlite(where: Engine | Connection) -> bool:
    return where.dialect.name == "sqlite"


def _has_one_connection(pool: object) -> bool:
    """Whether who waits for a second connection waits for the first."""
    return isinstance(pool, QueuePool) and pool.size() == 1 and not pool._max_overflow  # noqa: SLF001 - it says no other way
