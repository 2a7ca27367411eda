"""How those who have a role, and what refers to it, come to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from ...invitations.model import offer_of, swap_role
from ...kernel.errors import Conflict, Invalid
from ...members.model import GRANTS, Grant, Membership, counts_from, counts_until, held_as, is_over
from ...members.repository import with_roles
from ...members.service.policy import roles_at
from ...members.service.roles import record_roles
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import After, Among
from ...tenants.model import raise_epoch
from ..compiled import ALL, Access
from ..custom import CustomRole, as_role, lineages, settle
from ..guard import permissions_in, refuse, require_above, require_ceiling, require_not_self, require_role
from ..model import Decision, Level, Places, Role
from ..repository import held_at
from .shaping import is_narrowed, require_acting, role_values

__all__ = [
    "builds_on",
    "move_holders",
    "rebuild",
    "replace_role",
    "require_movable",
    "require_replaceable",
    "require_replacement",
]

_IN_WORKSPACES = "workspace-api:member:update"


def replace_role(uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], role: CustomRole, to: str) -> None:
    """Whoever and whatever refers to a custom role refers to another from now on."""
    new = require_replaceable(uow, access, roles, role, to)
    move_holders(uow, access, roles, as_role(role), new)
    rebuilt = rebuild(uow, access, roles, role, new.key)
    uow.roles.records.save(*(each for id, each in rebuilt.items() if each != roles[id]))
    if is_narrowed(uow, roles, rebuilt):
        uow.tenant = raise_epoch(uow.tenant)
    for each in roles.values():
        if builds_on(each, role.id, role.level):
            uow.record("role.updated", each.id, before=role_values(each), after=role_values(rebuilt[each.id]))
    offers = [(offer, swap_role(offer, role.id, new.key)) for offer in uow.invitations.offering(role.id, role.level)]
    uow.invitations.records.save(*(after for _, after in offers))
    for before, after in offers:
        uow.record("invitation.updated", before.id, before=offer_of(before), after=offer_of(after))


def rebuild(
    uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], role: CustomRole, to: str | None
) -> Mapping[str, CustomRole]:
    """The roles of the tenant by id, after those that build on this one build on another, or on none.

    Raises:
        Invalid: One would contradict itself.
        Denied: The principal holds less than one would begin to act as.
    """
    dependents = [each for each in roles.values() if builds_on(each, role.id, role.level)]
    rebuilt = settle(uow.settings.scheme, roles, *(_rebuild(each, role.id, to) for each in dependents))
    require_acting(uow, access, roles, rebuilt)
    return rebuilt


def require_replacement(
    uow: UnitOfWork, roles: Mapping[str, CustomRole], old: Role, key: str, *, field: str = "replacement"
) -> Role:
    """The role that is to take the place of another."""
    new = uow.settings.scheme.joined(lineages(roles.values())).role(key, old.level, field=field)
    if new.key == old.key:
        raise Invalid("A role cannot take its own place.", field=field, rule="same_role")
    if old.level is Level.TENANT and uow.settings.scheme.owner_role in (old.key, new.key):
        raise Invalid("Ownership is given and taken one by one.", field=field, rule="owners_role")
    return new


def require_replaceable(
    uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], role: CustomRole, to: str
) -> Role:
    """The role that is to take the place of a custom one.

    Raises:
        Invalid: There is none, or it cannot take its place.
        Denied: The principal holds less than it does.
    """
    new = require_replacement(uow, roles, as_role(role), to)
    require_role(uow.settings.scheme.joined(lineages(roles.values())), access, new)
    return new


def require_movable(
    uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], old: Role, new: Role
) -> tuple[Sequence[Membership], Sequence[Grant], Mapping[str, Grant | None]]:
    """Whoever has the one role, when each may be given the other; all their grants; and what becomes of some, by id.

    Raises:
        Conflict: Somebody has both, at times between which they have neither.
        Denied: The principal may not change members, is one of them, or holds less than they do or would.
    """
    access.require("tenant-api:member:update")
    if old.level is Level.WORKSPACE and _IN_WORKSPACES not in permissions_in(access, ALL):
        reason = f"No role of this principal holds {_IN_WORKSPACES} in every workspace."
        refuse(access, Decision(False, "permission_missing", (reason,)), permission=_IN_WORKSPACES)
    having = Among(GRANTS, "membership_id", {**held_at(old.key, old.level), "counts_until": After(uow.now)})
    grants = uow.grants.records.list(membership_id=having)
    members = with_roles(uow.members.records.list(id=having), grants, uow.now)
    require_not_self(access, *(member.user_id for member in members), instead="let somebody else move them")
    moving = [grant for member in members for grant in member.grants if _is_of(grant, old, uow)]
    scheme = uow.settings.scheme.joined(lineages(roles.values()))
    spots = {(grant.membership_id, grant.workspace_id) for grant in moving}
    at_tenant = old.level is Level.TENANT
    require_above(scheme, access, (g for g in grants if at_tenant or (g.membership_id, g.workspace_id) in spots))
    places: Places = {None: [new.key]} if at_tenant else {place: [new.key] for _, place in spots}
    until = max((counts_until(grant) for grant in moving), default=None)
    require_ceiling(scheme, access, places, until=until)
    return members, grants, _outcome(uow, members, old, new)


def move_holders(uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], old: Role, new: Role) -> int:
    """Whoever has the one role gets the other, in the same place and for as long; how many there were.

    Raises:
        Conflict: Somebody has both, at times between which they have neither.
        Denied: The principal may not change members, is one of them, or holds less than they do or would.
    """
    members, grants, outcome = require_movable(uow, access, roles, old, new)
    uow.grants.take(grant for grant in grants if grant.id in outcome)
    uow.grants.records.add(*filter(None, outcome.values()))  # one statement, where to save them is one for each
    for member in members:
        for place in sorted({grant.workspace_id for grant in member.grants if grant.id in outcome}, key=str):
            before = roles_at(member, place)
            after = [now for grant in before if (now := outcome.get(grant.id, grant)) is not None]
            record_roles(uow, member, place, before, after)
    if members:
        uow.tenant = raise_epoch(uow.tenant)
    return len(members)


def _outcome(uow: UnitOfWork, members: Iterable[Membership], old: Role, new: Role) -> Mapping[str, Grant | None]:
    """What becomes of grants, by id: another; or None, where it is one with that of the same role in the same place.

    Raises:
        Conflict: Two would be one, and between their times neither counts.
    """
    outcome: dict[str, Grant | None] = {}
    for member in members:
        present = {held_as(grant.role, grant.workspace_id): grant for grant in member.grants}
        for grant in (grant for grant in member.grants if _is_of(grant, old, uow)):
            there = present.get(held_as(new.key, grant.workspace_id))
            outcome[grant.id] = evolve(grant, role=new.key, granted_by=uow.by.user_id)
            if there and is_over(there, uow.now):
                outcome[there.id] = None
            elif there:
                first, last = sorted((grant, there), key=counts_from)
                if counts_until(first) < counts_from(last):
                    reason = "A member has both roles, at times that do not meet; change one of them first."
                    raise Conflict(reason, rule="times_apart", user_id=member.user_id)
                longer = max(first, last, key=counts_until)
                outcome[there.id] = evolve(there, starts_at=first.starts_at, ends_at=longer.ends_at)
                outcome[grant.id] = None
    return outcome


def _is_of(grant: Grant, role: Role, uow: UnitOfWork) -> bool:
    return grant.role == role.key and Level.at(grant.workspace_id) is role.level and not is_over(grant, uow.now)


def builds_on(role: CustomRole, key: str, level: Level) -> bool:
    """Whether a custom role inherits from this one, or acts as it."""
    return (role.level is level and key in role.inherits) or (level is Level.WORKSPACE and role.acts_as == key)


def _rebuild(role: CustomRole, old: str, new: str | None) -> CustomRole:
    inherits = tuple(dict.fromkeys(key for each in role.inherits if (key := new if each == old else each) is not None))
    return evolve(role, inherits=inherits, acts_as=new if role.acts_as == old else role.acts_as)
