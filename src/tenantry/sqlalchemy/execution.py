"""The one place where our statements meet a connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import attrgetter, methodcaller
from typing import Any

from sqlalchemy import Connection, Executable, NestedTransaction
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from ..kernel.errors import OutcomeUnknown, TenantryError
from .engines import begin
from .errors import DATABASE_ERRORS, translate, translating
from .holding import Hold
from .outcome import has_ended, is_gone, releasing, unknown

__all__ = ["Execution"]

Values = Mapping[str, Any]

_ALL = methodcaller("all")
_COUNT = attrgetter("rowcount")


class Execution:
    """A connection with a transaction of ours or of a host's, for as long as we work in it.

    Attributes:
        connection: The connection.
        dialect: What language it speaks.
        counts_many: Whether its driver tells how many rows a statement has changed that was run with many values.
        statements: How many statements were executed.
        failure: What the database failed with. On PostgreSQL nothing can be done after it until something is rolled
            back, and a COMMIT would quietly do just that; so it is so everywhere, and told.
        writes: Whether something may have been written, so that the answer to a COMMIT matters.
    """

    def __init__(self, connection: Connection, *, writes: bool = False) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.counts_many = connection.dialect.supports_sane_multi_rowcount
        self.statements = 0
        self.failure: TenantryError | None = None
        self.writes = writes
        self._gone = False

    def rows(self, statement: Executable, values: Values | Sequence[Values]) -> Sequence[Any]:
        """What the statement returns, all of it."""
        rows: Sequence[Any] = self._execute(statement, values, _ALL)
        return rows

    def changed(self, statement: Executable, values: Values | Sequence[Values]) -> int:
        """How many rows the statement has changed or removed, with all the values."""
        rows: int = self._execute(statement, values, _COUNT)
        return rows

    def _execute(self, statement: Executable, values: Any, read: Any) -> Any:
        self.check()
        self.statements += 1
        try:
            return read(self.connection.execute(statement, values))
        except (*DATABASE_ERRORS, ValueError) as error:  # the last where a row does not hold what its type says
            self.failure = translate(error)
            raise self.failure from error

    def check(self) -> None:
        """Raise the failure, if there was one that the caller has caught.

        Raises:
            TenantryError: What the database failed with.
        """
        if self.failure is not None:
            raise self.failure

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that is all or nothing, in a transaction that is opened for it where none is open yet."""
        with translating():
            opened = begin(self.connection)
        self.writes = True
        kept = False
        try:
            with self.savepoint():
                yield
            kept = True
        finally:
            if opened and not kept:  # nothing else has happened in it, and it locks the whole database
                with suppress(SQLAlchemyError):
                    self.connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that is all or nothing.

        It is one of the connection: that of a session would tell the host's listeners of a commit.
        """
        self.check()
        with translating():
            savepoint = self.connection.begin_nested()
        kept = False
        try:
            yield
            self.check()
            with releasing():
                savepoint.commit()
            kept = True
        finally:
            if not kept:
                self._undo(savepoint)

    @contextmanager
    def lent(self, host: Session | Connection) -> Iterator[None]:
        """A part that is all or nothing, in which host code is at work. It cannot end the transaction.

        Args:
            host: What it has in its hands.

        Raises:
            Invalid: It has tried to, and the database has not heard of it.
            OutcomeUnknown: It has, past SQLAlchemy.
        """
        self._gone = False
        hold = Hold(host, self.connection)
        try:
            with self.savepoint(), self._watching(), hold:
                yield
        except OutcomeUnknown:
            raise
        except Exception as error:
            full = self.dialect == "sqlite" and isinstance(error, OperationalError)  # it ends what it has no room for
            if self._gone and not full and not hold.undone:
                raise unknown(error) from error
            raise

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._gone = has_ended(self.connection)
        if self._gone:
            raise unknown()

    def _undo(self, savepoint: NestedTransaction) -> None:
        """Roll back to the savepoint; where that cannot be done, give up the connection, and so all that is in it.

        It cannot be done after a release that has failed: nobody knows how far it came.
        """
        undone = savepoint.is_active or not self.connection.in_transaction()  # a failed flush of the host's undoes all
        try:
            savepoint.close()
        except DATABASE_ERRORS as error:
            undone = False
            self._gone = self._gone or is_gone(error)
        if undone:
            self.failure = None
        else:
            with suppress(*DATABASE_ERRORS):
                self.connection.invalidate()
