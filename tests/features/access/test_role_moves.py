"""Everybody who has one role gets another, in the same places and for as long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import SYSTEM, Denied, Invalid, schemes
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.access.customs import MEMBERS, READ, SEND, SHOW, defined, held, opened, state
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company
from tests.features.test_statements import counting


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def test_a_built_in_role_of_each_level_is_moved(acme: Company) -> None:
    """AC-26: at one level alone, although there is one of this key at the other."""
    there = acme.workspace("There")
    for number, who in enumerate((BOB, CAY, DAN)):
        acme.add(who, "admin" if number else "member", workspaces={acme.general: "admin", there: "viewer"})

    assert acme.context().roles.move("admin", to="member", level="workspace") == 3
    assert acme.member(CAY).roles == ("admin",)
    assert acme.member(CAY).workspaces == {acme.general: ("member",), there: ("viewer",)}
    assert acme.context().roles.move("admin", to="member", level="tenant") == 2
    assert [acme.member(who).roles for who in (ADA, BOB, CAY)] == [("owner",), ("member",), ("member",)]


def test_a_role_of_workspaces_is_moved_though_that_of_the_owners_has_its_key(store: Store, clock: FrozenClock) -> None:
    """AC-26"""
    acme = opened(store, clock, scheme=schemes.CENTRAL_IT)
    acme.add(BOB, workspaces={acme.general: "admin"})
    acme.add(CAY, workspaces={acme.general: "viewer"})

    assert acme.context().roles.move("admin", to="viewer", level="workspace") == 1
    assert acme.context().roles.move("viewer", to="admin", level="workspace") == 2


def test_what_cannot_be_moved_is_refused(acme: Company) -> None:
    """E14, PE-02"""
    old, place = defined(acme, "Old", SHOW), defined(acme, "Place", READ, level="workspace")
    acme.add(BOB, old)
    before = state(acme)

    for role, to, level in (
        ("owner", "member", None),
        (old, "owner", None),
        (old, old, None),
        (old, place, None),
        (place, old, None),
        (old, "viewer", None),
        (old, "viewer", "workspace"),
        (place, "viewer", "tenant"),
        ("admin", "member", None),
        ("admin", "admin", "workspace"),
        ("rol_made_up", "member", None),
        (old, "rol_made_up", None),
        (old, "member", "nonsense"),
    ):
        with pytest.raises(Invalid):
            acme.context().roles.move(role, to=to, level=level)
        with pytest.raises(Invalid):
            acme.context(SYSTEM).roles.move(role, to=to, level=level)
    for key, level in ((old, "workspace"), (place, "tenant"), (old, "nonsense")):
        with pytest.raises(Invalid):
            acme.context().roles.usage(key, level=level)

    assert state(acme) == before


def test_nobody_moves_themselves_or_who_is_above(acme: Company) -> None:
    """PE-21, law 5"""
    old = defined(acme, "Old", MEMBERS)
    for who, role in ((BOB, "admin"), (CAY, "owner"), (DAN, "member")):
        acme.add(who, role)
        acme.context().members.add_role(who.user_id, role=old)
    before = state(acme)

    for codes in ("own_membership", "beyond_own_rights"):
        with pytest.raises(Denied) as refused:
            acme.context(BOB).roles.move(old, to="member")
        assert refused.value.decision.code == codes
        assert state(acme) == before
        if codes == "own_membership":
            acme.context().members.remove_role(BOB.user_id, role=old)
            before = state(acme)

    acme.context().members.remove_role(CAY.user_id, role=old)
    assert acme.context(BOB).roles.move(old, to="member") == 1


def test_at_the_tenant_nobody_moves_who_is_above_in_a_workspace(acme: Company) -> None:
    """Law 5: all that they hold anywhere counts, as when one member's role is changed."""
    old, new = defined(acme, "Old"), defined(acme, "New")
    acme.add(BOB, defined(acme, "Manager", "tenant-api:member:*"))
    acme.add(CAY, old, workspaces={acme.general: "viewer"})
    before = state(acme)

    with pytest.raises(Denied) as one:
        acme.context(BOB).members.change_role(CAY.user_id, role="member")
    with pytest.raises(Denied) as many:
        acme.context(BOB).roles.move(old, to=new)

    assert one.value.decision.code == many.value.decision.code == "beyond_own_rights"
    assert state(acme) == before


def test_in_workspaces_too_nobody_moves_who_is_above_there(acme: Company) -> None:
    """Law 5: all that they hold in that workspace counts, as when one member's role is changed."""
    manager = defined(acme, "Manager", "tenant-api:member:*", acts_as=_people_manager(acme))
    acme.add(BOB, manager)
    acme.add(CAY, workspaces={acme.general: "viewer"})
    acme.context().members.add_role(CAY.user_id, role="admin", workspace=acme.general)
    lesser = defined(acme, "Lesser", READ, level="workspace")
    before = state(acme)

    with pytest.raises(Denied) as one:
        acme.context(BOB).members.remove_role(CAY.user_id, role="viewer", workspace=acme.general)
    with pytest.raises(Denied) as many:
        acme.context(BOB).roles.move("viewer", to=lesser, level="workspace")

    assert one.value.decision.code == many.value.decision.code == "beyond_own_rights"
    assert state(acme) == before


def _people_manager(acme: Company) -> str:
    return defined(acme, "People", "workspace-api:member:*", level="workspace", inherits=["viewer"])


def test_roles_in_workspaces_are_moved_by_who_may_change_them_in_every_workspace(acme: Company) -> None:
    """E45 in kind: a right over the tenant's members is none over those of its workspaces."""
    acme.add(BOB, defined(acme, "Manager", "tenant-api:member:*", acts_as="viewer"))
    acme.add(CAY, workspaces={acme.general: "viewer"})
    lesser = defined(acme, "Lesser", READ, level="workspace")
    before = state(acme)

    with pytest.raises(Denied) as refused:
        acme.context(BOB).roles.move("viewer", to=lesser, level="workspace")
    assert refused.value.decision.code == "permission_missing"
    assert state(acme) == before

    acme.add(DAN, defined(acme, "Greater", "tenant-api:member:*", acts_as=_people_manager(acme)))
    assert acme.context(DAN).roles.move("viewer", to=lesser, level="workspace") == 1
    assert held(acme, CAY, acme.general) == {READ}


def test_nobody_is_moved_to_more_or_for_longer_than_the_mover_has(acme: Company, clock: FrozenClock) -> None:
    """E39, E28 in kind"""
    old, big = defined(acme, "Old"), defined(acme, "Big", SHOW)
    lower, wider = (defined(acme, n, *p, level="workspace") for n, p in (("Lower", []), ("Wider", [SEND])))
    manager = defined(acme, "Manager", "tenant-api:member:*", acts_as="viewer")
    acme.add(BOB, manager)
    acme.add(CAY, old, workspaces={acme.general: lower})
    acme.add(EVE)
    acme.context().members.add_role(EVE.user_id, role=manager, ends_at=clock() + timedelta(days=1))
    before = state(acme)

    for who, role, to in ((BOB, old, big), (BOB, lower, wider), (EVE, old, "member"), (EVE, old, manager)):
        if (who, to) == (EVE, "member"):
            continue  # which Eve has for good
        with pytest.raises(Denied):
            acme.context(who).roles.move(role, to=to)
        assert state(acme) == before


def test_who_moves_others_holds_the_new_role_for_as_long_as_each_of_them_will(
    acme: Company, clock: FrozenClock
) -> None:
    """E28 in kind"""
    old, manager = defined(acme, "Old"), defined(acme, "Manager", "tenant-api:member:*")
    for who, role, days in ((BOB, old, 1), (CAY, old, 3), (EVE, manager, 2)):
        acme.add(who)
        acme.context().members.add_role(who.user_id, role=role, ends_at=clock() + timedelta(days=days))

    with pytest.raises(Denied) as refused:
        acme.context(EVE).roles.move(old, to=manager)
    assert refused.value.decision.code == "beyond_own_rights"

    acme.context().members.remove_role(CAY.user_id, role=old)
    assert acme.context(EVE).roles.move(old, to=manager) == 1
    assert [g.granted_by for g in acme.member(BOB).grants if g.role == manager] == [EVE.user_id]


def test_what_has_ended_is_not_moved(acme: Company, clock: FrozenClock) -> None:
    """History stays as it was, and stands in nobody's way."""
    there = acme.workspace("There")
    acme.add(BOB, workspaces={there: "viewer"})
    acme.context().members.add_role(
        BOB.user_id, role="viewer", workspace=acme.general, ends_at=clock() + timedelta(days=1)
    )
    clock.advance(timedelta(days=2))
    acme.context().members.add_role(BOB.user_id, role="member", workspace=acme.general)

    assert acme.context().roles.move("viewer", to="member") == 1

    grants = sorted(
        (grant.workspace_id == there, grant.role) for grant in acme.member(BOB).grants if grant.workspace_id
    )
    assert grants == [(False, "member"), (False, "viewer"), (True, "member")]


def test_who_had_the_new_role_once_has_it_anew(acme: Company, clock: FrozenClock) -> None:
    """What has ended is no part of the new times, nor a gap in them."""
    acme.add(BOB)
    give = acme.context().members.add_role
    give(BOB.user_id, role="member", workspace=acme.general, ends_at=clock() + timedelta(days=1))
    since = clock.advance(timedelta(days=2))
    give(BOB.user_id, role="viewer", workspace=acme.general, starts_at=since)

    assert acme.context().roles.move("viewer", to="member") == 1

    [grant] = [grant for grant in acme.member(BOB).grants if grant.workspace_id]
    assert (grant.role, grant.starts_at, grant.ends_at) == ("member", since, None)


def test_one_event_for_each_member_and_place(acme: Company) -> None:
    """E90"""
    there = acme.workspace("There")
    acme.add(BOB, workspaces={acme.general: "viewer", there: "viewer"})
    acme.add(CAY, workspaces={there: "viewer"})
    acme.add(DAN)
    count = len(acme.trail())

    acme.context().roles.move("viewer", to="member", level="workspace")

    events = acme.context().audit.list(order="oldest", limit=200)[count:]
    assert {event.action for event in events} == {"workspace_member.role_changed"}
    assert sorted((event.target, str(event.workspace_id)) for event in events) == sorted(
        [(BOB.user_id, acme.general), (BOB.user_id, there), (CAY.user_id, there)]
    )
    assert all((e.before, e.after) == ({"roles": ["viewer"]}, {"roles": ["member"]}) for e in events)


def test_a_move_and_a_deletion_cost_the_same_for_any_number(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    costs = []
    acme = opened(sql_store, clock)
    for many in (5, 200):
        old, new = (defined(acme, f"{name} {many}", SHOW) for name in ("Old", "New"))
        with acme.tenancy.transaction() as tx:
            for number in range(many):
                tx.tenant(acme.id, by=ADA).members.add(f"user_{many}_{number}", role=old)
        with counting(sql_store.engine) as moved:
            assert acme.context().roles.move(old, to=new) == many
        with counting(sql_store.engine) as deleted:
            acme.context().roles.delete(new, replacement="member")
        costs.append((len(moved), len(deleted)))

    assert costs[0] == costs[1]
