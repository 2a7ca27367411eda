"""What is done about those who have a role: they are counted, moved to another, and told of before it changes."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Iterator, Mapping

from ...kernel import text
from ...kernel.errors import Invalid
from ...kernel.principal import principal_of
from ...members.model import GRANTS, MEMBERSHIPS, Membership, MembershipStatus
from ...members.service.showing import labelled
from ...runtime.pages import Page
from ...runtime.service import Service, command, list_page, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import After, Among, OneOf
from ...tenants.model import TenantStatus
from ..compiled import ALL, Access
from ..custom import AccessChange, Affected, CustomRole, RoleUsage, as_role, lineage_of, lineages
from ..guard import by_place, permissions_in
from ..model import Facts, Level, Role, Standing
from ..repository import held_at
from .moves import builds_on, move_holders, require_replacement
from .shaping import alter_role

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
    ) -> Page[Affected]:
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
        access = uow.require("tenant-api:role:update")
        access.require("tenant-api:member:read")
        before, then = alter_role(uow, access, key, permissions=permissions, inherits=inherits, acts_as=acts_as)
        old, new = lineages(before.values()), lineages(then.values())
        scheme = uow.settings.scheme.joined(old)
        reached = {id for id, role in before.items() if any(each.key == key for each in lineage_of(role))}
        where = {"role": OneOf(reached), "counts_until": After(uow.now)}
        return list_page(
            uow,
            uow.members.records,
            MEMBERSHIPS,
            {"id": Among(GRANTS, "membership_id", where)},
            present=lambda members: [
                Affected(labelled(member, scheme), tuple(_changes(uow, member, old, new)))
                for member in uow.members.present(members)
            ],
            filters={"key": key, "role": repr(as_role(then[key]))},
            limit=limit,
            after=after,
            offset=offset,
            order=None,
            total=total,
        )

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
        return move_holders(uow, access, roles, old, require_replacement(uow, roles, old, to))


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
    custom = roles.get(text.exact(key, "role"))
    wanted = None if level is None else text.choice(level, Level, "level")
    if custom is not None:
        if wanted not in (None, custom.level):
            raise Invalid(f"This is a {custom.level} role.", field="level")
        return as_role(custom)
    here = [role.level for role in uow.settings.scheme.roles if role.key == key]
    if wanted is None and len(here) > 1:
        raise Invalid(f"There are roles {key!a} of both levels: say which one.", field="level")
    return uow.settings.scheme.role(key, wanted or (here or [Level.TENANT])[0])


def _changes(
    uow: UnitOfWork, member: Membership, old: tuple[Role, ...], new: tuple[Role, ...]
) -> Iterator[AccessChange]:
    """What a member would gain and lose, place by place, if these custom roles became those."""
    before, after = (_hypothetical_access(uow, member, roles) for roles in (old, new))
    places = (None, ALL, *sorted(member.workspaces))
    for place, old_there, new_there in zip(places, by_place(before, places), by_place(after, places), strict=True):
        had, has = permissions_in(old_there, place), permissions_in(new_there, place)
        if had != has:
            yield AccessChange(place, gained=has - had, lost=had - has)


def _hypothetical_access(uow: UnitOfWork, member: Membership, roles: tuple[Role, ...]) -> Access:
    """What the member's roles give, were nothing suspended."""
    standing = Standing(TenantStatus.ACTIVE, member.id, MembershipStatus.ACTIVE, member.grants, roles=roles)
    return Access(uow.settings.scheme, Facts(member.tenant_id, principal_of(member.user_id), standing, uow.now))
