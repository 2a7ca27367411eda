"""The audit trails of all tenants as one, for a reader who lags behind: no event is missed, and none comes twice."""

from __future__ import annotations

import json

from ...kernel import text
from ...runtime.here import require_outside
from ...runtime.pages import Page
from ...runtime.unit_of_work import Settings
from ...storage.ports import FeedPosition, Operator, Store, require_own_transactions
from ..model import AuditEvent, show

__all__ = ["MAX_EVENTS", "events"]

MAX_EVENTS = 1_000
"""So many events can be read at a time."""

_CONTEXT = "jobs.events"
_START: FeedPosition = (0, "", 0)


def events(store: Store, settings: Settings, *, after: str | None, limit: int) -> Page[AuditEvent]:
    """The next committed events; the page always has a cursor to go on from."""
    require_outside()
    require_own_transactions(store)
    text.integer(limit, "limit", low=1, high=MAX_EVENTS)
    position = None if after is None else _position(settings.keys.read_cursor(after, context=_CONTEXT))
    with store.across(Operator()) as across:
        found = across.events(position, limit)
    last = found[-1][0] if found else position or _START
    payload = json.dumps(last, separators=(",", ":")).encode()
    return Page([show(event) for _, event in found], next=settings.keys.sign_cursor(payload, context=_CONTEXT))


def _position(payload: bytes) -> FeedPosition:
    written_in, tenant_id, sequence = json.loads(payload)
    return written_in, tenant_id, sequence
