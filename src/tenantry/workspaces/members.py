"""What is done with who works in a workspace."""

from __future__ import annotations

from attrs import evolve

from .. import text
from ..access.compiled import Access
from ..access.guard import require_ceiling, require_not_self
from ..access.model import Level
from ..errors import AlreadyMember
from ..members.model import MEMBERSHIPS, Membership
from ..members.repository import inside
from ..pages import Page
from ..service import Service, command, listed, query
from ..unit_of_work import UnitOfWork

__all__ = ["WorkspaceMembers", "put", "require_in"]


class WorkspaceMembers(Service):
    """The members of the tenant's workspaces: a part of the verbs of `Workspaces`."""

    __slots__ = ()

    @query
    def members(
        self,
        uow: UnitOfWork,
        workspace_id: str,
        *,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Membership]:
        """Who has a role in this workspace; `.workspaces` of each names the roles in it, and no other workspace.

        Args:
            workspace_id: Which workspace.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of joining, `newest`, or `name`.
            total: Whether to count the whole list.

        Raises:
            NotFound: There is no such workspace in use in the tenant.
            Denied: The principal may not see its members.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        require_in(uow, "workspace-api:member:read", workspace_id)
        return listed(
            uow,
            "workspaces.members",
            uow.members.records,
            MEMBERSHIPS,
            {"id": inside(workspace_id)},
            present=lambda members: uow.members.present(members, workspace_id=workspace_id),
            filters={"workspace": workspace_id},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )

    @command
    def add_member(self, uow: UnitOfWork, workspace_id: str, user_id: str, *, role: str) -> Membership:
        """Give a member of the tenant a role in this workspace.

        Raises:
            AlreadyMember: They have one already; change it instead.
            NotFound: There is no such workspace in use, or no such member.
            Invalid: There is no such workspace role.
            Denied: The principal may not add members here, holds less than the role, or adds themselves.
        """
        access, member = _target(uow, "workspace-api:member:invite", workspace_id, user_id)
        require_not_self(access, member, instead="somebody else adds them")
        if workspace_id in member.workspaces:
            raise AlreadyMember("This member has a role in this workspace already.")
        new = uow.settings.scheme.role(role, Level.WORKSPACE).key
        require_ceiling(uow.settings.scheme, access, workspaces={workspace_id: [new]})
        return put(uow, workspace_id, member, new)

    @command
    def change_member_role(self, uow: UnitOfWork, workspace_id: str, user_id: str, *, role: str) -> Membership:
        """Give a member of this workspace another role in it, instead of those they have.

        Raises:
            NotFound: There is no such workspace in use, or they have no role in it.
            Invalid: There is no such workspace role.
            Denied: The principal may not change roles here, or holds less than the old or the new one.
        """
        access, member = _target(uow, "workspace-api:member:update", workspace_id, user_id)
        require_not_self(access, member, instead="somebody else changes it")
        new = uow.settings.scheme.role(role, Level.WORKSPACE).key
        old = _roles_in(member, workspace_id)
        require_ceiling(uow.settings.scheme, access, workspaces={workspace_id: [new, *old]})
        _take(uow, workspace_id, member)
        changed = _give(uow, workspace_id, member, new)
        uow.record(
            "workspace_member.role_changed",
            member.user_id,
            workspace_id=workspace_id,
            before={"roles": list(old)},
            after={"roles": [new]},
        )
        return changed

    @command
    def remove_member(self, uow: UnitOfWork, workspace_id: str, user_id: str) -> None:
        """Take a member's roles in this workspace away. They stay a member of the tenant. Anybody may leave this way.

        Raises:
            NotFound: There is no such workspace in use, or they have no role in it.
            Denied: The principal may not remove members here, or holds less than they do.
        """
        own = text.exact(user_id, "user_id") == uow.by.user_id
        permission = "workspace-api:workspace:read" if own else "workspace-api:member:delete"
        access, member = _target(uow, permission, workspace_id, user_id)
        old = _roles_in(member, workspace_id)
        require_ceiling(uow.settings.scheme, access, workspaces={workspace_id: old})
        _take(uow, workspace_id, member)
        before = {"roles": list(old)}
        uow.record("workspace_member.removed", member.user_id, workspace_id=workspace_id, before=before)


def require_in(uow: UnitOfWork, permission: str, workspace_id: str) -> Access:
    """The principal's access, if it allows this in the workspace of this id."""
    return uow.require(permission, workspace=text.exact(workspace_id, "workspace_id"))


def _target(uow: UnitOfWork, permission: str, workspace_id: str, user_id: str) -> tuple[Access, Membership]:
    """The principal's access, if it allows this in the workspace of this id, and the member that it is about."""
    return require_in(uow, permission, workspace_id), uow.members.get(text.exact(user_id, "user_id"))


def _roles_in(member: Membership, workspace_id: str) -> tuple[str, ...]:
    """The roles of this member in this workspace.

    Raises:
        NotFound: They have none.
    """
    if workspace_id not in member.workspaces:
        raise MEMBERSHIPS.missing()
    return member.workspaces[workspace_id]


def put(uow: UnitOfWork, workspace_id: str, member: Membership, role: str) -> Membership:
    """Give a member who has no role in this workspace one, and note it."""
    uow.record("workspace_member.added", member.user_id, workspace_id=workspace_id, after={"roles": [role]})
    return _give(uow, workspace_id, member, role)


def _give(uow: UnitOfWork, workspace_id: str, member: Membership, role: str) -> Membership:
    """The member as who works in this workspace may see them: with their roles in it, and in no other."""
    uow.grants.give(member.id, workspaces={workspace_id: [role]}, by=uow.by, at=uow.now)
    return evolve(member, workspaces={workspace_id: (role,)})


def _take(uow: UnitOfWork, workspace_id: str, member: Membership) -> None:
    uow.grants.take([grant for grant in uow.grants.of([member]) if grant.workspace_id == workspace_id])
