"""The hands of somebody who can write to the database, past everything that we have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import delete, insert, select, update

from tenantry.audit.model import AUDIT_EVENTS, AuditEvent
from tenantry.memory import MemoryStore
from tenantry.memory.state import Table
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.sqlalchemy.codec import codec
from tenantry.sqlalchemy.tables import TABLES
from tenantry.tenants.model import TENANTS


@frozen
class Vault:
    """What is stored, to be read and replaced as it is."""

    store: Store

    def events(self, tenant_id: str) -> list[AuditEvent]:
        """The events of a tenant as they are stored, in order."""
        with self.store.query(tenant_id) as tx:
            return sorted(tx.records(AUDIT_EVENTS).list(), key=lambda event: event.sequence)

    def replace(self, tenant_id: str, events: Iterable[AuditEvent]) -> None:
        """Put these in the place of all events of a tenant."""
        if isinstance(self.store, MemoryStore):
            table = Table(AUDIT_EVENTS)
            for event in events:
                table.put(event)
            self._swap(tenant_id, table)
            return
        rows = [codec(AUDIT_EVENTS).row(event) for event in events]
        there = TABLES[AUDIT_EVENTS]
        with _engine(self.store).begin() as connection:
            connection.execute(delete(there).where(there.c.tenant_id == tenant_id))
            if rows:
                connection.execute(insert(there), rows)

    def set_row(self, tenant_id: str, **values: Any) -> None:
        """Change the tenant's row."""
        if isinstance(self.store, MemoryStore):
            table = self.store._state.tenants[tenant_id][TENANTS.name].copy()
            table.put(evolve(table.rows[tenant_id], **values))
            self._swap(tenant_id, table)
            return
        there = TABLES[TENANTS]
        with _engine(self.store).begin() as connection:
            connection.execute(update(there).where(there.c.id == tenant_id).values(**values))

    def everything(self) -> Sequence[Any]:
        """Every row of the trail of every tenant, with nothing left out."""
        if isinstance(self.store, MemoryStore):
            return [tables[AUDIT_EVENTS.name].rows for tables in self.store._state.tenants.values()]
        with _engine(self.store).connect() as connection:
            return list(connection.execute(select(TABLES[AUDIT_EVENTS])))

    def _swap(self, tenant_id: str, table: Table[Any]) -> None:
        assert isinstance(self.store, MemoryStore)
        state = self.store._state
        tables = {**state.tenants[tenant_id], table.collection.name: table}
        self.store._state = evolve(state, tenants={**state.tenants, tenant_id: tables})


def _engine(store: Store) -> Any:
    assert isinstance(store, SQLAlchemyStore)
    return store.engine
