"""What a host's tests take as given."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tenantry import SYSTEM, AsyncTenantry, InvitationExpired, NotFound, Principal, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.testing import FrozenClock, Given

SECRET = "only for tests: a key of at least 32 bytes"
CLOCK = FrozenClock()


@pytest.fixture
def tenancy() -> Tenantry:
    return Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET], clock=CLOCK)


@pytest.fixture
def given(tenancy: Tenantry) -> Given:
    """Usable without the plugin's fixture of this name."""
    return Given(tenancy)


def test_what_is_not_said_is_made_up_differently_each_time(given: Given) -> None:
    one, two = given.tenant(), given.tenant()
    assert one.slug != two.slug
    assert given.person() != given.person()
    assert given.workspace(one).name != given.workspace(one).name
    assert given.member(one).user_id != given.member(one).user_id
    assert given.invitation(one).invitation.email != given.invitation(one).invitation.email


def test_a_tenant_has_the_owner_it_was_given(tenancy: Tenantry, given: Given) -> None:
    ada = given.person("Ada", email="ada@acme.test")
    acme = given.tenant("Acme", owner=ada, slug="acme-agency")
    assert (acme.name, acme.slug) == ("Acme", "acme-agency")
    assert tenancy.tenant(acme.id, by=ada).can("tenant-api:tenant:own")


def test_a_member_can_act_at_once(tenancy: Tenantry, given: Given) -> None:
    acme = given.tenant()
    justice = given.workspace(acme, "Justice", slug="justice")
    bob = given.member(acme, role="admin", workspaces={justice.id: "viewer"}, name="Bob", email="bob@gov.test")
    found = tenancy.tenant(acme.id, by=bob).members.get(bob.user_id)
    assert (found.name, found.email, found.roles) == ("Bob", "bob@gov.test", ("admin",))
    assert found.workspaces == {justice.id: ("viewer",)}


def test_a_person_may_be_in_several_tenants(tenancy: Tenantry, given: Given) -> None:
    bob = given.person()
    one, two = given.tenant(), given.tenant()
    assert given.member(one, person=bob) == given.member(two, person=bob, role="owner") == bob
    assert [mine.tenant for mine in tenancy.person(bob).tenants()] == [
        tenancy.tenant(tenant.id, by=SYSTEM).get() for tenant in (one, two)
    ]


def test_an_invitation_can_be_accepted(tenancy: Tenantry, given: Given) -> None:
    acme = given.tenant()
    context = given.workspace(acme)
    issued = given.invitation(acme, "bob@gov.test", role="admin", workspaces={context.id: "viewer"})
    bob = Principal("bob", email="bob@gov.test", email_verified=True)
    with pytest.raises(NotFound):
        tenancy.tenant(acme.id, by=bob).get()
    assert tenancy.person(bob).accept(issued.token).membership.roles == ("admin",)


def test_an_invitation_can_be_somebodys_and_expire(tenancy: Tenantry, given: Given) -> None:
    ada = given.person()
    issued = given.invitation(given.tenant(owner=ada), by=ada, expires_in=timedelta(hours=1))
    assert issued.invitation.invited_by == ada.user_id
    CLOCK.advance(hours=1)
    with pytest.raises(InvitationExpired):
        tenancy.inspect_invitation(issued.token)


def test_hosts_that_await_use_it_inside_run(tenancy: Tenantry) -> None:
    awaited = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    assert asyncio.run(awaited.run(lambda t: Given(t).tenant("Acme"))).name == "Acme"
