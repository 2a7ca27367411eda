"""Denials as they are folded: the first is an event of the trail, and what follows at once is only counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..kernel.errors import Stale
from ..kernel.values import frozen
from ..storage.collection import Collection, Order, Unique

__all__ = ["DENIALS", "Denial", "due_after"]

_FOLDED_FOR: Final = timedelta(minutes=1)
_ONCE: Final = frozenset({"member_deactivated"})
"""The codes of which only the first denial ever is an event."""


@frozen(kw_only=True)
class Denial:
    """That somebody was refused something for one reason, and how often again since the trail has told.

    There is one for each principal and code, so what a member can ask in vain has a bound.

    Args:
        tenant_id: The tenant it happened in.
        id: `dnl_…`.
        principal: Who was refused, as the trail has it.
        on_behalf_of: For whom, likewise; empty for nobody.
        action: The action of its events.
        target: What the newest of them is about.
        code: Why: the code of the decision, or of the error.
        count: How many repeats no event has told of yet.
        due_at: From when on the next one is an event again; None for never.
    """

    tenant_id: str
    id: str
    principal: str
    on_behalf_of: str = ""
    action: str
    target: str
    code: str
    count: int = 0
    due_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether one more at this instant is a repeat, and no event."""
        return self.due_at is None or at < self.due_at


def due_after(code: str, at: datetime) -> datetime | None:
    """When, after an event at this instant, the next of this code is an event again; None for never."""
    return None if code in _ONCE else at + _FOLDED_FOR


DENIALS: Collection[Denial] = Collection(
    "denials",
    "denial",
    Denial,
    prefix="dnl",
    unique=(Unique(Stale, "The same was denied at the same time.", ("principal", "on_behalf_of", "code")),),
    orders={"due": Order(("due_at", "id"))},
    job=True,
)
