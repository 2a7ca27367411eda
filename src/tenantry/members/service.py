"""What is done with the members of a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from .. import emails, ids, text
from ..access.guard import require_above, require_may_invite
from ..access.model import Level, held_as
from ..access.repository import holding, inside
from ..access.scheme import Scheme
from ..clock import utc
from ..errors import Invalid
from ..pages import Page, page
from ..ports import Across, Contains, OneOf
from ..principal import Principal
from ..service import command, listed, query
from ..unit_of_work import Settings, UnitOfWork
from ..workspaces.model import MOST_WORKSPACES
from .model import MEMBERSHIPS, Membership, MembershipStatus, MyTenant
from .repository import with_roles, with_tenants
from .roles import MemberRoles, scheme_of, target

__all__ = ["Members", "join", "my_tenants", "offered"]


class Members(MemberRoles):
    """The members of the tenant."""

    name = "members"
    __slots__ = ()

    @query
    def get(self, uow: UnitOfWork, user_id: str) -> Membership:
        """One member with their roles. Everybody may see their own.

        Raises:
            NotFound: The user is no member.
            Denied: The principal may not see members.
        """
        if text.exact(user_id, "user_id") == uow.by.user_id:
            uow.access().require_live()
        else:
            uow.require("tenant-api:member:read")
        return uow.members.get(user_id)

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

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not see members.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        uow.require("tenant-api:member:read")
        where: dict[str, object] = {}
        if status is not None:
            where["status"] = text.choice(status, MembershipStatus, "status")
        if search is not None:
            where["search_key"] = Contains(text.folded(text.exact(search, "search")))
        if workspace is not None:
            where["id"] = inside(text.exact(workspace, "workspace"), at=uow.now)
        if role is not None:
            key = uow.scheme(role).role(role, Level.TENANT).key
            where["id"] = holding(held_as(key, None), at=uow.now, of=where.get("id"))
        return listed(
            uow,
            "members.list",
            uow.members.records,
            MEMBERSHIPS,
            where,
            present=uow.members.present,
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
        workspaces: Mapping[str, str] | None = None,
        name: str | None = None,
        email: str | None = None,
    ) -> Membership:
        """Make a user of the host a member at once, without an invitation.

        Args:
            user_id: The host's id of the user.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it.
            name: A display name.
            email: Their address.

        Raises:
            AlreadyMember: The user is a member already.
            NotFound: A workspace is not in use in the tenant.
            Invalid: An argument cannot be accepted, or there is no such role.
            Denied: The principal may not add members, or holds less than the roles would give.
        """
        scheme, tenant_role, places = offered(uow, role, workspaces)
        access = uow.access(*places)
        access.require("tenant-api:member:invite")
        require_may_invite(scheme, access, tenant_role, places)
        access.require_workspaces(places)
        user = _user(user_id)
        address = None if email is None else emails.Email.parse(email)
        member = Membership(
            tenant_id=uow.tenant.id,
            id=ids.new("mem"),
            user_id=user,
            name=None if name is None else text.name(name),
            email=address.address if address else None,
            email_key=address.key if address else None,
            joined_at=uow.now,
        )
        return join(uow, member, tenant_role, places)

    @command
    def deactivate(self, uow: UnitOfWork, user_id: str) -> Membership:
        """End a member's access at once and keep the membership with its roles.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: The user is no member.
            Denied: The principal may not change members, holds less than this one, or is this one.
        """
        return _move(uow, user_id, "deactivate")

    @command
    def reactivate(self, uow: UnitOfWork, user_id: str) -> Membership:
        """Give a deactivated member their access back, with the roles they had.

        Raises:
            NotFound: The user is no member.
            Denied: The principal may not change members, holds less than this one, or is this one.
        """
        return _move(uow, user_id, "reactivate")

    @command
    def remove(self, uow: UnitOfWork, user_id: str) -> None:
        """End a membership for good, with every role. If the user is added again, nothing of it comes back.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: The user is no member.
            Denied: The principal may not remove members, holds less than this one, or is this one.
        """
        member = _above(uow, user_id, permission="member:delete")
        _end(uow, member, "member.removed")

    @command
    def leave(self, uow: UnitOfWork) -> None:
        """End the principal's own membership for good.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: They are no member.
            Denied: The membership or the tenant is switched off.
        """
        uow.access().require_live()
        _end(uow, uow.members.get(uow.by.user_id), "member.left")

    @command
    def record(
        self,
        uow: UnitOfWork,
        user_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        last_sign_in_at: datetime | None = None,
    ) -> Membership:
        """Keep what the host knows of a member; what is not given stays as it is. For SYSTEM, at sign-in.

        Args:
            user_id: Which member.
            name: The display name.
            email: The address.
            last_sign_in_at: When they signed in, with a time zone.

        Raises:
            NotFound: The user is no member.
            Invalid: A value cannot be accepted.
            Denied: The principal may not change members, holds less than this one, or is this one.
        """
        before = _above(uow, user_id)
        address = None if email is None else emails.Email.parse(email)
        after = evolve(
            before,
            name=before.name if name is None else text.name(name),
            email=before.email if address is None else address.address,
            email_key=before.email_key if address is None else address.key,
            last_sign_in_at=before.last_sign_in_at
            if last_sign_in_at is None
            else utc(last_sign_in_at, "last_sign_in_at"),
        )
        uow.members.records.save(after)
        uow.record("member.recorded", after.user_id, before=_recorded(before), after=_recorded(after))
        return after


def my_tenants(across: Across, settings: Settings, person: Principal, **paging: Any) -> Page[MyTenant]:
    """The tenants of this person; none for an account that is switched off."""
    return page(
        across.records(MEMBERSHIPS),
        MEMBERSHIPS,
        {"user_id": OneOf([person.user_id] if person.active else [])},
        keys=settings.keys,
        context=f"person.tenants {person.user_id}",
        present=lambda memberships: with_tenants(across, memberships, settings.now()),
        **paging,
    )


def offered(
    uow: UnitOfWork, role: str | None, workspaces: Mapping[str, str] | None
) -> tuple[Scheme, str, Mapping[str, str]]:
    """The tenant role and the role in each workspace that somebody shall get, and the scheme that knows them.

    The lowest tenant role unless given.

    Raises:
        Invalid: There is no such role, or `workspaces` is no mapping of at most 1,000 ids to roles.
    """
    if workspaces is not None and not isinstance(workspaces, Mapping):
        raise Invalid("workspaces must be a mapping of workspace ids to workspace roles.", field="workspaces")
    places = dict(workspaces or {})
    if len(places) > MOST_WORKSPACES:
        raise Invalid(f"At most {MOST_WORKSPACES:,} workspaces can be offered at once.", field="workspaces")
    scheme = uow.scheme(role, *places.values())
    tenant_role = scheme.role(scheme.member_role if role is None else role, Level.TENANT).key
    return (
        scheme,
        tenant_role,
        {
            text.exact(id, "workspace id"): scheme.role(role_there, Level.WORKSPACE).key
            for id, role_there in places.items()
        },
    )


def join(uow: UnitOfWork, member: Membership, role: str, places: Mapping[str, str]) -> Membership:
    """Make somebody a member with this tenant role and these roles in workspaces; the one way in."""
    uow.members.records.add(member)
    given = uow.grants.give(member.id, {None: [role], **{id: [there] for id, there in places.items()}}, by=uow.by)
    uow.tenant = uow.tenant.counted(members=1)
    uow.record("member.added", member.user_id, after={"roles": [role], "workspaces": dict(places)})
    return with_roles([member], given, uow.now)[0]


def _end(uow: UnitOfWork, member: Membership, action: str) -> None:
    uow.grants.take(member.grants)
    uow.members.records.remove(member)
    uow.tenant = uow.tenant.counted(members=-1)
    uow.record(action, member.user_id, before={**_recorded(member), "roles": list(member.roles)})
    uow.require_owner()


def _above(uow: UnitOfWork, user_id: str, *, permission: str = "member:update") -> Membership:
    """Somebody else whom the principal may change: a member who holds no more than they do."""
    access, member = target(uow, user_id, permission=permission)
    require_above(scheme_of(uow, member.grants), access, member.grants)
    return member


def _move(uow: UnitOfWork, user_id: str, act: str) -> Membership:
    before = _above(uow, user_id)
    after = before.moved(act)
    uow.members.records.save(after)
    uow.record(
        f"member.{act}d", before.user_id, before={"status": before.status.value}, after={"status": after.status.value}
    )
    uow.require_owner()
    return after


def _user(user_id: object) -> str:
    """The id of somebody who can be a member: a user, or a service by its full name, but not SYSTEM."""
    user = text.exact(user_id, "user_id")
    if user.partition(":")[0] == "system" or user == "service":
        raise Invalid("SYSTEM is no user; it cannot be a member.", field="user_id")
    return user


def _recorded(member: Membership) -> dict[str, object]:
    seen = member.last_sign_in_at
    return {"name": member.name, "email": member.email, "last_sign_in_at": seen and seen.isoformat()}
