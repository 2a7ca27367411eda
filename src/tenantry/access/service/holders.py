"""What is done about those who have a role: they are counted, moved to another, and told of before it changes."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Mapping

from ...kernel import text
from ...kernel.errors import Invalid
from ...members.model import GRANTS
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import After, Among
from ..custom import CustomRole, RoleUsage, as_role
from ..model import Level, Role
from ..repository import held_at
from .moves import builds_on, move_holders, require_movable, require_replaceable, require_replacement
from .planning import RoleChange, RolePlan, deletion_of, plan_of
from .shaping import DELETE, UPDATE, alter_role, get_role, require_shapeable

__all__ = ["RoleHolders", "usage_of"]


class RoleHolders(Service):
    """Those who have the tenant's roles: a part of the verbs of `Roles`."""

    __slots__ = ()

    @query
    def usage(self, uow: UnitOfWork, key: str, *, level: str | None = None) -> RoleUsage:
        """What refers to a role.

        Args:
            key: A role, built in or custom.
            level: `tenant` or `workspace`, where built-in roles of both levels have this key.

        Raises:
            Invalid: There is no such role, or it is of the other level.
            Denied: The principal may not see roles.
        """
        uow.require("tenant-api:role:read")
        roles = uow.roles.all()
        role = _get_any_role(uow, roles, key, level)
        return usage_of(uow, role.key, role.level, roles.values())

    @query
    def plan_update(
        self,
        uow: UnitOfWork,
        key: str,
        *,
        permissions: Values[str] | None = None,
        inherits: Values[str] | None = None,
        acts_as: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        total: bool = False,
    ) -> RolePlan:
        """Who would gain and lose what if a custom role were updated so. Changes nothing; refuses what `update` would.

        Args:
            key: The id of the role.
            permissions: As for `update`.
            inherits: As for `update`.
            acts_as: As for `update`.
            limit: At most so many members, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            NotFound: There is no such role of the tenant's own.
            Invalid: An argument cannot be accepted, or the role would contradict itself.
            InvalidCursor: The cursor belongs to another list.
            Denied: The principal may not change roles or see members, holds less than this one did or would, or has it
                themselves.
        """
        access = uow.require(UPDATE)
        access.require("tenant-api:member:read")
        before, then = alter_role(uow, access, key, permissions=permissions, inherits=inherits, acts_as=acts_as)
        change = RoleChange(key=key, before=before, after=then)
        return plan_of(uow, change, limit=limit, after=after, offset=offset, total=total)

    @query
    def plan_delete(
        self,
        uow: UnitOfWork,
        key: str,
        replacement: str | None = None,
        *,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        total: bool = False,
    ) -> RolePlan:
        """What exactly a deletion of a custom role would touch; changes nothing.

        With a replacement it refuses what `delete` would. Without one it says what members would lose, also where the
        role is in use, so that `delete` asks for a replacement.

        Args:
            key: The id of the role.
            replacement: As for `delete`.
            limit: At most so many members, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Conflict: Somebody has both, at times between which they have neither (rule `times_apart`).
            NotFound: There is no such role of the tenant's own.
            Invalid: There is no such role to replace it, or a role that builds on it would contradict itself.
            InvalidCursor: The cursor belongs to another list.
            Denied: The principal may not delete roles or see members, holds less than this one or the other, or has it
                themselves.
        """
        access = uow.require(DELETE)
        access.require("tenant-api:member:read")
        roles = uow.roles.all()
        role = get_role(roles, key)
        require_shapeable(uow.settings.scheme, access, role, DELETE)
        if replacement is not None:
            new = require_replaceable(uow, access, roles, role, replacement)
            require_movable(uow, access, roles, as_role(role), new)
        change = deletion_of(uow, access, roles, role, replacement)
        return plan_of(uow, change, limit=limit, after=after, offset=offset, total=total)

    @command
    def move(self, uow: UnitOfWork, key: str, *, to: str, level: str | None = None) -> int:
        """Give everybody who has one role another instead, in the same places and for as long; tells how many had it.

        Invitations that offer the role, and roles that build on it, stay as they are.

        Args:
            key: A role, built in or custom, but not that of the owners.
            to: Another of the same level.
            level: `tenant` or `workspace`, where built-in roles of both levels have this key.

        Raises:
            Invalid: There is no such role, they are of two levels or the same, or one is the owners'.
            Conflict: Somebody has both, at times between which they have neither (rule `times_apart`).
            Denied: The principal may not change members, in every workspace where it is a role of workspaces, is one
                of them, or holds less than they do or would.
        """
        access = uow.require("tenant-api:member:update")
        roles = uow.roles.all()
        old = _get_any_role(uow, roles, key, level)
        return move_holders(uow, access, roles, old, require_replacement(uow, roles, old, to, field="to"))


def usage_of(uow: UnitOfWork, key: str, level: Level, roles: Iterable[CustomRole]) -> RoleUsage:
    """What refers to a role, with what is over left out."""
    held = Among(GRANTS, "membership_id", {**held_at(key, level), "counts_until": After(uow.now)})
    return RoleUsage(
        members=uow.members.records.count(id=held),
        invitations=uow.invitations.count_offering(key, level, at=uow.now),
        roles=sum(1 for each in roles if builds_on(each, key, level)),
    )


def _get_any_role(uow: UnitOfWork, roles: Mapping[str, CustomRole], key: object, level: str | None) -> Role:
    """The role of this key: a custom one, or a built-in one of the level that is named."""
    custom = roles.get(text.exact(key, "key"))
    wanted = None if level is None else text.choice(level, Level, "level")
    if custom is not None:
        if wanted not in (None, custom.level):
            raise Invalid(
                f"This is a {custom.level} role.", field="level", rule="wrong_level", level=custom.level.value
            )
        return as_role(custom)
    here = [role.level for role in uow.settings.scheme.roles if role.key == key]
    if wanted is None and len(here) > 1:
        raise Invalid(f"There are roles {key!a} of both levels: say which one.", field="level", rule="level_missing")
    return uow.settings.scheme.role(key, wanted or (here or [Level.TENANT])[0], field="key")
