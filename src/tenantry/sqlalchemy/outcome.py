"""Whether what was written is kept, where the database has not said so."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError, PendingRollbackError, SQLAlchemyError

from ..kernel.errors import OutcomeUnknown
from ..kernel.values import frozen
from .errors import DATABASE_ERRORS, translating

__all__ = ["committing", "has_ended", "is_gone", "releasing", "unknown"]

logger = logging.getLogger("tenantry")

_UNANSWERED: Final = "The database did not answer the COMMIT; look whether it was kept before you do it again."
_ENDED: Final = "The transaction was ended under a command of tenantry; look what was kept before you do it again."

_LOST: Final = "08"  # the class of what drivers and poolers say in the place of a server that does not answer
_UNDECIDED: Final = {"40003", "57P02"}  # the server itself does not know, or has crashed
_NO_SAVEPOINT: Final = {"25P01", "3B001"}  # no transaction, or no such savepoint in it
_NO_SAVEPOINT_ON_SQLITE: Final = "no such savepoint"

_OVER: Final = {0, 4}  # libpq: no transaction is open, or no connection


def unknown(cause: BaseException | None = None, *, unanswered: bool = False) -> OutcomeUnknown:
    """The error to raise, from its cause; it is logged, since somebody has to look."""
    error = OutcomeUnknown(_UNANSWERED if unanswered else _ENDED)
    logger.error(error.message, exc_info=cause)
    return error


@frozen
class committing:  # noqa: N801 - a context manager, in the manner of contextlib's
    """Around the COMMIT of what was written. Without an answer nobody may use the connection any more.

    Args:
        connection: The connection.
    """

    connection: Connection

    def __enter__(self) -> None:
        """Nothing is done yet."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise ours in place of the database's."""
        raised = isinstance(error, DATABASE_ERRORS) or hasattr(error, "sqlstate")
        if isinstance(error, Exception) and raised and not _is_answer(error, self.connection.dialect.name):
            with suppress(*DATABASE_ERRORS):
                self.connection.invalidate()
            raise unknown(error, unanswered=True) from error
        _TRANSLATING.__exit__(kind, error, traceback)


_TRANSLATING = translating()


class releasing:  # noqa: N801 - a context manager, in the manner of contextlib's
    """Around the RELEASE of a savepoint. A lost answer is none of its end: what the transaction comes to decides."""

    def __enter__(self) -> None:
        """Nothing is done yet."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise ours in place of the database's."""
        if error is not None and is_gone(error):
            raise unknown(error) from error
        _TRANSLATING.__exit__(kind, error, traceback)


def is_gone(error: BaseException) -> bool:
    """Whether it says that a savepoint of ours is not there: somebody has ended the transaction, in whatever way."""
    if isinstance(error, DBAPIError):
        return _sqlstate(error) in _NO_SAVEPOINT or _NO_SAVEPOINT_ON_SQLITE in str(error.orig)
    return isinstance(error, InvalidRequestError) and not isinstance(error, PendingRollbackError)


def has_ended(connection: Connection) -> bool:
    """Whether the driver has no transaction, though SQLAlchemy knows of one: it was ended past SQLAlchemy."""
    if connection.closed or connection.invalidated or not connection.in_transaction():
        return False
    try:
        return not _is_open(connection.connection.driver_connection)
    except Exception:  # noqa: BLE001 - each driver has its own for a connection that is closed
        return True


def _is_open(driver: Any) -> bool:
    if hasattr(driver, "info"):  # psycopg
        return driver.info.transaction_status not in _OVER
    if hasattr(driver, "is_in_transaction"):  # asyncpg
        return driver.is_in_transaction() and not driver.is_closed()
    return bool(driver.in_transaction)  # SQLite


def _is_answer(error: Exception, dialect: str) -> bool:
    """Whether a COMMIT that fails so has kept nothing: the database says so, or was never asked."""
    if isinstance(error, SQLAlchemyError) and not isinstance(error, DBAPIError):
        return True
    if dialect == "sqlite":  # which runs in our process, and never answers later
        return True
    state = _sqlstate(error)
    return state is not None and not state.startswith(_LOST) and state not in _UNDECIDED


def _sqlstate(error: Exception) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    state: str | None = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state
