"""What would change if: told before it is done, and then exactly that is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tenantry import SYSTEM, Denied, Invalid, InvalidCursor, NotFound, Principal
from tenantry.access.guard import permissions_in
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import (
    DROP,
    EXPORT,
    MEMBERS,
    READ,
    SEND,
    SHOW,
    TENANT,
    defined,
    held,
    opened,
    role,
    state,
)
from tests.features.people import BOB, CAY, DAN, EVE, Company
from tests.scale import rounds


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def plan(acme: Company, key: str, **given: Any) -> dict[str, dict[str | None, tuple[set[str], set[str]]]]:
    """For each member, and each place, what they would gain and lose."""
    return {
        affected.membership.user_id: {
            change.workspace: (set(change.gained), set(change.lost)) for change in affected.changes
        }
        for affected in acme.context().roles.plan_update(key, limit=200, **given)
    }


def test_who_gains_and_loses_what_is_told_place_by_place(acme: Company) -> None:
    """R5: directly, by inheritance, and everywhere; nothing where another role gives the same."""
    there = defined(acme, "There", READ, level="workspace")
    base = defined(acme, "Base", SHOW, acts_as=there)
    heir = defined(acme, "Heir", inherits=[base])
    acme.add(BOB, base)
    acme.add(CAY, heir)
    acme.add(DAN, "admin")
    acme.context().members.add_role(DAN.user_id, role=base)
    acme.add(EVE)
    before = state(acme)

    planned = plan(acme, base, permissions=[MEMBERS], acts_as="member")

    everywhere = ({"workspace-api:workspace:read", "workspace-api:member:read"}, set[str]())
    assert planned == {
        BOB.user_id: {None: ({MEMBERS}, {SHOW}), "all": everywhere},
        CAY.user_id: {None: ({MEMBERS}, {SHOW}), "all": everywhere},
        DAN.user_id: {None: (set(), {SHOW})},
    }
    assert state(acme) == before


def test_a_place_of_ones_own_is_told_beside_every_place(acme: Company) -> None:
    place = defined(acme, "Place", READ, level="workspace")
    acme.add(BOB, defined(acme, "Actor", acts_as=place), workspaces={acme.general: "admin"})
    acme.add(CAY, workspaces={acme.general: place})

    assert plan(acme, place, permissions=[SEND]) == {
        BOB.user_id: {"all": ({SEND}, set())},
        CAY.user_id: {acme.general: ({SEND}, set())},
    }


def test_a_role_to_come_is_in_the_plan_and_one_that_has_ended_is_not(acme: Company, clock: FrozenClock) -> None:
    key = defined(acme, "Press", SHOW)
    acme.add(BOB)
    acme.add(CAY)
    acme.context().members.add_role(BOB.user_id, role=key, starts_at=clock() + timedelta(days=9))
    acme.context().members.add_role(CAY.user_id, role=key, ends_at=clock() + timedelta(days=1))
    clock.advance(timedelta(days=1))

    assert plan(acme, key, permissions=[EXPORT]) == {BOB.user_id: {}}


def test_a_plan_of_the_same_has_everybody_and_no_change(acme: Company) -> None:
    key = defined(acme, "Press", SHOW)
    acme.add(BOB, key)

    assert plan(acme, key) == plan(acme, key, permissions=[SHOW]) == {BOB.user_id: {}}


def test_a_plan_has_pages(acme: Company) -> None:
    """TI-06: a cursor is good for one proposal alone."""
    key = defined(acme, "Press", SHOW)
    for who in (BOB, CAY, DAN):
        acme.add(who, key)
    roles = acme.context().roles

    first = roles.plan_update(key, permissions=[], limit=2, total=True)
    assert ([a.membership.user_id for a in first], first.total) == ([BOB.user_id, CAY.user_id], 3)
    [last] = roles.plan_update(key, permissions=[], limit=2, after=first.next)
    assert last.membership.user_id == DAN.user_id
    with pytest.raises(InvalidCursor):
        roles.plan_update(key, permissions=[EXPORT], after=first.next)


def test_a_plan_refuses_what_the_change_would(acme: Company) -> None:
    key = defined(acme, "Press", SHOW, MEMBERS)
    acme.add(BOB, "admin")
    wrong: list[dict[str, Any]] = [
        {"permissions": [SEND]},
        {"inherits": [key]},
        {"inherits": ["owner"]},
        {"acts_as": "nobody"},
    ]
    for given in wrong:
        for act in (acme.context().roles.plan_update, acme.context().roles.update):
            with pytest.raises(Invalid):
                act(key, **given)
    with pytest.raises(Denied):
        acme.context(BOB).roles.plan_update(key, permissions=[])
    with pytest.raises(NotFound):
        acme.context().roles.plan_update("rol_made_up", permissions=[])


def test_what_was_planned_is_what_happens(acme: Company, clock: FrozenClock) -> None:
    """R5: for random roles, members and changes, everybody holds afterwards what the plan said, in every place."""
    random = Random(5)
    places = [acme.general, acme.workspace("There")]
    tenant, workspace = [SHOW, EXPORT, MEMBERS, TENANT], [READ, SEND, DROP]
    local = ["viewer"]
    for number in range(4):
        inherits = random.sample(local, random.randrange(2))
        given = random.sample(workspace, random.randrange(3))
        local.append(defined(acme, f"Local {number}", *given, level="workspace", inherits=inherits))
    top = ["member"]
    for number in range(6):
        inherits = random.sample(top, random.randrange(2))
        given, acts_as = random.sample(tenant, random.randrange(3)), random.choice([None, *local])
        top.append(defined(acme, f"Top {number}", *given, inherits=inherits, acts_as=acts_as))
    users = [f"user_{number}" for number in range(6)]
    for user in users:
        acme.context().members.add(
            user, role=random.choice(top), workspaces={random.choice(places): random.choice(local)}
        )
        ends_at = random.choice([None, clock() + timedelta(days=1)])
        acme.context().members.add_role(user, role=random.choice(top), ends_at=ends_at)

    done = 0
    for _ in range(rounds(1_000)):
        at_top = random.random() < 0.5
        mine, names = (top, tenant) if at_top else (local, workspace)
        key = random.choice(mine[1:])
        change: dict[str, Any] = {"permissions": random.sample(names, random.randrange(len(names) + 1))}
        if random.random() < 0.7:
            change["inherits"] = random.sample(mine, random.randrange(2))
        if at_top and random.random() < 0.7:
            change["acts_as"] = random.choice(["", *local])
        before = holdings(acme, users, places)
        try:
            planned = plan(acme, key, **change)
        except Invalid:  # a circle, or two to act as
            with pytest.raises(Invalid):
                acme.context().roles.update(key, **change)
            assert holdings(acme, users, places) == before
            continue
        acme.context().roles.update(key, **change)
        after = holdings(acme, users, places)
        done += 1

        assert differences(before, after) == {user: changes for user, changes in planned.items() if changes}
        reached = {each.id for each in acme.context().roles.list() if key in {part.key for part in each._lineage}}
        having = {user for user in users if {g.role for g in acme.context().members.get(user).grants} & reached}
        assert having <= planned.keys()
    assert done > 5


Holdings = Mapping[str, Mapping[str | None, frozenset[str]]]


def holdings(acme: Company, users: list[str], places: list[str]) -> Holdings:
    """What each of these holds at the tenant, everywhere, and in each workspace where they have a role."""
    found = {}
    for user in users:
        access = acme.context(Principal(user)).access()
        mine = acme.context(SYSTEM).members.get(user).workspaces
        found[user] = {None: permissions_in(access), "all": permissions_in(access, "all")} | {
            place: permissions_in(access, place) for place in places if place in mine
        }
    return found


def differences(before: Holdings, after: Holdings) -> dict[str, dict[str | None, tuple[set[str], set[str]]]]:
    found: dict[str, dict[str | None, tuple[set[str], set[str]]]] = {}
    for user, places in before.items():
        for place, had in places.items():
            has = after[user][place]
            if had != has:
                found.setdefault(user, {})[place] = (set(has - had), set(had - has))
    return found


def test_a_plan_is_for_who_may_see_members(acme: Company) -> None:
    """R5: it shows who they are, where they work and their addresses."""
    editor = defined(acme, "Editor", "tenant-api:role:update", SHOW)
    key = defined(acme, "Press", SHOW)
    acme.add(CAY, key)
    context = acme.add(BOB, editor)
    with pytest.raises(Denied) as refused:
        context.roles.plan_update(key, permissions=[])
    assert refused.value.data["permission"] == MEMBERS


def test_what_a_plan_tells_of_is_what_one_may_ask(acme: Company) -> None:
    key = defined(acme, "Press", SHOW)
    acme.add(BOB, key)
    [affected] = acme.context().roles.plan_update(key, permissions=[EXPORT])

    assert affected.membership == acme.member(BOB)
    assert affected.changes[0].gained == {EXPORT}
    assert affected.changes[0].lost == frozenset()
    acme.context().roles.update(key, permissions=[EXPORT])
    assert held(acme, BOB) == {SHOW, EXPORT}
    assert role(acme, key).permissions == (EXPORT,)
