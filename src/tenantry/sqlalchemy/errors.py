"""What a driver raises becomes one of our errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from ..kernel.errors import Busy, Conflict, Stale, TenantryError, Unavailable

__all__ = ["DATABASE_ERRORS", "flushing", "translate", "translating"]

logger = logging.getLogger("tenantry")

DATABASE_ERRORS = (SQLAlchemyError, OSError, UnicodeError, OverflowError)
"""What running a statement may raise: some drivers do not wrap what the network or the text encoder raises."""

_OUTRUN = {
    "40001",  # PostgreSQL: serialization failure
    "40P01",  # deadlock detected
    "517",  # SQLite: somebody has written since this transaction has read; it can only be begun again
}
_STALE = _OUTRUN | {
    "23505",  # PostgreSQL: unique violation, though the statement has looked: somebody wrote without the lock
    "1555",  # SQLite: unique violation, of a primary key
    "2067",  # unique violation
}
_BUSY = {
    "55P03",  # PostgreSQL: lock not available
    "5",  # SQLite: the database is locked
    "6",  # a table in it is locked
}
_REFERENCE = {"23503", "787"}  # PostgreSQL, SQLite
_NOT_THERE = {"42P01", "42703"}  # PostgreSQL: undefined table, undefined column
_NOT_IN_SQLITE = re.compile("no such (table|column)|table .* has no column named ")
_FROM_ASYNCPG = re.compile("^<class '[^']*'>: ")
_ABOUT_THE_SERVER = ("08", "53", "57", "58", "XX")
"""Classes of SQLSTATE: connections, resources, somebody's intervention, the system, the server itself."""


def translate(error: Exception) -> TenantryError:
    """Our error for one of the database."""
    codes = _codes_of(error)
    if codes & _STALE:
        return Stale("Another transaction was faster; run the whole transaction again.")
    if isinstance(error, IntegrityError) and codes & _REFERENCE:
        return Conflict("Something refers to what is not there.", rule="reference")
    return _logged(_unavailable(error, codes), error)


def _unavailable(error: Exception, codes: Collection[str]) -> Unavailable:
    if _BUSY.intersection(codes):
        return Busy("A lock did not come in time; nothing of this transaction is kept.")
    said = _FROM_ASYNCPG.sub("", str(getattr(error, "orig", None)).partition("\n")[0])
    if _NOT_THERE.intersection(codes) or ("1" in codes and _NOT_IN_SQLITE.match(said)):
        sentence = f"The tables are missing or of another version ({said}): run your migrations, or create_all()."
        return Unavailable(sentence, rule="schema", missing=said)
    return Unavailable("The database failed; nothing of this transaction is kept.")


def _logged(failure: Unavailable, error: Exception) -> Unavailable:
    """The failure, which is logged where it is made, so that it is logged once.

    With it goes what the driver said. SQLAlchemy's error has the statement and its parameters as well, which are not
    for a log.
    """
    cause = getattr(error, "orig", None) or error
    logger.error("%s (%s)", failure, type(cause).__name__, exc_info=cause)
    return failure


def _codes_of(error: Exception) -> set[str]:
    return {str(code) for code in _codes(error.orig if isinstance(error, DBAPIError) else None)}


def _codes(cause: object) -> Iterator[object]:
    yield getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        yield code
        yield code & 0xFF  # the primary code of an extended one


class translating:  # noqa: N801 - a context manager, in the manner of contextlib's
    """Around our own calls, never around a caller's code, whose errors pass as they are."""

    def __enter__(self) -> None:
        """Nothing is done yet."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise ours in place of the database's."""
        if error is None:
            return
        known = isinstance(error, DATABASE_ERRORS) or hasattr(
            error, "sqlstate"
        )  # asyncpg's own, when it cannot connect
        if isinstance(error, Exception) and known:
            raise translate(error) from error


@contextmanager
def flushing() -> Iterator[None]:
    """Around the flush of a host's session: what is said of the host's own rows is the host's, and passes as it is."""
    try:
        yield
    except DBAPIError as error:
        if _is_about_rows(error):
            raise
        raise translate(error) from error


def _is_about_rows(error: DBAPIError) -> bool:
    """Whether this says something of what was to be written, rather than of the others who write, or of the server."""
    codes = _codes_of(error)
    if error.connection_invalidated or codes & (_OUTRUN | _BUSY):
        return False
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state is not None:
        return not state.startswith(_ABOUT_THE_SERVER)
    return "1" in codes or not isinstance(error, OperationalError | InterfaceError)
