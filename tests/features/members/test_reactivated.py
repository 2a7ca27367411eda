"""Who gets their access back has the roles of before, but for those that there are no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import Level, LimitReached, Plan, Reactivated, Role, Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, SECRET, Company

BEFORE = schemes.AGENCY.extend(
    roles=[
        Role("steward", Level.TENANT, ["tenant-api:member:read"], inherits=["member"]),
        Role("planner", Level.WORKSPACE, inherits=["viewer"]),
    ]
)


def company(store: Store) -> Company:
    tenancy = Tenantry(store=store, scheme=BEFORE, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB, "steward", workspaces={acme.general: "planner"})
    acme.context().members.deactivate(BOB.user_id)
    return acme


def next_release(acme: Company, store: Store) -> Company:
    """The host has dropped the two roles."""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    return Company(tenancy, tenancy.tenant(acme.id, by=ADA).get())


def test_roles_that_are_gone_are_taken_away_and_reported(store: Store) -> None:
    """E19"""
    acme = company(store)
    justice = acme.workspace("Justice")
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice)
    now = next_release(acme, store)

    done = now.context().members.reactivate(BOB.user_id)

    assert {(grant.role, grant.workspace_id) for grant in done.dropped} == {
        ("steward", None),
        ("planner", now.general),
    }
    assert done.membership == now.member(BOB)
    assert (done.membership.roles, done.membership.workspaces) == ((), {justice: ("admin",)})
    assert now.context(BOB).can("workspace-api:member:invite", workspace=justice)
    event = now.context().audit.list()[0]
    assert event.action == "member.reactivated"
    assert event.before == {"status": "deactivated"}
    assert event.after == {"status": "active", "dropped": sorted([f"{now.general}:planner", "steward"])}


def test_what_had_ended_before_is_nothing_that_they_do_not_get_back(store: Store, clock: FrozenClock) -> None:
    """E19"""
    tenancy = Tenantry(store=store, scheme=BEFORE, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="steward", ends_at=clock() + timedelta(hours=1))
    acme.context().members.deactivate(BOB.user_id)
    clock.advance(hours=1)
    later = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)

    done = later.tenant(acme.id, by=ADA).members.reactivate(BOB.user_id)

    assert (done.membership.roles, done.dropped) == (("member",), ())
    assert later.tenant(acme.id, by=ADA).audit.list()[0].after == {"status": "active"}


def test_they_do_not_come_back_with_a_later_release(store: Store) -> None:
    """E18, E19"""
    acme = company(store)
    next_release(acme, store).context().members.reactivate(BOB.user_id)

    assert acme.member(BOB).grants == ()
    assert not acme.context(BOB).can("tenant-api:member:read")


def test_a_custom_role_that_was_replaced_comes_back_as_the_other(acme: Company) -> None:
    """E19, E36"""
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id
    acme.add(BOB, clerk)
    acme.context().members.deactivate(BOB.user_id)
    acme.context().roles.delete(clerk, replacement="member")

    done = acme.context().members.reactivate(BOB.user_id)

    assert (done.membership.roles, done.dropped) == (("member",), ())


def test_who_is_active_stays_as_they_are(acme: Company) -> None:
    """E21"""
    acme.add(BOB)
    before = acme.trail()

    assert acme.context().members.reactivate(BOB.user_id) == Reactivated(acme.member(BOB))
    assert acme.trail() == before


def test_where_no_place_is_free_nobody_comes_back(store: Store) -> None:
    """E20"""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], plan=Plan("small", members=2))
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    acme.add(CAY)
    before = acme.trail()

    with pytest.raises(LimitReached):
        acme.context().members.reactivate(BOB.user_id)

    assert not acme.member(BOB).is_active
    assert acme.trail() == before
    acme.context().members.remove(CAY.user_id)
    assert acme.context().members.reactivate(BOB.user_id).membership.is_active
