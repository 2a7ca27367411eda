"""The words of authorization: permissions, roles, grants, what is known of a principal, and the answer."""

from __future__ import annotations

import re
from collections.abc import Collection as Values
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import Factory, field

from ..kernel import text
from ..kernel.errors import Invalid
from ..kernel.principal import Principal
from ..kernel.values import frozen
from ..members.model import Grant, MembershipStatus, is_live
from ..tenants.model import TenantStatus
from ..workspaces.model import WorkspaceStatus

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["Decision", "Facts", "Finding", "Level", "Permission", "Places", "Role", "Standing"]

_SEGMENT = r"[a-z][a-z0-9-]*"
CUSTOM = "rol_"
"""What the keys of custom roles, which are their ids, begin with."""
_ROLE_KEY = r"[a-z][a-z0-9_-]{0,62}"
_WORDS = str.maketrans("_-", "  ")


class Level(StrEnum):
    """Where a role or a permission lives: at the tenant, or in a workspace."""

    TENANT = "tenant"
    WORKSPACE = "workspace"

    @classmethod
    def at(cls, place: str | None) -> Level:
        """The level of a place: the id of a workspace, or None for the tenant."""
        return cls.TENANT if place is None else cls.WORKSPACE


Places: TypeAlias = Mapping[str | None, Values[str]]
"""The keys of roles by place: the id of a workspace, or None for the tenant."""


def _check_permission(instance: object, attribute: Attribute[str], value: str) -> None:
    segments = text.exact(value, "name").split(":")
    if len(segments) != 3 or not all(re.fullmatch(_SEGMENT, each) for each in segments):
        raise Invalid(f"name {value!r} is not of the form service:entity:action.", field="name", rule="malformed")


def _check_key(instance: object, attribute: Attribute[str], value: str) -> None:
    if not re.fullmatch(_ROLE_KEY, text.exact(value, "key")):
        form = "lower-case letters, digits, hyphens and underscores"
        raise Invalid(f"key {value!r} is not of the form {form}.", field="key", rule="malformed")


def _check_level(instance: object, attribute: Attribute[Level], value: object) -> None:
    if type(value) is not Level:
        raise Invalid(
            "level must be Level.TENANT or Level.WORKSPACE.",
            field="level",
            rule="not_a_choice",
            choices=[each.value for each in Level],
        )


def _check_text(instance: object, attribute: Attribute[Any], value: object) -> None:
    if value != attribute.default:
        text.exact(value, attribute.name)


def _check_bool(instance: object, attribute: Attribute[bool], value: object) -> None:
    text.boolean(value, attribute.name)


def texts(value: Iterable[str], field: str = "permissions") -> tuple[str, ...]:
    """The names of permissions or roles in a sequence."""
    given: object = value
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        message = f"The {field} must be a sequence of texts."
        raise Invalid(message, field=field, rule="wrong_type", expected="sequence")
    return tuple(text.exact(item, field) for item in given)


def inherited(value: Iterable[str]) -> tuple[str, ...]:
    """The keys of the roles that a role inherits from."""
    return texts(value, "inherits")


def _implied(value: Iterable[str]) -> tuple[str, ...]:
    return texts(value, "implies")


def require_pattern(value: object) -> str:
    """The name of a permission, or a pattern in which `*` stands for whole segments.

    Raises:
        Invalid: It is neither.
    """
    pattern = text.exact(value, "permission")
    segments = pattern.split(":")
    if len(segments) != 3 or not all(each == "*" or re.fullmatch(_SEGMENT, each) for each in segments):
        raise Invalid(
            f"{pattern!a} is neither service:entity:action nor that with * for a segment.",
            field="permissions",
            rule="malformed",
        )
    return pattern


@frozen
class Permission:
    """Something a principal may be allowed to do, at the tenant or in one workspace.

    Args:
        name: `service:entity:action`, in lower-case letters, digits and hyphens.
        level: Where it is asked.
        description: One line for the permission matrix.
        implies: Permissions of the same level that come with this one.
        in_person: Whether it requires the user in person: somebody who impersonates them does not have it.
    """

    name: str = field(validator=_check_permission)
    level: Level = field(validator=_check_level)
    description: str = field(default="", validator=_check_text)
    implies: tuple[str, ...] = field(default=(), converter=_implied)
    in_person: bool = field(default=False, kw_only=True, validator=_check_bool)


@frozen(cache_hash=True)
class Role:
    """A named set of permissions: built in by a scheme, or a tenant's own in the same form.

    Args:
        key: What the role is called in code; no other of its level has it.
        level: Where it is held.
        permissions: Names, or patterns in which `*` stands for one whole segment (`campaign-api:*:read`). A pattern
            reaches the permissions of the role's own level.
        inherits: Keys of roles of the same level whose permissions come with this one.
        acts_as: For a tenant role, the workspace role that its holders have in every workspace. Inherited unless given.
        name: What people read. Made from the key unless given.
        description: One line for the permission matrix.
    """

    key: str = field(validator=_check_key)
    level: Level = field(validator=_check_level)
    permissions: tuple[str, ...] = field(default=(), converter=texts)
    inherits: tuple[str, ...] = field(default=(), kw_only=True, converter=inherited)
    acts_as: str | None = field(default=None, kw_only=True, validator=_check_text)
    name: str = field(
        kw_only=True,
        validator=_check_text,
        default=Factory(lambda self: text.exact(self.key, "key").translate(_WORDS).capitalize(), takes_self=True),
    )
    description: str = field(default="", kw_only=True, validator=_check_text)

    def __attrs_post_init__(self) -> None:
        for pattern in self.permissions:
            require_pattern(pattern)

    @property
    def is_custom(self) -> bool:
        """Whether a tenant made it; a scheme's are built in."""
        return self.key.startswith(CUSTOM)

    @property
    def label(self) -> str:
        """What a sentence calls it: a built-in one by its key, a custom one by its name."""
        return self.name if self.is_custom else self.key


@frozen
class Standing:
    """What the store knows of one user in one tenant, read in one statement.

    `workspaces` has the state of every workspace of this tenant that was asked for, or in which the user has a role;
    an id that is absent is not this tenant's. `roles` has the custom roles that the grants name, with their lineages.
    `epoch` is the greater of the tenant's and the membership's. `workspace_names` has the names of the workspaces that
    were asked for: no decision rests on them.
    """

    tenant_status: TenantStatus | None = None
    membership_id: str | None = None
    membership_status: MembershipStatus | None = None
    grants: tuple[Grant, ...] = ()
    workspaces: Mapping[str, WorkspaceStatus] = MappingProxyType({})
    roles: tuple[Role, ...] = ()
    epoch: int = 0
    workspace_names: Mapping[str, str] = field(default=MappingProxyType({}), eq=False)


@frozen
class Facts:
    """All that a decision rests on: who asks, where they stand, and when."""

    tenant_id: str
    by: Principal
    standing: Standing
    as_of: datetime

    def live_grants(self) -> Iterator[Grant]:
        """The grants that count now."""
        now = self.as_of
        return (grant for grant in self.standing.grants if grant.is_open_ended or is_live(grant, now))


@frozen
class Decision:
    """The answer to "may this principal do that?", with its reasons.

    Args:
        allowed: The answer.
        code: `allowed`, or the first thing that was missing, such as `permission_missing` or `workspace_not_found`.
        reasons: Sentences: the grants that allow it, or what stands in the way.
        grants: The grants that allow it; left out where the decision is printed or becomes plain data.
    """

    allowed: bool
    code: str
    reasons: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return self.allowed


@frozen
class Finding:
    """Something stored that does not count any more.

    Args:
        code: `role_outdated`: a custom role names what is gone; `role_damaged`: its lineage is not what was written;
            `role_unknown`: members have a role that is gone.
        subject: The key of the role.
        tenant_id: Whose it is; None where it concerns several.
        message: A sentence for the developer.
    """

    code: str
    subject: str
    tenant_id: str | None
    message: str
