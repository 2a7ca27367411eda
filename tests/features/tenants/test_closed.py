"""In a tenant that is suspended or deleted nobody does anything but what gets it back, and nobody comes in."""

from __future__ import annotations

from typing import Final

import pytest

from tenantry import SYSTEM, Denied, InvalidToken, InvitationRevoked, InvitationStatus, Tenantry, TenantStatus
from tenantry.memory import MemoryStore
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, Company
from tests.features.verbs import IN_A_TENANT, QUESTIONS, VERBS, World

MEMBERS: Final = (ADA, BOB, CAY, FAY)
"""The owner, the admin of a workspace, an admin, and one with a role of the tenant's own."""
RECOVERY: Final = {"tenant.get", "tenant.overview", "tenant.owners", "tenant.resume", "tenant.delete", "tenant.restore"}

every_closure = pytest.mark.parametrize("status", [TenantStatus.SUSPENDED, TenantStatus.DELETED])


def close(acme: Company, status: TenantStatus) -> None:
    host = acme.context(SYSTEM)
    if status is TenantStatus.SUSPENDED:
        host.suspend("Unpaid.")
    else:
        host.delete()


@every_closure
@pytest.mark.parametrize("name", [name for name in IN_A_TENANT if name not in RECOVERY])
def test_every_other_verb_is_denied_to_every_member(name: str, status: TenantStatus) -> None:
    """E08, AC-31, RC-07: whatever they hold."""
    world = World(MemoryStore())
    arguments = VERBS[name].args(world)
    close(world.acme, status)
    before = world.acme.trail()

    for who in MEMBERS:
        act = world.verb(name, who)
        if name in QUESTIONS:
            answer = act(**arguments)
            assert not (any(answer) if name == "tenant.check_many" else answer) or name == "tenant.access"
        else:
            with pytest.raises(Denied) as denied:
                act(**arguments)
            assert denied.value.decision.code == f"tenant_{status}"

    assert set(world.acme.trail()[len(before) :]) <= {"access.denied"}


@every_closure
def test_what_gets_it_back_is_for_those_who_may(status: TenantStatus) -> None:
    """E08, PE-02"""
    world = World(MemoryStore())
    close(world.acme, status)

    for who in MEMBERS:
        context = world.acme.context(who)
        assert context.get().status is status
        assert context.overview().tenant.status is status
        assert [owner.user_id for owner in context.owners()] == [ADA.user_id]
        assert [mine.tenant.status for mine in world.tenancy.person(who).tenants()] == [status]
        assert world.tenancy.resolve("acme") == world.acme.id
        for act in (
            (context.resume, context.restore, lambda context=context: context.delete(confirm="Acme"))
            if who != ADA
            else ()
        ):
            with pytest.raises(Denied) as denied:
                act()
            assert denied.value.decision.code == "permission_missing"


@every_closure
def test_a_deactivated_member_gets_nothing_back(status: TenantStatus) -> None:
    """LC-09"""
    world = World(MemoryStore())
    world.acme.add(EVE, "owner")
    world.acme.context().members.deactivate(EVE.user_id)
    close(world.acme, status)

    for name in RECOVERY:
        arguments = {"confirm": "Acme"} if name == "tenant.delete" else {}
        with pytest.raises(Denied) as denied:
            world.verb(name, EVE)(**arguments)
        assert denied.value.decision.code == "member_deactivated"


def test_an_invitation_into_a_suspended_tenant_waits(tenancy: Tenantry, acme: Company) -> None:
    """RC-07"""
    issued = acme.invite(BOB)
    acme.context(SYSTEM).suspend("Unpaid.")
    before = acme.trail()

    for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
        with pytest.raises(Denied) as denied:
            act(issued.token)
        assert denied.value.decision.code == "tenant_suspended"
        assert "Acme" not in str(denied.value)
    assert acme.trail() == before
    assert not tenancy.person(BOB).invitations(total=True).total
    assert acme.context(SYSTEM).invitations.get(issued.invitation.id).status is InvitationStatus.PENDING

    acme.context(SYSTEM).resume()
    assert len(tenancy.person(BOB).invitations()) == 1
    assert tenancy.inspect_invitation(issued.token).tenant_name == "Acme"
    assert tenancy.person(BOB).accept(issued.token).membership.user_id == BOB.user_id


def test_a_link_into_a_deleted_tenant_is_like_one_that_never_was(tenancy: Tenantry, acme: Company) -> None:
    """RC-07, IT-15"""
    issued, taken = acme.invite(BOB), acme.invite(CAY)
    tenancy.person(CAY).accept(taken.token)
    revoked = acme.invite(DAN)
    acme.context().invitations.revoke(revoked.invitation.id)
    with pytest.raises(InvitationRevoked):
        tenancy.inspect_invitation(revoked.token)
    acme.context().delete(confirm="Acme")

    for who, token in ((BOB, issued.token), (CAY, taken.token), (DAN, revoked.token)):
        for act in (tenancy.inspect_invitation, tenancy.person(who).accept, tenancy.person(who).decline):
            with pytest.raises(InvalidToken) as invalid:
                act(token)
            assert str(invalid.value) == "This is not a valid invitation token."
    assert not tenancy.person(BOB).invitations()

    acme.context().restore()
    assert tenancy.person(BOB).accept(issued.token).membership.user_id == BOB.user_id
