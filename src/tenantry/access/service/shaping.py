"""How a custom role is made and changed: what was given becomes a role, and the principal may make it so."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve

from ...kernel import ids, text
from ...kernel.errors import Invalid, LimitReached
from ...runtime.unit_of_work import UnitOfWork
from ..compiled import ALL, Access
from ..custom import ROLES, CustomRole, as_role, lineage_of, lineages, settle
from ..guard import allows, require_ceiling, require_not_own, require_role
from ..model import Level, texts
from ..scheme import Scheme
from ..scheme.names import role_name

__all__ = [
    "DELETE",
    "UPDATE",
    "actions_on",
    "alter_role",
    "get_role",
    "introduce_role",
    "is_narrowed",
    "require_acting",
    "require_holding",
    "require_shapeable",
    "role_values",
]

UPDATE: Final = "tenant-api:role:update"
DELETE: Final = "tenant-api:role:delete"

_MAX_PERMISSIONS = 1_000
_MAX_INHERITED = 20

Known = Mapping[str, CustomRole]


def introduce_role(
    uow: UnitOfWork,
    access: Access,
    *,
    name: str,
    level: Level,
    permissions: Values[str],
    inherits: Values[str],
    template: str | None = None,
    **given: Any,
) -> CustomRole:
    """A new role of the tenant.

    Raises:
        LimitReached: It has as many as it may.
    """
    roles = uow.roles.all()
    most = uow.settings.options.max_roles
    if len(roles) >= most:
        raise LimitReached(f"A tenant has at most {most:,} roles of its own.", rule="max_roles", limit=most)
    blank = CustomRole(
        tenant_id=uow.tx.tenant_id,
        id=ids.new("rol"),
        level=level,
        name=role_name(uow.settings.scheme, name),
        permissions=_expand(uow, permissions, level),
        inherits=_require_few(inherits, "inherits", _MAX_INHERITED),
        template=template,
        created_by=uow.by.user_id,
        created_at=uow.now,
    )
    role = settle(uow.settings.scheme, roles, _evolve(uow, blank, **given))[blank.id]
    require_holding(uow, access, role)
    uow.roles.records.add(role)
    uow.record("role.defined", role.id, after=role_values(role))
    return role


def alter_role(uow: UnitOfWork, access: Access, key: object, **given: Any) -> tuple[Known, Known]:
    """The roles of the tenant by id, as they are, and as they would be with one changed."""
    roles = uow.roles.all()
    before = get_role(roles, key)
    changed = settle(uow.settings.scheme, roles, _evolve(uow, before, **given))
    require_shapeable(uow.settings.scheme, access, before, UPDATE)
    require_holding(uow, access, changed[before.id])
    require_acting(uow, access, roles, changed)
    return roles, changed


def get_role(roles: Known, key: object) -> CustomRole:
    """The custom role of this key.

    Raises:
        NotFound: There is none; a built-in role is none.
    """
    role = roles.get(text.exact(key, "key"))
    if role is None:
        raise ROLES.missing()
    return role


def require_holding(uow: UnitOfWork, access: Access, role: CustomRole) -> None:
    """Does the principal hold all that the role holds, everywhere that it can be granted?

    Raises:
        Denied: They do not.
    """
    require_role(uow.settings.scheme.joined(lineage_of(role)), access, as_role(role))


def require_shapeable(scheme: Scheme, access: Access, role: CustomRole, permission: str) -> None:
    """May the principal, who has this permission, change this role or give it up?

    Raises:
        Denied: They may not, hold less than it does, or have it themselves.
    """
    access.require(permission)
    require_not_own(access, role.id)
    require_role(scheme.joined(lineage_of(role)), access, as_role(role))


def actions_on(scheme: Scheme, access: Access, role: CustomRole) -> frozenset[str]:
    """The verbs that the principal could do to this role now."""
    could = {"update": UPDATE, "delete": DELETE}
    question = partial(require_shapeable, scheme, access, role)
    return frozenset(verb for verb, permission in could.items() if allows(partial(question, permission)))


def require_acting(uow: UnitOfWork, access: Access, before: Known, after: Known) -> None:
    """Does the principal hold, in every workspace, what any role begins to act as?

    One that would act as two, since a release of the host, acts as none; a change of a parent may end that.

    Raises:
        Denied: They do not.
    """
    old, new = (uow.settings.scheme.joined(lineages(roles.values())) for roles in (before, after))
    begun = {acts_as for id in after if (acts_as := new.acts_as(id)) and acts_as != old.acts_as(id)}
    require_ceiling(new, access, {ALL: begun})


def is_narrowed(uow: UnitOfWork, before: Known, after: Known) -> bool:
    """Whether a role holds less than it did, at its level or in every workspace."""
    old, new = (uow.settings.scheme.joined(lineages(roles.values())) for roles in (before, after))
    return any(
        old.permissions_of(id, role.level) - new.permissions_of(id, role.level)
        or old.permissions_everywhere(id) - new.permissions_everywhere(id)
        for id, role in before.items()
    )


def role_values(role: CustomRole) -> Mapping[str, Any]:
    """The role as the audit trail has it."""
    return {
        "name": role.name,
        "level": role.level.value,
        "description": role.description,
        "permissions": list(role.permissions),
        "inherits": list(role.inherits),
        "acts_as": role.acts_as,
    }


def _evolve(
    uow: UnitOfWork,
    before: CustomRole,
    *,
    name: str | None = None,
    permissions: Values[str] | None = None,
    description: str | None = None,
    inherits: Values[str] | None = None,
    acts_as: str | None = None,
) -> CustomRole:
    """The role as it is now said to be; what is not given stays as it is."""
    return evolve(
        before,
        name=before.name if name is None else role_name(uow.settings.scheme, name),
        permissions=before.permissions if permissions is None else _expand(uow, permissions, before.level),
        description=before.description
        if description is None
        else text.paragraph_or_none(description, "description", longest=500),
        inherits=before.inherits if inherits is None else _require_few(inherits, "inherits", _MAX_INHERITED),
        acts_as=before.acts_as if acts_as is None else _role_or_none(acts_as),
    )


def _expand(uow: UnitOfWork, permissions: Values[str], level: Level) -> tuple[str, ...]:
    """The names of these permissions, patterns expanded to the names that they stand for now."""
    patterns = _require_few(permissions, "permissions", _MAX_PERMISSIONS)
    names: set[str] = set()
    for pattern in patterns:
        reached = uow.settings.scheme.expand([pattern], level)
        if not reached:
            raise Invalid(
                f"No {level} permission is of the form {pattern!a}.", field="permissions", rule="matches_nothing"
            )
        names |= reached
    return tuple(sorted(names))


def _require_few(values: Values[str], field: str, most: int) -> tuple[str, ...]:
    what = "inherited roles" if field == "inherits" else field
    if not isinstance(values, Values):  # what can be read once only would be gone when a command is run again
        raise Invalid(
            f"The {what} of a role are a sequence of texts.", field=field, rule="wrong_type", expected="sequence"
        )
    several = tuple(dict.fromkeys(texts(values, field)))
    if len(several) > most:
        raise Invalid(f"A role has at most {most:,} {what}.", field=field, rule="too_many", max=most)
    return several


def _role_or_none(key: object) -> str | None:
    return None if type(key) is str and not key else text.exact(key, "acts_as", longest=64)
