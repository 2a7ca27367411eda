"""Whether somebody has proven that a member's address is theirs; until then, only invitations are mailed to it."""

from __future__ import annotations

import pytest
from attrs import evolve

from tenantry import SYSTEM, Invalid, InvalidRows, NewMember, Principal, Tenantry, schemes, to_dict
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock, Given
from tests.features.notices.postbox import delivered, outbox
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company
from tests.features.test_statements import counting

UNPROVEN = evolve(BOB, email_verified=False)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)


def verified(acme: Company, who: Principal = BOB) -> bool:
    return acme.context().members.get(who.user_id).email_verified


def test_who_accepts_has_proven_it(tenancy: Tenantry, acme: Company) -> None:
    tenancy.person(BOB).accept(acme.invite(BOB).token)
    assert verified(acme)


@pytest.mark.parametrize("proven", [True, False])
def test_the_first_owner_has_as_the_host_says(tenancy: Tenantry, proven: bool) -> None:
    owner = evolve(BOB, email_verified=proven)
    made = [tenancy.person(owner).create_tenant("Own"), tenancy.create_tenant("Given", owner=owner)]
    assert [tenancy.tenant(each.id, by=BOB).members.get(BOB.user_id).email_verified for each in made] == [proven] * 2


def test_whoever_an_admin_adds_has_not(acme: Company) -> None:
    acme.context().members.add(BOB.user_id, email=BOB.email)
    acme.context().members.add_many([NewMember(EVE.user_id, email=EVE.email)])
    assert (verified(acme), verified(acme, EVE)) == (False, False)


def test_only_system_says_that_they_have(acme: Company) -> None:
    with pytest.raises(Invalid) as refused:
        acme.context().members.add(BOB.user_id, email=BOB.email, email_verified=True)
    assert refused.value.rule == "only_system"
    with pytest.raises(InvalidRows):
        acme.context().members.add_many([NewMember(BOB.user_id, email=BOB.email, email_verified=True)])

    acme.context(SYSTEM).members.add(BOB.user_id, email=BOB.email, email_verified=True)
    acme.context(SYSTEM).members.add(EVE.user_id, email_verified=True)

    assert (verified(acme), verified(acme, EVE)) == (True, False)


def test_a_sign_in_brings_it_up_to_date(tenancy: Tenantry, acme: Company) -> None:
    acme.context().members.add(BOB.user_id, name=BOB.name, email=BOB.email)

    assert tenancy.person(UNPROVEN).signed_in() == []
    assert tenancy.person(BOB).signed_in() == [acme.id]
    assert tenancy.person(BOB).refresh_profile() == [acme.id]
    assert verified(acme)
    assert tenancy.person(BOB).signed_in() == []
    event = acme.context().audit.list()[0]
    assert (event.action, event.before, event.after) == (
        "member.recorded",
        {"email_verified": False},
        {"email_verified": True},
    )


def test_a_sign_in_is_one_statement_still(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    tenancy.person(BOB).create_tenant("Acme")
    with counting(sql_store.engine) as executed:
        tenancy.person(BOB).signed_in()
    assert len(executed) == 1


def test_another_address_is_not_proven_and_another_spelling_is(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.update(BOB.user_id, name="Robert", email="BOB@acme.test")
    assert verified(acme)
    acme.context().members.update(BOB.user_id, email="victim@gov.test")
    assert not verified(acme)


def test_nobody_is_told_at_an_address_that_is_not_theirs(tenancy: Tenantry, acme: Company) -> None:
    """Law 11: or whoever may change members has the host write to anybody."""
    acme.add(BOB)
    members = acme.context().members
    members.update(BOB.user_id, email="victim@gov.test")
    members.change_role(BOB.user_id, role="admin")
    members.deactivate(BOB.user_id)
    members.remove(BOB.user_id)
    assert outbox(acme) == []


def test_who_has_not_proven_it_is_invited_all_the_same(tenancy: Tenantry, acme: Company) -> None:
    acme.context().members.add(BOB.user_id, email=BOB.email)
    acme.context().invitations.send("bob@acme.test", workspaces={acme.workspace("Law"): "viewer"})
    assert [each.kind.value for each in delivered(tenancy)] == ["invitation"]


def test_a_former_owner_is_told_where_it_is_proven(acme: Company, tenancy: Tenantry) -> None:
    acme.add(CAY, "owner")
    acme.context(CAY).members.update(ADA.user_id, email="victim@gov.test")
    acme.add(BOB)
    acme.context().members.transfer_ownership(to=BOB.user_id)
    assert [each.email for each in outbox(acme)] == [BOB.email]


def test_it_is_data(acme: Company) -> None:
    assert to_dict(acme.context().members.get(ADA.user_id))["email_verified"] is True


def test_forgetting_forgets_it(tenancy: Tenantry, acme: Company) -> None:
    acme.add(BOB)
    tenancy.forget(BOB.user_id)
    acme.context().members.add(BOB.user_id, email=BOB.email)
    assert not verified(acme)


def test_given_members_have_proven_it(tenancy: Tenantry) -> None:
    given = Given(tenancy)
    tenant = given.tenant(owner=ADA)
    member = given.member(tenant)
    assert tenancy.tenant(tenant.id, by=ADA).members.get(member.user_id).email_verified
