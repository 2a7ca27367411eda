"""In a suspended tenant nobody does anything, and nobody comes in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from tenantry import SYSTEM, Denied, InvitationStatus, Tenantry, TenantStatus
from tenantry.ports import Open, Store
from tests.features.people import ADA, BOB, Company


@pytest.fixture
def suspend(store: Store, acme: Company) -> Callable[[], None]:
    def act() -> None:
        with store.command(acme.id, gate=Open()) as tx:
            tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))

    return act


def test_its_owner_may_nothing(acme: Company, suspend: Callable[[], None]) -> None:
    desk = acme.desk()
    suspend()

    for act in (desk.get, desk.members.list, desk.members.leave, lambda: desk.members.get(ADA.user_id)):
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.decision.code == "tenant_suspended"
    assert not desk.can("tenant-api:tenant:read")


def test_an_invitation_into_it_waits(tenancy: Tenantry, acme: Company, suspend: Callable[[], None]) -> None:
    issued = acme.invite(BOB)
    suspend()

    for act in (tenancy.person(BOB).accept, tenancy.person(BOB).decline):
        with pytest.raises(Denied) as denied:
            act(issued.token)
        assert denied.value.decision.code == "tenant_suspended"
    assert acme.user_ids() == [ADA.user_id]
    assert acme.desk(SYSTEM).invitations.get(issued.invitation.id).status is InvitationStatus.PENDING
