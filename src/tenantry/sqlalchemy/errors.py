"""What a driver raises becomes one of our errors."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..kernel.errors import Conflict, Stale, TenantryError, Unavailable
from ..kernel.values import frozen

__all__ = ["DATABASE_ERRORS", "translate", "translating"]

DATABASE_ERRORS = (SQLAlchemyError, OSError, UnicodeError, OverflowError)
"""What running a statement may raise: some drivers do not wrap what the network or the text encoder raises."""

_STALE = {
    "40001",  # PostgreSQL: serialization failure
    "40P01",  # deadlock detected
    "55P03",  # lock not available
    "23505",  # unique violation, though the statement has looked: somebody wrote without the lock
    "5",  # SQLite: the database is locked
    "6",  # a table in it is locked
    "1555",  # unique violation, of a primary key
    "2067",  # unique violation
}
_REFERENCE = {"23503", "787"}  # PostgreSQL, SQLite


def translate(error: Exception) -> TenantryError:
    """Our error for one of the database."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    codes = {str(code) for code in _codes(cause)}
    if codes & _STALE:
        return Stale("Another transaction was faster; run the whole transaction again.")
    if isinstance(error, IntegrityError) and codes & _REFERENCE:
        return Conflict("Something refers to what is not there.", rule="reference")
    return Unavailable("The database failed; nothing of this transaction is kept.")


def _codes(cause: object) -> Iterator[object]:
    yield getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        yield code
        yield code & 0xFF  # the primary code of an extended one


@frozen
class translating:  # noqa: N801 - a context manager, in the manner of contextlib's
    """Around our own calls, never around a caller's code, whose errors pass as they are.

    Args:
        errors: What to translate; by default all that running a statement may raise.
    """

    errors: tuple[type[Exception], ...] = DATABASE_ERRORS

    def __enter__(self) -> None:
        """Nothing is done yet."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise ours in place of the database's."""
        if error is None:
            return
        known = isinstance(error, self.errors) or hasattr(error, "sqlstate")  # asyncpg's own, when it cannot connect
        if isinstance(error, Exception) and known:
            raise translate(error) from error
