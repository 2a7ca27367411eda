"""The decision once more, as plainly as it can be put: from what the documents say, without any of our shortcuts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tenantry import Level, MembershipStatus, Permission, Role, Scheme, TenantStatus, WorkspaceStatus
from tenantry.access import Grant
from tenantry.access.model import Facts
from tenantry.access.scheme.catalogue import BUILT_IN, OWN


def rights(scheme: Scheme, facts: Facts) -> set[tuple[str, str | None]]:
    """All that this principal may do: permissions of the tenant, and permissions with a workspace of the tenant."""
    permissions = [*BUILT_IN, *scheme.permissions]
    roles = [*scheme.roles, *facts.standing.roles]
    found: set[tuple[str, str | None]] = set()
    for place in [None, *facts.standing.workspaces]:
        names = {each.name for each in permissions if each.level == (Level.WORKSPACE if place else Level.TENANT)}
        if live(facts, place):
            held = {name for role in counting(roles, facts, place) for name in holds(scheme, permissions, roles, role)}
            found |= {(name, place) for name in (names if facts.by.is_system else held)}
    personal = {each.name for each in permissions if each.in_person}
    return {(name, place) for name, place in found if not (facts.by.impersonated_by and name in personal)}


def live(facts: Facts, place: str | None) -> bool:
    """Whether nothing is switched off: the principal, the tenant, the membership, the workspace."""
    standing = facts.standing
    if not facts.by.active or standing.tenant_status is None:
        return False
    if place is not None and standing.workspaces[place] != WorkspaceStatus.ACTIVE:
        return False
    if facts.by.is_system:
        return True
    return standing.tenant_status == TenantStatus.ACTIVE and standing.membership_status == MembershipStatus.ACTIVE


def counting(roles: Iterable[Role], facts: Facts, place: str | None) -> Iterator[Role]:
    """The roles that count now, at the tenant or in this workspace: granted there, or acted as everywhere."""
    for grant in facts.standing.grants:
        for role in roles:
            if role.key != grant.role or not counts(grant, facts):
                continue
            if role.level == (Level.WORKSPACE if grant.workspace_id else Level.TENANT) and grant.workspace_id == place:
                yield role
            if role.level == Level.TENANT and grant.workspace_id is None and place is not None:
                yield from acted(roles, role)


def counts(grant: Grant, facts: Facts) -> bool:
    """Whether a grant counts now: from its start on, until just before its end."""
    begun = grant.starts_at is None or facts.as_of >= grant.starts_at
    over = grant.ends_at is not None and facts.as_of >= grant.ends_at
    return begun and not over


def acted(roles: Iterable[Role], role: Role) -> Iterator[Role]:
    """The workspace role that a tenant role acts as; none where it would have to be chosen from several."""
    keys = acting(roles, role, ())
    if len(keys) == 1:
        yield from (each for each in roles if each.level == Level.WORKSPACE and each.key in keys)


def acting(roles: Iterable[Role], role: Role, seen: tuple[Role, ...]) -> set[str]:
    """What a tenant role acts as by itself or, if it does not say, by those that it inherits from."""
    if role.acts_as is not None:
        return {role.acts_as}
    above = [parent for parent in parents(roles, role) if parent not in seen]
    return {key for parent in above for key in acting(roles, parent, (*seen, role))}


def parents(roles: Iterable[Role], role: Role) -> list[Role]:
    """The roles that a role inherits from, so far as they are there."""
    return [each for each in roles if each.level == role.level and each.key in role.inherits]


def holds(scheme: Scheme, permissions: list[Permission], roles: list[Role], role: Role) -> set[str]:
    """The permissions that a role, or one that it inherits from, names, and what comes with them."""
    lineage = {role}
    for _ in roles:
        lineage |= {parent for each in lineage for parent in parents(roles, each)}
    known = [each for each in permissions if each.level == role.level and each.name != OWN]
    found = {each.name for each in known for heir in lineage for pattern in heir.permissions if named(pattern, each)}
    for _ in known:
        found |= {implied for each in known if each.name in found for implied in each.implies}
    is_owner = role.level == Level.TENANT and role.key == scheme.owner_role
    return found | ({OWN} if is_owner else set())


def named(pattern: str, permission: Permission) -> bool:
    """Whether a name, or a pattern in which `*` is any one segment, means this permission."""
    pairs = zip(pattern.split(":"), permission.name.split(":"), strict=True)
    return all(want in ("*", have) for want, have in pairs)
