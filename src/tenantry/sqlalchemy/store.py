"""The two synchronous doors: one owns its transactions, the other is a guest in those of the host."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any, NoReturn

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import Session, scoped_session

from ..kernel.errors import Invalid, TenantryError
from ..runtime.here import require_outside
from ..storage.ports import Gate, Scope
from ..tenants.model import TENANTS
from .belief import believing
from .engines import begin, make, require_here, set_up
from .errors import DATABASE_ERRORS, flushing, translating
from .execution import Execution
from .jobs import Jobs
from .locks import keep_locked, kept_locked
from .outcome import committing
from .tables import TABLES, metadata
from .transaction import Across, Discarded, Transaction, enter

__all__ = ["SQLAlchemyStore", "SessionStore"]


class SessionStore:
    """Tenants in the host's database, within the host's own transaction, which is never committed here.

    Each command is a savepoint: after a refusal the host's transaction is as before it, and the tenant is not locked.
    What the session has pending is flushed before.

    Args:
        host: A session, a registry of sessions, or a connection.

    Raises:
        Invalid: It is something else, or is to be awaited.
    """

    tries = 1
    owns_transactions = False
    _is_ours = False
    """Whether the transaction is one of ours all the same; else how long it waits for locks is the host's affair."""

    def __init__(self, host: Session | scoped_session[Any] | Connection) -> None:
        if not isinstance(host, Session | scoped_session | Connection):
            awaited = "; use AsyncSessionStore" if "sync" in type(host).__name__ else ""
            raise Invalid(
                f"SessionStore takes a Session or a Connection, not {type(host).__name__}{awaited}.",
                rule="wrong_type",
                expected="Session",
            )
        self._host = host
        self._failure: TenantryError | None = None

    def pause(self, seconds: float) -> None:
        """See `tenantry.ports.Store.pause`."""
        raise AssertionError("a guest repeats nothing")

    def check(self) -> None:
        """Raise what the database has failed with in a query, after which PostgreSQL keeps nothing.

        Raises:
            TenantryError: It has failed.
        """
        if self._failure is not None:
            raise self._failure

    @contextmanager
    def begin(self) -> Iterator[SessionStore]:
        """See `tenantry.ports.Store.begin`."""
        with self._part() as execution:
            guest = SessionStore(self._host)
            guest._is_ours = self._is_ours
            yield guest
            guest.check()
            locked = kept_locked(execution.connection)
        keep_locked(execution.connection, *locked)

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.command`."""
        with (
            suppress(Discarded),
            self._part() as execution,
            enter(
                Transaction(execution, tenant_id, self._session(), patience if self._is_ours else None), gate
            ) as transaction,
        ):
            yield transaction
        if not transaction.discarded:
            keep_locked(execution.connection, *transaction.locked)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.query`."""
        with self._reading() as execution:
            yield Transaction(execution, tenant_id, self._session())

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        """See `tenantry.ports.Store.across`."""
        with self._reading() as execution:
            yield Across(execution, scope)

    def jobs(self) -> NoReturn:
        """See `tenantry.ports.Store.jobs`."""
        raise Invalid(
            "Jobs need a store that owns its transactions; this is a guest in one.", field="store", rule="guest_store"
        )

    @contextmanager
    def _reading(self) -> Iterator[Execution]:
        execution = Execution(self._connection(self._session()))
        try:
            yield execution
        finally:
            self._failure = execution.failure or self._failure

    @contextmanager
    def _part(self) -> Iterator[Execution]:
        host = self._session()
        execution = Execution(self._connection(host))
        if isinstance(host, Session):
            require_outside(execution.connection)
            with flushing():
                host.flush()
        with believing(host), execution.part():
            yield execution

    def _session(self) -> Session | Connection:
        return self._host() if isinstance(self._host, scoped_session) else self._host

    def _connection(self, host: Session | Connection) -> Connection:
        if isinstance(host, Connection):
            require_here(host.dialect)
            return host
        try:
            bind = host.get_bind(clause=TABLES[TENANTS])
        except UnboundExecutionError as error:
            raise Invalid("This session has no engine for the tables of tenantry.", rule="no_engine") from error
        require_here(bind.dialect)
        with translating():
            return host.connection(bind_arguments={"clause": TABLES[TENANTS]})


class SQLAlchemyStore:
    """Tenants in a database, in transactions of our own.

    Args:
        database: The URL of a SQLite or PostgreSQL database, or an engine for one. An engine that is made from a URL
            enforces foreign keys on SQLite, lets readers read there while somebody writes (WAL), and overwrites what is
            deleted. An engine whose pool gives the same connection to everybody (StaticPool) is good for one
            transaction at a time.

    Raises:
        Invalid: There is no engine for this URL, or it is one that we cannot work with.
    """

    tries = 5
    owns_transactions = True

    def __init__(self, database: str | URL | Engine) -> None:
        if isinstance(database, str | URL):
            self.engine = make(database, create_engine)
            set_up(self.engine)
        elif isinstance(database, Engine):
            self.engine = database
        else:
            raise Invalid(
                f"SQLAlchemyStore takes a URL or an Engine, not {type(database).__name__}.",
                rule="wrong_type",
                expected="Engine",
            )
        require_here(self.engine.dialect)

    def create_all(self) -> None:
        """Create the tables that are missing: for demos and tests. An application has its migrations do that."""
        with translating():
            metadata.create_all(self.engine)

    def dispose(self) -> None:
        """Close the connections of the engine."""
        self.engine.dispose()

    def pause(self, seconds: float) -> None:
        """See `tenantry.ports.Store.pause`."""
        time.sleep(seconds)

    @contextmanager
    def begin(self) -> Iterator[SessionStore]:
        """See `tenantry.ports.Store.begin`."""
        with _Own(self.engine, writes=True) as execution:
            keep_locked(execution.connection)
            guest = SessionStore(execution.connection)
            guest._is_ours = True  # noqa: SLF001 - the same room
            yield guest
            guest.check()

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.command`. On SQLite the lock is that of the whole database."""
        with (
            suppress(Discarded),
            _Own(self.engine, writes=True, patience=patience) as execution,
            enter(Transaction(execution, tenant_id, execution.connection, patience), gate) as transaction,
        ):
            yield transaction

    def query(self, tenant_id: str) -> AbstractContextManager[Transaction]:
        """See `tenantry.ports.Store.query`."""
        return _Reading(self.engine, tenant_id)

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        """See `tenantry.ports.Store.across`."""
        with _Own(self.engine) as execution:
            yield Across(execution, scope)

    @contextmanager
    def jobs(self) -> Iterator[Jobs]:
        """See `tenantry.ports.Store.jobs`."""
        with _Own(self.engine, writes=True) as execution:
            yield Jobs(execution)


_TRANSLATING = translating()


class _Own:
    """A transaction of our own: committed when the block ends well, and otherwise undone.

    A class, since it is entered for every check, and a generator would take three times as long.
    """

    __slots__ = ("_connection", "_engine", "_execution", "_patience", "_writes")

    def __init__(self, engine: Engine, *, writes: bool = False, patience: timedelta | None = None) -> None:
        self._engine = engine
        self._writes = writes
        self._patience = patience

    def __enter__(self) -> Execution:
        require_here(self._engine.dialect)
        require_outside(self._engine, writes=self._writes)
        with _TRANSLATING:
            self._connection = self._engine.connect()
        try:
            if self._writes:
                with translating():
                    begin(self._connection, self._patience)
        except BaseException:
            self._end()
            raise
        self._execution = Execution(self._connection, writes=self._writes)
        return self._execution

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            if error is None:
                self._execution.check()
                with committing(self._connection) if self._execution.writes else _TRANSLATING:
                    self._connection.commit()  # of what has only read too: at a ROLLBACK psycopg forgets its statements
        finally:
            self._end()

    def _end(self) -> None:
        """Nothing that is not committed is kept."""
        try:
            self._connection.rollback()
        except DATABASE_ERRORS:  # the connection is lost; whatever brought us here is what matters
            self._connection.invalidate()
        finally:
            self._connection.close()


class _Reading:
    """A transaction of our own that reads one tenant."""

    __slots__ = ("_own", "_tenant_id")

    def __init__(self, engine: Engine, tenant_id: str) -> None:
        self._own = _Own(engine)
        self._tenant_id = tenant_id

    def __enter__(self) -> Transaction:
        execution = self._own.__enter__()
        return Transaction(execution, self._tenant_id, execution.connection)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._own.__exit__(kind, error, traceback)
