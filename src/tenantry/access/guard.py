"""The ceiling: nobody grants, changes or takes away more than they hold themselves, nor for longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ..members.model import Grant, Membership
from .compiled import ALL, Access
from .model import Decision, Level, Places, Role
from .scheme import Scheme

__all__ = [
    "is_within",
    "require_above",
    "require_ceiling",
    "require_may_invite",
    "require_not_own",
    "require_not_self",
    "require_role",
]


def require_ceiling(scheme: Scheme, access: Access, places: Places, *, until: datetime | None = None) -> None:
    """Does the principal hold everything that these roles hold, each where and for as long as it is to be held?

    Args:
        scheme: What the roles hold.
        access: What the principal holds.
        places: The roles, by place; `ALL` is the place of those that may be held in any workspace.
        until: When they will end; None for never.

    Raises:
        Denied: A role holds more; the decision and `missing` name the permissions.
    """
    missing = _missing(scheme, access, places, until)
    if missing:
        names = ", ".join(sorted(missing))
        reason = f"This principal does not hold, or not for as long, what the role would give or take away: {names}."
        access.refuse(Decision(False, "beyond_own_rights", (reason,)), missing=sorted(missing))


def require_role(scheme: Scheme, access: Access, role: Role) -> None:
    """Does the principal hold everything that this role holds, wherever it can be granted?

    Raises:
        Denied: It holds more.
    """
    require_ceiling(scheme, access, {None if role.level is Level.TENANT else ALL: [role.key]})


def require_above(scheme: Scheme, access: Access, grants: Iterable[Grant]) -> None:
    """Does the principal hold everything that these grants give, now or from some time on?

    Their own are never too much for them to give up, also one that is still to begin.

    Raises:
        Denied: One gives more.
    """
    places: dict[str | None, set[str]] = {}
    for grant in grants:
        if not grant.is_over(access.as_of) and not access.has(grant):
            places.setdefault(grant.workspace_id, set()).add(grant.role)
    require_ceiling(scheme, access, places, until=access.as_of)  # what they hold later does not matter


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
    require_ceiling(scheme, access, {None: [role], **{id: [there] for id, there in workspaces.items()}})


def require_not_self(access: Access, *targets: Membership, instead: str) -> None:
    """Is it somebody else that the principal is about to change?

    Raises:
        Denied: It is the principal.
    """
    if any(target.user_id == access.principal.user_id for target in targets):
        decision = Decision(False, "own_membership", (f"Nobody changes their own membership; {instead}.",))
        access.refuse(decision)


def require_not_own(access: Access, role: str) -> None:
    """Is it a role that the principal does not have, nor one from which theirs inherits?

    Raises:
        Denied: They have it: to widen it would be to widen themselves.
    """
    if access.has_custom(role):
        reason = "Nobody changes a role that they have; somebody else does it, or they give it up first."
        access.refuse(Decision(False, "own_role", (reason,)))


def is_within(scheme: Scheme, access: Access, places: Places) -> bool:
    """Whether the principal holds everything that these roles hold, for good."""
    return not _missing(scheme, access, places, None)


def _missing(scheme: Scheme, access: Access, places: Places, until: datetime | None) -> set[str]:
    needs: dict[str | None, set[str]] = {}
    for place, roles in places.items():
        for role in roles:
            needs.setdefault(place, set()).update(scheme.permissions_of(role, Level.at(place)))
            if place is None:
                needs.setdefault(ALL, set()).update(scheme.permissions_everywhere(role))
    missing: set[str] = set()
    for (place, needed), there in zip(needs.items(), access.apart(needs), strict=True):
        missing.update(*(needed - then.held(place) for then in there.lasting(until)))
    return missing
