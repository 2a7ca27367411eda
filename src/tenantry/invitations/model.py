"""An invitation: an offer of membership to an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from attrs import Factory, evolve, field

from ..audit.seals import ERASED
from ..kernel import emails, text
from ..kernel.errors import (
    AlreadyInvited,
    Conflict,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
)
from ..kernel.values import frozen
from ..members.model import Membership
from ..storage.collection import Collection, Order, Unique
from ..tenants.model import Tenant
from ..workspaces.model import Workspace

__all__ = [
    "INVITATIONS",
    "TRANSITIONS",
    "Accepted",
    "Invitation",
    "InvitationPart",
    "InvitationStatus",
    "Issued",
    "accept",
    "decline",
    "erase",
    "extend",
    "invited_email_key",
    "is_open_to",
    "mailbox_of",
    "nonce_of",
    "offer_of",
    "refusal",
    "resend",
    "revoke",
    "seen_at",
    "sends_since",
    "status_at",
    "supersede",
    "swap_role",
    "terms_of",
    "update",
    "with_parts",
    "without_backers",
]


class InvitationStatus(StrEnum):
    """How an invitation stands. `EXPIRED` is how a pending one looks past its time; it is never stored."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


PENDING, ACCEPTED, DECLINED, REVOKED, EXPIRED = InvitationStatus

_ERASED_KEY = "erased:"  # no address has a colon, so it is nobody's

TRANSITIONS: Mapping[tuple[InvitationStatus, str], InvitationStatus] = MappingProxyType(
    {
        (PENDING, "accept"): ACCEPTED,
        (PENDING, "decline"): DECLINED,
        (PENDING, "revoke"): REVOKED,
        (PENDING, "update"): PENDING,
        (PENDING, "extend"): PENDING,
        (PENDING, "resend"): PENDING,
        (EXPIRED, "resend"): PENDING,
        (PENDING, "supersede"): REVOKED,
        (EXPIRED, "supersede"): REVOKED,
    }
)
"""The state machine: from a status, by an act, to a status. What is not here is refused."""

_REFUSALS: Mapping[InvitationStatus, tuple[type[Conflict], str]] = MappingProxyType(
    {
        PENDING: (AlreadyInvited, "This address has a pending invitation already."),
        ACCEPTED: (InvitationAccepted, "This invitation was accepted already."),
        DECLINED: (InvitationDeclined, "This invitation was declined."),
        REVOKED: (InvitationRevoked, "This invitation was withdrawn."),
        EXPIRED: (InvitationExpired, "This invitation has expired."),
    }
)


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class InvitationPart:
    """One part of what an invitation offers: the tenant role, or the role in one workspace.

    Args:
        workspace_id: `ws_…`; None for the tenant role.
        role: The role, by key.
        invited_by: The `user_id` of who stands behind it. It holds while they may offer it.
        message: Plain text from them for the invited person, or None.
    """

    workspace_id: str | None = None
    role: str
    invited_by: str
    message: str | None = None


def _all_behind(invitation: Invitation) -> Mapping[str, str]:
    """Whoever sent it stands behind all; by the id of the tenant, for the role there, and those of the workspaces."""
    tenant = () if invitation.is_for_member else (invitation.tenant_id,)
    return dict.fromkeys((*tenant, *invitation.workspaces), invitation.invited_by)


@frozen(kw_only=True)
class Invitation:
    """An offer of membership to an address.

    Args:
        tenant_id: The tenant that is offered.
        id: `inv_…`. It is no secret and opens nothing.
        email: The address as it was given; mail goes there.
        role: The tenant role that is offered, by key. The scheme's lowest where nobody has offered one.
        workspaces: For each workspace that is offered, by id, the role in it.
        is_for_member: Whether it was sent to a member, to join workspaces. Such a one takes no place in a plan.
        status: How it stands; verbs that show it tell an expired one from a pending one.
        expires_at: The first instant at which it cannot be accepted any more.
        invited_by: The `user_id` of whoever sent or changed it last; `parts` tells who stands behind what.
        created_at: When it was first sent.
        sent_at: When it was last sent.
        sends: How many times it was sent.
        closed_at: When it was accepted, declined or revoked.
        accepted_by: The `user_id` of who accepted it.
        reason: What the person said when declining.
        delivery: How the last notice of it stands: `waiting`, `sent`, or `failed` where that was given up or dropped.
            None where notices are off, or there is none any more; `get` and `list` tell it.
        role_label: The name of the tenant role, built in or custom. `get` and `list` fill it in. None in what a command
            returns, and for a role that no longer exists. Not compared, and neither are `workspace_labels`.
        workspace_labels: For each workspace that is offered, by id, the name of the role in it, likewise.
        actions: The verbs of `invitations` that the principal could do to this one now, or to a part of it; None unless
            it was asked for. Not compared.
    """

    tenant_id: str
    id: str
    email: str
    _email_key: str = field(alias="email_key", repr=False)
    role: str
    workspaces: Mapping[str, str] = field(factory=dict, hash=False)
    is_for_member: bool = False
    status: InvitationStatus = PENDING
    expires_at: datetime
    invited_by: str
    _backers: Mapping[str, str] = field(
        default=Factory(_all_behind, takes_self=True),
        alias="backers",
        hash=False,
        repr=False,
    )
    _messages: Mapping[str, str] = field(factory=dict, alias="messages", hash=False, repr=False)
    created_at: datetime
    sent_at: datetime
    sends: int = 1
    _recent_sends: tuple[str, ...] = field(default=(), alias="recent_sends", repr=False, converter=_texts)
    _nonce: str = field(alias="nonce", repr=False)
    closed_at: datetime | None = None
    accepted_by: str | None = None
    reason: str | None = None
    delivery: str | None = None
    role_label: str | None = field(default=None, eq=False)
    workspace_labels: Mapping[str, str | None] = field(factory=dict, eq=False)
    actions: frozenset[str] | None = field(default=None, eq=False)

    @property
    def message(self) -> str | None:
        """Plain text for the invited person from whoever sent or changed it last, or None."""
        return self._messages.get(self.invited_by)

    @property
    def parts(self) -> tuple[InvitationPart, ...]:
        """What it offers, with who stands behind it: the tenant role, if somebody has offered one, and workspaces."""
        return tuple(
            InvitationPart(workspace_id=place, role=role, invited_by=by, message=self._messages.get(by))
            for place, role in ((None, self.role), *sorted(self.workspaces.items()))
            if (by := self._backers.get(place or self.tenant_id)) is not None
        )

    @property
    def is_pending(self) -> bool:
        """Whether it waits for an answer."""
        return self.status is PENDING

    @property
    def is_erased(self) -> bool:
        """Whether it says nothing of a person any more."""
        return self._email_key.startswith(_ERASED_KEY)

    @property
    def _mailbox(self) -> str:
        """What sends are counted by: one for all spellings of an address that commonly reach the same mailbox."""
        return emails.mailbox(self._email_key)

    @property
    def _search_key(self) -> str:
        """What a search looks into."""
        return text.fold(self.email)


def with_parts(invitation: Invitation, parts: Iterable[InvitationPart], *, lowest: str) -> Invitation:
    """The invitation with these parts in place of its own.

    Args:
        invitation: The invitation.
        parts: At least one. Those of one person have one message.
        lowest: The tenant role that goes with workspaces alone.
    """
    by_place = {part.workspace_id: part for part in parts}
    tenant = by_place.pop(None, None)
    offered = (*([tenant] if tenant else []), *by_place.values())
    backers = {part.workspace_id or invitation.tenant_id: part.invited_by for part in offered}
    return evolve(
        invitation,
        role=tenant.role if tenant else lowest,
        workspaces={id: part.role for id, part in by_place.items() if id is not None},
        backers=backers,
        messages={part.invited_by: part.message for part in offered if part.message is not None},
        invited_by=invitation.invited_by if invitation.invited_by in backers.values() else offered[0].invited_by,
    )


def without_backers(invitation: Invitation, parts: Iterable[InvitationPart]) -> Invitation:
    """The invitation after nobody stands behind these parts any more; it still says that they were offered."""
    places = {part.workspace_id or invitation.tenant_id for part in parts}
    return evolve(invitation, backers={place: by for place, by in invitation._backers.items() if place not in places})


def status_at(invitation: Invitation, at: datetime) -> InvitationStatus:
    """How the invitation stands at this instant: from `expires_at` on, a pending one is expired."""
    return EXPIRED if invitation.is_pending and at >= invitation.expires_at else invitation.status


def is_open_to(invitation: Invitation, act: str, at: datetime) -> bool:
    """Whether this act, of the state machine, can be done to the invitation at this instant."""
    return (status_at(invitation, at), act) in TRANSITIONS


def seen_at(invitation: Invitation, at: datetime) -> Invitation:
    """The invitation as it looks at this instant."""
    return evolve(invitation, status=status_at(invitation, at))


def accept(invitation: Invitation, by: str, at: datetime) -> Invitation:
    """The invitation after this user has accepted it."""
    return evolve(_closed(invitation, "accept", at), accepted_by=by)


def decline(invitation: Invitation, reason: str | None, at: datetime) -> Invitation:
    """The invitation after the person has declined it."""
    return evolve(_closed(invitation, "decline", at), reason=reason)


def revoke(invitation: Invitation, at: datetime) -> Invitation:
    """The invitation after it was revoked."""
    return _closed(invitation, "revoke", at)


def supersede(invitation: Invitation, at: datetime) -> Invitation:
    """The invitation after something else took its place."""
    return _closed(invitation, "supersede", at)


def _closed(invitation: Invitation, act: str, at: datetime) -> Invitation:
    """The invitation after an act that closes it; what was said to the invited person is not kept."""
    return evolve(invitation, status=_next(invitation, act, at), closed_at=at, messages={})


def extend(invitation: Invitation, *, by: str, expires_at: datetime, at: datetime, kept: int) -> Invitation:
    """The invitation after somebody has sent more in it; its links stay good, and until the later end.

    Args:
        invitation: The invitation.
        by: The `user_id` of who sends.
        expires_at: The end of what they offer.
        at: When.
        kept: How many of the times that it was sent are kept.
    """
    status = _next(invitation, "extend", at)
    return _sent(evolve(invitation, status=status), by, max(invitation.expires_at, expires_at), at, kept)


def update(invitation: Invitation, *, by: str, at: datetime) -> Invitation:
    """The invitation in the hands of whoever changes what it offers."""
    return evolve(invitation, status=_next(invitation, "update", at), invited_by=by)


def resend(invitation: Invitation, *, by: str, nonce: str, expires_at: datetime, at: datetime, kept: int) -> Invitation:
    """The invitation after it was sent again, in whose name and until when; older links are dead.

    Args:
        invitation: The invitation.
        by: The `user_id` of who sends it.
        nonce: Part of the new token.
        expires_at: Its new end.
        at: When.
        kept: How many of the times that it was sent are kept.
    """
    status = _next(invitation, "resend", at)
    return _sent(evolve(invitation, status=status, nonce=nonce), by, expires_at, at, kept)


def _sent(invitation: Invitation, by: str, expires_at: datetime, at: datetime, kept: int) -> Invitation:
    return evolve(
        invitation,
        invited_by=by,
        expires_at=expires_at,
        sent_at=at,
        sends=invitation.sends + 1,
        recent_sends=(*invitation._recent_sends, at.isoformat())[-kept:],
    )


def erase(invitation: Invitation, at: datetime) -> Invitation:
    """The invitation without what it says of a person; one that still waits is closed."""
    close = {PENDING: revoke, EXPIRED: supersede}.get(status_at(invitation, at))
    closed = close(invitation, at) if close else invitation
    return evolve(closed, email=ERASED, email_key=f"{_ERASED_KEY}{invitation.id}", messages={}, reason=None)


def swap_role(invitation: Invitation, old: str, new: str) -> Invitation:
    """The invitation with another role wherever it offered this one."""
    offered = (invitation.role, *invitation.workspaces.values())
    role, *there = (new if key == old else key for key in offered)
    return evolve(invitation, role=role, workspaces=dict(zip(invitation.workspaces, there, strict=True)))


def sends_since(invitation: Invitation, at: datetime) -> Sequence[datetime]:
    """When the invitation was sent after this instant, as far as that is kept."""
    times = map(datetime.fromisoformat, invitation._recent_sends)
    return [time for time in times if time > at]


def offer_of(invitation: Invitation) -> Mapping[str, Any]:
    """What the invitation offers, as the audit trail has it."""
    return {"role": invitation.role, "workspaces": dict(invitation.workspaces)}


def terms_of(invitation: Invitation) -> Mapping[str, Any]:
    """Everything that can be changed while it is pending, as the audit trail has it."""
    return {
        **offer_of(invitation),
        "expires_at": invitation.expires_at.isoformat(),
        "message": invitation.message,
        "invited_by": invitation.invited_by,
        "backers": dict(invitation._backers),
    }


def nonce_of(invitation: Invitation) -> str:
    """Part of the newest token, in hexadecimal digits; worthless without the key."""
    return invitation._nonce


def invited_email_key(invitation: Invitation) -> str:
    """The canonical form of the invited address; who accepts must have proof of the same."""
    return invitation._email_key


def mailbox_of(invitation: Invitation) -> str:
    """The mailbox that the sends of the invitation are counted by."""
    return invitation._mailbox


def refusal(invitation: Invitation, at: datetime) -> Conflict:
    """The error that says why nothing more can be done with the invitation as it stands at this instant."""
    error, message = _REFUSALS[status_at(invitation, at)]
    return error(message, field="email" if error is AlreadyInvited else None, invitation_id=invitation.id)


def _next(invitation: Invitation, act: str, at: datetime) -> InvitationStatus:
    status = status_at(invitation, at)
    if (status, act) not in TRANSITIONS:
        raise refusal(invitation, at)
    return TRANSITIONS[status, act]


INVITATIONS: Collection[Invitation] = Collection(
    "invitations",
    "invitation",
    Invitation,
    prefix="inv",
    called=("email",),
    made=("mailbox", "search_key"),
    derived=frozenset({"delivery", "role_label", "workspace_labels", "actions"}),
    documents=frozenset({"workspaces", "backers", "messages", "recent_sends"}),
    unique=(
        Unique(
            AlreadyInvited,
            "This address has a pending invitation already.",
            ("email_key",),
            where={"status": PENDING},
            parameter="email",
        ),
    ),
    orders={"newest": Order(("id",), descending=True)},
)


@frozen
class Issued:
    """An invitation and the one text that redeems it.

    Args:
        invitation: The invitation.
        token: What goes into the link. It is stored nowhere: send it now.
    """

    invitation: Invitation
    token: str = field(repr=False)


@frozen
class Accepted:
    """What accepting an invitation has led to.

    Args:
        tenant: Where they are a member now.
        membership: The membership with its present roles.
        workspaces: The offered workspaces of which the person is a member now.
        dropped: Ids of the other offered workspaces: no longer in use, or nobody who may offer them stands behind them.
        dropped_role: The offered tenant role, by key, where nobody stands behind it any more; they got the lowest one.
        already_member: Whether the person was a member before; their tenant roles are as they were.
    """

    tenant: Tenant
    membership: Membership
    workspaces: tuple[Workspace, ...] = ()
    dropped: tuple[str, ...] = ()
    dropped_role: str | None = None
    already_member: bool = False
