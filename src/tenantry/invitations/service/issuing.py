"""How an offer gets on its way: as an invitation, or as a part of the one that waits for its address."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve

from ...access.compiled import Access
from ...kernel import emails, ids, text
from ...kernel.tokens import new_nonce
from ...members.service.offers import take_over
from ...runtime.unit_of_work import UnitOfWork
from ...workspaces.model import MAX_WORKSPACES
from ..model import (
    PENDING,
    Invitation,
    InvitationPart,
    InvitationStatus,
    Issued,
    extend,
    nonce_of,
    offer_of,
    status_at,
    supersede,
    terms_of,
    with_parts,
)
from .offering import require_new, require_new_places, require_offer, visible
from .sending import remove_surplus, require_place, require_quiet, tell_invited

__all__ = ["issue", "send_offer"]


def send_offer(
    uow: UnitOfWork,
    email: str,
    *,
    role: str | None,
    workspaces: Mapping[str, str] | Values[str] | None,
    ends: datetime,
    message: str | None = None,
) -> Issued:
    """Offer something to an address, and stand behind it.

    Raises:
        AlreadyMember: As `Invitations.send`, and so on.
    """
    address = emails.Email.parse(email)
    said = text.paragraph_or_none(message, "message")
    access, parts = require_offer(uow, role, workspaces)
    member = uow.members.with_address(address.key)
    if member is not None:
        parts = require_new_places(uow, access, member, parts)
    is_for_member = member is not None
    former = uow.invitations.pending_for(address.key)
    if former is not None and status_at(former, uow.now) is PENDING:
        parts = require_new(former, parts, role=role, at=uow.now)
        require_quiet(uow, emails.mailbox(address.key))
        return issue(uow, access, _extend(uow, former, parts, ends, said, is_for_member=is_for_member))
    require_quiet(uow, emails.mailbox(address.key))
    remove_surplus(uow, require_place(uow, is_for_member=is_for_member), but=former)
    if former is not None:
        uow.invitations.records.save(supersede(former, uow.now))
        uow.record("invitation.superseded", former.id, after={"status": InvitationStatus.REVOKED.value})
    return issue(uow, access, _add(uow, address, parts, ends, said, is_for_member=is_for_member))


def issue(uow: UnitOfWork, access: Access, invitation: Invitation) -> Issued:
    """The invitation as the principal sees it, with its token; the invited person is told."""
    tell_invited(uow, invitation)
    nonce = bytes.fromhex(nonce_of(invitation))
    token = uow.settings.keys.sign_invitation(invitation.tenant_id, invitation.id, nonce)
    return Issued(visible(uow, access, invitation), token)


def _add(
    uow: UnitOfWork,
    address: emails.Email,
    parts: Sequence[InvitationPart],
    ends: datetime,
    message: str | None,
    *,
    is_for_member: bool,
) -> Invitation:
    """A new invitation with these parts, for which the principal stands."""
    lowest = uow.settings.scheme.member_role
    blank = Invitation(
        tenant_id=uow.tenant.id,
        id=ids.new("inv"),
        email=address.address,
        email_key=address.key,
        role=lowest,
        is_for_member=is_for_member,
        expires_at=ends,
        invited_by=uow.by.user_id,
        created_at=uow.now,
        sent_at=uow.now,
        recent_sends=(uow.now.isoformat(),),
        nonce=new_nonce().hex(),
    )
    invitation = with_parts(blank, take_over(parts, uow.by.user_id, message), lowest=lowest)
    uow.invitations.records.add(invitation)
    terms = {**offer_of(invitation), "expires_at": invitation.expires_at.isoformat()}
    uow.record("invitation.sent", invitation.id, after={"email": invitation.email, **terms})
    return invitation


def _extend(
    uow: UnitOfWork,
    former: Invitation,
    new: Sequence[InvitationPart],
    ends: datetime,
    message: str | None,
    *,
    is_for_member: bool,
) -> Invitation:
    """The pending invitation with more in it, for which the principal stands."""
    by = uow.by.user_id
    if former.is_for_member and not is_for_member:  # by now it would make somebody a member
        uow.limits.require_invitations(1)
    extended = extend(
        evolve(former, is_for_member=former.is_for_member and is_for_member),
        by=by,
        expires_at=ends,
        at=uow.now,
        kept=uow.settings.options.max_sends_an_hour,
    )
    others = [each for each in former.parts if each.invited_by != by]
    mine = take_over([*(each for each in former.parts if each.invited_by == by), *new], by, message)
    after = with_parts(extended, [*others, *mine], lowest=uow.settings.scheme.member_role)
    text.several(after.workspaces, "workspaces", most=MAX_WORKSPACES)
    uow.invitations.records.save(after)
    uow.record("invitation.extended", after.id, before=terms_of(former), after=terms_of(after))
    return after
