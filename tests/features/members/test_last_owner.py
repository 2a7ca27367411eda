"""A tenant is never without an active owner, whatever path would lead there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, LastOwner, NewMember, Scheme, Tenantry, schemes
from tenantry.members.model import GRANTS
from tenantry.members.service.members import Members
from tenantry.ports import Open, Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, SECRET, Company

Act = Callable[[Members, str], object]

AN_HOUR_AGO = FrozenClock()() - timedelta(hours=1)
IN_AN_HOUR = FrozenClock()() + timedelta(hours=1)

BY_THEMSELVES: dict[str, Act] = {
    "leave": lambda members, user_id: members.leave(),
    "step down": lambda members, user_id: members.change_role(user_id, role="member"),
    "give up a role": lambda members, user_id: members.remove_role(user_id, role="owner"),
}
BY_OTHERS: dict[str, Act] = {
    "remove": lambda members, user_id: members.remove(user_id),
    "deactivate": lambda members, user_id: members.deactivate(user_id),
    "demote": lambda members, user_id: members.change_role(user_id, role="admin"),
    "take the role": lambda members, user_id: members.remove_role(user_id, role="owner"),
}


def two_roles(company: Company) -> None:
    company.context(SYSTEM).members.add_role(ADA.user_id, role="admin")


@pytest.mark.parametrize("act", BY_THEMSELVES.values(), ids=BY_THEMSELVES)
def test_the_last_owner_cannot_go(acme: Company, act: Act) -> None:
    """E11"""
    two_roles(acme)
    before = acme.trail()

    with pytest.raises(LastOwner) as refused:
        act(acme.context().members, ADA.user_id)

    assert refused.value.code == refused.value.rule == "last_owner"
    assert "owner" in acme.member(ADA).roles
    assert acme.trail() == before


@pytest.mark.parametrize("act", BY_OTHERS.values(), ids=BY_OTHERS)
def test_not_even_the_system_takes_the_last_owner_away(acme: Company, act: Act) -> None:
    """E11"""
    two_roles(acme)
    before = acme.trail()

    with pytest.raises(LastOwner):
        act(acme.context(SYSTEM).members, ADA.user_id)

    assert "owner" in acme.member(ADA).roles
    assert acme.member(ADA).is_active
    assert acme.trail() == before


@pytest.mark.parametrize("act", BY_OTHERS.values(), ids=BY_OTHERS)
def test_of_two_owners_one_may_go_and_then_none(acme: Company, act: Act) -> None:
    """E11"""
    two_roles(acme)
    bob = acme.add(BOB, "owner")

    act(bob.members, ADA.user_id)

    with pytest.raises(LastOwner):
        bob.members.leave()
    assert acme.context(BOB).can("tenant-api:tenant:own")


def test_an_owner_who_is_deactivated_does_not_count(acme: Company) -> None:
    """E11"""
    acme.add(BOB, "owner")
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(LastOwner):
        acme.context().members.leave()

    acme.context().members.reactivate(BOB.user_id)
    acme.context().members.leave()
    assert acme.user_ids() == [BOB.user_id]


def test_owners_are_counted_exactly_among_many_members(acme: Company) -> None:
    """E15"""
    roles = {f"user_{number}": "owner" if number % 90 == 7 else "member" for number in range(250)}
    acme.context(SYSTEM).members.add_many([NewMember(user, role=role) for user, role in roles.items()])
    assert len(acme.context().members.list(role="owner", limit=1, total=True)) == 1
    for number in (7, 97, 187):
        acme.context().members.remove(f"user_{number}")

    with pytest.raises(LastOwner):
        acme.context().members.leave()


@pytest.mark.parametrize(
    ("scheme", "role"), [(schemes.AGENCY, "owner"), (schemes.CENTRAL_IT, "admin"), (schemes.CONTENT, "admin")], ids=repr
)
def test_every_scheme_names_the_role_of_its_owners(store: Store, scheme: Scheme, role: str) -> None:
    """E11: where a scheme has no role called owner, the guard is for its admins."""
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    assert company.member(ADA).roles == (role,)
    with pytest.raises(LastOwner):
        company.context().members.leave()
    company.add(CAY, role)
    company.context().members.leave()
    assert company.user_ids() == [CAY.user_id]


def test_who_runs_a_workspace_only_is_no_owner(store: Store) -> None:
    """E11: in this scheme the owners of the tenant and who runs a workspace are both called admin."""
    tenancy = Tenantry(store=store, scheme=schemes.CENTRAL_IT, secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(BOB, workspaces={company.general: "admin"})

    with pytest.raises(LastOwner):
        company.context().members.leave()


@pytest.mark.parametrize("window", [{"starts_at": AN_HOUR_AGO}, {"ends_at": IN_AN_HOUR}], ids=["begun", "ending"])
def test_who_owns_for_a_time_only_does_not_count(acme: Company, store: Store, window: dict[str, Any]) -> None:
    """E11"""
    acme.add(BOB, "owner")
    with store.command(acme.id, gate=Open()) as tx:
        _, granted = tx.records(GRANTS).list(role="owner")
        tx.records(GRANTS).save(evolve(granted, **window))

    assert acme.context(BOB).can("tenant-api:tenant:own")
    with pytest.raises(LastOwner):
        acme.context().members.leave()
