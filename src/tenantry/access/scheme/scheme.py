"""A scheme: the host's permissions and built-in roles as one value, checked as a whole when it is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve, field, fields

from ...kernel import text
from ...kernel.errors import Invalid, UnknownPermission
from ...kernel.values import frozen
from ..model import Level, Permission, Role, require_pattern, texts
from .catalogue import BUILT_IN, OWN
from .faults import faults
from .inheritance import Roles, acting, forebears, index, paths
from .nearest import Nearest

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["NOTHING", "Scheme", "keep"]

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")

NOTHING: frozenset[str] = frozenset()
_MAX_KEPT = 1_000
_MAX_KEPT_OF_TENANTS = 20_000  # roles and answers, which are large


def keep(cache: dict[K, V], key: K, value: V) -> V:
    """Remember what was worked out; when that is too much, begin again."""
    if len(cache) >= _MAX_KEPT:
        cache.clear()
    cache[key] = value
    return value


def _all(kind: type[T], value: object, what: str) -> tuple[T, ...]:
    items = tuple(value) if isinstance(value, Iterable) else (value,)
    fitting = tuple(item for item in items if isinstance(item, kind))
    if len(fitting) != len(items):
        raise Invalid(
            f"The {what} of a scheme are a sequence of {kind.__name__}.",
            field=what,
            rule="wrong_type",
            expected="sequence",
        )
    return fitting


def _roles(value: Iterable[Role]) -> tuple[Role, ...]:
    return _all(Role, value, "roles")


def _templates(value: Iterable[Role]) -> tuple[Role, ...]:
    return _all(Role, value, "templates")


def _permissions(value: Iterable[Permission]) -> tuple[Permission, ...]:
    return _all(Permission, value, "permissions")


def _check_text(instance: Scheme, attribute: Attribute[str], value: object) -> None:
    text.exact(value, attribute.name)


@frozen(eq=False)
class Scheme:
    """The permissions that may be asked and the roles that a tenant has from the beginning.

    Args:
        name: What the scheme is called in tables and messages.
        roles: The built-in roles of both levels.
        owner_role: The tenant role of owners. It holds every tenant permission of its patterns and, alone, the
            reserved `tenant-api:tenant:own`.
        member_role: The lowest tenant role: what someone gets who is invited without one.
        workspace_admin_role: The workspace role that the first admin of a new workspace gets.
        default_workspace_role: The workspace role that somebody gets in a workspace that is named without one; None
            where each must be said.
        permissions: The host's own permissions, beside the built-in ones.
        templates: Roles that nobody has, until a tenant adopts one as its own.

    Raises:
        Invalid: The scheme contradicts itself; the message lists every fault.
    """

    name: str = field(validator=_check_text)
    roles: tuple[Role, ...] = field(converter=_roles)
    owner_role: str = field(kw_only=True, validator=_check_text)
    member_role: str = field(kw_only=True, validator=_check_text)
    workspace_admin_role: str = field(default="admin", kw_only=True, validator=_check_text)
    default_workspace_role: str | None = field(default=None, kw_only=True)
    permissions: tuple[Permission, ...] = field(default=(), converter=_permissions, kw_only=True)
    templates: tuple[Role, ...] = field(default=(), converter=_templates, kw_only=True)
    answers: dict[tuple[Level, frozenset[str] | None], Mapping[str, bool]] = field(init=False, repr=False, factory=dict)
    """What `compiled` has worked out; it depends on the scheme alone, so principals with the same roles share it."""
    _tenants: dict[tuple[Role, ...], Scheme] = field(init=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        found = list(faults(self))
        if found:
            raise Invalid(
                f"The scheme {self.name!r} does not hold together: " + " ".join(found),
                faults=found,
                rule="contradiction",
            )

    def __repr__(self) -> str:
        return f"<Scheme {self.name}>"

    @cached_property
    def catalogue(self) -> Mapping[str, Permission]:
        """Every permission that may be asked, by name."""
        return MappingProxyType({p.name: p for p in (*BUILT_IN, *self.permissions)})

    @cached_property
    def names(self) -> Mapping[Level, frozenset[str]]:
        """The names of all permissions of each level."""
        return {level: frozenset(p.name for p in self.catalogue.values() if p.level is level) for level in Level}

    @cached_property
    def in_person(self) -> frozenset[str]:
        """The names of the permissions that require the user in person."""
        return frozenset(p.name for p in self.catalogue.values() if p.in_person)

    def permission(self, name: object, *, at_workspace: bool) -> Permission:
        """The permission of this name, to be asked in a workspace or at the tenant.

        Raises:
            UnknownPermission: There is none of this name.
            Invalid: It lives at the other level.
        """
        if type(name) is not str:  # a subclass may compare and print as it likes
            raise UnknownPermission(f"A permission is named by text, not by {text.instead(name)}.", field="permission")
        found = self.catalogue.get(name)
        if found is None:
            near = self._nearest.to(name)
            hint = "" if near is None else f" Did you mean {near!r}?"
            raise UnknownPermission(
                f"There is no permission {name[:100]!a}.{hint}", field="permission", permission=name[:100]
            )
        if at_workspace and found.level is Level.TENANT:
            raise Invalid(
                f"{found.name} is asked at the tenant, without a workspace.",
                field="workspace",
                permission=found.name,
                rule="asked_at_tenant",
            )
        if not at_workspace and found.level is Level.WORKSPACE:
            raise Invalid(
                f"{found.name} is asked in a workspace: say which one.",
                field="workspace",
                permission=found.name,
                rule="asked_in_workspace",
            )
        return found

    @cached_property
    def _nearest(self) -> Nearest:
        return Nearest(self.catalogue)

    def role(self, key: object, level: Level, *, field: str = "role") -> Role:
        """The built-in role of this key.

        Args:
            key: The key.
            level: Where the role is held.
            field: The name of the field, for the error.

        Raises:
            Invalid: There is none at this level.
        """
        if type(key) is not str:
            raise Invalid(
                f"A role is named by text, not by {text.instead(key)}.",
                field=field,
                rule="wrong_type",
                expected="text",
            )
        found = self._roles.get((level, key))
        if found is None:
            built_in = [role.key for role in self.roles if role.level is level and not role.is_custom]
            known = f"there are: {', '.join(built_in)}, and custom roles by their id"
            other = next((f"; it is a {each} role" for each in Level if (each, key) in self._roles), "")
            raise Invalid(
                f"There is no {level} role {key[:80]!a}{other}; {known}.",
                field=field,
                rule="unknown_role",
                role=key[:80],
                level=level.value,
                choices=built_in,
            )
        return found

    def has_role(self, key: str, level: Level) -> bool:
        """Whether there is a role of this key at this level."""
        return (level, key) in self._roles

    @cached_property
    def former_owner_role(self) -> str:
        """What an owner becomes who hands over: of the built-in tenant roles below theirs, the one that can do most."""
        below = (role for role in self.roles if role.level is Level.TENANT and not role.is_custom)
        return max((role for role in below if role.key != self.owner_role), key=lambda role: len(self._reach(role))).key

    def template(self, key: object) -> Role:
        """The template of this key.

        Raises:
            Invalid: There is none.
        """
        found = next((each for each in self.templates if type(key) is str and each.key == key), None)
        if found is None:
            known = ", ".join(each.key for each in self.templates) or "none"
            raise Invalid(
                f"There is no such template; there are: {known}.",
                field="template",
                rule="not_a_choice",
                choices=[each.key for each in self.templates],
            )
        return found

    def expand(self, patterns: Iterable[str], level: Level) -> frozenset[str]:
        """The permissions of a level that these names and patterns stand for, without those that come with them.

        Raises:
            UnknownPermission: There is no permission of such a name.
            Invalid: One is of the other level, reserved, or neither a name nor a pattern.
        """
        names: set[str] = set()
        for pattern in patterns:
            if "*" in require_pattern(pattern):
                names.update(self._matching(pattern, level))
            else:
                names.add(self._named_here(pattern, level))
        return frozenset(names)

    def _named_here(self, name: str, level: Level) -> str:
        found = self.catalogue.get(name)
        if found is not None and found.level is not level:
            asked = "in a workspace" if level is Level.TENANT else "at the tenant"
            raise Invalid(
                f"{name} is no {level} permission: it is asked {asked}.",
                field="permissions",
                permission=name,
                rule="wrong_level",
                level=level.value,
            )
        if self.permission(name, at_workspace=level is Level.WORKSPACE).name == OWN:
            raise Invalid(f"{OWN} is reserved for owners.", field="permissions", permission=OWN, rule="reserved")
        return name

    def joined(self, roles: tuple[Role, ...]) -> Scheme:
        """The scheme as a tenant has it that gave itself these roles; itself where there are none.

        It refuses nothing: what this release of the host does not know any more, such a role does not hold.

        Args:
            roles: Custom roles, each with its lineage.
        """
        if not roles:
            return self
        known = self._tenants.get(roles)
        if known is None:
            kept = sum(len(each.roles) + len(each.answers) for each in list(self._tenants.values()))
            if kept > _MAX_KEPT_OF_TENANTS:
                self._tenants.clear()
            known = keep(self._tenants, roles, self._join(roles))
        return known

    def _join(self, roles: tuple[Role, ...]) -> Scheme:
        joined = object.__new__(Scheme)  # `evolve` would ask for its faults, which a check has nothing to do with
        given = {each.name: getattr(self, each.name) for each in fields(Scheme)}
        vars(joined).update(given, roles=(*self.roles, *roles), answers={}, _tenants={})
        # What custom roles cannot change is not worked out again.
        vars(joined).update(catalogue=self.catalogue, names=self.names, in_person=self.in_person)
        vars(joined).update(_roles={**self._roles, **index(roles)})
        vars(joined).update(_held={**self._held, **{(role.level, role.key): joined._expand(role) for role in roles}})
        return joined

    def label(self, key: str, level: Level) -> str | None:
        """What people read for a role of this key; None where there is no such role (any more)."""
        role = self._roles.get((level, key))
        return None if role is None else role.name

    def role_name(self, key: str, level: Level) -> str:
        """What people read for a role of this key; the key itself where there is no such role (any more)."""
        return self.label(key, level) or key

    def permissions_of(self, key: str, level: Level) -> frozenset[str]:
        """Everything that a role of this key holds at its level; nothing where there is no such role (any more)."""
        return self._held.get((level, key), NOTHING)

    def path(self, key: str, level: Level, permission: str) -> tuple[Role, ...]:
        """The shortest way from a role to the one, itself or one that it inherits from, that names the permission."""
        role = self._roles[level, key]
        return next((path for path in paths(self._roles, role) if permission in self._named(path[-1])), (role,))

    def acts_as(self, key: str) -> str | None:
        """The workspace role that holders of this tenant role have in every workspace, or None."""
        return self._acting.get(key)

    def permissions_everywhere(self, key: str) -> frozenset[str]:
        """Everything that holders of this tenant role may do in every workspace."""
        acted = self.acts_as(key)
        return NOTHING if acted is None else self.permissions_of(acted, Level.WORKSPACE)

    def role_at_least(self, held: str, wanted: str, level: Level) -> bool:
        """Whether one role is another or higher, without ranks: it can do all that the other can.

        Of two that can do the same, the one that inherits from the other is higher.

        Args:
            held: The key of a role. One that there is not (any more) is not enough for anything.
            wanted: The key of the role to compare with.
            level: Where both are held.

        Raises:
            Invalid: There is no role `wanted` at this level.
        """
        lower = self.role(wanted, level)
        role = self._roles.get((level, held)) if type(held) is str else None
        if role is None:
            return False
        has, needed = self._reach(role), self._reach(lower)
        return has > needed or (has == needed and lower in forebears(self._roles, role))

    def extend(
        self,
        *,
        name: str | None = None,
        permissions: Iterable[Permission] = (),
        roles: Iterable[Role] = (),
        templates: Iterable[Role] = (),
        tenant_roles: Mapping[str, Iterable[str]] = MappingProxyType({}),
        workspace_roles: Mapping[str, Iterable[str]] = MappingProxyType({}),
    ) -> Scheme:
        """A scheme with more permissions and roles.

        Args:
            name: What it is called; as before unless given.
            permissions: The host's own, to be added.
            roles: Roles to be added.
            templates: Templates to be added.
            tenant_roles: For a tenant role that is there, the names and patterns it shall hold in addition.
            workspace_roles: Likewise for workspace roles.

        Raises:
            Invalid: A role that is to hold more is not there, or the result does not hold together.
        """
        more: dict[tuple[Level, str], tuple[str, ...]] = {}
        for level, wider in ((Level.TENANT, tenant_roles), (Level.WORKSPACE, workspace_roles)):
            if not isinstance(wider, Mapping):
                raise Invalid(
                    f"{level}_roles is a mapping of role keys to permissions.",
                    field=f"{level}_roles",
                    rule="wrong_type",
                    expected="mapping",
                )
            more |= {(level, self.role(key, level).key): texts(given, f"{level}_roles") for key, given in wider.items()}
        widened = (
            evolve(role, permissions=role.permissions + more.get((role.level, role.key), ())) for role in self.roles
        )
        return evolve(
            self,
            name=self.name if name is None else name,
            roles=(*widened, *_roles(roles)),
            templates=(*self.templates, *_templates(templates)),
            permissions=(*self.permissions, *_permissions(permissions)),
        )

    @cached_property
    def _roles(self) -> Roles:
        return index(self.roles)

    @cached_property
    def _held(self) -> Mapping[tuple[Level, str], frozenset[str]]:
        return {key: self._expand(role) for key, role in self._roles.items()}

    @cached_property
    def _acting(self) -> Mapping[str, str]:
        found = {role.key: acting(self._roles, role) for role in self._roles.values() if role.level is Level.TENANT}
        return {key: next(iter(several)) for key, several in found.items() if len(several) == 1}

    def _reach(self, role: Role) -> frozenset[str]:
        """Everything that a role holds at its level and, where it acts as another, in every workspace."""
        held = self.permissions_of(role.key, role.level)
        return held | self.permissions_everywhere(role.key) if role.level is Level.TENANT else held

    def _expand(self, role: Role) -> frozenset[str]:
        held = NOTHING.union(*(self._named(each) for each in forebears(self._roles, role)))
        return held | {OWN} if role.level is Level.TENANT and role.key == self.owner_role else held

    def _named(self, role: Role) -> set[str]:
        """What the role itself names, with what is implied."""
        held = {name for pattern in role.permissions for name in self._matching(pattern, role.level)}
        waiting = list(held)
        while waiting:
            implied = set(self.catalogue[waiting.pop()].implies) - held
            held |= implied
            waiting += implied
        return held

    def _matching(self, pattern: str, level: Level) -> Iterable[str]:
        there = self.names[level]
        if "*" not in pattern:
            return [pattern] if pattern in there and pattern != OWN else []
        wanted = pattern.split(":")
        return [
            name
            for name in there
            if name != OWN and all(w in ("*", have) for w, have in zip(wanted, name.split(":"), strict=True))
        ]
