"""What is done with the members of a tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Values
from typing import Any

from attrs import evolve

from ...access.guard import require_live, require_may_invite, require_workspaces
from ...access.model import Level
from ...access.repository import holding, inside
from ...kernel import emails, text
from ...kernel.principal import Principal, require_system
from ...notices.model import NoticeKind
from ...runtime.pages import Page, page
from ...runtime.runner import across
from ...runtime.service import command, list_page, occurs, query
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Across, OneOf, Operator, Store
from ..model import (
    MEMBERSHIPS,
    Membership,
    MembershipStatus,
    MyTenant,
    NewMember,
    Reactivated,
    deactivate,
    held_as,
    member_email_key,
    reactivate,
    with_epoch_of,
)
from ..repository import with_roles
from .joining import join, new_membership, require_user_id, resolve_offer
from .many import ManyMembers
from .ownership import MemberOwnership
from .policy import require_reactivation
from .removal import MemberRemoval, change_of, known_values
from .roles import MemberRoles, find_manageable, find_target, not_over, scheme_of
from .showing import as_their_member, shown, shown_with_actions, shown_with_tenants
from .waiting import Waiting

__all__ = ["Members", "memberships_of", "my_tenants"]


class Members(MemberRoles, MemberOwnership, MemberRemoval, ManyMembers):
    """The members of the tenant."""

    name = "members"
    __slots__ = ()

    @query
    def get(self, uow: UnitOfWork, user_id: str, *, actions: bool = False) -> Membership:
        """One member with their roles. Everybody may see their own.

        Args:
            user_id: Which member.
            actions: Whether to tell what the principal could do to them, in `Membership.actions`.

        Raises:
            NotFound: The user is no member.
            Denied: The principal may not see members.
            Invalid: An argument is of the wrong type.
        """
        access = uow.access()
        if text.exact(user_id, "user_id") == uow.by.user_id:
            require_live(access)
        else:
            access.require("tenant-api:member:read")
        found = [uow.members.get(user_id)]
        [member] = shown_with_actions(uow, found, access) if text.boolean(actions, "actions") else shown(uow, found)
        return member

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        role: str | None = None,
        workspace: str | None = None,
        status: str | None = None,
        search: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
        actions: bool = False,
    ) -> Page[Membership]:
        """The members with their roles.

        Args:
            role: Only those with this tenant role.
            workspace: Only those with a role in this workspace.
            status: Only `active`, or only `deactivated`.
            search: Only those in whose name or address this occurs, in any case.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of joining, `newest`, or `name`.
            total: Whether to count the whole list.
            actions: Whether to tell what the principal could do to each, in `Membership.actions`.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not see members.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        access = uow.require("tenant-api:member:read")
        tells_actions = text.boolean(actions, "actions")

        def present(found: Sequence[Membership]) -> Sequence[Membership]:
            members = uow.members.present(found)
            return shown_with_actions(uow, members, access) if tells_actions else shown(uow, members)

        where: dict[str, object] = {}
        if status is not None:
            where["status"] = text.choice(status, MembershipStatus, "status")
        if search is not None:
            where["search_key"] = occurs(search)
        if workspace is not None:
            where["id"] = inside(text.exact(workspace, "workspace"), at=uow.now)
        if role is not None:
            key = uow.scheme(role).role(role, Level.TENANT).key
            where["id"] = holding(held_as(key, None), at=uow.now, of=where.get("id"))
        return list_page(
            uow,
            uow.members.records,
            MEMBERSHIPS,
            where,
            present=present,
            filters={"role": role, "workspace": workspace, "status": status, "search": search},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )

    @command
    def add(
        self,
        uow: UnitOfWork,
        user_id: str,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | Values[str] | None = None,
        name: str | None = None,
        email: str | None = None,
        email_verified: bool = False,
    ) -> Membership:
        """Make a user of the host a member at once, without an invitation.

        Args:
            user_id: The host's id of the user.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it; or the ids alone, for the scheme's
                `default_workspace_role`.
            name: A display name.
            email: Their address. Until it is verified, only invitations are mailed to it.
            email_verified: Whether the host has proof that the address is theirs; for SYSTEM only. For others,
                `person.refresh_profile` says so when the user has signed in.

        Raises:
            AlreadyMember: The user is a member already.
            AlreadyInvited: Their address has a pending invitation that the principal could not revoke.
            LimitReached: The plan has no place for them.
            NotFound: A workspace is not in use in the tenant.
            Invalid: An argument cannot be accepted, or there is no such role.
            Denied: The principal may not add members, or holds less than the roles would give.
        """
        scheme, tenant_role, places = resolve_offer(uow, role, workspaces)
        access = uow.access(*places)
        access.require("tenant-api:member:invite")
        require_may_invite(scheme, access, tenant_role, places, naming=True)
        require_workspaces(access, places)
        member = new_membership(uow, NewMember(user_id, name=name, email=email, email_verified=email_verified))
        waiting = Waiting(uow, [member], access)
        waiting.require_closable(member)
        waiting.close()
        return join(uow, member, tenant_role, places)

    @command
    def deactivate(self, uow: UnitOfWork, user_id: str, *, reason: str | None = None) -> Membership:
        """End a member's access at once and keep the membership with its roles. Participants end their sessions.

        Args:
            user_id: Which member.
            reason: Plain text of at most 500 characters, for the audit trail and the member.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: The user is no member.
            Invalid: The reason cannot be accepted.
            Denied: The principal may not change members, holds less than this one, or is this one.
        """
        said = text.paragraph_or_none(reason, "reason", longest=500)
        before = find_manageable(uow, user_id)
        if not before.is_active:
            return before
        after = with_epoch_of(uow.tenant, deactivate(before))
        uow.members.records.save(after)
        uow.require_owner()
        action = "member.deactivated"
        resources = uow.participants.revoke(change_of(uow, before, action))
        told = {"resources": resources} if resources else {}
        why = {} if said is None else {"reason": said}
        status = after.status.value
        uow.record(action, user_id, before={"status": before.status.value}, after={"status": status, **told, **why})
        uow.tell_member(NoticeKind.DEACTIVATED, after, reason=said)
        return after

    @command
    def reactivate(self, uow: UnitOfWork, user_id: str) -> Reactivated:
        """Give a deactivated member their access back, with those of the roles they had that there still are.

        Raises:
            LimitReached: The plan has no place for them.
            NotFound: The user is no member.
            Denied: The principal may not change members, holds less than this one, or for less long, or is this one.
        """
        access, before = find_target(uow, user_id)
        scheme = scheme_of(uow, before.grants)
        require_reactivation(scheme, access, before)
        if before.is_active:
            return Reactivated(before)
        uow.limits.require_members(1)
        after = reactivate(before)
        uow.members.records.save(after)
        gone = [grant for grant in before.grants if not scheme.has_role(grant.role, Level.at(grant.workspace_id))]
        uow.grants.take(gone)
        dropped = not_over(uow, gone)
        roles = sorted(held_as(grant.role, grant.workspace_id).removeprefix(":") for grant in dropped)
        told = {"dropped": roles} if roles else {}
        status = after.status.value
        uow.record(
            "member.reactivated", user_id, before={"status": before.status.value}, after={"status": status, **told}
        )
        kept = [grant for grant in before.grants if grant not in gone]
        return Reactivated(with_roles([after], kept, uow.now)[0], tuple(dropped))

    @command
    def update(self, uow: UnitOfWork, user_id: str, *, name: str | None = None, email: str | None = None) -> Membership:
        """Change what is known of a member; what is not given stays as it is.

        Args:
            user_id: Which member.
            name: The display name.
            email: The address. One that differs in more than its spelling is not verified.

        Raises:
            NotFound: The user is no member.
            Invalid: A value cannot be accepted.
            Denied: The principal may not change members, holds less than this one, or is this one.
        """
        before = find_manageable(uow, user_id)
        address = None if email is None else emails.Email.parse(email)
        key = member_email_key(before) if address is None else address.key
        after = evolve(
            before,
            name=before.name if name is None else text.name(name),
            email=before.email if address is None else address.address,
            email_key=key,
            email_verified=before.email_verified and key == member_email_key(before),
        )
        if uow.record("member.recorded", after.user_id, before=known_values(before), after=known_values(after)):
            uow.members.records.save(after)
        return after


def my_tenants(tenants: Across, settings: Settings, person: Principal, **paging: Any) -> Page[MyTenant]:
    """The tenants of this person; none for an account that is switched off."""
    user_ids = [person.user_id] if person.active else []
    context = f"person.tenants {person.user_id}"
    return _tenants_of(tenants, settings, user_ids, as_their_member, context=context, **paging)


def memberships_of(store: Store, settings: Settings, user_id: str, *, by: Principal, **paging: Any) -> Page[MyTenant]:
    """See `Tenantry.memberships_of`."""
    require_system(by, "lists the memberships of a user")
    user = require_user_id(user_id)
    with across(store, Operator()) as tenants:
        context = f"tenancy.memberships_of {user}"
        return _tenants_of(tenants, settings, [user], lambda whole: whole, context=context, **paging)


def _tenants_of(
    tenants: Across,
    settings: Settings,
    user_ids: Sequence[str],
    seen: Callable[[MyTenant], MyTenant],
    *,
    context: str,
    **paging: Any,
) -> Page[MyTenant]:
    """The memberships of one user or of nobody, each with its tenant, as somebody sees them."""
    return page(
        tenants.records(MEMBERSHIPS),
        MEMBERSHIPS,
        {"user_id": OneOf(user_ids)},
        keys=settings.keys,
        context=context,
        present=lambda found: [*map(seen, shown_with_tenants(tenants, settings.scheme, found, settings.now()))],
        **paging,
    )
