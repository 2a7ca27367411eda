"""What holds of every answer, for every scheme, all custom roles and all facts; `naive` is a second opinion."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from attrs import evolve

from tenantry import ALL, Invalid, WorkspaceStatus
from tenantry.access.guard import as_themselves, permissions_in
from tenantry.access.scheme.catalogue import OWN
from tests.properties import naive
from tests.properties.worlds import (
    CUSTOM,
    PLACES,
    SOME,
    TENANT,
    WORKSPACE,
    World,
    in_worlds,
    questions,
    rights,
    some,
)
from tests.scale import SEED, rounds
from tests.unit.access.facts import grant

WORLDS = rounds(1_000_000)
BLOCKS = 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_three_ways_to_decide_agree(block: int) -> None:
    """AC-40, PE-12, E50: `can` about everything, and `check_many` about a part of it."""

    def check(world: World, chance: Random) -> None:
        allowed = naive.rights(world.scheme, world.facts)
        assert world.rights == allowed
        asked = chance.sample(questions(world.scheme), 12)
        decisions = world.access.check_many([name if place is None else (name, place) for name, place in asked])
        assert [each.allowed for each in decisions] == [question in allowed for question in asked]
        assert all(each.reasons and (each.code == "allowed") is each.allowed for each in decisions)

    size = WORLDS // BLOCKS
    start = SEED + block * size
    in_worlds(range(start, start + size), check)


def test_the_worlds_are_of_every_kind() -> None:
    """Otherwise the others would prove little."""
    seen: dict[str, int] = {}

    def check(world: World, chance: Random) -> None:
        standing = world.facts.standing
        kinds = {
            "may something": bool(world.rights),
            "may it by a role of the tenant's own": world.rights > evolve(world, custom={}).rights,
            "may it by what is damaged": bool(world.rights and not world.is_sound and standing.roles),
            "owns": (OWN, None) in world.rights,
            "is shut out though a role would do": not world.rights and bool(world.live(world.grants).rights),
        }
        for kind, is_so in kinds.items():
            seen[kind] = seen.get(kind, 0) + is_so

    in_worlds(range(len(SOME)), check)
    assert min(seen.values()) > len(SOME) // 100, seen


def test_the_grants_of_a_decision_are_those_that_allow_it() -> None:
    """Each alone is enough, and without them it is a no."""

    def check(world: World, chance: Random) -> None:
        for name, place in some(chance, sorted(world.rights, key=str), most=3):
            decision = world.access.check(name, workspace=place)
            assert bool(decision.grants) is not world.by.is_system
            for each in decision.grants:
                assert evolve(world, grants=(each,)).access.can(name, workspace=place)
            rest = tuple(each for each in world.grants if each not in decision.grants)
            assert evolve(world, grants=rest).access.can(name, workspace=place) is world.by.is_system

    in_worlds(SOME, check)


def test_the_workspaces_where_are_those_where_one_may() -> None:
    """R7."""

    def check(world: World, chance: Random) -> None:
        live = {id for id, status in world.workspaces.items() if status is WorkspaceStatus.ACTIVE}
        for name in world.scheme.names[WORKSPACE]:
            where = world.access.workspaces_where(name)
            may = {id for id in live if (name, id) in world.rights}
            assert may == (live if where == ALL else where)

    in_worlds(SOME, check)


def test_what_is_held_is_what_one_may_where_nothing_stands_in_the_way() -> None:
    def check(world: World, chance: Random) -> None:
        access = world.access
        assert permissions_in(access) == {name for name, place in world.rights if place is None}
        for id in PLACES:
            there = permissions_in(access, id)
            assert permissions_in(access, ALL) <= there
            if world.workspaces.get(id) is WorkspaceStatus.ACTIVE:
                assert there == {name for name, place in world.rights if place == id}

    in_worlds(SOME, check)


def test_a_higher_role_may_all_that_the_role_may() -> None:
    """And who has the role itself is as high. A role is what the user has, whoever impersonates them."""

    def check(world: World, chance: Random) -> None:
        there = {(role.level, role.key) for role in (*world.scheme.roles, *world.facts.standing.roles)}
        for place, key in product([None, *PLACES], ["owner", "lead", "member", "admin", "viewer", *CUSTOM]):
            if (TENANT if place is None else WORKSPACE, key) not in there:
                with pytest.raises(Invalid):
                    world.access.at_least(key, workspace=place)
                continue
            answer = world.access.at_least(key, workspace=place)
            has = [each for each in world.facts.live_grants() if (each.role, each.workspace_id) == (key, place)]
            in_use = place is None or world.workspaces.get(place) is WorkspaceStatus.ACTIVE
            if has or world.by.is_system:
                assert answer is (world.access.is_live and in_use)
            if answer:
                assert world.live([grant(key, place)]).rights <= rights(as_themselves(world.access))

    in_worlds(SOME, check)
