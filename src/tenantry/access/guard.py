"""What stands between a principal and a command, as questions about their `Access`; above all the ceiling.

The ceiling: nobody grants, changes or takes away more than they hold themselves, nor for longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from attrs import evolve

from ..kernel.errors import TenantryError
from ..members.model import LATEST, Grant, counts_until, is_over
from ..tenants.model import TenantStatus
from ..workspaces.model import WORKSPACES, Workspace
from .compiled import ALL, Access, Held, answers_of, facts_of, held_of, refusal
from .model import Decision, Level, Places, Role
from .policy import IMPERSONATED, obstacle, roles_held, withheld
from .scheme import NOTHING, Scheme
from .scheme.inheritance import index, lineage

__all__ = [
    "allows",
    "as_in_use",
    "as_themselves",
    "by_place",
    "holds_all_in_workspaces",
    "is_within",
    "knowing",
    "permissions_in",
    "refuse",
    "require_above",
    "require_ceiling",
    "require_giving_back",
    "require_in_person",
    "require_live",
    "require_may_invite",
    "require_not_own",
    "require_not_self",
    "require_role",
    "require_workspaces",
    "role_labels",
    "through_time",
]


def refuse(access: Access, decision: Decision, **data: object) -> NoReturn:
    """Raise what this decision means for the principal."""
    raise refusal(facts_of(access)[1], decision, **data)


def allows(question: Callable[[], object]) -> bool:
    """Whether a question of this kind is answered with yes. A no is noted nowhere: that is only what leaves a verb."""
    try:
        question()
    except TenantryError:
        return False
    return True


def require_live(access: Access) -> None:
    """Does nothing stand in the principal's way, whatever they hold?

    Raises:
        Denied: The account, the membership or the tenant is switched off.
        NotFound: They are no member.
    """
    stop = obstacle(facts_of(access)[1])
    if stop is not None:
        refuse(access, stop)


def require_in_person(access: Access) -> None:
    """Is it the principal who acts, and nobody who impersonates them? For what requires that without a permission.

    Raises:
        Denied: Somebody impersonates them.
    """
    if access.principal.impersonated_by is not None:
        refuse(access, IMPERSONATED)


def as_themselves(access: Access) -> Access:
    """The access that the principal has in person, to decide what is shown to somebody who impersonates them."""
    if access.principal.impersonated_by is None:
        return access
    scheme, facts = facts_of(access)
    return Access(scheme, evolve(facts, by=evolve(facts.by, impersonated_by=None)))


def as_in_use(access: Access) -> Access:
    """The access that the principal has while the tenant is in use, for what one may do to a tenant that is not."""
    scheme, facts = facts_of(access)
    if facts.standing.tenant_status in (None, TenantStatus.ACTIVE):
        return access
    return Access(scheme, evolve(facts, standing=evolve(facts.standing, tenant_status=TenantStatus.ACTIVE)))


def knowing(access: Access, workspaces: Iterable[Workspace]) -> Access:
    """The access as if it had been loaded with these workspaces, which were read in the same transaction."""
    scheme, facts = facts_of(access)
    known = {**facts.standing.workspaces, **{workspace.id: workspace.status for workspace in workspaces}}
    return Access(scheme, evolve(facts, standing=evolve(facts.standing, workspaces=known)))


def require_workspaces(access: Access, ids: Iterable[str]) -> None:
    """Are all these workspaces, with which the access was loaded, in use in the tenant?

    Raises:
        NotFound: One is not.
    """
    known = answers_of(access)
    if any(id not in known for id in ids):
        raise WORKSPACES.missing()


def permissions_in(access: Access, workspace: str | None = None) -> frozenset[str]:
    """Every permission that the principal has through their roles in a place, whatever its state.

    Args:
        access: What is known of the principal.
        workspace: The id of a workspace; `ALL` for any one, also without a grant in it; None for the tenant.
    """
    if not access.is_live:
        return NOTHING
    scheme, facts = facts_of(access)
    level = Level.at(workspace)
    if facts.by.is_system:
        return scheme.names[level]
    scheme = scheme.joined(facts.standing.roles)
    roles = {role for role, _ in roles_held(scheme, facts, workspace)}
    return NOTHING.union(*(scheme.permissions_of(role, level) for role in roles)) - withheld(scheme, facts)


def through_time(access: Access, until: datetime | None) -> Iterator[Access]:
    """What the principal can do now and, as time goes by, after each end of a grant of theirs before then."""
    scheme, facts = facts_of(access)
    ends = {counts_until(grant) for grant in facts.standing.grants}
    yield access
    for end in sorted(ends):
        if facts.as_of < end < (until or LATEST):
            yield Access(scheme, evolve(facts, as_of=end))


def by_place(access: Access, places: Iterable[str | None]) -> Iterator[Access]:
    """For the tenant (None) and each of these workspaces, the access by the grants that count there.

    What is asked about many places, each over time, would otherwise go through all grants for each.
    """
    scheme, facts = facts_of(access)
    grants: dict[str | None, list[Grant]] = {}
    for grant in facts.standing.grants:
        grants.setdefault(grant.workspace_id, []).append(grant)
    for place in places:
        there = [grant for each in {None, place} for grant in grants.get(each, ())]
        narrow = evolve(facts.standing, grants=tuple(there), workspaces={})  # held whatever the state of a workspace
        yield Access(scheme, evolve(facts, standing=narrow))


def require_ceiling(
    scheme: Scheme, access: Access, places: Places, *, until: datetime | None = None, naming: bool = False
) -> None:
    """Does the principal hold everything that these roles hold, each where and for as long as it is to be held?

    Args:
        scheme: What the roles hold.
        access: What the principal holds.
        places: The roles, by place; `ALL` is the place of those that may be held in any workspace.
        until: When they will end; None for never.
        naming: Whether the principal has named these places, so that the error may name one to them.

    Raises:
        Denied: A role holds more; the decision and `missing` name the permissions. Or somebody impersonates them.
    """
    require_in_person(access)
    beyond = _missing(scheme, access, places, until)
    if beyond:
        missing = sorted(NOTHING.union(*beyond.values()))
        names = ", ".join(missing)
        reason = f"This principal does not hold, or not for as long, what the role would give or take away: {names}."
        where = next((id for id in beyond if id in answers_of(access)), None) if naming else None
        refuse(access, Decision(False, "beyond_own_rights", (reason,)), missing=missing, workspace=where)


def require_role(scheme: Scheme, access: Access, role: Role) -> None:
    """Does the principal hold everything that this role holds, wherever it can be granted?

    Raises:
        Denied: It holds more.
    """
    require_ceiling(scheme, access, {None if role.level is Level.TENANT else ALL: [role.key]})


def require_above(scheme: Scheme, access: Access, grants: Iterable[Grant]) -> None:
    """Does the principal hold everything that these grants give, now or from some time on?

    Their own are never too much for them to give up, also one that is still to begin.

    Raises:
        Denied: One gives more.
    """
    places: dict[str | None, set[str]] = {}
    for grant in _of_others(access, grants):
        places.setdefault(grant.workspace_id, set()).add(grant.role)
    require_ceiling(scheme, access, places, until=access.as_of)  # what they hold later does not matter


def require_giving_back(scheme: Scheme, access: Access, grants: Iterable[Grant]) -> None:
    """May the principal let these grants count again, as if they gave each of them now, with its end?

    Raises:
        Denied: One gives more than they hold, or for longer.
    """
    ends: dict[datetime | None, dict[str | None, set[str]]] = {}
    for grant in _of_others(access, grants):
        ends.setdefault(grant.ends_at, {}).setdefault(grant.workspace_id, set()).add(grant.role)
    for until, places in ends.items():
        require_ceiling(scheme, access, places, until=until)


def require_may_invite(
    scheme: Scheme, access: Access, role: str, workspaces: Mapping[str, str], *, naming: bool = False
) -> None:
    """May the principal offer this? Into the tenant, or with the lowest role into workspaces where they may invite.

    Raises:
        Denied: They may not invite, or hold less than they offer.
        NotFound: They are no member of the tenant, or a workspace is not in use in it.
    """
    if workspaces and role == scheme.member_role and not access.can("tenant-api:member:invite"):
        for id in workspaces:
            access.require("workspace-api:member:invite", workspace=id)
    else:
        access.require("tenant-api:member:invite")
    places: Places = {None: [role], **{id: [there] for id, there in workspaces.items()}}
    require_ceiling(scheme, access, places, naming=naming)


def require_not_self(access: Access, *user_ids: str, instead: str) -> None:
    """Is it somebody else that the principal is about to change?

    Raises:
        Denied: It is the principal.
    """
    if access.principal.user_id in user_ids:
        decision = Decision(False, "own_membership", (f"Nobody changes their own membership; {instead}.",))
        refuse(access, decision)


def require_not_own(access: Access, role: str) -> None:
    """Is it a role that the principal does not have, nor one from which theirs inherits?

    Raises:
        Denied: They have it: to widen it would be to widen themselves.
    """
    if _has_custom(access, role):
        reason = "Nobody changes a role that they have; somebody else does it, or they give it up first."
        refuse(access, Decision(False, "own_role", (reason,)))


def is_within(scheme: Scheme, access: Access, places: Places) -> bool:
    """Whether the principal holds everything that these roles hold, for good."""
    return not _missing(scheme, access, places, None)


def holds_all_in_workspaces(access: Access) -> bool:
    """Whether no grant in a workspace can give more than the principal holds in each, in person and for good."""
    if access.principal.impersonated_by is not None:
        return False
    scheme, _ = facts_of(access)
    return scheme.names[Level.WORKSPACE] <= _held(access, [ALL], None)[ALL]


def role_labels(access: Access, places: Sequence[str | None]) -> Iterator[tuple[str, ...]]:
    """For the tenant (None) and each of these workspaces, the names of the roles that the principal has there now."""
    scheme, facts = facts_of(access)
    scheme = scheme.joined(facts.standing.roles)
    for place, there in zip(places, by_place(access, places), strict=True):
        keys = {role for role, _ in roles_held(scheme, facts_of(there)[1], place)}
        labels = {scheme.label(key, Level.at(place)) for key in keys}
        yield tuple(sorted(label for label in labels if label is not None))


def _missing(
    scheme: Scheme, access: Access, places: Places, until: datetime | None
) -> Mapping[str | None, frozenset[str]]:
    """What the principal does not hold, by the place where it is too much; nothing for any other."""
    held = _held(access, {*places, ALL}, until)
    missing: dict[str | None, frozenset[str]] = {}
    for place, roles in places.items():
        for role in roles:
            beyond = scheme.permissions_of(role, Level.at(place)) - held[place]
            if place is None:
                beyond |= scheme.permissions_everywhere(role) - held[ALL]
            if beyond:
                missing[place] = missing.get(place, NOTHING) | beyond
    return missing


def _held(access: Access, places: Iterable[str | None], until: datetime | None) -> Held:
    """What the principal holds now and until then, in each of these places; a page asks about the same ones often."""
    held = held_of(access, until)
    new = [place for place in places if place not in held]
    for place, there in zip(new, by_place(access, new), strict=True):
        held[place] = frozenset.intersection(*(permissions_in(then, place) for then in through_time(there, until)))
    return held


def _of_others(access: Access, grants: Iterable[Grant]) -> Iterator[Grant]:
    """Those of these grants that count, or will, and are not the principal's own."""
    return (grant for grant in grants if not is_over(grant, access.as_of) and not _has(access, grant))


def _has(access: Access, grant: Grant) -> bool:
    """Whether this grant is the principal's own, now or at another time."""
    standing = facts_of(access)[1].standing
    return grant.membership_id == standing.membership_id and grant in standing.grants


def _has_custom(access: Access, key: str) -> bool:
    """Whether what the principal holds depends on this custom role, now or from some time on."""
    standing = facts_of(access)[1].standing
    roles = index(standing.roles)  # a built-in role depends on no custom one
    theirs = {grant.role for grant in standing.grants if not is_over(grant, access.as_of)}
    return any(each.key == key for role in standing.roles if role.key in theirs for each in lineage(roles, role))
