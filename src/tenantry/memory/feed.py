"""The audit events of all tenants, in the order in which a reader who lags behind misses none of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..audit.model import AUDIT_EVENTS, AuditEvent, position_of
from ..kernel.errors import InvalidCursor
from ..storage.ports import FeedPosition
from .records import unshared
from .select import table_of
from .state import State

__all__ = ["read"]


def read(state: State, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
    """See `tenantry.ports.Across.events`."""
    events = {
        position_of(event): event
        for tables in state.tenants.values()
        for event in table_of(tables, AUDIT_EVENTS).rows.values()
    }
    there = sorted(each for each in events if each[0] < state.oldest_open and (after is None or each > after))
    beyond = after is not None and after[0] >= state.oldest_open
    if not there and (beyond or any(number > state.numbers for number, _, _ in events)):
        raise InvalidCursor("This cursor, or what is stored, is of another store, or of another time.")
    return [(each, unshared(events[each], AUDIT_EVENTS)) for each in there[:limit]]
