"""Facts for the tests of decisions: a member in good standing, unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import count

from tenantry import SYSTEM, Access, MembershipStatus, Principal, Role, Scheme, TenantStatus, WorkspaceStatus, schemes
from tenantry.access import Grant
from tenantry.access.model import Facts, Standing
from tenantry.members import Membership
from tenantry.members.repository import with_roles

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Principal("user_ada")
IN_USE: Mapping[str, WorkspaceStatus] = {"ws_a": WorkspaceStatus.ACTIVE, "ws_b": WorkspaceStatus.ACTIVE}

_numbers = count()


def grant(
    role: str, workspace: str | None = None, *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Grant:
    """A role given at the tenant, or in a workspace."""
    return Grant(
        tenant_id="ten_acme",
        id=f"grt_{next(_numbers)}",
        membership_id="mem_ada",
        role=role,
        workspace_id=workspace,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by="system",
        created_at=NOW,
    )


def facts(
    grants: Iterable[Grant] = (),
    *,
    by: Principal = ADA,
    tenant: TenantStatus | None = TenantStatus.ACTIVE,
    member: MembershipStatus | None = MembershipStatus.ACTIVE,
    workspaces: Mapping[str, WorkspaceStatus] = IN_USE,
    roles: Iterable[Role] = (),
) -> Facts:
    """What is known of a principal."""
    standing = Standing(
        tenant_status=tenant,
        membership_id=None if member is None else "mem_ada",
        membership_status=member,
        grants=tuple(grants),
        workspaces=workspaces,
        roles=tuple(roles),
    )
    return Facts("ten_acme", by, standing, NOW)


def holding(*roles: str, scheme: Scheme = schemes.AGENCY, **in_workspaces: str) -> Access:
    """The access of a member with these roles, in the tenant and in workspaces."""
    grants = [*map(grant, roles), *(grant(role, id) for id, role in in_workspaces.items())]
    return Access(scheme, facts(grants))


def of_the_host(scheme: Scheme = schemes.AGENCY) -> Access:
    """The access of SYSTEM."""
    return Access(scheme, facts(by=SYSTEM, member=None))


def member(*roles: str, user_id: str = "user_bob", **in_workspaces: str) -> Membership:
    """Another member with these roles."""
    grants = [*map(grant, roles), *(grant(role, id) for id, role in in_workspaces.items())]
    plain = Membership(tenant_id="ten_acme", id="mem_ada", user_id=user_id, joined_at=NOW)
    return with_roles([plain], grants, NOW)[0]
