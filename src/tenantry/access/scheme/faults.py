"""How a scheme can contradict itself: every fault is a sentence, and all are told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Level, Permission, Role
from .catalogue import BUILT_IN, OWN
from .inheritance import Roles, acting, circle, index

if TYPE_CHECKING:
    from .scheme import Scheme

__all__ = ["bonds", "faults", "unknown"]


def faults(scheme: Scheme) -> Iterator[str]:
    """Does the scheme hold together? Nothing if so."""
    roles = index(scheme.roles)
    permissions = (f"Permission {permission.name}" for permission in (*BUILT_IN, *scheme.permissions))
    templates = (f"The template {template.key!r}" for template in scheme.templates)
    declared = Counter((*permissions, *map(_the, scheme.roles), *templates))
    yield from (f"{what} is declared twice." for what, times in declared.items() if times > 1)
    yield from (f"{_the(role)} has a key as custom roles have it." for role in scheme.roles if role.is_custom)
    yield from _leading(scheme, roles)
    for permission in scheme.catalogue.values():
        yield from _implied(scheme, permission)
    for role in scheme.roles:
        yield from unknown(scheme, role)
        yield from bonds(scheme, roles, role)
    for template in scheme.templates:
        adopted = {**roles, (template.level, template.key): template}
        wrong = (*unknown(scheme, template), *bonds(scheme, adopted, template))
        yield from (f"As a template: {fault}" for fault in wrong)


def _leading(scheme: Scheme, roles: Roles) -> Iterator[str]:
    """Are the roles that the scheme picks out there, each at its level?"""
    for what, key in (("owner_role", scheme.owner_role), ("member_role", scheme.member_role)):
        if (Level.TENANT, key) not in roles:
            yield f"{what} {key!r} is no tenant role."
    if scheme.member_role == scheme.owner_role:
        yield f"member_role {scheme.member_role!r} is the owner role: everybody who is invited would own the tenant."
    if (Level.WORKSPACE, scheme.workspace_admin_role) not in roles:
        yield f"workspace_admin_role {scheme.workspace_admin_role!r} is no workspace role."
    default = scheme.default_workspace_role
    if default is not None and (Level.WORKSPACE, default) not in roles:
        yield f"default_workspace_role {default!r} is no workspace role."


def _implied(scheme: Scheme, permission: Permission) -> Iterator[str]:
    """Does the permission imply only what it may?"""
    for implied in permission.implies:
        if implied == OWN:
            yield f"{permission.name} implies {OWN}, which is reserved for owner_role."
        elif implied not in scheme.names[permission.level]:
            yield f"{permission.name} implies {implied}, which is no {permission.level} permission."


def unknown(scheme: Scheme, role: Role) -> Iterator[str]:
    """Does the role name only permissions that there are?"""
    for pattern in role.permissions:
        if pattern == OWN:
            yield f"{_the(role)} names {OWN}, which is reserved for owner_role."
        elif "*" not in pattern and pattern not in scheme.names[role.level]:
            yield f"{_the(role)} names {pattern}, which is no {role.level} permission."


def bonds(scheme: Scheme, roles: Roles, role: Role) -> Iterator[str]:
    """Is what the role inherits from and acts as there, of the right level, and without contradiction?"""
    yield from _inherited(scheme, roles, role)
    yield from _acted(roles, role)


def _inherited(scheme: Scheme, roles: Roles, role: Role) -> Iterator[str]:
    """Does the role inherit only from roles that may be inherited from?"""
    for parent in role.inherits:
        if (role.level, parent) not in roles:
            yield f"{_the(role)} inherits {parent!r}, which is no {role.level} role."
        elif role.level is Level.TENANT and parent == scheme.owner_role:
            yield f"{_the(role)} inherits from the owner role."
    path = circle(roles, role)
    if path:
        yield f"{_the(role)} inherits from itself: {' → '.join(each.label for each in path)}."


def _acted(roles: Roles, role: Role) -> Iterator[str]:
    """Does the role act as one workspace role at most?"""
    if role.level is Level.WORKSPACE:
        if role.acts_as is not None:
            yield f"{_the(role)} has acts_as, which only tenant roles have."
        return
    if role.acts_as is not None and (Level.WORKSPACE, role.acts_as) not in roles:
        yield f"{_the(role)} acts as {role.acts_as!r}, which is no workspace role."
    several = acting(roles, role)
    if len(several) > 1:
        yield f"{_the(role)} would act as {' and as '.join(map(repr, sorted(several)))}: give it an acts_as of its own."


def _the(role: Role) -> str:
    return f"The {role.level} role {role.label!r}"
