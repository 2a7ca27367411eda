"""Stores that are right as long as nobody races: a race that does not catch them proves nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Engine, MetaData, Table
from sqlalchemy.sql.dml import UpdateBase

from tenantry.errors import NotFound, Stale
from tenantry.memory import MemoryStore
from tenantry.memory.store import Guest
from tenantry.ports import Gate
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore, metadata
from tenantry.sqlalchemy.execution import Execution
from tenantry.sqlalchemy.records import Records
from tenantry.sqlalchemy.statements import holder
from tenantry.sqlalchemy.store import _Own
from tenantry.sqlalchemy.transaction import Discarded, Transaction, enter
from tenantry.storage.collection import Collection

E = TypeVar("E")


class NaiveMemoryStore(MemoryStore):
    """Whoever ends last wins, whatever the others have done meanwhile."""

    def _publish(self, guest: Guest) -> None:
        self._switch()
        for tenant_id in guest.touched:
            self._state = self._state.changed(tenant_id, guest.state.tenants[tenant_id])


class Meeting:
    """Where naive contenders wait for one another: when all have decided, and when all have begun to write."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(1)

    def of(self, contenders: int) -> None:
        """From now on so many meet."""
        self._barrier = threading.Barrier(contenders)

    def wait(self) -> None:
        """Wait for the others, unless one does not come: it is refused already, or waits for one of us."""
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(timeout=0.1)


MEETING = Meeting()


class NaiveSQLAlchemyStore(SQLAlchemyStore):
    """Looks before it writes, in one transaction, and leaves it at that: no lock, no constraints."""

    def create_all(self) -> None:
        create_without_constraints(self.engine)

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with (
            suppress(Discarded),
            _Own(self.engine) as execution,
            _command(execution.connection, tenant_id, gate) as transaction,
        ):
            yield transaction

    @contextmanager
    def begin(self) -> Iterator[SessionStore]:
        with _Own(self.engine) as execution:
            yield _NaiveGuest(execution.connection)


class _NaiveGuest(SessionStore):
    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with (
            suppress(Discarded),
            self._part() as execution,
            _command(execution.connection, tenant_id, gate) as transaction,
        ):
            yield transaction


@contextmanager
def _command(connection: Connection, tenant_id: str, gate: Gate) -> Iterator[Transaction]:
    execution = _Execution(connection)
    with enter(_Transaction(execution, tenant_id, connection), gate) as transaction:
        yield transaction
    execution.check()


class _Transaction(Transaction):
    """Looks whether it may pass the gate, and locks nothing."""

    def _lock(self, collection: Collection[Any] | None = None, where: Mapping[str, object] = {}) -> None:
        self.tenant()
        if collection is not None and not self.records(collection).count(**where):
            raise NotFound("There is no such tenant.")

    def records(self, collection: Collection[E]) -> Records[E]:
        return _Records(self._execution, collection, self.tenant_id, self._seen)


class _Records(Records[E]):
    """Looks whether something is taken, and then takes it."""

    def add(self, *entities: E) -> None:
        for entity in entities:
            for rule in self._collection.unique:
                looked_for = rule.applies_to(entity) and rule.error is not Stale
                if looked_for and self._execution.rows(holder(self._collection, rule), self._new(entity)):
                    raise rule.refusal()
        super().add(*entities)


class _Execution(Execution):
    """Meets the others before and after its first write."""

    has_written = False

    def _execute(self, statement: Any, values: Any, read: Any) -> Any:
        if self.has_written or not isinstance(statement, UpdateBase):
            return super()._execute(statement, values, read)
        self.has_written = True
        MEETING.wait()
        result = super()._execute(statement, values, read)
        MEETING.wait()
        return result


def create_without_constraints(engine: Engine) -> None:
    """The tables, with nothing in the database that would know better than the store."""
    bare = MetaData()
    for table in metadata.tables.values():
        Table(table.name, bare, *(Column(column.name, column.type) for column in table.columns))
    bare.create_all(engine)
