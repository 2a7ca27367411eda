"""What a driver raises becomes one of our errors; and the sentences of refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ..collection import Collection
from ..errors import Conflict, NotFound, Stale, TenantryError, Unavailable

__all__ = ["DATABASE_ERRORS", "dangling", "no_such", "same_id", "translated", "translating"]

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


def translated(error: Exception) -> TenantryError:
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


@contextmanager
def translating(errors: tuple[type[Exception], ...] = DATABASE_ERRORS) -> Iterator[None]:
    """Around our own calls, never around a caller's code, whose errors pass as they are.

    Args:
        errors: What to translate; by default all that running a statement may raise.
    """
    try:
        yield
    except errors as error:
        raise translated(error) from error
    except Exception as error:
        if hasattr(error, "sqlstate"):  # asyncpg's own, when it cannot connect
            raise translated(error) from error
        raise


def no_such(collection: Collection[Any]) -> NotFound:
    """There is no entity of this key in this tenant."""
    return NotFound(f"There is no such {collection.noun}.", kind=collection.noun)


def same_id() -> Conflict:
    """An entity that is added has the key of another."""
    return Conflict("There is an entity of this id already.", rule="id")


def dangling(collection: Collection[Any]) -> Conflict:
    """An entity of this collection is referred to, and not there; or is to be removed."""
    return Conflict(f"Something refers to a {collection.noun} that is not there, or still to one.", rule="reference")
