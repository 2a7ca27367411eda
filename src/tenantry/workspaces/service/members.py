"""What is done with who works in a workspace."""

from __future__ import annotations

from ...access.compiled import Access
from ...access.guard import require_above, require_ceiling
from ...access.model import Level
from ...access.repository import inside
from ...access.scheme import Scheme
from ...kernel import text
from ...kernel.errors import AlreadyMember
from ...members.model import MEMBERSHIPS, Membership
from ...members.service.policy import INVITE, LEAVE, UPDATE, roles_at
from ...members.service.roles import find_target, give_only_role, not_over, regrant, scheme_of
from ...members.service.showing import shown
from ...runtime.pages import Page
from ...runtime.service import Service, command, list_page, query
from ...runtime.unit_of_work import UnitOfWork

__all__ = ["WorkspaceMembers", "require_in", "require_joining", "set_workspace_role"]


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
        return list_page(
            uow,
            uow.members.records,
            MEMBERSHIPS,
            {"id": inside(workspace_id, at=uow.now)},
            present=lambda members: shown(uow, uow.members.present(members, workspace_id=workspace_id)),
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
        access, member = find_target(uow, user_id, INVITE, _require_id(workspace_id))
        if not_over(uow, roles_at(member, workspace_id)):
            raise AlreadyMember("This member has a role in this workspace already.", field="user_id")
        scheme = uow.scheme(role)
        key = scheme.role(role, Level.WORKSPACE).key
        require_joining(scheme, access, workspace_id, key)
        return give_only_role(uow, member, key, workspace=workspace_id)

    @command
    def change_member_role(self, uow: UnitOfWork, workspace_id: str, user_id: str, *, role: str) -> Membership:
        """Give a member of this workspace another role in it, instead of those they have.

        Raises:
            NotFound: There is no such workspace in use, or they have no role in it.
            Invalid: There is no such workspace role.
            Denied: The principal may not change roles here, or holds less than the old or the new one.
        """
        access, member = find_target(uow, user_id, UPDATE, _require_id(workspace_id))
        if not not_over(uow, roles_at(member, workspace_id)):
            raise MEMBERSHIPS.missing()
        return set_workspace_role(uow, access, member, workspace_id, role)

    @command
    def remove_member(self, uow: UnitOfWork, workspace_id: str, user_id: str) -> None:
        """Take a member's roles in this workspace away. They stay a member of the tenant. Anybody may leave this way.

        Raises:
            NotFound: There is no such workspace in use, or they have no role in it.
            Denied: The principal may not remove members here, or holds less than they do.
        """
        access, member = find_target(uow, user_id, LEAVE, _require_id(workspace_id))
        if not not_over(uow, roles_at(member, workspace_id)):
            raise MEMBERSHIPS.missing()
        there = roles_at(member, workspace_id)
        require_above(scheme_of(uow, there), access, there)
        regrant(uow, member, workspace_id, take=there)


def require_in(uow: UnitOfWork, permission: str, workspace_id: str) -> Access:
    """The principal's access, if it allows this in the workspace of this id."""
    return uow.require(permission, workspace=_require_id(workspace_id))


def require_joining(scheme: Scheme, access: Access, workspace_id: str, role: str) -> None:
    """May the principal give this role to a member who has none in this workspace?

    Raises:
        Denied: They may not add members here, or hold less than the role.
        NotFound: There is no such workspace in use.
    """
    access.require(f"workspace-api:{INVITE.permission}", workspace=workspace_id)
    require_ceiling(scheme, access, {workspace_id: [role]})


def set_workspace_role(uow: UnitOfWork, access: Access, member: Membership, workspace_id: str, role: str) -> Membership:
    """Give a member this role in a workspace, for good, instead of those they have there."""
    there = roles_at(member, workspace_id)
    scheme = scheme_of(uow, there, role)
    key = scheme.role(role, Level.WORKSPACE).key
    require_above(scheme, access, there)
    require_ceiling(scheme, access, {workspace_id: [key]})
    return give_only_role(uow, member, key, workspace=workspace_id)


def _require_id(workspace_id: object) -> str:
    return text.exact(workspace_id, "workspace_id")
