"""Of an id alone it is told in which tenant it is: to whoever belongs there, and to the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, NotFound, Principal, Tenantry, TenantryError
from tenantry.kernel import ids
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.explained import plans
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company, someone
from tests.features.test_statements import counting
from tests.features.verbs import World


@pytest.fixture
def beta(tenancy: Tenantry) -> Company:
    """A tenant of Eve's, with nobody else in it."""
    return Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))


def told(act: Callable[[], object]) -> tuple[type[TenantryError], str, str]:
    with pytest.raises(TenantryError) as refused:
        act()
    return type(refused.value), str(refused.value), str(refused.value.data)


def test_a_member_locates_what_is_in_their_tenants(tenancy: Tenantry, acme: Company, beta: Company) -> None:
    invitation = acme.invite(DAN).invitation
    acme.add(BOB)
    beta.add(BOB)

    assert tenancy.person(BOB).locate(acme.general) == acme.id
    assert tenancy.person(BOB).locate(beta.general) == beta.id
    assert tenancy.person(BOB).locate(invitation.id) == acme.id


def test_a_hint_opens_nothing(tenancy: Tenantry, acme: Company) -> None:
    """Law 4: they learn where it is, and are refused there as before."""
    bob = acme.add(BOB)

    assert tenancy.person(BOB).locate(acme.general) == acme.id
    assert not bob.can("workspace-api:workspace:read", workspace=acme.general)


def test_so_does_whoever_has_the_tenant_in_their_list(tenancy: Tenantry, acme: Company) -> None:
    """As `person.tenants` shows it: to a deactivated member too, and where the tenant is closed."""
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    acme.context(SYSTEM).delete()

    for who in (ADA, BOB):
        assert [mine.tenant.id for mine in tenancy.person(who).tenants()] == [acme.id]
        assert tenancy.person(who).locate(acme.general) == acme.id


def test_who_is_invited_locates_too(tenancy: Tenantry, acme: Company) -> None:
    issued = acme.invite(DAN)

    assert tenancy.person(DAN).locate(issued.invitation.id) == acme.id
    assert tenancy.person(someone("dan", email="DAN@acme.test")).locate(acme.general) == acme.id


@pytest.mark.parametrize(
    "who",
    [
        someone("dan", email_verified=False),
        someone("dan", email=None),
        someone("dan", email="dan@elsewhere.test"),
        someone("dan", active=False),
        Principal.service("dan"),
    ],
)
def test_who_has_no_proof_of_the_address_does_not(tenancy: Tenantry, acme: Company, who: Principal) -> None:
    issued = acme.invite(DAN)

    for id in (issued.invitation.id, acme.general):
        with pytest.raises(NotFound):
            tenancy.person(who).locate(id)


@pytest.mark.parametrize("end", ["revoke", "decline"])
def test_an_invitation_that_is_closed_leads_nowhere(tenancy: Tenantry, acme: Company, end: str) -> None:
    issued = acme.invite(DAN)
    if end == "revoke":
        acme.context().invitations.revoke(issued.invitation.id)
    else:
        tenancy.person(DAN).decline(issued.token)

    with pytest.raises(NotFound):
        tenancy.person(DAN).locate(issued.invitation.id)
    assert tenancy.person(ADA).locate(issued.invitation.id) == acme.id


def test_one_that_is_past_its_time_still_does(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """It is pending as it is stored, and may be sent again; the scope knows no time."""
    issued = acme.invite(DAN)
    clock.advance(days=30)

    assert not tenancy.person(DAN).invitations()
    assert tenancy.person(DAN).locate(issued.invitation.id) == acme.id


def test_an_account_that_is_switched_off_locates_nothing(tenancy: Tenantry, acme: Company) -> None:
    with pytest.raises(NotFound):
        tenancy.person(someone("ada", active=False)).locate(acme.general)


def test_who_has_left_locates_nothing(tenancy: Tenantry, acme: Company) -> None:
    acme.add(BOB).members.leave()

    with pytest.raises(NotFound):
        tenancy.person(BOB).locate(acme.general)


def test_nothing_is_left_to_locate_in_a_purged_tenant(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    acme.context(SYSTEM).delete()
    clock.advance(days=365)
    assert tenancy.jobs.purge().tenant_ids == (acme.id,)

    for locate in (tenancy.person(ADA).locate, lambda id: tenancy.locate(id, by=SYSTEM)):
        with pytest.raises(NotFound):
            locate(acme.general)


@pytest.mark.parametrize("who", [BOB, DAN, CAY, someone("ada", active=False)])
def test_an_id_in_another_tenant_is_like_one_that_nothing_has(
    tenancy: Tenantry, acme: Company, beta: Company, who: Principal
) -> None:
    """E05: for a member, an invited person, a stranger, and an account that is switched off."""
    acme.add(BOB)
    acme.invite(DAN)
    theirs = {"ws": beta.general, "inv": beta.invite(someone("gus"), by=EVE).invitation.id}
    before = beta.trail()
    for prefix, id in theirs.items():
        locate = tenancy.person(who).locate
        foreign = told(lambda: locate(id))  # noqa: B023 - it is called at once
        assert foreign == told(lambda: locate(ids.new(prefix))) == told(lambda: locate(f"{prefix}_unknown"))  # noqa: B023
        assert foreign[0] is NotFound
    assert beta.trail() == before


def test_and_costs_one_statement_like_it(sql_store: SQLAlchemyStore) -> None:
    world = World(sql_store)
    beta = Company(world.tenancy, world.tenancy.person(EVE).create_tenant("Beta"))
    theirs = {"ws": beta.general, "inv": beta.invite(someone("gus"), by=EVE).invitation.id}
    for who in (BOB, DAN, CAY):
        for prefix, id in theirs.items():
            seen = []
            for asked in (id, ids.new(prefix), f"{prefix}_unknown"):
                with counting(sql_store.engine) as executed:
                    told(lambda: world.tenancy.person(who).locate(asked))  # noqa: B023 - it is called at once
                seen.append(tuple(executed))
            assert len(set(seen)) == len(seen[0]) == 1


def test_an_index_leads_to_it(sqlite_store: SQLAlchemyStore) -> None:
    """Whoever asks, and however many workspaces all tenants have together."""
    world = World(sqlite_store)
    member = world.acme.member(BOB)
    with plans(sqlite_store.engine) as found:
        world.tenancy.person(BOB).locate(world.justice)
        world.tenancy.person(DAN).locate(world.issued.invitation.id)
        for id in (world.justice, world.issued.invitation.id, member.id, world.clerk):
            world.tenancy.locate(id, by=SYSTEM)

    assert len(found) == 6
    assert not [plan for plan in found if "SCAN" in plan]


@pytest.mark.parametrize("id", ["", "acme", "ten_1", "mem_1", "rol_1", "evt_1", "WS_1", " ws_1", "workspaces_1"])
def test_a_person_locates_workspaces_and_invitations_only(tenancy: Tenantry, acme: Company, id: str) -> None:
    with pytest.raises(Invalid) as refused:
        tenancy.person(ADA).locate(id)
    assert refused.value.field == "id"


def test_the_host_locates_anything_in_any_tenant(tenancy: Tenantry, acme: Company, beta: Company) -> None:
    acme.add(BOB)
    role = acme.context().roles.define("Clerk", permissions=[], level="tenant")
    there = [acme.general, acme.invite(DAN).invitation.id, acme.member(BOB).id, role.id]

    for by in (SYSTEM, SYSTEM.job("support")):
        assert [tenancy.locate(id, by=by) for id in there] == [acme.id] * 4
        assert tenancy.locate(beta.general, by=by) == beta.id
    for id in ("ws_unknown", ids.new("inv"), ids.new("mem"), ids.new("rol")):
        with pytest.raises(NotFound):
            tenancy.locate(id, by=SYSTEM)
    for wrong in (acme.id, "evt_1", "acme"):
        with pytest.raises(Invalid):
            tenancy.locate(wrong, by=SYSTEM)


@pytest.mark.parametrize("by", [ADA, Principal.service("support"), None, "system", "SYSTEM"])
def test_nobody_else_asks_for_the_host(tenancy: Tenantry, acme: Company, by: Any) -> None:
    """TI-02: an owner neither, and not about their own tenant."""
    with pytest.raises(Invalid) as refused:
        tenancy.locate(acme.general, by=by)
    assert refused.value.field == "by"
    with pytest.raises(TypeError):
        tenancy.locate(acme.general)  # type: ignore[call-arg]


def test_what_was_just_made_is_located_within_its_transaction(tenancy: Tenantry) -> None:
    with tenancy.transaction() as tx:
        acme = tx.person(ADA).create_tenant("Acme")
        assert tx.person(ADA).locate(acme.default_workspace_id) == acme.id
        assert tx.locate(acme.default_workspace_id, by=SYSTEM) == acme.id
