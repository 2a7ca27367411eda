"""What is done about those who have a role: they are counted, moved to another, and told of before it changes."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from .. import text
from ..errors import Invalid
from ..members.model import MEMBERSHIPS, Membership, MembershipStatus
from ..members.repository import with_roles
from ..members.roles import note, roles_at
from ..pages import Page
from ..ports import After, Among, OneOf
from ..principal import principal_of
from ..service import Service, command, listed, query
from ..tenants.model import TenantStatus
from ..unit_of_work import UnitOfWork
from .compiled import ALL, Access
from .custom import AccessChange, Affected, CustomRole, RoleUsage, lineages, settled
from .guard import require_above, require_ceiling, require_not_self
from .model import GRANTS, Facts, Grant, Level, Role, Standing, held_as
from .repository import held_at
from .shaping import altered, recorded

__all__ = ["RoleHolders", "count", "replace"]


class RoleHolders(Service):
    """Those who have the tenant's roles: a part of the verbs of `Roles`."""

    __slots__ = ()

    @query
    def usage(self, uow: UnitOfWork, key: str, *, level: str | None = None) -> RoleUsage:
        """What refers to a role.

        Args:
            key: A role, built in or custom.
            level: Of a built-in role, `tenant` or `workspace`: the tenant's unless given.

        Raises:
            Invalid: There is no such role.
            Denied: The principal may not see roles.
        """
        uow.require("tenant-api:role:read")
        roles = uow.roles.all()
        role = _any(uow, roles, key, level)
        return count(uow, role.key, role.level, roles.values())

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
            Denied: The principal may not change roles, holds less than this one did or would, or has it themselves.
        """
        access = uow.require("tenant-api:role:update")
        before, then = altered(uow, access, key, permissions=permissions, inherits=inherits, acts_as=acts_as)
        old, new = lineages(before.values()), lineages(then.values())
        reached = {id for state in (before, then) for id, role in state.items() if key in {e.key for e in role.lineage}}
        where = {"role": OneOf(reached), "counts_until": After(uow.now)}
        return listed(
            uow,
            "roles.plan_update",
            uow.members.records,
            MEMBERSHIPS,
            {"id": Among(GRANTS, "membership_id", where)},
            present=lambda members: [
                Affected(member, tuple(_changes(uow, member, old, new))) for member in uow.members.present(members)
            ],
            filters={"key": key, "role": repr(then[key].role)},
            limit=limit,
            after=after,
            offset=offset,
            order=None,
            total=total,
        )

    @command
    def move(self, uow: UnitOfWork, role: str, *, to: str, level: str | None = None) -> int:
        """Give everybody who has one role another instead, in the same places and for as long; tells how many had it.

        Args:
            role: A role, built in or custom, but not that of the owners.
            to: Another of the same level.
            level: Of built-in roles, `tenant` or `workspace`: the tenant's unless given.

        Raises:
            Invalid: There is no such role, they are of two levels or the same, or one is the owners'.
            Denied: The principal may not change members, is one of them, or holds less than they do or would.
        """
        access = uow.require("tenant-api:member:update")
        roles = uow.roles.all()
        old = _any(uow, roles, role, level)
        return _moved(uow, access, roles, old, _other(uow, roles, old, to))


def count(uow: UnitOfWork, key: str, level: Level, roles: Iterable[CustomRole]) -> RoleUsage:
    """What refers to a role, with what is over left out."""
    held = Among(GRANTS, "membership_id", {**held_at(key, level), "counts_until": After(uow.now)})
    return RoleUsage(
        members=uow.members.records.count(id=held),
        invitations=uow.invitations.count_offering(key, level, at=uow.now),
        roles=sum(1 for each in roles if _builds_on(each, key, level)),
    )


def replace(uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], role: CustomRole, to: str) -> None:
    """Whoever and whatever refers to a custom role refers to another from now on."""
    new = _other(uow, roles, role.role, to)
    scheme = uow.settings.scheme.joined(lineages(roles.values()))
    if role.level is Level.TENANT:
        require_ceiling(scheme, access, roles=[new.key])
    else:
        require_ceiling(scheme, access, everywhere=[new.key])
    _moved(uow, access, roles, role.role, new)
    dependents = [each for each in roles.values() if _builds_on(each, role.id, role.level)]
    if dependents:
        rebuilt = settled(uow.settings.scheme, roles, *(_rebuilt(each, role.id, new.key) for each in dependents))
        uow.roles.records.save(*(each for id, each in rebuilt.items() if each != roles[id]))
        for each in dependents:
            uow.record("role.updated", each.id, before=recorded(each), after=recorded(rebuilt[each.id]))
    offers = [
        (offer, offer.with_role(new.key, instead_of=role.id)) for offer in uow.invitations.offering(role.id, role.level)
    ]
    uow.invitations.records.save(*(after for _, after in offers))
    for before, after in offers:
        uow.record("invitation.updated", before.id, before=before.offer, after=after.offer)


def _any(uow: UnitOfWork, roles: Mapping[str, CustomRole], key: object, level: str | None) -> Role:
    """The role of this key: a custom one, or a built-in one of the level that is named."""
    custom = roles.get(text.exact(key, "role"))
    if custom is not None:
        return custom.role
    return uow.settings.scheme.role(key, Level.TENANT if level is None else text.choice(level, Level, "level"))


def _other(uow: UnitOfWork, roles: Mapping[str, CustomRole], old: Role, key: str) -> Role:
    """The role that is to take the place of another."""
    new = uow.settings.scheme.joined(lineages(roles.values())).role(key, old.level)
    if new.key == old.key:
        raise Invalid("A role cannot take its own place.", field="role")
    if old.level is Level.TENANT and uow.settings.scheme.owner_role in (old.key, new.key):
        raise Invalid("Ownership is given and taken one by one.", field="role")
    return new


def _moved(uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], old: Role, new: Role) -> int:
    """Whoever has the one role gets the other, in the same place and for as long; how many there were."""
    having = Among(GRANTS, "membership_id", {**held_at(old.key, old.level), "counts_until": After(uow.now)})
    grants = uow.grants.records.list(membership_id=having)
    members = with_roles(uow.members.records.list(id=having), grants, uow.now)
    require_not_self(access, *members, instead="let somebody else move them")
    moving = [grant for member in members for grant in member.grants if _is_of(grant, old, uow)]
    scheme = uow.settings.scheme.joined(lineages(roles.values()))
    touched = [grant for member in members for grant in member.grants] if old.level is Level.TENANT else moving
    require_above(scheme, access, touched)
    last = max((grant.counts_until for grant in moving), default=None)
    until = None if any(grant.ends_at is None for grant in moving) else last
    if old.level is Level.TENANT:
        require_ceiling(scheme, access, roles=[new.key], until=until)
    else:
        require_ceiling(scheme, access, workspaces={str(g.workspace_id): [new.key] for g in moving}, until=until)
    outcome = _outcome(uow, members, moving, new)
    uow.grants.take(grant for member in members for grant in member.grants if outcome.get(grant.id, grant) is None)
    uow.grants.records.save(*filter(None, outcome.values()))
    for member in members:
        for place in sorted({grant.workspace_id for grant in member.grants if grant.id in outcome}, key=str):
            before = roles_at(member, place)
            after = [now for grant in before if (now := outcome.get(grant.id, grant)) is not None]
            note(uow, member, place, before, after)
    return len(members)


def _outcome(
    uow: UnitOfWork, members: Iterable[Membership], moving: Iterable[Grant], new: Role
) -> Mapping[str, Grant | None]:
    """What becomes of grants: the same with the new role; or None, where another gives that there already, or did."""
    present = {(grant.membership_id, grant.held_as): grant for member in members for grant in member.grants}
    outcome: dict[str, Grant | None] = {}
    for grant in moving:
        there = present.get((grant.membership_id, held_as(new.key, grant.workspace_id)))
        covered = there and there.counts_from <= grant.counts_from and there.counts_until >= grant.counts_until
        outcome[grant.id] = None if covered else evolve(grant, role=new.key, granted_by=uow.by.user_id)
        if there and not covered:
            outcome[there.id] = None
    return outcome


def _is_of(grant: Grant, role: Role, uow: UnitOfWork) -> bool:
    level = Level.TENANT if grant.workspace_id is None else Level.WORKSPACE
    return grant.role == role.key and level is role.level and grant.counts_until > uow.now


def _builds_on(role: CustomRole, key: str, level: Level) -> bool:
    """Whether a custom role inherits from this one, or acts as it."""
    return (role.level is level and key in role.inherits) or (level is Level.WORKSPACE and role.acts_as == key)


def _rebuilt(role: CustomRole, old: str, new: str) -> CustomRole:
    inherits = tuple(dict.fromkeys(new if key == old else key for key in role.inherits))
    return evolve(role, inherits=inherits, acts_as=new if role.acts_as == old else role.acts_as)


def _changes(
    uow: UnitOfWork, member: Membership, old: tuple[Role, ...], new: tuple[Role, ...]
) -> Iterator[AccessChange]:
    """What a member would gain and lose, place by place, if these custom roles became those."""
    before, after = (_would(uow, member, roles) for roles in (old, new))
    places: Sequence[tuple[str | None, frozenset[str], frozenset[str]]] = [
        (None, before.held(), after.held()),
        (ALL, before.held_everywhere, after.held_everywhere),
        *((id, before.held(id), after.held(id)) for id in sorted(member.workspaces)),
    ]
    for place, had, has in places:
        if had != has:
            yield AccessChange(place, gained=has - had, lost=had - has)


def _would(uow: UnitOfWork, member: Membership, roles: tuple[Role, ...]) -> Access:
    """What the member's roles give, were nothing suspended."""
    standing = Standing(TenantStatus.ACTIVE, member.id, MembershipStatus.ACTIVE, member.grants, roles=roles)
    return Access(uow.settings.scheme, Facts(member.tenant_id, principal_of(member.user_id), standing, uow.now))
