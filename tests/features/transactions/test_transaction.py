# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""Several steps in one transaction: all of them or none, and one tenant."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import pytest
from sqlalchemy.orm import Session

from tenantry import (
    SYSTEM,
    AsyncTenantry,
    Denied,
    Invalid,
    LastOwner,
    NotFound,
    Origin,
    Principal,
    SlugTaken,
    Stale,
    TenantMismatch,
    Tenantry,
    schemes,
)
from tenantry.audit.denials import DENIALS
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, CAY, SECRET, Company


class Failure(Exception):
    """The host changes its mind."""


def test_all_steps_are_kept(tenancy: Tenantry) -> None:
    with tenancy.transaction() as tx:
        acme = tx.person(ADA).create_tenant("Acme")
        context = tx.tenant(acme.id, by=ADA)
        justice = context.workspaces.create("Justice")
        issued = context.invitations.send("bob@acme.test", workspaces={justice.id: "admin"})
        tx.person(BOB).accept(issued.token)

    assert tenancy.tenant(acme.id, by=BOB).can("workspace-api:member:invite", workspace=justice.id)


def test_none_is_kept_after_an_exception(tenancy: Tenantry, acme: Company) -> None:
    before = acme.trail()

    with pytest.raises(Failure), tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).update(name="Apex", slug="apex")
        tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        raise Failure

    assert acme.trail() == before
    assert acme.user_ids() == [ADA.user_id]
    assert acme.context().get().name == "Acme"
    with pytest.raises(NotFound):
        tenancy.resolve("apex")


def test_a_tenant_that_was_not_kept_leaves_its_slug_free(tenancy: Tenantry) -> None:
    """E01"""
    with pytest.raises(Failure), tenancy.transaction() as tx:
        tx.person(ADA).create_tenant("Acme", slug="acme")
        raise Failure

    assert not tenancy.person(ADA).tenants()
    assert tenancy.person(BOB).create_tenant("Acme", slug="acme").slug == "acme"


def test_steps_see_one_another(tenancy: Tenantry, acme: Company) -> None:
    with tenancy.transaction() as tx:
        context = tx.tenant(acme.id, by=ADA)
        context.members.add(BOB.user_id, role="admin")
        assert [member.user_id for member in context.members.list()] == [ADA.user_id, BOB.user_id]
        assert tx.tenant(acme.id, by=BOB).can("tenant-api:member:invite")
        context.update(slug="apex")
        assert tx.resolve("apex") == acme.id
        assert len(tx.person(BOB).tenants()) == 1


def test_only_what_goes_through_it_belongs_to_it(tenancy: Tenantry, acme: Company) -> None:
    """Law 1: nothing ambient."""
    with pytest.raises(Failure), tenancy.transaction() as tx:
        assert acme.context().get().name == "Acme"  # not through tx
        tx.tenant(acme.id, by=ADA).update(name="Apex")
        raise Failure

    assert acme.context().get().name == "Acme"


def test_a_refused_step_undoes_itself_and_the_others_stay(tenancy: Tenantry, acme: Company) -> None:
    with tenancy.transaction() as tx:
        context = tx.tenant(acme.id, by=ADA)
        context.members.add(BOB.user_id)
        with pytest.raises(LastOwner):
            context.members.leave()
        with pytest.raises(SlugTaken):
            context.workspaces.create("Other", slug="general")
        with pytest.raises(NotFound):
            context.workspaces.create("Other", admin=CAY.user_id)
        with pytest.raises(Denied):
            tx.tenant(acme.id, by=BOB).update(name="Mine")
        context.workspaces.create("Justice")

    assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    assert [w.name for w in acme.context().workspaces.list()] == ["General", "Justice"]
    assert acme.trail()[-3:] == ["member.added", "workspace.created", "access.denied"]
    assert acme.context().get().workspaces == 2


def test_a_denial_within_it_is_recorded_once_when_it_has_ended(tenancy: Tenantry, acme: Company) -> None:
    """AU-01: it may be caught, and the host may say so, too."""
    acme.add(BOB)
    with tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).update(name="Apex")
        with pytest.raises(Denied) as refused:
            tx.tenant(acme.id, by=BOB, origin=Origin(request_id="1")).update(name="Mine")
        tx.record_denial(refused.value)
        assert not refused.value.is_recorded

    assert refused.value.is_recorded
    assert acme.trail()[-2:] == ["tenant.updated", "access.denied"]
    assert acme.context(SYSTEM).audit.list(limit=1)[0].request_id == "1"


def test_a_denial_within_one_that_is_rolled_back_is_recorded(tenancy: Tenantry, acme: Company) -> None:
    """Law 10: whether it is the denial that ends it, or something else."""
    acme.add(BOB)
    acme.add(CAY)
    before = acme.trail()
    with pytest.raises(Denied), tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).update(name="Apex")
        tx.tenant(acme.id, by=BOB).update(name="Mine")
    assert acme.trail() == [*before, "access.denied"]

    with pytest.raises(Failure), tenancy.transaction() as tx, tx.transaction() as inner:
        with pytest.raises(Denied) as refused:
            inner.tenant(acme.id, by=CAY).update(name="Mine")
        inner.record_denial(refused.value)
        raise Failure
    assert acme.trail() == [*before, "access.denied", "access.denied"]
    assert acme.context().get().name == "Acme"


def test_a_denial_in_a_tenant_that_never_was_is_recorded_nowhere(tenancy: Tenantry) -> None:
    with pytest.raises(Denied), tenancy.transaction() as tx:
        born = tx.person(ADA).create_tenant("Acme")
        tx.tenant(born.id, by=SYSTEM).members.add(BOB.user_id)
        tx.tenant(born.id, by=BOB).update(name="Mine")
    assert not tenancy.person(ADA).tenants()


def test_a_denial_is_recorded_once_however_often_the_work_is_run(tenancy: Tenantry, acme: Company) -> None:
    acme.add(BOB)
    before, tries = acme.trail(), 0

    def work(tx: Tenantry) -> None:
        nonlocal tries
        tries += 1
        with pytest.raises(Denied):
            tx.tenant(acme.id, by=BOB).update(name="Mine")
        if tries < 3:
            raise Stale("Somebody was faster.")

    tenancy.retry(work)

    assert acme.trail() == [*before, "access.denied"]
    with tenancy._store.jobs() as jobs:
        assert [each.count for each in jobs.records(DENIALS).list()] == [0]


def test_a_guests_transaction_records_nothing_by_itself(sql_store: SQLAlchemyStore) -> None:
    """It is the host's, whose error handler says so."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    before = acme.trail()
    with Session(sql_store.engine) as session:
        with pytest.raises(Denied) as refused, tenancy.using(SessionStore(session)).transaction() as tx:
            tx.tenant(acme.id, by=BOB).update(name="Mine")
        session.commit()
    assert acme.trail() == before
    tenancy.record_denial(refused.value)
    assert acme.trail() == [*before, "access.denied"]


@pytest.mark.parametrize("caught", [True, False], ids=["caught", "rolled-back"])
@awaited
async def test_a_host_that_awaits_finds_it_recorded_too(database: Database, caught: bool) -> None:
    acme = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    before, tries = acme.trail(), 0
    with suppress(Denied) if not caught else nullcontext():
        async with database.owned.transaction() as tx:
            await tx.tenant(acme.id, by=ADA).members.list()
            with suppress(Denied) if caught else nullcontext():
                await tx.tenant(acme.id, by=BOB).update(name="Mine")
    assert acme.trail() == [*before, "access.denied"]

    async def work(tx: AsyncTenantry) -> None:
        nonlocal tries
        tries += 1
        with pytest.raises(Denied):
            await tx.tenant(acme.id, by=Principal(BOB.user_id, active=False)).members.list()
        if tries < 3:
            raise Stale("Somebody was faster.")

    await database.owned.retry(work)
    assert acme.trail() == [*before, "access.denied", "access.denied"]


def test_it_is_bound_to_the_first_tenant(tenancy: Tenantry, acme: Company) -> None:
    """Law 1"""
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))

    with pytest.raises(TenantMismatch), tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).update(name="Apex")
        tx.tenant(beta.id, by=ADA).update(name="Bravo")

    assert (acme.context().get().name, beta.context().get().name) == ("Acme", "Beta")


def test_reading_binds_it_too(tenancy: Tenantry, acme: Company) -> None:
    """Law 1"""
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))

    with tenancy.transaction() as tx:
        assert tx.tenant(acme.id, by=ADA).can("tenant-api:tenant:own")
        with pytest.raises(TenantMismatch):
            tx.tenant(beta.id, by=ADA).can("tenant-api:tenant:own")
        with pytest.raises(TenantMismatch):
            tx.person(ADA).create_tenant("Gamma")
        assert len(tx.person(ADA).tenants()) == 2
        tx.tenant(acme.id, by=ADA).update(name="Apex")

    assert acme.context().get().name == "Apex"


def test_a_transaction_within_one_is_undone_by_itself(tenancy: Tenantry, acme: Company) -> None:
    with tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        with pytest.raises(Failure), tx.transaction() as inner:
            inner.tenant(acme.id, by=ADA).members.add(CAY.user_id)
            raise Failure
        with tx.transaction() as inner:
            inner.tenant(acme.id, by=ADA).workspaces.create("Justice")

    assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    assert acme.trail()[-2:] == ["member.added", "workspace.created"]


def test_a_transaction_within_one_is_bound_to_the_same_tenant(tenancy: Tenantry, acme: Company) -> None:
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))

    with tenancy.transaction() as tx, tx.transaction() as inner:
        inner.tenant(acme.id, by=ADA).update(name="Apex")
        with pytest.raises(TenantMismatch):
            tx.tenant(beta.id, by=ADA).update(name="Bravo")


def test_a_tenant_of_an_inner_one_that_failed_was_never_there(tenancy: Tenantry) -> None:
    """E01"""
    with tenancy.transaction() as tx:
        with pytest.raises(Failure), tx.transaction() as inner:
            inner.person(ADA).create_tenant("Acme")
            raise Failure
        assert not tx.person(ADA).tenants()

    assert not tenancy.person(ADA).tenants()


def test_both_are_undone_by_the_outer_one(tenancy: Tenantry, acme: Company) -> None:
    before = acme.trail()

    with pytest.raises(Failure), tenancy.transaction() as tx:
        with tx.transaction() as inner:
            inner.tenant(acme.id, by=ADA).members.add(CAY.user_id)
        raise Failure

    assert acme.trail() == before


def test_it_is_good_within_its_block_only(tenancy: Tenantry, acme: Company) -> None:
    with tenancy.transaction() as tx:
        with tx.transaction() as inner:
            inner.tenant(acme.id, by=ADA).update(name="Apex")
        with pytest.raises(Invalid, match="is over"):
            inner.tenant(acme.id, by=ADA).get()
        context = tx.tenant(acme.id, by=ADA)
        context.update(slug="apex")

    for late in (
        context.get,
        lambda: context.update(name="Late"),
        tx.person(ADA).tenants,
        lambda: tx.retry(lambda again: None),
    ):
        with pytest.raises(Invalid, match="is over"):
            late()
    assert acme.context().get().name == "Apex"
