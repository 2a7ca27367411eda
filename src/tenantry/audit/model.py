"""An audit event: what was done, by whom, to what, with the values before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from ..clock import utc
from ..collection import Collection, Order, Unique
from ..errors import Stale
from .actions import ACTIONS, action
from .canonical import canonical
from .keys import AuditKeys
from .seals import ERASED, Personal, sealed

__all__ = ["AUDIT_EVENTS", "AuditEvent"]

_VERSION = "tenantry.audit.1"


def _pairs(personal: Personal) -> Personal:
    return {place: (salt, value) for place, (salt, value) in personal.items()}


@frozen(kw_only=True)
class AuditEvent:
    """One thing that happened to one subject.

    Args:
        tenant_id: The tenant it happened in.
        id: `evt_…`.
        sequence: Its place in the tenant's trail: 1, 2, 3 without gaps.
        action: `noun.past_participle`; one of `tenantry.audit.ACTIONS`.
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
        key_id: Which key the digest was made with.
        digest: What binds the event to all before it.
        personal: The personal values, each with the salt of the digest that stands for it in the chain.
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
    key_id: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)
    personal: Personal = field(factory=dict, repr=False, converter=_pairs)

    @property
    def outcome(self) -> str:
        """`denied` where somebody was refused, otherwise `done`."""
        return "denied" if self.action == "access.denied" else "done"

    def sealed(self) -> AuditEvent:
        """The event as it is stored: digests where personal values were, and these apart."""
        personal: dict[str, tuple[str, Any]] = {}

        def seal(place: str, value: Any) -> Any:
            if value is None:
                return None
            digest, personal[place] = sealed(value)
            return digest

        names = action(self.action).personal
        sides: dict[str, Any] = {
            side: {name: seal(f"{side}.{name}", value) if name in names else value for name, value in values.items()}
            for side, values in (("before", self.before), ("after", self.after))
        }
        origin: dict[str, Any] = {name: seal(name, getattr(self, name)) for name in ("address", "user_agent")}
        return evolve(self, **sides, **origin, personal=personal)

    def shown(self) -> AuditEvent:
        """The stored event as it is read: personal values in their places, or that they were erased."""
        here = {place: value for place, (_, value) in self.personal.items()}
        known = ACTIONS.get(self.action)  # a later release may have written what this one does not know
        names = known.personal if known else ()
        sides: dict[str, Any] = {
            side: {
                name: here.get(f"{side}.{name}", ERASED) if name in names and value is not None else value
                for name, value in values.items()
            }
            for side, values in (("before", self.before), ("after", self.after))
        }
        origin: dict[str, Any] = {
            name: None if getattr(self, name) is None else here.get(name, ERASED) for name in ("address", "user_agent")
        }
        return evolve(self, **sides, **origin, personal={})

    def chained(self, keys: AuditKeys, head: str) -> AuditEvent:
        """The sealed event bound to the one before it.

        Args:
            keys: What signs it: the newest.
            head: The digest of the event before it; nothing for the first.
        """
        named = evolve(self, key_id=keys.newest)
        return evolve(named, digest=named.digest_after(head, keys))

    def digest_after(self, head: str, keys: AuditKeys) -> str:
        """The digest of this event, sealed, after the one whose digest is `head`."""
        return keys.sign(self.tenant_id, self.key_id, "chain", self.content(head))

    def content(self, head: str) -> bytes:
        """What the digest is made of."""
        return canonical(
            [
                _VERSION,
                head,
                self.key_id,
                self.tenant_id,
                self.id,
                self.sequence,
                self.action,
                self.principal,
                self.on_behalf_of,
                self.target,
                self.workspace_id,
                self.before,
                self.after,
                utc(self.occurred_at, "occurred_at").isoformat(timespec="microseconds"),
                self.address,
                self.user_agent,
                self.request_id,
            ]
        )


AUDIT_EVENTS: Collection[AuditEvent] = Collection(
    "audit_events",
    "audit event",
    AuditEvent,
    documents=frozenset({"before", "after", "personal"}),
    unique=(Unique(Stale, "Another command wrote to the trail at the same time.", ("sequence",)),),
    orders={"newest": Order(("sequence",), descending=True), "oldest": Order(("sequence",))},
)
