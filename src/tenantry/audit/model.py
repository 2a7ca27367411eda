"""An audit event: what was done, by whom, to what, with the values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field

from ..kernel.canonical import canonical
from ..kernel.clock import utc
from ..kernel.errors import Stale
from ..kernel.values import frozen
from ..storage.collection import Collection, Order, Unique
from .actions import ACTIONS, action
from .keys import AuditKeys
from .seals import ERASED, Personal, fits, seal
from .secrets import without_secrets

__all__ = [
    "AUDIT_EVENTS",
    "AuditEvent",
    "chain",
    "content_of",
    "digest_of",
    "find_misfit",
    "is_of_origin",
    "key_id_of",
    "lost_places",
    "personal_of",
    "position_of",
    "seal_values",
    "show",
    "sign",
    "without_details",
    "without_origin",
    "without_personal",
]

_VERSION = "tenantry.audit.1"
_ORIGIN = ("address", "user_agent")
_TARGET = "target_name"
_REFUSALS = ("access.denied", "invitation.refused")


def _document(value: Any) -> Mapping[str, Any]:
    """Somebody may have written to the table: what is no mapping is still to be read, and found to fit nowhere."""
    return value if isinstance(value, Mapping) else {"": value}


def _pairs(personal: Any) -> Personal:
    return {place: _pair(pair) for place, pair in _document(personal).items()}


def _pair(pair: Any) -> tuple[str, Any]:
    match pair:
        case [str(salt), value]:
            return salt, value
    return "", pair


@frozen(kw_only=True)
class AuditEvent:
    """One thing that happened to one subject.

    Args:
        tenant_id: The tenant it happened in.
        id: `evt_…`.
        sequence: Its place in the tenant's trail: 1, 2, 3 without gaps.
        action: `noun.past_participle`; one of `tenantry.audit.ACTIONS`.
        principal: The `user_id` of who did it; `system`, `system:<job>` or `service:<name>` for what is no person.
        on_behalf_of: For whom, where the host said so; the user, where `principal` has impersonated them.
        target: The id of the subject: of a tenant, workspace or invitation, or the `user_id` of a member.
        target_name: What the subject was called then: the name of a member or their address, the address of an
            invitation, the name of anything else. None where the command did not know it.
        workspace_id: The workspace it happened in, or None.
        workspace_name: What that was called then. None where the command did not know it.
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
    target_name: str | None = None
    workspace_id: str | None = None
    workspace_name: str | None = None
    before: Mapping[str, Any] = field(factory=dict, converter=_document, hash=False)
    after: Mapping[str, Any] = field(factory=dict, converter=_document, hash=False)
    occurred_at: datetime
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    _key_id: str = field(default="", alias="key_id", repr=False)  # which key the digest was made with
    _digest: str = field(default="", alias="digest", repr=False)  # what binds the event to all before it
    _written_in: int = field(default=0, alias="written_in", repr=False)  # where it stands among those of all tenants
    _personal: Personal = field(factory=dict, alias="personal", repr=False, converter=_pairs, hash=False)
    # The personal values, each with the salt of the digest that stands for it in the chain.

    @property
    def outcome(self) -> str:
        """`denied` where somebody was refused, otherwise `done`."""
        return "denied" if self.action in _REFUSALS else "done"


def seal_values(event: AuditEvent) -> AuditEvent:
    """The event as it is stored: without secrets, with digests where personal values were, and these apart."""
    personal: dict[str, tuple[str, Any]] = {}

    def seal_at(place: str, value: Any) -> Any:
        if value is None:
            return None
        digest, personal[place] = seal(value)
        return digest

    known = action(event.action)
    names = known.personal
    sides: dict[str, Any] = {
        side: {name: seal_at(f"{side}.{name}", value) if name in names else value for name, value in values.items()}
        for side, values in (("before", without_secrets(event.before)), ("after", without_secrets(event.after)))
    }
    origin: dict[str, Any] = {name: seal_at(name, getattr(event, name)) for name in _ORIGIN}
    target_name = seal_at(_TARGET, event.target_name) if known.names_person else event.target_name
    return evolve(event, **sides, **origin, target_name=target_name, personal=personal)


def show(event: AuditEvent) -> AuditEvent:
    """The stored event as it is read: personal values in their places, or that they were erased."""
    here = {place: value for place, (_, value) in event._personal.items()}
    sealed = _sealed(event)

    def at(place: str, value: Any) -> Any:
        return here.get(place, ERASED) if place in sealed else value

    return evolve(
        event,
        before={name: at(f"before.{name}", value) for name, value in event.before.items()},
        after={name: at(f"after.{name}", value) for name, value in event.after.items()},
        address=at("address", event.address),
        user_agent=at("user_agent", event.user_agent),
        target_name=at(_TARGET, event.target_name),
        personal={},
    )


def lost_places(event: AuditEvent) -> Iterator[str]:
    """The places of the stored event where a digest stands for a personal value that is not there any more."""
    return (place for place in _sealed(event) if place not in event._personal)


def is_of_origin(place: str) -> bool:
    """Whether a personal value says where the principal was, and nothing of the target."""
    return place in _ORIGIN


def _sealed(event: AuditEvent) -> frozenset[str]:
    """The places of the stored event where digests stand for personal values."""
    known = ACTIONS.get(event.action)  # a later release may have written what this one does not know
    places = {name: getattr(event, name) for name in _ORIGIN}
    if known is not None:
        for side, values in (("before", event.before), ("after", event.after)):
            places |= {f"{side}.{name}": values.get(name) for name in known.personal}
        if known.names_person:
            places[_TARGET] = event.target_name
    return frozenset(place for place, digest in places.items() if digest is not None)


def without_details(event: AuditEvent) -> AuditEvent:
    """The stored event without what it says of its target as a person."""
    return evolve(event, personal={place: pair for place, pair in event._personal.items() if is_of_origin(place)})


def without_origin(event: AuditEvent) -> AuditEvent:
    """The stored event without where its principal was."""
    return evolve(event, personal={place: pair for place, pair in event._personal.items() if not is_of_origin(place)})


def without_personal(event: AuditEvent) -> AuditEvent:
    """The stored event without anything about a person."""
    return evolve(event, personal={})


def chain(event: AuditEvent, keys: AuditKeys, head: str) -> AuditEvent:
    """The sealed event bound to the one before it by the key that it names.

    Args:
        keys: What signs it.
        head: The digest of the event before it; nothing for the first.
    """
    return evolve(event, digest=sign(event, content_of(event, head), keys))


def find_misfit(event: AuditEvent) -> str | None:
    """The place of a personal value that is not the one that the event was sealed with, if there is one."""
    if not event._personal:
        return None
    places = {name: getattr(event, name) for name in (*_ORIGIN, _TARGET)}
    for side, values in (("before", event.before), ("after", event.after)):
        places |= {f"{side}.{name}": value for name, value in values.items()}
    return next((at for at, pair in event._personal.items() if not fits(places.get(at), *pair)), None)


def sign(event: AuditEvent, content: bytes, keys: AuditKeys) -> str:
    """What the key that the event names makes of its content."""
    return keys.sign(event.tenant_id, event._key_id, "chain", content)


def digest_of(event: AuditEvent) -> str:
    """What binds the event to all before it."""
    return event._digest


def key_id_of(event: AuditEvent) -> str:
    """Which key its digest was made with."""
    return event._key_id


def personal_of(event: AuditEvent) -> Personal:
    """The personal values of the stored event, each with its salt."""
    return event._personal


def position_of(event: AuditEvent) -> tuple[int, str, int]:
    """Where it stands among the events of all tenants."""
    return event._written_in, event.tenant_id, event.sequence


def content_of(event: AuditEvent, head: str) -> bytes:
    """What the digest is made of."""
    return canonical(
        [
            _VERSION,
            head,
            event._key_id,
            event.tenant_id,
            event.id,
            event.sequence,
            event.action,
            event.principal,
            event.on_behalf_of,
            event.target,
            event.target_name,
            event.workspace_id,
            event.workspace_name,
            event.before,
            event.after,
            utc(event.occurred_at, "occurred_at").isoformat(timespec="microseconds"),
            event.address,
            event.user_agent,
            event.request_id,
            event._written_in,
        ]
    )


AUDIT_EVENTS: Collection[AuditEvent] = Collection(
    "audit_events",
    "audit event",
    AuditEvent,
    prefix="evt",
    documents=frozenset({"before", "after", "personal"}),
    unique=(Unique(Stale, "Another command wrote to the trail at the same time.", ("sequence",)),),
    orders={"newest": Order(("sequence",), descending=True), "oldest": Order(("sequence",))},
    survives_purge=True,
)
