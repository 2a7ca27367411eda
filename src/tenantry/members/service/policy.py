"""What may be done to a member: the questions of the verbs, which a page asks before it offers them.

They are pure, and each raises what its verb then raises. A question that a verb asks before it has read the member
comes again in the one that it asks afterwards, so that the last one is the whole answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ...access.compiled import Access, facts_of
from ...access.guard import (
    require_above,
    require_ceiling,
    require_giving_back,
    require_in_person,
    require_live,
    require_not_self,
    require_workspaces,
)
from ...access.model import Level, Role
from ...access.scheme import Scheme
from ...access.scheme.catalogue import OWN
from ...kernel.errors import Conflict, Invalid
from ..model import Grant, Membership, is_live, is_over

__all__ = [
    "DELETE",
    "INVITE",
    "LEAVE",
    "STEP_DOWN",
    "UPDATE",
    "Reach",
    "require_heir",
    "require_less",
    "require_manageable",
    "require_may_leave",
    "require_more",
    "require_only_role",
    "require_owner",
    "require_reach",
    "require_reactivation",
    "roles_at",
]


class Reach(NamedTuple):
    """Whom a verb reaches.

    Args:
        permission: What the principal needs for it, without the service in front.
        stepping_down: Whether everybody may do it to themselves. Otherwise nobody may.
    """

    permission: str
    stepping_down: bool = False


UPDATE: Final = Reach("member:update")
STEP_DOWN: Final = Reach("member:update", stepping_down=True)
INVITE: Final = Reach("member:invite")
DELETE: Final = Reach("member:delete")
LEAVE: Final = Reach("member:delete", stepping_down=True)


def require_reach(access: Access, user_id: str, reach: Reach, workspace: str | None = None) -> None:
    """May the principal do this to that user at all, at the tenant (None) or in a workspace?

    Raises:
        Denied: They may not, or it is themselves.
        NotFound: They are no member, or there is no such workspace in use.
    """
    if reach.stepping_down and user_id == access.principal.user_id:
        require_live(access)
        require_workspaces(access, [] if workspace is None else [workspace])
        return
    access.require(f"{Level.at(workspace)}-api:{reach.permission}", workspace=workspace)
    require_not_self(access, user_id, instead="leave, or let somebody else do it")


def require_manageable(scheme: Scheme, access: Access, member: Membership, reach: Reach) -> None:
    """May the principal change this member as a whole, who then holds no more than they do?

    Raises:
        Denied: They may not.
    """
    require_reach(access, member.user_id, reach)
    require_above(scheme, access, member.grants)


def require_reactivation(scheme: Scheme, access: Access, member: Membership) -> None:
    """May the principal give this member back all that their grants give, each for as long as it lasts?

    Raises:
        Denied: They may not change the member, or hold less, or for less long.
    """
    require_manageable(scheme, access, member, UPDATE)
    if not member.is_active:
        require_giving_back(scheme, access, member.grants)


def require_only_role(scheme: Scheme, access: Access, member: Membership, role: Role) -> None:
    """May the principal give this member one tenant role for good, instead of those they have?

    Raises:
        Denied: They may not, or it is themselves, and more than stepping down.
    """
    require_manageable(scheme, access, member, STEP_DOWN)
    if member.user_id == access.principal.user_id:
        _require_no_more(access, role, instead="step down to a built-in role, or let somebody else do it")
    require_ceiling(scheme, access, {None: [role.key]})


def require_more(
    scheme: Scheme, access: Access, member: Membership, role: str, *, workspace: str | None, until: datetime | None
) -> None:
    """May the principal give this member one more role, at the tenant (None) or in a workspace, until then?

    Raises:
        Denied: They may not.
        NotFound: There is no such workspace in use.
    """
    require_reach(access, member.user_id, UPDATE, workspace)
    there = _touched(member, workspace)
    if workspace is not None and not _present(access, there):
        access.require(f"workspace-api:{INVITE.permission}", workspace=workspace)
    require_above(scheme, access, there)
    require_ceiling(scheme, access, {workspace: [role]}, until=until)


def require_less(
    scheme: Scheme, access: Access, member: Membership, role: str, *, workspace: str | None
) -> Sequence[Grant]:
    """May the principal take this role away from this member, at the tenant (None) or in a workspace?

    Returns:
        The grants of it.

    Raises:
        Denied: They may not.
        NotFound: There is no such workspace in use.
        Invalid: The member does not have it there.
        Conflict: It is their only tenant role.
    """
    require_reach(access, member.user_id, STEP_DOWN, workspace)
    require_above(scheme, access, _touched(member, workspace))
    has = _present(access, roles_at(member, workspace))
    held = [grant for grant in has if grant.role == role]
    if not held:
        raise Invalid("This member does not have this role.", field="role", rule="not_held")
    if workspace is None and held == has:
        raise Conflict(
            "This is the member's only role; change it, or remove the member.", rule="only_role", field="role"
        )
    if workspace is not None and held == has and member.user_id != access.principal.user_id:
        access.require(f"workspace-api:{DELETE.permission}", workspace=workspace)
    return held


def require_owner(scheme: Scheme, access: Access, to: str) -> None:
    """May the principal hand the tenant over to this user?

    Raises:
        Denied: They do not own it, or not for good.
        Invalid: It is themselves, or they are SYSTEM.
    """
    if access.principal.is_system:
        raise Invalid(
            "SYSTEM owns nothing that it could hand over; give and take the owners' role by change_role.",
            rule="not_a_person",
        )
    access.require(OWN)
    require_ceiling(scheme, access, {None: [scheme.owner_role]})
    if to == access.principal.user_id:
        raise Invalid("Ownership goes to somebody else.", field="to", rule="oneself")


def require_heir(scheme: Scheme, access: Access, heir: Membership, role: Role) -> None:
    """May the principal make this member an owner in their place, and have this role from then on?

    Raises:
        Denied: They do not own the tenant for good, or hold less than one of the two roles, or than the heir.
        Conflict: The heir is deactivated.
        Invalid: It is themselves, or the role is the owners'.
    """
    require_owner(scheme, access, heir.user_id)
    if not heir.is_active:
        raise Conflict(
            "Who is deactivated cannot own the tenant; reactivate them first.", rule="member_deactivated", field="to"
        )
    if role.key == scheme.owner_role:
        raise Invalid("Who hands over is an owner no more; name another role.", field="role", rule="owners_role")
    _require_no_more(access, role, instead="take a built-in role, or let somebody else give you this one")
    require_above(scheme, access, roles_at(heir, None))
    require_ceiling(scheme, access, {None: [role.key]})


def require_may_leave(access: Access) -> None:
    """May the principal end their own membership?

    Raises:
        Denied: The membership or the tenant is switched off, or somebody impersonates them.
    """
    require_live(access)
    require_in_person(access)


def roles_at(member: Membership, workspace: str | None) -> Sequence[Grant]:
    """The grants that a member has at the tenant (None), or in a workspace."""
    return [grant for grant in member.grants if grant.workspace_id == workspace]


def _touched(member: Membership, workspace: str | None) -> Sequence[Grant]:
    """The grants that the principal must be above: those in the workspace, or all of them for the tenant."""
    return member.grants if workspace is None else roles_at(member, workspace)


def _present(access: Access, grants: Sequence[Grant]) -> Sequence[Grant]:
    """Those of these grants that count, or will."""
    return [grant for grant in grants if not is_over(grant, access.as_of)]


def _require_no_more(access: Access, role: Role, *, instead: str) -> None:
    """Is it a built-in tenant role, or one that the principal has by now, and without an end? It may grow.

    Raises:
        Denied: It is neither.
    """
    own = facts_of(access)[1].standing.grants
    kept = {g.role for g in own if g.workspace_id is None and g.ends_at is None and is_live(g, access.as_of)}
    if role.is_custom and role.key not in kept:
        require_not_self(access, access.principal.user_id, instead=instead)
