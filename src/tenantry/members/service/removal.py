"""How a membership ends: what goes with it, who gets what the member owned, and a plan of it to look at before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, field

from ...invitations.model import (
    Invitation,
    InvitationPart,
    InvitationStatus,
    revoke,
    status_at,
    terms_of,
    with_parts,
)
from ...kernel import text
from ...kernel.canonical import canonical
from ...kernel.errors import Invalid, LastOwner, PlanChanged
from ...kernel.values import frozen
from ...notices.model import NoticeKind
from ...runtime.participants import Change
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import OneOf, Slice
from ...tenants.model import adjust_counts
from ..model import GRANTS, MEMBERSHIPS, Membership, MembershipStatus, member_email_key
from .policy import DELETE, require_may_leave
from .roles import find_manageable, not_over
from .showing import shown
from .waiting import parts_that_stay

__all__ = ["Heir", "MemberRemoval", "RemovalPlan", "change_of", "end_membership", "known_values", "member_values"]

_MAX_HEIRS: Final = 20
_SEES_MEMBERS: Final = "tenant-api:member:read"


@frozen(kw_only=True)
class Heir:
    """A member who could get what a removed member leaves behind.

    Args:
        user_id: What `reassign_to` takes.
        name: What they are called, or None.
        email: Their address, or None.
    """

    user_id: str
    name: str | None = None
    email: str | None = None


@frozen(kw_only=True)
class RemovalPlan:
    """What the removal of a member would touch, all of it.

    Names are not compared, and the digest does not cover them: a new name does not change what the removal touches.

    Args:
        member: Whose membership would end.
        roles: The tenant roles that they have now or from some time on, by key.
        workspaces: For each workspace in which they have a role, now or from some time on, the keys of these roles.
        invitations: The ids of the pending invitations that they stand behind, or that wait at their address, which
            would be withdrawn; what others offer in those that they stand behind, or what the principal could not
            revoke in the others, would stay.
        resources: What they own in the host, counted, by the names of the participants.
        reassign_to: The `user_id` of who would get it; None where nothing can be given.
        role_labels: The names of `roles`, in the same order; None for a role that no longer exists.
        workspace_labels: Likewise for each workspace the names of the roles in it.
        workspace_names: The names of the workspaces, by id.
        invitation_emails: The addresses of the invitations, by id.
        heirs: Who could be given as `reassign_to`: the first 20 active members by name, and the one in `reassign_to`.
        has_more_heirs: Whether other members could be given as well; `members.list(status="active")` finds them.
    """

    member: Membership
    roles: tuple[str, ...]
    workspaces: Mapping[str, tuple[str, ...]] = field(hash=False)
    invitations: tuple[str, ...]
    resources: Mapping[str, int] = field(hash=False)
    reassign_to: str | None
    role_labels: tuple[str | None, ...] = field(default=(), eq=False)
    workspace_labels: Mapping[str, tuple[str | None, ...]] = field(factory=dict, eq=False)
    workspace_names: Mapping[str, str] = field(factory=dict, eq=False)
    invitation_emails: Mapping[str, str] = field(factory=dict, eq=False)
    heirs: tuple[Heir, ...] = field(default=(), eq=False)
    has_more_heirs: bool = field(default=False, eq=False)

    @property
    def digest(self) -> str:
        """What `remove` compares: two plans with the same digest touch the same."""
        content = [self.member.tenant_id, self.member.id, self.member.user_id, self.roles, self.workspaces]
        return hashlib.sha256(
            canonical(["tenantry.removal.1", *content, self.invitations, self.resources, self.reassign_to])
        ).hexdigest()


class MemberRemoval(Service):
    """The ends of memberships: a part of the verbs of `Members`."""

    __slots__ = ()

    @query
    def plan_removal(self, uow: UnitOfWork, user_id: str, *, reassign_to: str | None = None) -> RemovalPlan:
        """What exactly the removal of a member would touch; changes nothing.

        Args:
            user_id: Which member.
            reassign_to: The `user_id` of the member who is to get what they own; an active owner unless given.

        Raises:
            LastOwner: They are the last active owner, and cannot be removed.
            NotFound: The user is no member, or the other one is none.
            Invalid: The other one is the same, or is deactivated.
            Denied: The principal may not remove or see members, holds less than this one, or is this one.
        """
        member = find_manageable(uow, user_id, DELETE, also=_SEES_MEMBERS)
        heir = _heir(uow, member, reassign_to)
        plan = _named(uow, _plan(uow, member, heir), heir)
        if uow.settings.scheme.owner_role in plan.roles and not _owners(uow, member):
            raise LastOwner("A tenant always has an active owner; make somebody else one first.")
        return plan

    @command
    def remove(
        self,
        uow: UnitOfWork,
        user_id: str,
        *,
        reassign_to: str | None = None,
        plan: RemovalPlan | str | None = None,
        confirm: str | None = None,
        reason: str | None = None,
    ) -> None:
        """End a membership for good, with every role. If the user is added again, nothing of it comes back.

        Pending invitations that they have sent are withdrawn. So are those that wait at their address, as far as the
        principal could revoke them. Participants hand over what they own.

        Args:
            user_id: Which member.
            reassign_to: The `user_id` of the member who gets what they own; unless given, the one in the plan, or else
                an active owner.
            plan: A plan of `plan_removal`, or its digest, which must still be what would happen.
            confirm: The member's address or name, as somebody has typed it; their `user_id` where neither is known.
                `Options.confirm_removal` demands it of people.
            reason: Plain text of at most 500 characters, for the audit trail and the member.

        Raises:
            PlanChanged: By now the removal would touch something else than the plan says.
            LastOwner: They are the last active owner.
            NotFound: The user is no member, or the other one is none.
            Invalid: What was typed is something else or is missing, the other one is the same or is deactivated, or the
                reason cannot be accepted.
            Denied: The principal may not remove members, or see them where a plan is given, holds less than this one,
                or is this one.
        """
        said = text.paragraph_or_none(reason, "reason", longest=500)
        also = None if plan is None else _SEES_MEMBERS  # the present plan shows them
        member = find_manageable(uow, user_id, DELETE, also=also)
        _require_confirmed(uow, member, confirm)
        heir = _heir(uow, member, _planned_heir(uow, plan) if reassign_to is None else reassign_to)
        if plan is not None:
            _require_same(uow, plan, _plan(uow, member, heir), heir)
        end_membership(uow, member, "member.removed", to=heir, reason=said)

    @command
    def leave(self, uow: UnitOfWork) -> None:
        """End the principal's own membership for good; what they own goes to an active owner.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: They are no member.
            Denied: The membership or the tenant is switched off, or somebody impersonates them.
        """
        require_may_leave(uow.access())
        end_membership(uow, uow.members.get(uow.by.user_id), "member.left")


def end_membership(
    uow: UnitOfWork, member: Membership, action: str, *, to: Membership | None = None, reason: str | None = None
) -> None:
    """End a membership, with all that goes with it; the one way out.

    Args:
        uow: The unit of work.
        member: Whose, with their grants.
        action: What the audit trail has, and the participants are told.
        to: Who gets what they own; an active owner unless given, where there is something to get.
        reason: Why, in the words of whoever ends it.

    Raises:
        LastOwner: They are the last active owner.
    """
    _withdraw(uow, member)
    uow.remove(MEMBERSHIPS, member, loaded={GRANTS: member.grants})
    uow.tenant = adjust_counts(uow.tenant, members=-1)
    uow.require_owner()
    change = change_of(uow, member, action, to or _heir(uow, member, None))
    resources = {**uow.participants.revoke(change), **uow.participants.hand_over(change)}
    handed = {"resources": dict(sorted(resources.items())), "reassigned_to": change.to} if resources else {}
    said = {} if reason is None else {"reason": reason}
    before = {**member_values(member), "roles": list(member.roles)}
    uow.record(action, member.user_id, before=before, after={**handed, **said})
    if action == "member.removed":
        uow.tell_member(NoticeKind.REMOVED, member, reason=reason)


def member_values(member: Membership) -> dict[str, object]:
    """What is known of a member, as the audit trail has it."""
    return {"name": member.name, "email": member.email}


def known_values(member: Membership) -> dict[str, object]:
    """What the host has told of a member, as the audit trail has it."""
    return {**member_values(member), "email_verified": member.email_verified}


def _plan(uow: UnitOfWork, member: Membership, heir: Membership | None) -> RemovalPlan:
    """What would be touched, without what it is called."""
    ending = [invitation for invitation, _ in _ending_invitations(uow, member)]
    places: dict[str | None, list[str]] = {}
    for grant in not_over(uow, member.grants):
        places.setdefault(grant.workspace_id, []).append(grant.role)
    return RemovalPlan(
        member=member,
        roles=tuple(sorted(places.pop(None, ()))),
        workspaces={id: tuple(sorted(roles)) for id, roles in sorted(places.items(), key=str) if id},
        invitations=tuple(invitation.id for invitation in ending),
        resources=uow.participants.count(change_of(uow, member, "member.removed", heir)),
        reassign_to=heir.user_id if heir else None,
        invitation_emails={invitation.id: invitation.email for invitation in ending},
    )


def _named(uow: UnitOfWork, plan: RemovalPlan, heir: Membership | None) -> RemovalPlan:
    """The plan with what is called how, and with the members who could inherit."""
    [member] = shown(uow, [plan.member])
    labels = {(grant.workspace_id, grant.role): grant.label for grant in member.grants}
    places = uow.workspaces.records.list(id=OneOf(plan.workspaces)) if plan.workspaces else ()
    heirs, has_more = _heirs(uow, member, heir)
    return evolve(
        plan,
        member=member,
        role_labels=tuple(labels[None, role] for role in plan.roles),
        workspace_labels={id: tuple(labels[id, role] for role in roles) for id, roles in plan.workspaces.items()},
        workspace_names={each.id: each.name for each in places},
        heirs=tuple(Heir(user_id=each.user_id, name=each.name, email=each.email) for each in heirs),
        has_more_heirs=has_more,
    )


def change_of(uow: UnitOfWork, member: Membership, kind: str, heir: Membership | None = None) -> Change:
    """What participants are told of what becomes of a member."""
    to = heir.user_id if heir else None
    return Change(kind=kind, tenant_id=uow.tx.tenant_id, user_id=member.user_id, to=to, by=uow.by, at=uow.now)


def _ending_invitations(uow: UnitOfWork, member: Membership) -> Sequence[tuple[Invitation, Sequence[InvitationPart]]]:
    """The invitations that die with this membership, or lose a part, each with the parts that go on.

    These are the ones that the member stands behind, and those to the member's own address, by which they would be back
    at once with what was offered before. Of the latter, parts that the principal could not revoke go on: somebody else
    has decided on these.
    """
    sent = uow.invitations.backed_by(member.user_id, at=uow.now)
    key = member_email_key(member)
    waiting = uow.invitations.pending_for_many([key] if key else [])
    to_them = [each for each in waiting if status_at(each, uow.now) is InvitationStatus.PENDING]
    kept = {**{each.id: each.parts for each in sent}, **parts_that_stay(uow, to_them)}
    found = {each.id: each for each in (*sent, *to_them)}
    ending = []
    for id, each in found.items():
        rest = [part for part in kept[id] if part.invited_by != member.user_id]
        if len(rest) < len(each.parts):
            ending.append((each, rest))
    return ending


def _withdraw(uow: UnitOfWork, member: Membership) -> None:
    """Withdraw what the member has offered, and what waits at their address; the parts that stay go on."""
    after: list[Invitation] = []
    for each, rest in _ending_invitations(uow, member):
        if rest:
            after.append(with_parts(each, rest, lowest=uow.settings.scheme.member_role))
            uow.record("invitation.updated", each.id, before=terms_of(each), after=terms_of(after[-1]))
        else:
            after.append(revoke(each, uow.now))
            uow.record("invitation.revoked", each.id, after={"status": after[-1].status.value})
    uow.invitations.records.save(*after)


def _heir(uow: UnitOfWork, member: Membership, asked: str | None) -> Membership | None:
    """Who gets what the member owns; None where nobody has to.

    Raises:
        NotFound: Who was asked for is no member.
        Invalid: It is the same member, or one who is deactivated.
    """
    if asked is not None:
        heir = uow.members.get(text.exact(asked, "reassign_to"))
        if (fault := _fault_of(heir, member)) is not None:
            raise fault
        return heir
    if not uow.participants.listen("reassign"):
        return None
    owners = _owners(uow, member)
    return next((owner for owner in owners if owner.user_id == uow.by.user_id), next(iter(owners), None))


def _fault_of(heir: Membership, member: Membership) -> Invalid | None:
    """Why can somebody not get what a member owns? None where they can."""
    if heir.id == member.id:
        return Invalid("What a member owns cannot be left to themselves.", field="reassign_to", rule="oneself")
    if not heir.is_active:
        return Invalid("Who is deactivated takes nothing over.", field="reassign_to", rule="deactivated")
    return None


def _heirs(uow: UnitOfWork, member: Membership, heir: Membership | None) -> tuple[Sequence[Membership], bool]:
    """Who could get it, as many as a form shows, by name and with the one who would; and whether there are more."""
    some = Slice(limit=_MAX_HEIRS + 3, order="name")  # the member, one who stands further down, and one more
    found = uow.members.records.list(some, status=MembershipStatus.ACTIVE)
    fit = [each for each in found if _fault_of(each, member) is None]
    heirs = fit[:_MAX_HEIRS]
    if heir is not None and all(each.id != heir.id for each in heirs):
        heirs.append(heir)
    return heirs, len(fit) > len(heirs)


def _planned_heir(uow: UnitOfWork, plan: RemovalPlan | str | None) -> str | None:
    """Who has it in the plan, if they could take it still; otherwise the present plan names another."""
    heir = plan.reassign_to if isinstance(plan, RemovalPlan) else None
    member = None if heir is None else uow.members.find(heir)
    return heir if member and member.is_active else None


def _owners(uow: UnitOfWork, but: Membership) -> Sequence[Membership]:
    """The other active owners, in the order of joining."""
    return [owner for owner in uow.owners() if owner.id != but.id]


def _require_confirmed(uow: UnitOfWork, member: Membership, confirm: object) -> None:
    """Was it typed whom to remove, where that is demanded?"""
    if confirm is None:
        if uow.settings.options.confirm_removal and uow.by.is_person:
            raise Invalid(
                "Type the address or the name of the member who is to be removed.",
                field="confirm",
                rule="not_confirmed",
            )
        return
    known = [each for each in (member.email, member.name) if each] or [member.user_id]
    if not text.is_typed(confirm, "confirm", known):
        raise Invalid("This is neither the address nor the name of this member.", field="confirm", rule="not_confirmed")


def _require_same(uow: UnitOfWork, plan: RemovalPlan | str, present: RemovalPlan, heir: Membership | None) -> None:
    """Would that happen which was planned?"""
    expected = plan.digest if isinstance(plan, RemovalPlan) else text.exact(plan, "plan")
    if expected != present.digest:
        message = "The removal would touch something else by now; look at the present plan."
        changed = PlanChanged(message, expected=expected, present=present.digest)
        changed.plan = _named(uow, present, heir)
        raise changed
