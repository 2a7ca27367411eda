"""Custom roles: those that a tenant makes for itself, beside the built-in ones of the scheme."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from attrs import evolve, field

from ..kernel.errors import Invalid, NameTaken
from ..kernel.values import frozen
from ..members.model import Membership
from ..storage.collection import Collection, Order, Unique
from .model import Level, Role, inherited, texts
from .scheme import Scheme
from .scheme.faults import bonds
from .scheme.inheritance import index, lineage, merge
from .scheme.names import look

__all__ = [
    "ROLES",
    "AccessChange",
    "Affected",
    "CustomRole",
    "RoleChoice",
    "RoleUsage",
    "as_role",
    "described",
    "lineage_of",
    "lineages",
    "read",
    "settle",
    "write",
]


def _tuple(value: Iterable[Role]) -> tuple[Role, ...]:
    return tuple(value)


@frozen(kw_only=True)
class CustomRole:
    """A role that a tenant made for itself.

    Args:
        tenant_id: The tenant.
        id: `rol_…`; by this key the role is granted, inherited and offered.
        level: Where it is held.
        name: What people read; another role of the tenant cannot have it, nor one that looks the same.
        description: Plain text, or None.
        permissions: The names of what it was given, without what is inherited or implied.
        inherits: Keys of roles of the same level whose permissions come with this one.
        acts_as: For a tenant role, the workspace role that its holders have in every workspace, or None.
        template: The key of the template that it was adopted from, or None.
        created_by: The `user_id` of who made it.
        created_at: When, in UTC.
        actions: The verbs of `roles` that the principal could do to this one now; None unless it was asked for. Not
            compared.
    """

    tenant_id: str
    id: str
    level: Level
    name: str
    description: str | None = None
    permissions: tuple[str, ...] = field(default=(), converter=texts)
    inherits: tuple[str, ...] = field(default=(), converter=inherited)
    acts_as: str | None = None
    template: str | None = None
    created_by: str
    created_at: datetime
    _lineage: tuple[Role, ...] = field(default=(), alias="lineage", repr=False, converter=_tuple)
    actions: frozenset[str] | None = field(default=None, eq=False)

    @property
    def _name_key(self) -> str:
        """What no other name of a role may come to."""
        return look(self.name)


def as_role(custom: CustomRole) -> Role:
    """A custom role in the form in which a scheme has its own."""
    return Role(
        custom.id, custom.level, custom.permissions, inherits=custom.inherits, acts_as=custom.acts_as, name=custom.name
    )


def described(custom: CustomRole) -> Role:
    """The same with its description, on one line."""
    return evolve(as_role(custom), description=" ".join((custom.description or "").split()))


def lineage_of(custom: CustomRole) -> tuple[Role, ...]:
    """The role itself and the custom ones that it depends on, as they were when one of them last changed."""
    return custom._lineage


ROLES: Collection[CustomRole] = Collection(
    "roles",
    "role",
    CustomRole,
    prefix="rol",
    called=("name",),
    made=("name_key",),
    derived=frozenset({"actions"}),
    documents=frozenset({"permissions", "inherits"}),
    unique=(
        Unique(
            NameTaken,
            "Another role of this tenant has this name, or one that looks the same.",
            ("name_key",),
            parameter="name",
        ),
    ),
    orders={"name": Order(("name_key", "id")), "newest": Order(("id",), descending=True)},
)


def lineages(roles: Iterable[CustomRole]) -> tuple[Role, ...]:
    """All that these roles depend on, in the form that a scheme is joined by."""
    return merge(each for role in roles for each in role._lineage)


@frozen
class RoleChoice:
    """A role as a filter or a form offers it: what it is called, without what it holds.

    Args:
        key: What the role is called in code: a built-in one's key, or a custom one's id.
        level: Where it is held.
        name: What people read.
        description: One line; empty where there is none.
        is_custom: Whether the tenant made it.
    """

    key: str
    level: Level
    name: str
    description: str
    is_custom: bool


@frozen
class RoleUsage:
    """What refers to a role.

    Args:
        members: How many members have it, or will from some time on.
        invitations: How many pending invitations offer it.
        roles: How many custom roles inherit from it or act as it.
    """

    members: int = 0
    invitations: int = 0
    roles: int = 0

    def __bool__(self) -> bool:
        return bool(self.members or self.invitations or self.roles)


@frozen
class AccessChange:
    """What somebody would gain and lose in one place.

    Args:
        workspace: The id of a workspace; `"all"` for every one, through a tenant role; None for the tenant.
        gained: Names of permissions.
        lost: Names of permissions.
    """

    workspace: str | None
    gained: frozenset[str]
    lost: frozenset[str]


@frozen
class Affected:
    """A member who has a role that is to be changed, directly or through one that inherits from it.

    Args:
        membership: The member.
        changes: What they would gain and lose; nothing where other roles give them the same.
    """

    membership: Membership
    changes: tuple[AccessChange, ...]


_MAX_BEHIND = 50


def settle(scheme: Scheme, roles: Mapping[str, CustomRole], *changed: CustomRole) -> Mapping[str, CustomRole]:
    """The roles of a tenant by id, after some have changed or are new, each with its lineage as it is then.

    Raises:
        Invalid: A role would contradict itself, by a circle for instance, and did not before (`faults` has sentences),
            or would build on more than 50 others.
    """
    after = {**roles, **{role.id: role for role in changed}}
    causes = {role.id for role in changed}
    reached = causes | {id for id, role in roles.items() if any(each.key in causes for each in role._lineage)}
    former = [evolve(as_role(role), name=after[role.id].name) for role in roles.values()]  # a new name is no new fault
    old, new = (index([*scheme.roles, *state]) for state in (former, map(as_role, after.values())))
    before = {fault for role in former if role.key in reached for fault in bonds(scheme, old, role)}
    wrong = sorted({fault for id in reached for fault in bonds(scheme, new, as_role(after[id]))} - before)
    if wrong:
        raise Invalid(" ".join(wrong), faults=wrong, rule="contradiction")
    traced = {id: evolve(after[id], lineage=lineage(new, as_role(after[id]))) for id in reached}
    for role in traced.values():
        if len(role._lineage) > _MAX_BEHIND + 1:  # each is written with all that it builds on
            raise Invalid(
                f"The role {role.name!r} would build on more than {_MAX_BEHIND} others.",
                field="inherits",
                rule="too_many",
                max=_MAX_BEHIND,
            )
    return {**after, **traced}


def write(roles: Iterable[Role]) -> str:
    """Roles as one text, to be stored."""
    return json.dumps([_facts(role) for role in roles], ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> tuple[Role, ...]:
    """The roles of such a text; none where it is damaged, so that nothing is granted by it.

    The same values for the same text, as long as it is remembered; a long one never is, or a tenant could fill memory.
    """
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _read(text)


_LONGEST_REMEMBERED = 8_192


def _read(text: str) -> tuple[Role, ...]:
    try:
        roles = tuple(
            Role(key, Level(level), map(sys.intern, held), inherits=inherits, acts_as=acts_as, name=name)
            for key, level, held, inherits, acts_as, name in json.loads(text)
        )
    except (TypeError, ValueError, RecursionError):  # somebody has written it by hand
        return ()
    return roles if all(role.is_custom for role in roles) else ()


_remembered = lru_cache(maxsize=4_096)(_read)


_facts = attrgetter("key", "level", "permissions", "inherits", "acts_as", "name")
