"""What is done with the members of a tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from .. import emails, ids, text
from ..access.guard import require_above, require_ceiling, require_may_invite, require_not_self
from ..access.model import Level
from ..access.scheme import Scheme
from ..clock import utc
from ..errors import Conflict, Invalid
from ..pages import Page, page
from ..ports import Across, Contains, OneOf
from ..principal import Principal
from ..service import Service, command, listed, query
from ..unit_of_work import Settings, UnitOfWork
from ..workspaces.model import MOST_WORKSPACES
from .model import MEMBERSHIPS, Membership, MembershipStatus, MyTenant
from .repository import holding, inside, with_tenants

__all__ = ["Members", "join", "my_tenants", "offered"]


class Members(Service):
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
            where["id"] = inside(text.exact(workspace, "workspace"))
        if role is not None:
            where["id"] = holding(uow.settings.scheme.role(role, Level.TENANT).key, of=where.get("id"))
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
        tenant_role, places = offered(uow.settings.scheme, role, workspaces)
        access = uow.access(*places)
        access.require("tenant-api:member:invite")
        require_may_invite(uow.settings.scheme, access, tenant_role, places)
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
    def change_role(self, uow: UnitOfWork, user_id: str, *, role: str) -> Membership:
        """Give a member one tenant role instead of those they have. Anybody may step down this way.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: The user is no member.
            Invalid: There is no such tenant role.
            Denied: The principal may not change roles, or holds less than the old roles or the new one.
        """
        role = uow.settings.scheme.role(role, Level.TENANT).key
        member = _target(uow, user_id, stepping_down=True, gaining=[role])
        return _change_roles(uow, member, [role])

    @command
    def add_role(self, uow: UnitOfWork, user_id: str, *, role: str) -> Membership:
        """Give a member one more tenant role. One that they have already changes nothing.

        Raises:
            NotFound: The user is no member.
            Invalid: There is no such tenant role.
            Denied: The principal may not change roles, or holds less than the old roles or the new one.
        """
        role = uow.settings.scheme.role(role, Level.TENANT).key
        member = _target(uow, user_id, gaining=[role])
        return _change_roles(uow, member, [*member.roles, role])

    @command
    def remove_role(self, uow: UnitOfWork, user_id: str, *, role: str) -> Membership:
        """Take one of several tenant roles away from a member. Anybody may give up one of their own.

        Raises:
            LastOwner: They are the last active owner.
            Conflict: It is their only role; change it, or remove the member.
            NotFound: The user is no member.
            Invalid: They do not have this role.
            Denied: The principal may not change roles, or holds less than the member.
        """
        member = _target(uow, user_id, stepping_down=True)
        if text.exact(role, "role") not in member.roles:
            raise Invalid("This member does not have this role.", field="role")
        if member.roles == (role,):
            raise Conflict("This is the member's only role; change it, or remove the member.", rule="only_role")
        return _change_roles(uow, member, [held for held in member.roles if held != role])

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
        member = _target(uow, user_id, permission="tenant-api:member:delete")
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
        before = _target(uow, user_id)
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
        present=lambda memberships: with_tenants(across, memberships),
        **paging,
    )


def offered(scheme: Scheme, role: str | None, workspaces: Mapping[str, str] | None) -> tuple[str, Mapping[str, str]]:
    """The tenant role and the role in each workspace that somebody shall get; the lowest tenant role unless given.

    Raises:
        Invalid: There is no such role, or `workspaces` is no mapping of at most 1,000 ids to roles.
    """
    tenant_role = scheme.role(scheme.member_role if role is None else role, Level.TENANT).key
    if workspaces is None:
        return tenant_role, {}
    if not isinstance(workspaces, Mapping):
        raise Invalid("workspaces must be a mapping of workspace ids to workspace roles.", field="workspaces")
    if len(workspaces) > MOST_WORKSPACES:
        raise Invalid(f"At most {MOST_WORKSPACES:,} workspaces can be offered at once.", field="workspaces")
    return tenant_role, {
        text.exact(id, "workspace id"): scheme.role(role_there, Level.WORKSPACE).key
        for id, role_there in workspaces.items()
    }


def join(uow: UnitOfWork, member: Membership, role: str, places: Mapping[str, str]) -> Membership:
    """Make somebody a member with this tenant role and these roles in workspaces; the one way in."""
    workspaces = {id: (role_there,) for id, role_there in places.items()}
    uow.members.records.add(member)
    uow.grants.give(member.id, roles=[role], workspaces=workspaces, by=uow.by, at=uow.now)
    uow.tenant = uow.tenant.counted(members=1)
    uow.record("member.added", member.user_id, after={"roles": [role], "workspaces": dict(places)})
    return evolve(member, roles=(role,), workspaces=workspaces)


def _end(uow: UnitOfWork, member: Membership, action: str) -> None:
    uow.grants.take(uow.grants.of([member]))
    uow.members.records.remove(member)
    uow.tenant = uow.tenant.counted(members=-1)
    uow.record(action, member.user_id, before={**_recorded(member), "roles": list(member.roles)})
    uow.require_owner()


def _target(
    uow: UnitOfWork,
    user_id: str,
    *,
    permission: str = "tenant-api:member:update",
    gaining: Sequence[str] = (),
    stepping_down: bool = False,
) -> Membership:
    """The member that is to be changed, if the principal may change them and give them these roles."""
    own = text.exact(user_id, "user_id") == uow.by.user_id
    access = uow.access()
    if own and stepping_down:
        access.require_live()
    else:
        access.require(permission)
    member = uow.members.get(user_id)
    if not stepping_down:
        require_not_self(access, member, instead="leave, or let somebody else do it")
    require_above(uow.settings.scheme, access, member)
    require_ceiling(uow.settings.scheme, access, roles=gaining)
    return member


def _change_roles(uow: UnitOfWork, member: Membership, roles: Sequence[str]) -> Membership:
    wanted = dict.fromkeys(roles)
    uow.grants.take([g for g in uow.grants.of([member]) if g.workspace_id is None and g.role not in wanted])
    new = [role for role in wanted if role not in member.roles]
    uow.grants.give(member.id, roles=new, by=uow.by, at=uow.now)
    after = evolve(member, roles=tuple(wanted))
    uow.record(
        "member.role_changed",
        member.user_id,
        before={"roles": sorted(member.roles)},
        after={"roles": sorted(after.roles)},
    )
    uow.require_owner()
    return after


def _move(uow: UnitOfWork, user_id: str, act: str) -> Membership:
    before = _target(uow, user_id)
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
