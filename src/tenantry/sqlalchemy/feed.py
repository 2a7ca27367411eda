"""The audit events of all tenants, in the order in which a reader who lags behind misses none of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, exists, func, literal, or_, select, tuple_

from ..audit.model import AUDIT_EVENTS, AuditEvent, position_of
from ..kernel.errors import InvalidCursor
from ..storage.ports import FeedPosition
from .codec import codec
from .execution import Execution
from .numbering import next_number, oldest_open
from .tables import TABLES

__all__ = ["events"]

_events = TABLES[AUDIT_EVENTS].c
_order = (_events.written_in, _events.tenant_id, _events.sequence)


def events(execution: Execution, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
    """See `tenantry.ports.Across.events`."""
    values: dict[str, Any] = {"limit": limit}
    if after is not None:
        values |= {f"after_{number}": value for number, value in enumerate(after)}
    rows = execution.rows(_reading(execution.dialect, after=after is not None), values)
    if not rows and execution.rows(_checking(execution.dialect), {"after": after[0] if after else 0})[0][0]:
        raise InvalidCursor("This cursor, or what is stored, is of another database server, or of another time.")
    return [(position_of(event), event) for event in map(codec(AUDIT_EVENTS).entity, rows)]


@cache
def _reading(dialect: str, *, after: bool) -> Select[Any]:
    statement = select(*codec(AUDIT_EVENTS).columns).order_by(*_order)
    if dialect == "postgresql":
        statement = statement.where(_events.written_in < oldest_open())
    if after:
        there = (bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(_order))
        statement = statement.where(tuple_(*_order) > tuple_(*there))
    return statement.limit(bindparam("limit", type_=Integer()))


@cache
def _checking(dialect: str) -> Select[Any]:
    """Whether a position, or an event, is from a future that this database does not know."""
    after = bindparam("after", type_=BigInteger())
    if dialect == "sqlite":
        return select(after > select(func.coalesce(func.max(_events.written_in), literal(0))).scalar_subquery())
    unknown = exists(select(_events.written_in).where(_events.written_in >= next_number()))
    return select(or_(after >= oldest_open(), unknown))
