"""Engines: how we make one, and what we ask of any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Dialect, Engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool
from sqlalchemy.util.concurrency import in_greenlet

from ..kernel.errors import Invalid
from ..runtime.here import require_outside

__all__ = ["begin", "make", "require", "require_here", "set_up"]

T = TypeVar("T")

_OLDEST_SQLITE = (3, 35)  # the first with RETURNING

_HOW_TO_GET = {
    "aiosqlite": "install tenantry[async]",
    "asyncpg": "install tenantry[asyncpg]",
    "psycopg": "install tenantry[postgresql]",
    "psycopg2": "install tenantry[postgresql], and begin the URL with postgresql+psycopg:",
}


def make(url: str | URL, create: Callable[..., T]) -> T:
    """An engine for this URL.

    A connection that the server has dropped meanwhile is replaced when it is taken from the pool. A SQLite database in
    memory lives in one connection, which its users have one after the other.

    Raises:
        Invalid: The URL cannot be read or is of another database, or its driver is not there.
    """
    try:
        url = make_url(url)
        _require_one_of_ours(url.get_backend_name())
        if url.get_backend_name() != "sqlite" or not _in_memory(url):
            return create(url, pool_pre_ping=True)
        pool = AsyncAdaptedQueuePool if url.get_dialect().is_async else QueuePool
        alone: dict[str, Any] = {"poolclass": pool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 5}
        return create(url, connect_args={"check_same_thread": False}, **alone)
    except ModuleNotFoundError as error:
        how = _HOW_TO_GET.get(error.name or "", "install its driver")
        raise Invalid(f"There is no engine for this database URL: {error}; {how}.", rule="no_engine") from error
    except (SQLAlchemyError, ImportError) as error:
        raise Invalid(f"There is no engine for this database URL: {error}", rule="no_engine") from error


def _in_memory(url: URL) -> bool:
    return ":memory:" in (url.database or ":memory:") or url.query.get("mode") == "memory"


def set_up(engine: Engine) -> None:
    """Give the connections of an engine that we have made the settings that a SQLite database needs."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "invalidate", _let_go)


def _set_up_sqlite(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # so that what is erased is gone from the file
    cursor.execute("PRAGMA journal_mode = WAL")  # so that who reads waits for nobody
    cursor.close()


def _let_go(connection: Any, record: object, error: object) -> None:
    """Give up the lock: a cursor that was interrupted keeps even a closed connection alive until it is collected."""
    with suppress(Exception):
        connection.rollback()


def require(dialect: Dialect) -> None:
    """Refuse a database that we cannot work with.

    Raises:
        Invalid: It is neither SQLite 3.35 or later nor PostgreSQL.
    """
    _require_one_of_ours(dialect.name)
    if dialect.name == "sqlite":
        version = getattr(dialect.dbapi, "sqlite_version_info", _OLDEST_SQLITE)
        if version < _OLDEST_SQLITE:
            raise Invalid(
                f"tenantry needs SQLite 3.35 or later; this is {'.'.join(map(str, version))}.",
                rule="unsupported_database",
            )


def _require_one_of_ours(name: str) -> None:
    if name not in ("sqlite", "postgresql"):
        raise Invalid(f"tenantry works on SQLite and PostgreSQL, not on {name}.", rule="unsupported_database")


def require_here(dialect: Dialect) -> None:
    """Refuse a database that we cannot work with here and now.

    Raises:
        Invalid: As for `require`; or it is to be awaited, and nobody does.
    """
    if dialect.is_async and not in_greenlet():
        raise Invalid("This database is to be awaited: use AsyncSQLAlchemyStore or AsyncSessionStore.", rule="awaited")
    require(dialect)


def begin(connection: Connection, patience: timedelta | None = None) -> bool:
    """See to it that a transaction is open, and tell whether it was opened here and now, in SQLite's driver.

    By default that driver opens one at the first INSERT, UPDATE or DELETE only. A savepoint before that would be a
    transaction by itself, and its release a commit. We ask for the lock at once: whoever reads first and writes later
    can be refused when somebody else has written meanwhile.

    Args:
        connection: Where.
        patience: How long to wait for SQLite's lock at most; None as long as the driver does.

    Raises:
        Invalid: The connection commits every statement by itself; or another one that is open here has the lock.
    """
    if not connection.in_transaction():
        connection.begin()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            require_outside(connection)
            with _waiting(connection, patience):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            return True
    elif connection.dialect.detect_autocommit_setting(connection.connection.dbapi_connection):  # type: ignore[arg-type]
        raise Invalid("This connection is in AUTOCOMMIT mode, in which nothing can be undone.", rule="autocommit")
    return False


@contextmanager
def _waiting(connection: Connection, patience: timedelta | None) -> Iterator[None]:
    """In the block the driver waits no longer than this for SQLite's lock, and afterwards as long as before.

    The setting is that of the connection, which the host may use as well.
    """
    before = None if patience is None else _pragma(connection, "busy_timeout")
    wanted = None if patience is None else patience // timedelta(milliseconds=1)
    if before is None or wanted is None or before <= wanted:
        yield
        return
    _pragma(connection, f"busy_timeout = {wanted}")
    try:
        yield
    finally:
        if not connection.invalidated:  # nobody gets it then
            _pragma(connection, f"busy_timeout = {before}")


def _pragma(connection: Connection, text: str) -> int:
    """What the driver answers; past SQLAlchemy, so that no listener of the host's hears of it."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(f"PRAGMA {text}")
        return int(cursor.fetchone()[0])
    finally:
        cursor.close()
