"""Who may offer what, and to whom: what sending, changing and withdrawing an invitation ask before they write."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve

from ...access.compiled import ALL, Access
from ...access.guard import (
    allows,
    knowing,
    require_live,
    require_may_invite,
    require_not_self,
    require_workspaces,
)
from ...access.scheme import Scheme
from ...kernel import text
from ...kernel.errors import AlreadyMember, Invalid
from ...kernel.values import fill_in
from ...members.model import Membership, is_over
from ...members.service.joining import resolve_offer
from ...members.service.offers import Managed, require_may_offer, require_part, take_over
from ...runtime.unit_of_work import UnitOfWork
from ..model import INVITATIONS, Invitation, InvitationPart, is_open_to, refusal, seen_at

__all__ = [
    "already_member",
    "require_managed",
    "require_new",
    "require_new_places",
    "require_offer",
    "require_revision",
    "roles_in",
    "visible",
    "with_actions",
]

_INVITE = "tenant-api:member:invite"
_VERBS = ("resend", "update", "revoke")


def require_offer(
    uow: UnitOfWork,
    role: str | None,
    workspaces: Mapping[str, str] | Values[str] | None,
    *,
    but: Sequence[InvitationPart] = (),
) -> tuple[Access, Sequence[InvitationPart]]:
    """May the principal make this offer? Its parts, and the access of the principal.

    Who invites into workspaces without the right to invite into the tenant does not stand behind the tenant role.

    Args:
        uow: The unit of work.
        role: The tenant role; the lowest unless given.
        workspaces: As for `send`.
        but: Parts that others stand behind. Those of the workspaces that are the same are not part of the offer.

    Raises:
        Denied: They may not invite, or hold less than they offer.
        NotFound: They are no member of the tenant, or a workspace is not in use in it.
        Invalid: There is no such role, or `workspaces` is out of bounds.
    """
    scheme, tenant_role, asked = resolve_offer(uow, role, workspaces)
    theirs = {each.workspace_id: each.role for each in but}
    places = {id: role for id, role in asked.items() if theirs.get(id) != role}
    access = uow.access(*places)
    require_may_invite(scheme, access, tenant_role, places, naming=True)
    require_workspaces(access, places)
    by = uow.by.user_id
    there = [InvitationPart(workspace_id=id, role=role, invited_by=by) for id, role in places.items()]
    if there and not access.can(_INVITE):
        return access, there
    return access, [InvitationPart(role=tenant_role, invited_by=by), *there]


def require_managed(uow: UnitOfWork, invitation_id: str, *, own: bool = False) -> Managed:
    """The invitation, if the principal may change any of it; see `require_part`.

    Raises:
        NotFound: There is none of this id in the tenant.
        Denied: As `require_part`.
    """
    invitation = uow.invitations.records.find(id=text.exact(invitation_id, "invitation_id"))
    access = uow.access(*(invitation.workspaces if invitation else ()))
    require_live(access)
    if invitation is None:
        raise INVITATIONS.missing()
    live = uow.workspaces.live(invitation.workspaces.keys())
    return require_part(uow.scheme(*roles_in(invitation)), access, invitation, live.keys(), own=own)


def with_actions(
    uow: UnitOfWork, scheme: Scheme, access: Access, invitations: Sequence[Invitation]
) -> Sequence[Invitation]:
    """These, each with what the principal could do to it; one statement for the workspaces of all that are open."""
    open_to = {each.id: [verb for verb in _VERBS if is_open_to(each, verb, uow.now)] for each in invitations}
    live = uow.workspaces.live({id for each in invitations if open_to[each.id] for id in each.workspaces})
    known = knowing(access, live.values())

    def may(verb: str, invitation: Invitation) -> bool:
        return allows(lambda: require_part(scheme, known, invitation, live.keys(), own=verb == "revoke"))

    return [
        fill_in(each, actions=frozenset(verb for verb in open_to[each.id] if may(verb, each))) for each in invitations
    ]


def roles_in(*invitations: Invitation) -> Sequence[str]:
    """The keys of the roles that these offer."""
    return [role for each in invitations for role in (each.role, *each.workspaces.values())]


def require_new(
    former: Invitation, parts: Sequence[InvitationPart], *, role: str | None, at: datetime
) -> Sequence[InvitationPart]:
    """Does the offer add to what the pending invitation of the same address offers?

    Args:
        former: That invitation.
        parts: The offer.
        role: The tenant role if it was asked for; the lowest, which goes with any offer, adds nothing.
        at: The present.

    Raises:
        AlreadyInvited: Nothing in it is new, or it is another role where one is offered.
    """
    offered = {each.workspace_id: each.role for each in former.parts}
    new = [each for each in parts if each.workspace_id not in offered]
    others = [each for each in parts if offered.get(each.workspace_id, each.role) != each.role]
    if role is None:
        others = [each for each in others if each.workspace_id is not None]
    if others or not new:
        raise refusal(former, at)
    return new


def require_new_places(
    uow: UnitOfWork, access: Access, member: Membership, parts: Sequence[InvitationPart]
) -> Sequence[InvitationPart]:
    """Does the offer have workspaces that are new to the member whose address it goes to?

    Raises:
        AlreadyMember: It has none, or a tenant role above the lowest, or the member is deactivated; who may see members
            is told which one it is.
        Denied: It is the principal.
    """
    lowest = uow.settings.scheme.member_role
    higher = any(each.workspace_id is None and each.role != lowest for each in parts)
    new: Sequence[InvitationPart] = []
    if member.is_active and not higher:
        [shown] = uow.members.present([member])
        has = {grant.workspace_id for grant in shown.grants if not is_over(grant, uow.now)}
        new = [each for each in parts if each.workspace_id is not None and each.workspace_id not in has]
    if not new:
        raise already_member(access, member)
    require_not_self(access, member.user_id, instead="somebody else invites them")
    return new


def require_revision(
    uow: UnitOfWork,
    managed: Managed,
    role: str | None,
    workspaces: Mapping[str, str] | Values[str] | None,
    message: str | None,
) -> Sequence[InvitationPart]:
    """May the principal offer this in place of the parts that are theirs to change? The parts as they are then.

    Args:
        uow: The unit of work.
        managed: The invitation.
        role: The tenant role; None leaves it as it is.
        workspaces: As for `update`; None leaves them as they are.
        message: What the principal says; None leaves it as it is.

    Raises:
        Denied: They may not offer it, or may not change what it would replace.
        AlreadyMember: A member is offered another tenant role.
        Invalid: Nothing would be offered any more, or an argument cannot be accepted.
    """
    mine = {each.workspace_id: each for each in managed.mine}
    theirs = {each.workspace_id: each for each in managed.others}
    if None in theirs and theirs[None].role == role:
        role = None
    asked = role if role is not None or None not in mine else mine[None].role
    kept = {id: each.role for id, each in mine.items() if id is not None and id in managed.live}
    access, offer = require_offer(uow, asked, kept if workspaces is None else workspaces, but=managed.others)
    there = [each for each in offer if each.workspace_id is not None]
    tenant = [each for each in offer if each.workspace_id is None]
    lowest = uow.settings.scheme.member_role
    if managed.invitation.is_for_member:
        if asked not in (None, lowest):
            raise AlreadyMember(
                "This invitation is for a member; change the tenant role of the member instead.", field="role"
            )
        tenant = []
    elif role is None and None not in mine and (there or None in theirs):
        tenant = []  # nobody has offered a tenant role, or it is not theirs to change
    scheme = uow.scheme(*(each.role for each in managed.others))
    offered = {each.workspace_id: each.role for each in (*tenant, *there)} | ({} if role is None else {None: role})
    for each in managed.others:
        if offered.get(each.workspace_id, each.role) != each.role:
            require_may_offer(scheme, access, each)
    gone = [each for id, each in mine.items() if workspaces is None and id is not None and id not in managed.live]
    if not (tenant or there or gone or theirs):
        raise Invalid("An invitation offers something; revoke it instead.", field="workspaces", rule="empty")
    said = next((each.message for each in take_over(managed.mine, uow.by.user_id, message)), message)
    return take_over([*tenant, *there, *gone], uow.by.user_id, said or "")


def already_member(access: Access, member: Membership) -> AlreadyMember:
    """The error for an address that a member has; who may see members is told which one."""
    message = "A member of this tenant has this address already."
    if not access.can("tenant-api:member:read"):
        return AlreadyMember(message, field="email")
    if not member.is_active:
        message = "A deactivated member of this tenant has this address; reactivate them instead."
    return AlreadyMember(message, user_id=member.user_id, status=member.status.value, field="email")


def visible(uow: UnitOfWork, access: Access, invitation: Invitation) -> Invitation:
    """The invitation as it looks now, with those of its workspaces whose members the principal may see, or offers."""
    shown = seen_at(invitation, uow.now)
    seen = access.workspaces_where("workspace-api:member:read")
    if seen == ALL or access.can("tenant-api:member:read"):
        return shown
    mine = {each.workspace_id for each in shown.parts if each.invited_by == access.principal.user_id}
    return evolve(shown, workspaces={id: role for id, role in shown.workspaces.items() if id in seen or id in mine})
