"""The order in which the audit events of all tenants were published."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

from attrs import evolve

from ..audit.model import AUDIT_EVENTS, AuditEvent
from ..kernel.errors import InvalidCursor
from ..storage.ports import FeedPosition
from .records import unshared
from .select import table_of
from .state import State

__all__ = ["publish", "read"]

_START: FeedPosition = (0, "", 0)
_position = itemgetter(0)


def publish(state: State, before: State, tenants: set[str]) -> State:
    """The new state, which knows where the events stand that these tenants have and did not have before."""
    number = state.feed[-1][0][0] + 1 if state.feed else 1
    new = []
    for tenant_id in tenants:
        there = table_of(state.tenants[tenant_id], AUDIT_EVENTS).rows
        known = table_of(before.tenants.get(tenant_id, {}), AUDIT_EVENTS).rows
        new += [((number, tenant_id, there[id].sequence), id) for id in there.keys() - known.keys()]
    state.feed.extend(sorted(new))  # the same list in every state: it only grows, and each knows how long it is there
    return evolve(state, written=len(state.feed))


def read(state: State, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
    """See `tenantry.ports.Across.events`."""
    if after is not None and after > (state.feed[state.written - 1][0] if state.written else _START):
        raise InvalidCursor("This cursor leads beyond everything that was written: it is of another store.")
    start = 0 if after is None else bisect_right(state.feed, after, hi=state.written, key=_position)
    found = []
    for position, id in state.feed[start : min(start + limit, state.written)]:
        event = table_of(state.tenants[position[1]], AUDIT_EVENTS).rows[id]
        found.append((position, unshared(event, AUDIT_EVENTS)))
    return found
