"""Tenants in a database that SQLAlchemy reaches: SQLite 3.35 or later, or PostgreSQL."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

try:
    from .authorized import authorized, permitted
    from .store import SessionStore, SQLAlchemyStore
    from .tables import metadata
except ModuleNotFoundError as missing:
    if missing.name != "sqlalchemy":
        raise
    raise ImportError("tenantry.sqlalchemy needs SQLAlchemy: install tenantry[sqlalchemy].") from missing

if TYPE_CHECKING:
    from .aio import AsyncSessionStore, AsyncSQLAlchemyStore

__all__ = [
    "AsyncSQLAlchemyStore",
    "AsyncSessionStore",
    "SQLAlchemyStore",
    "SessionStore",
    "authorized",
    "metadata",
    "permitted",
]


def __getattr__(name: str) -> Any:
    # Only who awaits needs greenlet, which SQLAlchemy 2.1 does not bring along.
    if name in ("AsyncSQLAlchemyStore", "AsyncSessionStore"):
        if find_spec("greenlet") is None:
            raise ImportError(f"{name} needs greenlet: install tenantry[async].")
        from . import aio

        return getattr(aio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
