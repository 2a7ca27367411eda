"""What is done with an invitation by the person who got it: look, accept, decline."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import evolve

from ...access.guard import require_not_self
from ...access.model import Decision, Level
from ...kernel import ids, text
from ...kernel.errors import (
    Denied,
    InvalidToken,
    InvitationReplaced,
    InviterLostAuthority,
    LimitReached,
    NotFound,
    NotTheInvitee,
)
from ...kernel.principal import Principal, email_key_of, principal_of, verified_email_key
from ...kernel.tokens import InvitationToken
from ...members.model import Membership, is_over, new_member
from ...members.repository import with_roles
from ...members.service.joining import join
from ...members.service.offers import lacking, offerable
from ...notices.model import NoticeKind
from ...runtime.pages import Page, page
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Across, After, Among, Gate, OneOf, Passes
from ...tenants.model import TENANTS, TenantStatus
from ...workspaces.model import Workspace
from ..model import (
    ACCEPTED,
    INVITATIONS,
    PENDING,
    Accepted,
    Invitation,
    InvitationPart,
    accept,
    decline,
    invited_email_key,
    nonce_of,
    refusal,
    status_at,
    without_backers,
)
from ..preview import InvitationPreview, Viewer
from ..repository import previews, tenants_of
from .sending import tell_backers

__all__ = ["Inspection", "Redemption", "addressed", "count_received", "find_offer", "holding", "list_received"]


@contextmanager
def _unknown_looks_forged() -> Iterator[None]:
    """A signed token of a tenant or invitation that is gone gets the answer of one that was never signed."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None


def list_received(across: Across, settings: Settings, person: Principal, **paging: Any) -> Page[InvitationPreview]:
    """What waits for this person's verified address in tenants in use; nothing for an account that is switched off."""

    def present(found: Sequence[Invitation]) -> Sequence[InvitationPreview]:
        return previews(across, settings.scheme, found, tenants_of(across, found)) if found else []

    return page(
        across.records(INVITATIONS),
        INVITATIONS,
        _waiting(person, settings.now()),
        keys=settings.keys,
        context=f"person.invitations {person.user_id} {verified_email_key(person)}",
        present=present,
        **paging,
    )


def count_received(across: Across, person: Principal, *, at: datetime) -> int:
    """How many invitations `list_received` has in all."""
    return across.records(INVITATIONS).count(**_waiting(person, at))


def _waiting(person: Principal, at: datetime) -> Mapping[str, object]:
    """The conditions on an invitation that it waits for this person's verified address, in a tenant in use."""
    key = verified_email_key(person)
    return {
        "email_key": OneOf([key] if key and person.active else []),
        "status": PENDING,
        "expires_at": After(at),
        "tenant_id": Among(TENANTS, "id", {"status": TenantStatus.ACTIVE}),
    }


def find_offer(across: Across, person: Principal, invitation_id: str) -> Invitation:
    """An invitation to this person's verified address, of any status.

    Raises:
        NotFound: There is none of this id.
    """
    key = verified_email_key(person)
    found = across.records(INVITATIONS).find(
        id=text.exact(invitation_id, "invitation_id"), email_key=OneOf([key] if key else [])
    )
    if found is None:
        raise INVITATIONS.missing()
    return found


def addressed(invitation: Invitation) -> Gate:
    """The gate for whoever has the address of an invitation, of any status."""
    return Passes(INVITATIONS, {"id": invitation.id, "email_key": invited_email_key(invitation)})


def holding(token: InvitationToken) -> Gate:
    """The gate for whoever holds the token of an invitation, of any status."""
    return Passes(INVITATIONS, {"id": token.invitation_id})


class Inspection(Service):
    """What anybody with a link may see."""

    name = "tenancy"
    __slots__ = ()

    @_unknown_looks_forged()
    @query
    def inspect_invitation(self, uow: UnitOfWork, token: InvitationToken, by: Principal | None) -> InvitationPreview:
        """See `Tenantry.inspect_invitation`."""
        invitation = _open(uow, token)
        member = None if by is None else uow.members.find(by.user_id)
        if status_at(invitation, uow.now) is not PENDING and not _has_accepted(invitation, member):
            raise refusal(invitation, uow.now)
        [preview] = previews(uow.tx, uow.settings.scheme, [invitation], {uow.tenant.id: uow.tenant})
        if by is not None:
            return evolve(preview, viewer=_viewer(uow, invitation, by, member))
        if uow.tenant.status is not TenantStatus.ACTIVE:
            reason = "The tenant is suspended."
            raise Denied(reason, decision=Decision(False, "tenant_suspended", (reason,)))
        return preview


class Redemption(Service):
    """What an invited person does with their invitation."""

    name = "person"
    __slots__ = ()

    @_unknown_looks_forged()
    @command
    def accept(self, uow: UnitOfWork, token: InvitationToken) -> Accepted:
        """See `PersonContext.accept`."""
        return _accept(uow, _open(uow, token))

    @command
    def accept_offer(self, uow: UnitOfWork, invitation_id: str) -> Accepted:
        """See `PersonContext.accept_offer`."""
        return _accept(uow, _received(uow, invitation_id))

    @_unknown_looks_forged()
    @command
    def decline(self, uow: UnitOfWork, token: InvitationToken, reason: str | None) -> None:
        """See `PersonContext.decline`."""
        _decline(uow, _open(uow, token), reason)

    @command
    def decline_offer(self, uow: UnitOfWork, invitation_id: str, reason: str | None) -> None:
        """See `PersonContext.decline_offer`."""
        _decline(uow, _received(uow, invitation_id), reason)


def _accept(uow: UnitOfWork, invitation: Invitation) -> Accepted:
    member = uow.members.find(uow.by.user_id)
    uow.require_newcomer(member)
    live = uow.workspaces.live(invitation.workspaces.keys())
    if member is not None and _has_accepted(invitation, member):
        return _outcome(uow, invitation, member, live, already_member=True)
    accepted = accept(invitation, uow.by.user_id, uow.now)
    _require_invitee(uow, invitation)
    used = _used(invitation, live)
    parts = _require_backed(uow, invitation, used)
    joined = _join(uow, invitation, parts) if member is None else _widen(uow, member, parts)
    closed = without_backers(accepted, [each for each in used if each not in parts])
    uow.invitations.records.save(closed)
    outcome = _outcome(uow, closed, joined, live, already_member=member is not None)
    lost = {"dropped": list(outcome.dropped)} if outcome.dropped else {}
    after = {"status": closed.status.value, "accepted_by": uow.by.user_id, **lost}
    uow.record("invitation.accepted", closed.id, after=after)
    tell_backers(uow, NoticeKind.ACCEPTED, accepted)
    return outcome


def _decline(uow: UnitOfWork, invitation: Invitation, reason: str | None) -> None:
    uow.require_newcomer()
    said = text.paragraph_or_none(reason, "reason", longest=500)
    closed = decline(invitation, said, uow.now)
    _require_invitee(uow, invitation)
    uow.invitations.records.save(closed)
    uow.record("invitation.declined", closed.id, after={"status": closed.status.value, "reason": said})
    tell_backers(uow, NoticeKind.DECLINED, closed)


def _has_accepted(invitation: Invitation, member: Membership | None) -> bool:
    """Whether it was accepted by somebody who is a member still."""
    return member is not None and invitation.status is ACCEPTED and invitation.accepted_by == member.user_id


def _viewer(uow: UnitOfWork, invitation: Invitation, by: Principal, member: Membership | None) -> Viewer:
    """How somebody stands to an invitation; asked in the order in which accepting it would be refused."""
    if uow.tenant.status is not TenantStatus.ACTIVE:
        return Viewer.SUSPENDED
    if not by.active or (member is not None and not member.is_active):
        return Viewer.DEACTIVATED
    if member is not None:
        return Viewer.MEMBER
    if email_key_of(by) != invited_email_key(invitation):
        return Viewer.WRONG_ADDRESS
    if verified_email_key(by) is None:
        return Viewer.UNVERIFIED
    try:
        _require_backed(uow, invitation, _used(invitation, uow.workspaces.live(invitation.workspaces.keys())))
        uow.limits.require_members(1, closing=_places_freed(invitation))
    except InviterLostAuthority:
        return Viewer.INVITER_LOST
    except LimitReached:
        return Viewer.FULL
    return Viewer.READY


def _received(uow: UnitOfWork, invitation_id: str) -> Invitation:
    """The invitation that the gate has found waiting for the person's address.

    Raises:
        NotFound: The tenant is deleted.
    """
    _require_not_deleted(uow)
    return uow.invitations.records.get(invitation_id)


def _open(uow: UnitOfWork, token: InvitationToken) -> Invitation:
    """The invitation that this token opens.

    Raises:
        NotFound: The tenant is deleted.
        InvitationReplaced: It was sent again since; only the newest token opens it.
        InvitationAccepted: It is closed, and so on.
    """
    _require_not_deleted(uow)
    invitation = uow.invitations.records.get(token.invitation_id)
    if not hmac.compare_digest(nonce_of(invitation), token.nonce.hex()):
        if invitation.status is not PENDING:
            raise refusal(invitation, uow.now)
        raise InvitationReplaced("This invitation was sent again; use the newest link.")
    return invitation


def _require_not_deleted(uow: UnitOfWork) -> None:
    if uow.tenant.status not in (TenantStatus.ACTIVE, TenantStatus.SUSPENDED):
        raise INVITATIONS.missing()


def _require_invitee(uow: UnitOfWork, invitation: Invitation) -> None:
    """Is it the invited person, with proof of the address?

    Raises:
        NotTheInvitee: It is somebody else (rule `other_address`), or the address is not verified (`email_unverified`).
    """
    if email_key_of(uow.by) != invited_email_key(invitation):
        raise _not_the_invitee("This invitation was made to another address.", rule="other_address")
    if verified_email_key(uow.by) is None:
        reason = "This invitation was made to this address, which is not verified yet."
        raise _not_the_invitee(reason, rule="email_unverified")


def _not_the_invitee(reason: str, *, rule: str) -> NotTheInvitee:
    """The error for who cannot prove that an invitation is theirs, and by which rule."""
    return NotTheInvitee(reason, decision=Decision(False, rule, (reason,)), rule=rule)


def _used(invitation: Invitation, live: Mapping[str, Workspace]) -> Sequence[InvitationPart]:
    """The parts of which the workspace is in use."""
    return [each for each in invitation.parts if each.workspace_id is None or each.workspace_id in live]


def _require_backed(
    uow: UnitOfWork, invitation: Invitation, parts: Sequence[InvitationPart]
) -> Sequence[InvitationPart]:
    """May those who stand behind these parts offer any of them still? Which; a statement for each such person.

    Raises:
        InviterLostAuthority: There is none; or the host's release has dropped a role, and nobody gets another instead.
    """
    scheme = uow.scheme(*(each.role for each in parts))
    unknown = {each.role for each in parts if scheme.label(each.role, Level.at(each.workspace_id)) is None}
    backers = dict.fromkeys(each.invited_by for each in parts)
    backed: list[InvitationPart] = []
    lost: set[str] = set()
    for user_id in () if unknown else backers:
        theirs = [each for each in parts if each.invited_by == user_id]
        access = uow.access_of(principal_of(user_id), [each.workspace_id for each in theirs if each.workspace_id])
        backed += offerable(scheme, access, theirs)
        lost.update(*(lacking(scheme, access, each) for each in theirs if each not in backed))
    if not backed:
        raise InviterLostAuthority(
            "Who invited you may not do so any more; ask for a new invitation.",
            backers=sorted(backers),
            invitation=invitation.id,
            missing=sorted(lost),
            **({"unknown_roles": sorted(unknown)} if unknown else {}),
        )
    return backed


def _places_freed(invitation: Invitation) -> int:
    """How many of the plan's places an invitation holds."""
    return 0 if invitation.is_for_member else 1


def _join(uow: UnitOfWork, invitation: Invitation, parts: Sequence[InvitationPart]) -> Membership:
    member = new_member(uow.by, tenant_id=uow.tenant.id, id=ids.new("mem"), at=uow.now)
    role = next((each.role for each in parts if each.workspace_id is None), uow.settings.scheme.member_role)
    places = {each.workspace_id: each.role for each in parts if each.workspace_id is not None}
    return join(uow, member, role, places, closing=_places_freed(invitation))


def _widen(uow: UnitOfWork, member: Membership, parts: Sequence[InvitationPart]) -> Membership:
    """The member with roles in the workspaces where they had none; nothing that they have is taken away.

    Raises:
        Denied: They have invited themselves, to another address of theirs, into one of these.
    """
    has = {grant.workspace_id for grant in member.grants if not is_over(grant, uow.now)}
    added = [each for each in parts if each.workspace_id is not None and each.workspace_id not in has]
    new: dict[str | None, list[str]] = {each.workspace_id: [each.role] for each in added}
    if any(each.invited_by == member.user_id for each in added):
        require_not_self(uow.access(), member.user_id, instead="somebody else invites them")
    ended = [grant for grant in member.grants if grant.workspace_id in new]
    uow.grants.take(ended)
    given = uow.grants.give(member.id, new, by=uow.by)
    for id, roles in new.items():
        uow.record("workspace_member.added", member.user_id, workspace_id=id, after={"roles": roles})
    return with_roles([member], [*(grant for grant in member.grants if grant not in ended), *given], uow.now)[0]


def _outcome(
    uow: UnitOfWork, invitation: Invitation, member: Membership, live: Mapping[str, Workspace], *, already_member: bool
) -> Accepted:
    offered = sorted(invitation.workspaces)
    joined = [id for id in offered if id in live and id in member.workspaces]
    backed = {each.workspace_id for each in invitation.parts}
    lowest = uow.settings.scheme.member_role  # which goes with workspaces without anybody behind it
    return Accepted(
        uow.tenant,
        member,
        tuple(live[id] for id in joined),
        dropped=tuple(id for id in offered if id not in live or id not in backed),
        dropped_role=None if None in backed or invitation.role == lowest else invitation.role,
        already_member=already_member,
    )
