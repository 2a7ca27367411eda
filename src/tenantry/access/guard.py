"""The ceiling: nobody grants, changes or takes away more than they hold themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..members.model import Membership
from .compiled import Access
from .model import Decision, Level
from .scheme import Scheme

__all__ = ["require_above", "require_ceiling", "require_may_invite", "require_not_self"]


def require_ceiling(
    scheme: Scheme,
    access: Access,
    *,
    roles: Iterable[str] = (),
    workspaces: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """Does the principal hold everything that these roles hold, each where it is to be held?

    Args:
        scheme: What the roles hold.
        access: What the principal holds.
        roles: Tenant roles.
        workspaces: For each workspace id, workspace roles.

    Raises:
        Denied: A role holds more; the decision and `missing` name the permissions.
    """
    missing: set[str] = set()
    for role in roles:
        missing |= scheme.permissions_of(role, Level.TENANT) - access.held()
        everywhere = scheme.acts_as(role)
        if everywhere is not None:
            missing |= scheme.permissions_of(everywhere, Level.WORKSPACE) - access.held_everywhere
    for workspace, held_there in (workspaces or {}).items():
        for role in held_there:
            missing |= scheme.permissions_of(role, Level.WORKSPACE) - access.held(workspace)
    if missing:
        names = ", ".join(sorted(missing))
        reason = f"This principal does not hold what the role would give or take away: {names}."
        access.refuse(Decision(False, "beyond_own_rights", (reason,)), missing=sorted(missing))


def require_above(scheme: Scheme, access: Access, target: Membership) -> None:
    """Does the principal hold everything that this member holds now, in the tenant and in every workspace?

    Raises:
        Denied: The member holds more.
    """
    require_ceiling(scheme, access, roles=target.roles, workspaces=target.workspaces)


def require_may_invite(scheme: Scheme, access: Access, role: str, workspaces: Mapping[str, str]) -> None:
    """May the principal offer this? Into the tenant, or with the lowest role into workspaces where they may invite.

    Raises:
        Denied: They may not invite, or hold less than they offer.
        NotFound: They are no member of the tenant, or a workspace is not in use in it.
    """
    if workspaces and role == scheme.member_role and not access.can("tenant-api:member:invite"):
        for id in workspaces:
            access.require("workspace-api:member:invite", workspace=id)
    else:
        access.require("tenant-api:member:invite")
    require_ceiling(scheme, access, roles=[role], workspaces={id: [there] for id, there in workspaces.items()})


def require_not_self(access: Access, target: Membership, *, instead: str) -> None:
    """Is it somebody else that the principal is about to change?

    Raises:
        Denied: It is the principal.
    """
    if target.user_id == access.principal.user_id:
        decision = Decision(False, "own_membership", (f"Nobody changes their own membership; {instead}.",))
        access.refuse(decision)
