"""The decision once more, as plainly as it can be put: from what a scheme declares, without any of our shortcuts."""

from __future__ import annotations

from collections.abc import Iterator

from tenantry import Level, MembershipStatus, Role, Scheme, TenantStatus, WorkspaceStatus
from tenantry.access.catalogue import BUILT_IN, OWN
from tenantry.access.model import Facts, Permission


def allowed(scheme: Scheme, facts: Facts, name: str, workspace: str | None) -> bool:
    """May this principal do that here?"""
    standing = facts.standing
    if not facts.by.active or standing.tenant_status is None:
        return False
    if workspace is not None and standing.workspaces.get(workspace) != WorkspaceStatus.ACTIVE:
        return False
    if facts.by.is_system:
        return True
    if standing.tenant_status != TenantStatus.ACTIVE or standing.membership_status != MembershipStatus.ACTIVE:
        return False
    return any(grants(scheme, role, name) for role in counting(scheme, facts, workspace))


def counting(scheme: Scheme, facts: Facts, workspace: str | None) -> Iterator[Role]:
    """The roles that count at the tenant, or in this workspace."""
    for grant in facts.standing.grants:
        if grant.starts_at is not None and facts.as_of < grant.starts_at:
            continue
        if grant.ends_at is not None and facts.as_of >= grant.ends_at:
            continue
        for role in scheme.roles:
            if grant.role != role.key:
                continue
            if grant.workspace_id == workspace and role.level == (Level.WORKSPACE if workspace else Level.TENANT):
                yield role
            if workspace and grant.workspace_id is None and role.level == Level.TENANT:
                yield from (
                    each for each in scheme.roles if each.level == Level.WORKSPACE and each.key == acts(scheme, role)
                )


def acts(scheme: Scheme, role: Role) -> str | None:
    """The workspace role that a tenant role acts as."""
    if role.acts_as is not None:
        return role.acts_as
    return next((found for parent in parents(scheme, role) if (found := acts(scheme, parent)) is not None), None)


def parents(scheme: Scheme, role: Role) -> Iterator[Role]:
    """The roles that a role inherits from."""
    return (each for each in scheme.roles if each.level == role.level and each.key in role.inherits)


def grants(scheme: Scheme, role: Role, name: str) -> bool:
    """Whether a role holds a permission: it or a parent names it, or one that implies it."""
    if name == OWN:
        return role.level == Level.TENANT and role.key == scheme.owner_role
    known = [each for each in (*BUILT_IN, *scheme.permissions) if each.level == role.level]
    return any(named(pattern, source) for source in sources(known, name) for pattern in role.permissions) or any(
        grants(scheme, parent, name) for parent in parents(scheme, role)
    )


def sources(known: list[Permission], name: str) -> set[str]:
    """The permissions with which this one comes, itself included."""
    found = {each.name for each in known if each.name == name}
    for _ in known:
        found |= {each.name for each in known if found & set(each.implies)}
    return found


def named(pattern: str, name: str) -> bool:
    """Whether a pattern reaches a permission."""
    return name != OWN and all(
        want in ("*", have) for want, have in zip(pattern.split(":"), name.split(":"), strict=True)
    )
