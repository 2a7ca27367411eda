"""An audit event: what was done, by whom, to what, with the values before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ..collection import Collection, Order, Unique
from ..errors import Stale

__all__ = ["AUDIT_EVENTS", "AuditEvent"]


@frozen(kw_only=True)
class AuditEvent:
    """One thing that happened to one subject.

    Args:
        tenant_id: The tenant it happened in.
        id: `evt_…`.
        sequence: Its place in the tenant's trail: 1, 2, 3 without gaps.
        action: `noun.past_participle`.
        principal: The `user_id` of who did it; `system`, `system:<job>` or `service:<name>` for what is no person.
        on_behalf_of: For whom, where the host said so.
        target: The id of the subject: of a tenant, workspace or invitation, or the `user_id` of a member.
        workspace_id: The workspace it happened in, or None.
        before: The values that changed, as they were.
        after: The values that changed, as they are.
        occurred_at: When, in UTC.
        address: The network address of the request, where the host said so.
        user_agent: Likewise its user agent.
        request_id: Likewise its id.
    """

    tenant_id: str
    id: str
    sequence: int
    action: str
    principal: str
    on_behalf_of: str | None = None
    target: str
    workspace_id: str | None = None
    before: Mapping[str, Any] = field(factory=dict)
    after: Mapping[str, Any] = field(factory=dict)
    occurred_at: datetime
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


AUDIT_EVENTS: Collection[AuditEvent] = Collection(
    "audit_events",
    "audit event",
    AuditEvent,
    documents=frozenset({"before", "after"}),
    unique=(Unique(Stale, "Another command wrote to the trail at the same time.", ("sequence",)),),
    orders={"newest": Order(("sequence",), descending=True), "oldest": Order(("sequence",))},
)
