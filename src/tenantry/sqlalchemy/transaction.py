"""One tenant, for the length of one transaction; and all tenants, to be read."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from ..access.model import Standing
from ..audit.model import AuditEvent
from ..members.model import MEMBERSHIPS
from ..members.sign_ins import SignIn
from ..runtime.here import require_outside
from ..runtime.sights import View
from ..storage.collection import Collection
from ..storage.ports import Creating, FeedPosition, Gate, Open, Passes, Scope, Unlocked
from ..tenants.model import TENANTS, Tenant, Totals, version_of, written_in_of
from ..workspaces.model import WORKSPACES
from . import sign_ins, statements
from .codec import codec
from .conditions import shape_of
from .execution import Execution
from .feed import events
from .records import Reader, Records, Seen
from .standing import standing
from .totals import totals

__all__ = ["Across", "Discarded", "Transaction", "enter"]

E = TypeVar("E")

_MILLISECOND = timedelta(milliseconds=1)
_NO_CONDITIONS: Mapping[str, object] = {}


class Transaction:
    """See `tenantry.ports.Transaction`."""

    def __init__(self, execution: Execution, tenant_id: str, session: Any, patience: timedelta | None = None) -> None:
        self.tenant_id = tenant_id
        self.session = session
        self.discarded = False
        self._execution = execution
        self._tenant: Tenant | None = None
        self._is_unlocked = False
        self._seen: Seen = {}
        self._waiting: dict[str, str] = {}
        if patience is not None and execution.dialect == "postgresql":  # SQLite waits when a transaction begins
            self._waiting["patience"] = str(max(1, patience // _MILLISECOND))  # 0 would be for ever

    @property
    def statements(self) -> int:
        """See `tenantry.ports.Transaction.statements`."""
        return self._execution.statements

    @property
    def locked(self) -> tuple[str, ...]:
        """The tenant, if it is locked."""
        return () if self._is_unlocked else (self.tenant_id,)

    def enter(self, gate: Gate) -> None:
        """See `tenantry.ports.Transaction.enter`."""
        self._is_unlocked = isinstance(gate, Unlocked)
        if not self._is_unlocked:
            require_outside(self._execution.connection, self.tenant_id)
        match gate:
            case Creating(tenant):
                self._create(tenant)
            case Passes(collection, where):
                self._lock(collection, where)
            case Open():
                self._lock()
            case Unlocked():
                pass

    def tenant(self) -> Tenant:
        """See `tenantry.ports.Transaction.tenant`."""
        if self._tenant is None:
            statement = statements.listing(TENANTS, (), self._execution.dialect, bound=True)
            self._tenant = self._only(self._execution.rows(statement, {"tenant": self.tenant_id}))
        return self._tenant

    def save_tenant(self, tenant: Tenant) -> None:
        """See `tenantry.ports.Transaction.save_tenant`."""
        TENANTS.require_tenant(self.tenant_id, [tenant])
        values = {f"new_{name}": value for name, value in codec(TENANTS).row(tenant).items()}
        if not self._execution.changed(statements.retenant(), values | {"tenant": self.tenant_id}):
            raise TENANTS.missing()
        there = self.tenant()
        self._tenant = evolve(tenant, version=version_of(there), written_in=written_in_of(there))

    def records(self, collection: Collection[E]) -> Records[E]:
        """See `tenantry.ports.Transaction.records`."""
        collection.require_of_tenants()
        if self._is_unlocked:
            collection.require_job()
        return Records(self._execution, collection, self.tenant_id, self._seen)

    def standing(self, user_id: str, workspaces: Values[str]) -> Standing:
        """See `tenantry.ports.Transaction.standing`."""
        found = standing(self._execution, self.tenant_id, user_id, workspaces)
        self._seen.setdefault(WORKSPACES, set()).update(found.workspaces)
        if found.membership_id is not None:
            self._seen.setdefault(MEMBERSHIPS, set()).add(found.membership_id)
        return found

    def totals(self, at: datetime) -> Totals:
        """See `tenantry.ports.Transaction.totals`."""
        return totals(self._execution, self.tenant_id, at)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """See `tenantry.ports.Transaction.nested`."""
        tenant = self._tenant
        kept = False
        try:
            with self._execution.lent(self.session):
                yield
            kept = True
        finally:
            if not kept:
                self._tenant = tenant
                for keys in self._seen.values():
                    keys.clear()

    def discard(self) -> None:
        """See `tenantry.ports.Transaction.discard`."""
        self.discarded = True

    def _lock(self, collection: Collection[Any] | None = None, where: Mapping[str, object] = _NO_CONDITIONS) -> None:
        shape, values = ((), {}) if collection is None else shape_of(collection, where)
        statement = statements.enter(collection, shape, self._execution.dialect, patient=bool(self._waiting))
        self._tenant = self._only(
            self._execution.rows(statement, {**values, **self._waiting, "tenant": self.tenant_id})
        )

    def _create(self, tenant: Tenant) -> None:
        TENANTS.require_tenant(self.tenant_id, [tenant])
        row = codec(TENANTS).row(tenant)
        del row["written_in"]
        statement = statements.found(self._execution.dialect, patient=bool(self._waiting))
        found = self._execution.rows(statement, {**row, **self._waiting})
        if not found:
            raise TENANTS.taken()
        self._tenant = evolve(tenant, written_in=found[0].written_in)

    def _only(self, rows: Sequence[Any]) -> Tenant:
        if not rows:
            raise TENANTS.missing()
        return codec(TENANTS).entity(rows[0])


class Discarded(Exception):
    """Leaves a block by the way on which everything is undone."""


@contextmanager
def enter(transaction: Transaction, gate: Gate) -> Iterator[Transaction]:
    """The transaction of a command.

    Raises:
        Discarded: At the end, if nothing of it is to be kept.
    """
    transaction.enter(gate)
    yield transaction
    if transaction.discarded:
        raise Discarded


class Across:
    """See `tenantry.ports.Across`."""

    def __init__(self, execution: Execution, scope: Scope) -> None:
        self.scope = scope
        self._view = View(scope)
        self._execution = execution

    def records(self, collection: Collection[E]) -> Reader[E]:
        """See `tenantry.ports.Across.records`."""
        self._view.require(collection)
        return Reader(self._execution, collection, None, {}, self._view)

    def events(self, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
        """See `tenantry.ports.Across.events`."""
        self._view.require_everything()
        return events(self._execution, after, limit)

    def keep_sign_in(self, at: datetime, known: Mapping[str, str | bool]) -> Sequence[str]:
        """See `tenantry.ports.Across.keep_sign_in`."""
        sign_in = SignIn(self._view.require_person(), at)
        with self._execution.part():
            return sign_ins.keep(self._execution, sign_in, known)

    def drop_sign_in(self) -> None:
        """See `tenantry.ports.Across.drop_sign_in`."""
        user_id = self._view.require_person()
        with self._execution.part():
            sign_ins.drop(self._execution, user_id)
