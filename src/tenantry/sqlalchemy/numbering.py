"""The numbers of transactions, by which the audit events of all tenants are in an order that a reader can rely on.

On PostgreSQL they are the server's own, counted on from where the server before had come to. On SQLite, where writers
are serial, it is one more than the greatest.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, PrimaryKeyConstraint, Table, Text, cast, func, literal, select

from ..audit.model import AUDIT_EVENTS
from ..tenants.model import TENANTS
from .tables import TABLES, metadata

__all__ = ["SERVERS", "next_number", "oldest_open", "own_number", "raised_number"]

SERVERS = Table(
    "tenantry_servers",
    metadata,
    Column("counted_from", BigInteger(), autoincrement=False),
    PrimaryKeyConstraint("counted_from", name="pk_tenantry_servers"),
)
"""For each PostgreSQL server into which a dump was restored, the greatest number until then."""


def own_number(dialect: str) -> ColumnElement[int]:
    """The number of the transaction; one that begins to write later has a greater one."""
    if dialect == "postgresql":
        return _counted(func.pg_current_xact_id())
    newest = TABLES[AUDIT_EVENTS].c.written_in
    return select(func.coalesce(func.max(newest), literal(0)) + literal(1)).scalar_subquery()


def raised_number(dialect: str) -> ColumnElement[int]:
    """That, or the number that the tenant has already, if it is greater.

    Whoever has written something else first has a number that is older than that of a command which passes them. It
    never is smaller than their own, so what is below the oldest open transaction is still committed, and seen.
    """
    there = TABLES[TENANTS].c.written_in
    own = own_number(dialect)
    return func.greatest(there, own) if dialect == "postgresql" else func.max(there, own)


def oldest_open() -> ColumnElement[int]:
    """On PostgreSQL: everything that was written by a transaction before this one is committed, and seen, or undone."""
    return _counted(func.pg_snapshot_xmin(func.pg_current_snapshot()))


def next_number() -> ColumnElement[int]:
    """On PostgreSQL: no transaction of this number or of a greater one had begun."""
    return _counted(func.pg_snapshot_xmax(func.pg_current_snapshot()))


def _counted(transaction: ColumnElement[Any]) -> ColumnElement[int]:
    before = select(func.max(SERVERS.c.counted_from)).scalar_subquery()
    return cast(cast(transaction, Text()), BigInteger()) + func.coalesce(before, literal(0))
