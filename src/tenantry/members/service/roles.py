"""What is done with the roles of a member: several at once, at the tenant and in workspaces, some for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...access.compiled import Access
from ...access.model import Level
from ...access.scheme import Scheme
from ...kernel import text
from ...kernel.clock import utc
from ...kernel.errors import Invalid
from ...runtime.service import Service, command
from ...runtime.unit_of_work import UnitOfWork
from ..model import EARLIEST, LATEST, Grant, Membership, is_over, with_epoch_of
from ..repository import with_roles
from .policy import (
    STEP_DOWN,
    UPDATE,
    Reach,
    require_less,
    require_manageable,
    require_more,
    require_only_role,
    require_reach,
    roles_at,
)
from .telling import tell_roles

__all__ = [
    "MemberRoles",
    "find_manageable",
    "find_target",
    "give_only_role",
    "not_over",
    "record_roles",
    "regrant",
    "scheme_of",
]


class MemberRoles(Service):
    """The roles of the tenant's members: a part of the verbs of `Members`."""

    __slots__ = ()

    @command
    def change_role(self, uow: UnitOfWork, user_id: str, *, role: str) -> Membership:
        """Give a member one tenant role, for good, instead of those they have. Anybody may step down this way.

        Nobody steps to a custom role that they do not have, or have for a time only: what it holds may grow.

        Raises:
            LastOwner: They are the last active owner.
            NotFound: The user is no member.
            Invalid: There is no such tenant role.
            Denied: The principal may not change roles, or holds less than the old roles or the new one.
        """
        access, member = find_target(uow, user_id, STEP_DOWN)
        scheme = scheme_of(uow, member.grants, role)
        wanted = scheme.role(role, Level.TENANT)
        require_only_role(scheme, access, member, wanted)
        return give_only_role(uow, member, wanted.key)

    @command
    def add_role(
        self,
        uow: UnitOfWork,
        user_id: str,
        *,
        role: str,
        workspace: str | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> Membership:
        """Give a member one more role, at the tenant or in a workspace; with times, for as long as they say.

        A role that they have there already gets the times that are given now.

        Args:
            user_id: Which member.
            role: A tenant role; with `workspace`, a workspace role.
            workspace: The id of the workspace in which they are to have it.
            starts_at: The first instant at which it counts; at once unless given.
            ends_at: The first instant at which it counts no more; never unless given.

        Raises:
            NotFound: The user is no member, or there is no such workspace in use.
            Invalid: There is no such role, the times are not in order, or the role is the owners', who own for good.
            Denied: The principal may not change roles there, or for a first role there not add members, or holds less,
                or for less long, than the old or new role.
        """
        starts_at, ends_at = _require_times(uow, starts_at, ends_at)
        access, member = find_target(uow, user_id, UPDATE, workspace)
        scheme = scheme_of(uow, member.grants, role)
        key = scheme.role(role, Level.at(workspace)).key
        if workspace is None and key == scheme.owner_role and (starts_at or ends_at):
            raise Invalid(
                "The owners' role is held for good: without a start and an end.", field="ends_at", rule="not_for_owners"
            )
        require_more(scheme, access, member, key, workspace=workspace, until=ends_at)
        held = [grant for grant in roles_at(member, workspace) if grant.role == key]
        if any((grant.starts_at, grant.ends_at) == (starts_at, ends_at) for grant in held):
            return member
        return regrant(uow, member, workspace, take=held, give=[key], starts_at=starts_at, ends_at=ends_at)

    @command
    def remove_role(self, uow: UnitOfWork, user_id: str, *, role: str, workspace: str | None = None) -> Membership:
        """Take one role away from a member, at the tenant or in a workspace. Anybody may give up one of their own.

        Args:
            user_id: Which member.
            role: The role.
            workspace: The id of the workspace in which they have it; None for a tenant role.

        Raises:
            LastOwner: They are the last active owner.
            Conflict: It is their only tenant role; change it, or remove the member.
            NotFound: The user is no member, or there is no such workspace in use.
            Invalid: They do not have this role there.
            Denied: The principal may not change roles there, or for the last role there not remove members, or holds
                less than the member.
        """
        access, member = find_target(uow, user_id, STEP_DOWN, workspace)
        scheme = scheme_of(uow, member.grants)
        held = require_less(scheme, access, member, text.exact(role, "role"), workspace=workspace)
        return regrant(uow, member, workspace, take=held)


def find_target(
    uow: UnitOfWork, user_id: str, reach: Reach = UPDATE, workspace: str | None = None
) -> tuple[Access, Membership]:
    """The principal's access, and the member they are about to change, at the tenant or in a workspace.

    In a workspace, the member is seen as who works there may see them: with their roles in it, and in no other.

    Args:
        uow: The unit of work.
        user_id: Whom.
        reach: Whom it may be done to.
        workspace: The id of a workspace; None for the tenant.
    """
    whom = text.exact(user_id, "user_id")
    access = uow.access(*([] if workspace is None else [text.exact(workspace, "workspace")]))
    require_reach(access, whom, reach, workspace)
    member = uow.members.get(whom)
    if workspace is None:
        return access, member
    return access, with_roles([member], [*roles_at(member, None), *roles_at(member, workspace)], uow.now)[0]


def find_manageable(uow: UnitOfWork, user_id: str, reach: Reach = UPDATE, *, also: str | None = None) -> Membership:
    """Somebody else whom the principal may change: a member who holds no more than they do.

    Args:
        uow: The unit of work.
        user_id: Whom.
        reach: Whom it may be done to.
        also: What the principal needs besides, in full, where that is more.
    """
    access, member = find_target(uow, user_id, reach)
    if also is not None:
        access.require(also)
    require_manageable(scheme_of(uow, member.grants), access, member, reach)
    return member


def not_over(uow: UnitOfWork, grants: Iterable[Grant]) -> Sequence[Grant]:
    """Those of these grants that count, or will."""
    return [grant for grant in grants if not is_over(grant, uow.now)]


def scheme_of(uow: UnitOfWork, grants: Iterable[Grant], *roles: object) -> Scheme:
    """The scheme with the custom roles that these grants and keys name."""
    return uow.scheme(*(grant.role for grant in grants), *roles)


def give_only_role(
    uow: UnitOfWork, member: Membership, role: str, *, workspace: str | None = None, told: bool = True
) -> Membership:
    """The member with this role alone in one place, for good; unchanged where they have it so already.

    Args:
        uow: The unit of work.
        member: Whose roles.
        role: The role.
        workspace: The id of a workspace; None for the tenant.
        told: Whether the member is told.
    """
    kept = [grant for grant in roles_at(member, workspace) if grant.role == role and grant.is_open_ended]
    lost = [grant for grant in roles_at(member, workspace) if grant not in kept]
    if kept and not not_over(uow, lost):
        return member
    return regrant(uow, member, workspace, take=lost, give=[] if kept else [role], told=told)


def regrant(
    uow: UnitOfWork,
    member: Membership,
    workspace: str | None,
    *,
    take: Sequence[Grant] = (),
    give: Sequence[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    told: bool = True,
) -> Membership:
    """The member with some grants less and others more in one place; the one way in which roles change.

    What may take rights away ages the membership, so that what a host remembers of it is found to be stale.
    """
    before = roles_at(member, workspace)
    uow.grants.take(take)
    given = uow.grants.give(member.id, {workspace: give}, starts_at=starts_at, ends_at=ends_at, by=uow.by)
    after = [*(grant for grant in before if grant not in take), *given]
    record_roles(uow, member, workspace, before, after)
    if workspace is None:
        uow.require_owner()
    if not_over(uow, take):
        member = with_epoch_of(uow.tenant, member)
        uow.members.records.save(member)
    if told:
        tell_roles(uow, member, workspace, not_over(uow, before), not_over(uow, after))
    elsewhere = [grant for grant in member.grants if grant.workspace_id != workspace]
    return with_roles([member], [*elsewhere, *after], uow.now)[0]


def record_roles(
    uow: UnitOfWork, member: Membership, workspace: str | None, before: Iterable[Grant], after: Iterable[Grant]
) -> None:
    """Record what has become of a member's roles in one place."""
    old, new = _audit_values(uow, before), _audit_values(uow, after)
    if workspace is None:
        uow.record("member.role_changed", member.user_id, before={"roles": old}, after={"roles": new})
    elif not old:
        uow.record("workspace_member.added", member.user_id, workspace_id=workspace, after={"roles": new})
    elif not new:
        uow.record("workspace_member.removed", member.user_id, workspace_id=workspace, before={"roles": old})
    else:
        action = "workspace_member.role_changed"
        uow.record(action, member.user_id, workspace_id=workspace, before={"roles": old}, after={"roles": new})


def _audit_values(uow: UnitOfWork, grants: Iterable[Grant]) -> Sequence[str]:
    """Roles as the audit trail has them: by key, with their times; what has ended is no role any more."""
    return sorted(_grant_text(grant) for grant in not_over(uow, grants))


def _grant_text(grant: Grant) -> str:
    start = f" from {grant.starts_at.isoformat()}" if grant.starts_at else ""
    end = f" until {grant.ends_at.isoformat()}" if grant.ends_at else ""
    return f"{grant.role}{start}{end}"


def _require_times(
    uow: UnitOfWork, starts_at: datetime | None, ends_at: datetime | None
) -> tuple[datetime | None, datetime | None]:
    start = None if starts_at is None else utc(starts_at, "starts_at")
    end = None if ends_at is None else utc(ends_at, "ends_at")
    if end is not None and not max(start or uow.now, uow.now) < end < LATEST:
        raise Invalid(
            "ends_at must be later than now and than starts_at, and before the end of 9999.",
            field="ends_at",
            rule="out_of_range",
            low=max(start or uow.now, uow.now).isoformat(),
            high=LATEST.isoformat(),
        )
    if start is not None and not EARLIEST < start < LATEST:
        raise Invalid(
            "starts_at must be between the years 1 and 9999.",
            field="starts_at",
            rule="out_of_range",
            low=EARLIEST.isoformat(),
            high=LATEST.isoformat(),
        )
    return start, end
