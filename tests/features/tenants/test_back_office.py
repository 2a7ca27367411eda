"""The host brings a customer in whom it has had for years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Origin, Principal, SlugTaken, Tenantry
from tenantry.kernel.clock import Clock
from tests.features.people import ADA, BOB, Company

THEN = datetime(2019, 5, 1, 8, 30, tzinfo=UTC)
NEVER_SEEN = Principal("user_grace", email="Grace@Acme.test", name="Grace")


def test_a_tenant_is_as_old_as_the_host_says(tenancy: Tenantry, clock: Clock) -> None:
    """The trail says when it really happened."""
    tenant = tenancy.create_tenant(
        "Acme", owner=ADA, slug="acme", by=SYSTEM.job("import"), created_at=THEN, origin=Origin(request_id="r-1")
    )

    acme = Company(tenancy, tenant)
    assert tenant.created_at == acme.context().get().created_at == THEN
    assert acme.member(ADA).joined_at == THEN
    assert [each.created_at for each in acme.context().workspaces.list()] == [THEN]
    created, *_ = acme.context().audit.list(order="oldest")
    assert (created.action, created.occurred_at, created.principal) == ("tenant.created", clock(), "system:import")
    assert created.after["created_at"] == THEN.isoformat()
    assert created.request_id == "r-1"


def test_a_new_tenant_says_nothing_of_another_time(tenancy: Tenantry, clock: Clock) -> None:
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))

    assert acme.context().get().created_at == clock()
    assert "created_at" not in acme.context().audit.list(order="oldest")[0].after


def test_a_time_of_any_zone_is_kept_in_utc(tenancy: Tenantry) -> None:
    there = THEN.astimezone(timezone(timedelta(hours=-7)))

    tenant = tenancy.create_tenant("Acme", owner=ADA, created_at=there)

    assert (tenant.created_at, tenant.created_at.utcoffset()) == (THEN, timedelta(0))


@pytest.mark.parametrize(
    "created_at",
    [datetime(2019, 5, 1), datetime(2999, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), "2019-05-01", 0],  # noqa: DTZ001
    ids=str,
)
def test_a_time_that_cannot_be_is_refused(tenancy: Tenantry, created_at: Any) -> None:
    with pytest.raises(Invalid) as refused:
        tenancy.create_tenant("Acme", owner=ADA, created_at=created_at)
    assert refused.value.field == "created_at"
    assert not tenancy.person(ADA).tenants()


@pytest.mark.parametrize("by", [ADA, BOB, Principal.service("importer")], ids=repr)
def test_only_the_system_says_how_old_a_tenant_is(tenancy: Tenantry, by: Principal) -> None:
    with pytest.raises(Invalid) as refused:
        tenancy.create_tenant("Acme", owner=ADA, by=by, created_at=THEN)
    assert refused.value.field == "created_at"
    assert tenancy.create_tenant("Acme", owner=ADA, by=by).name == "Acme"


def test_an_owner_need_not_have_signed_in(tenancy: Tenantry) -> None:
    """Nor is there any proof of their address yet."""
    tenant = tenancy.create_tenant("Acme", owner=NEVER_SEEN)

    [owner] = tenancy.tenant(tenant.id, by=NEVER_SEEN).members.list()
    assert (owner.user_id, owner.name, owner.email, owner.roles) == (
        "user_grace",
        "Grace",
        "Grace@Acme.test",
        ("owner",),
    )
    assert owner.last_sign_in_at is None


def test_who_brings_it_in_again_is_told_that_it_is_there(tenancy: Tenantry) -> None:
    tenancy.create_tenant("Acme", owner=ADA, slug="acme", created_at=THEN)

    with pytest.raises(SlugTaken):
        tenancy.create_tenant("Acme", owner=ADA, slug="acme", created_at=THEN)
    assert len(tenancy.person(ADA).tenants()) == 1
