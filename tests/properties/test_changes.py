"""What a change may do to what somebody may do, in every world: less can only give less, and order is nothing."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import TypeVar

from attrs import evolve

from tenantry import Denied, MembershipStatus, NotFound, Role, TenantStatus, WorkspaceStatus
from tenantry.access.guard import require_ceiling, through_time
from tests.properties.worlds import (
    ENDS,
    OFF,
    PLACES,
    SOME,
    TICK,
    World,
    in_worlds,
    new_grant,
    rights,
    some,
)
from tests.unit.access.facts import NOW, grant

T = TypeVar("T")


def test_the_order_of_things_does_not_matter() -> None:
    """Nor does it for the reasons, of which there may be several of one length."""

    def check(world: World, chance: Random) -> None:
        def mixed(values: Iterable[T]) -> list[T]:
            return sorted(values, key=lambda _: chance.random())

        def mixed_roles(roles: Iterable[Role]) -> list[Role]:
            return [
                evolve(role, permissions=mixed(role.permissions), inherits=mixed(role.inherits))
                for role in mixed(roles)
            ]

        scheme = evolve(
            world.scheme, roles=mixed_roles(world.scheme.roles), permissions=mixed(world.scheme.permissions)
        )
        other = evolve(
            world,
            scheme=scheme,
            custom={role.key: role for role in mixed_roles(world.custom.values())},
            grants=tuple(mixed(world.grants)),
            workspaces=dict(mixed(world.workspaces.items())),
        )
        assert other.rights == world.rights
        for name, place in some(chance, sorted(world.rights, key=str), most=3):
            assert other.access.check(name, workspace=place) == world.access.check(name, workspace=place)

    in_worlds(SOME, check)


def test_one_more_grant_takes_nothing_away() -> None:
    """PE-10."""

    def check(world: World, chance: Random) -> None:
        more = evolve(world, grants=(*world.grants, new_grant(chance, world.custom)))
        assert world.rights <= more.rights

    in_worlds(SOME, check)


def test_one_more_permission_of_a_role_takes_nothing_away() -> None:
    """PE-10."""

    def check(world: World, chance: Random) -> None:
        for key, role in world.custom.items():
            wider = evolve(role, permissions=(*role.permissions, *some(chance, sorted(world.scheme.catalogue), most=3)))
            assert world.rights <= evolve(world, custom={**world.custom, key: wider}).rights

    in_worlds(SOME, check)


def test_switching_anything_off_gives_nothing() -> None:
    """PE-10, PE-11: a suspension at any level, an end, a later start."""

    def check(world: World, chance: Random) -> None:
        off = [evolve(world, by=OFF)] if not world.by.is_system else []
        if world.tenant is not None:
            off += [evolve(world, tenant=status) for status in TenantStatus if status is not TenantStatus.ACTIVE]
        if world.member is not None:
            off.append(evolve(world, member=MembershipStatus.DEACTIVATED))
        for id in world.workspaces:
            off.append(evolve(world, workspaces={**world.workspaces, id: WorkspaceStatus.ARCHIVED}))
            off.append(
                evolve(world, workspaces={each: world.workspaces[each] for each in world.workspaces if each != id})
            )
        for at, each in enumerate(world.grants):
            for instead in ([], [evolve(each, ends_at=NOW)], [evolve(each, starts_at=NOW + TICK)]):
                rest = (*world.grants[:at], *instead, *world.grants[at + 1 :])
                off.append(evolve(world, grants=rest))
        for less in chance.sample(off, min(4, len(off))):
            assert less.rights <= world.rights

    in_worlds(SOME, check)


def test_what_lasts_is_what_one_may_at_every_instant_until_then() -> None:
    """Without a gap, though grants end and others begin."""

    def check(world: World, chance: Random) -> None:
        for until in (None, NOW + TICK, NOW + 2 * TICK):
            lasting = set.intersection(*map(rights, through_time(world.access, until)))
            instants = [NOW + number * TICK for number in range(4)]
            assert lasting == set.intersection(
                *(rights(world.at(at)) for at in instants if until is None or at < until)
            )

    in_worlds(SOME, check)


def test_who_is_given_what_passes_the_ceiling_may_nothing_that_the_giver_may_not() -> None:
    """Law 5: now and as long as it lasts."""
    given = 0

    def check(world: World, chance: Random) -> None:
        nonlocal given
        role, there = (new_grant(chance, world.custom).role for _ in range(2))
        place, until = chance.choice(PLACES), chance.choice(ENDS)
        try:
            require_ceiling(world.joined, world.access, {None: [role], place: [there]}, until=until)
        except (Denied, NotFound):
            return
        taker = world.live([grant(role, ends_at=until), grant(there, place, ends_at=until)])
        for instant in (NOW, NOW + TICK, NOW + 2 * TICK):
            has, may = rights(taker.at(instant)), rights(world.at(instant))
            assert has <= may
            given += bool(has)

    in_worlds(SOME, check)
    assert given
