"""A tenant that is deleted can be restored for a time, as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Options,
    Principal,
    SlugTaken,
    Tenantry,
    TenantStatus,
    schemes,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, SECRET, Company

GRACE = Options().deletion_grace
TICK = timedelta(microseconds=1)


def test_an_owner_deletes_and_restores_their_tenant(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    acme.add(BOB, "admin")
    members = list(acme.context().members.list())

    deleted = acme.context().delete(confirm="Acme")

    assert (deleted.status, deleted.purge_at) == (TenantStatus.DELETED, clock() + GRACE)
    assert acme.context().get() == deleted
    assert [mine.tenant.status for mine in tenancy.person(BOB).tenants()] == [TenantStatus.DELETED]
    with pytest.raises(SlugTaken):
        tenancy.person(CAY).create_tenant("Other", slug="acme")
    restored = acme.context().restore()
    assert (restored.status, restored.purge_at) == (TenantStatus.ACTIVE, None)
    assert list(acme.context().members.list()) == members


def test_both_are_in_the_trail(acme: Company, clock: FrozenClock) -> None:
    acme.context().delete(confirm="Acme")
    acme.context().restore()

    restored, deleted = acme.context().audit.list(limit=2)
    here, gone = (
        {"status": "active", "purge_at": None},
        {"status": "deleted", "purge_at": (clock() + GRACE).isoformat()},
    )
    assert (deleted.action, deleted.principal, deleted.before, deleted.after) == (
        "tenant.deleted",
        ADA.user_id,
        here,
        gone,
    )
    assert (restored.action, restored.before, restored.after) == ("tenant.restored", gone, here)


@pytest.mark.parametrize("typed", ["Straße & Co", " STRASSE & CO\N{NO-BREAK SPACE}", "strasse & co"])
def test_the_name_is_typed_in_any_case(tenancy: Tenantry, typed: str) -> None:
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Straße & Co"))

    assert company.context().delete(confirm=typed).status is TenantStatus.DELETED


@pytest.mark.parametrize("typed", [None, "", " ", "acme2", "Acm", "A cme", "acme\0", "Acme\nAcme"])
def test_without_the_name_nothing_is_deleted(acme: Company, typed: str | None) -> None:
    with pytest.raises(Invalid) as invalid:
        acme.context().delete(confirm=typed)

    assert invalid.value.field == "confirm"
    assert acme.context().get().status is TenantStatus.ACTIVE


def test_the_system_need_not_type_but_is_not_misunderstood(acme: Company) -> None:
    with pytest.raises(Invalid):
        acme.context(SYSTEM).delete(confirm="Apex")

    assert acme.context(SYSTEM).delete().status is TenantStatus.DELETED


def test_it_can_be_restored_until_its_time_is_over(acme: Company, clock: FrozenClock) -> None:
    """TM-05"""
    until = acme.context().delete(confirm="Acme").purge_at
    assert until is not None
    clock.set(until - TICK)
    acme.context().restore()
    until = acme.context().delete(confirm="Acme").purge_at
    assert until is not None
    clock.set(until)

    for by in (ADA, SYSTEM):
        with pytest.raises(Conflict) as conflict:
            acme.context(by).restore()
        assert conflict.value.rule == "deletion_grace"
    assert acme.context().get().status is TenantStatus.DELETED


def test_the_host_says_how_long(store: Store, clock: FrozenClock) -> None:
    options = Options(deletion_grace=timedelta(hours=1))
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    assert acme.context().delete(confirm="Acme").purge_at == clock() + timedelta(hours=1)


@pytest.mark.parametrize("host", [SYSTEM, SYSTEM.job("billing")], ids=["system", "job"])
def test_what_the_host_has_suspended_no_owner_deletes(acme: Company, host: Principal) -> None:
    """Or they would let it be purged, with whatever the host wants to look at."""
    acme.context(host).suspend("Unpaid.")

    with pytest.raises(Denied) as denied:
        acme.context().delete(confirm="Acme")
    assert denied.value.decision.code == "suspended_by_system"
    assert acme.context().get().status is TenantStatus.SUSPENDED
    assert acme.trail()[-2:] == ["tenant.suspended", "access.denied"]
    assert acme.context(SYSTEM).delete().status is TenantStatus.DELETED


def test_what_the_host_has_suspended_no_owner_restores(acme: Company) -> None:
    """Whoever has deleted it; the host takes over what an owner has deleted."""
    acme.context().delete(confirm="Acme")
    with acme.tenancy.transaction() as tx:
        host = tx.tenant(acme.id, by=SYSTEM)
        host.restore()
        host.suspend("Unpaid.")
        host.delete()

    for act in (acme.context().restore, acme.context().resume):
        with pytest.raises((Denied, Conflict)):
            act()
    restored = acme.context(SYSTEM).restore()
    assert (restored.status, restored.reason) == (TenantStatus.SUSPENDED, "Unpaid.")
    with pytest.raises(Denied) as denied:
        acme.context().resume()
    assert denied.value.decision.code == "suspended_by_system"
    assert acme.context(SYSTEM).resume().status is TenantStatus.ACTIVE


def test_what_an_owner_has_suspended_owners_delete_and_restore(acme: Company) -> None:
    acme.context().suspend("Closed in August.")
    acme.context().delete(confirm="Acme")
    restored = acme.context().restore()
    assert (restored.status, restored.suspended_by) == (TenantStatus.SUSPENDED, ADA.user_id)
    assert acme.context().resume().is_active


def test_a_deletion_is_seen_in_the_epoch_of_every_member(acme: Company) -> None:
    """LC-01"""
    acme.add(BOB)
    before = acme.context(BOB).access().epoch

    acme.context().delete(confirm="Acme")
    during = acme.context(BOB).access().epoch
    acme.context().restore()

    assert acme.context(BOB).access().epoch == during > before


def test_a_stranger_knows_neither_it_nor_its_owners(acme: Company) -> None:
    """E05"""
    acme.context().delete(confirm="Acme")
    context = acme.context(BOB)

    for act in (context.get, context.owners, context.resume, context.restore, lambda: context.delete(confirm="Acme")):
        with pytest.raises(NotFound) as refused:
            act()
        assert str(refused.value) == "There is no such tenant."
    assert acme.trail()[-1] == "tenant.deleted"
