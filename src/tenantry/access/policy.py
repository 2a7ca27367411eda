"""The decision: one pure function that answers every question about permission, and says why.

It denies by default, does not depend on the order of anything, and asks in this order: is the principal live, is the
tenant theirs and live, are they live in it, is the workspace this tenant's and live, does a role that counts now hold
the permission, and is the principal there in person where it requires that. `compiled` gives the same answers at the
speed of a dictionary; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..members.model import Grant, MembershipStatus
from ..tenants.model import TenantStatus
from ..workspaces.model import WorkspaceStatus
from .model import Decision, Facts, Level
from .scheme import NOTHING, Scheme

__all__ = ["IMPERSONATED", "decide", "obstacle", "roles_held", "withheld"]

IMPERSONATED: Final = Decision(
    False, "impersonated", ("This requires the user in person; somebody who impersonates them cannot do it.",)
)


def decide(scheme: Scheme, facts: Facts, permission: str, workspace: str | None = None) -> Decision:
    """May this principal do that here?

    Args:
        scheme: The permissions and roles that there are.
        facts: What is known of the principal in this tenant.
        permission: The name of a permission of the scheme.
        workspace: For a workspace permission, the id of the workspace; None for a tenant permission.

    Raises:
        UnknownPermission: The scheme has no such permission.
        Invalid: A workspace is missing or too many.
    """
    scheme.permission(permission, at_workspace=workspace is not None)
    stop = obstacle(facts)
    if stop is not None:
        return stop
    if workspace is not None and facts.standing.workspaces.get(workspace) is not WorkspaceStatus.ACTIVE:
        return Decision(False, "workspace_not_found", ("There is no such workspace in use in this tenant.",))
    if facts.by.is_system:
        return Decision(True, "allowed", ("SYSTEM is allowed everything.",))
    level = Level.at(workspace)
    scheme = scheme.joined(facts.standing.roles)
    giving = [
        (_reason(scheme, grant, role, level, permission), grant)
        for role, grant in roles_held(scheme, facts, workspace)
        if permission in scheme.permissions_of(role, level)
    ]
    if giving and permission in withheld(scheme, facts):
        return IMPERSONATED
    if giving:
        reasons, grants = zip(*sorted(giving, key=lambda each: (each[0], each[1].id)), strict=True)
        return Decision(True, "allowed", tuple(dict.fromkeys(reasons)), grants)
    return Decision(False, "permission_missing", (f"No role of this principal here holds {permission}.",))


def obstacle(facts: Facts) -> Decision | None:
    """Is this principal live here? None if so; otherwise what stands in the way, whatever they hold."""
    standing = facts.standing
    if facts.by.active is not True:
        return Decision(False, "principal_inactive", ("The account of this principal is switched off.",))
    if standing.tenant_status is None or (standing.membership_status is None and not facts.by.is_system):
        return Decision(False, "tenant_not_found", ("There is no such tenant.",))
    if facts.by.is_system:
        return None
    if standing.tenant_status is not TenantStatus.ACTIVE:
        status = standing.tenant_status.value
        return Decision(False, f"tenant_{status}", (f"The tenant is {status}.",))
    if standing.membership_status is not MembershipStatus.ACTIVE:
        return Decision(False, "member_deactivated", ("The membership is deactivated.",))
    return None


def roles_held(scheme: Scheme, facts: Facts, workspace: str | None) -> Iterator[tuple[str, Grant]]:
    """Which roles count now, at the tenant (None) or in this workspace? Each with the grant it comes from."""
    for grant in facts.live_grants():
        if grant.workspace_id == workspace:
            yield grant.role, grant
        elif grant.workspace_id is None:
            everywhere = scheme.acts_as(grant.role)
            if everywhere is not None:
                yield everywhere, grant


def withheld(scheme: Scheme, facts: Facts) -> frozenset[str]:
    """Which permissions does the principal lack, whatever their roles give? While impersonated, those `in_person`."""
    return NOTHING if facts.by.impersonated_by is None else scheme.in_person


def _reason(scheme: Scheme, grant: Grant, role: str, level: Level, permission: str) -> str:
    """By which way does the grant give this?"""
    first, *inherited = (each.label for each in scheme.path(role, level, permission))
    through = f", through {' → '.join(map(repr, inherited))}" if inherited else ""
    if level is Level.WORKSPACE and grant.workspace_id is None:
        given = scheme.role(grant.role, Level.TENANT).label
        return f"Tenant role {given!r} acts as {first!r} in every workspace{through}."
    return f"Role {first!r}, granted {'at the tenant' if level is Level.TENANT else 'here'}{through}."
