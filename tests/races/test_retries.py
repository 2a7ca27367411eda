"""A command that was too late is run again, a few times; then it says so and has done nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenantry import Stale, Tenantry
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.faults.injection import SERIALIZATION_FAILURE, Fault, contents
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, ADDRESS, stage

EVERYWHERE = ["UPDATE tenantry_tenants", "INSERT INTO tenantry_invitations", "INSERT INTO tenantry_audit_events"]


class Patient(SQLAlchemyStore):
    """Notes how long it was asked to wait."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.waited: list[float] = []

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)


@pytest.fixture
def patient(on_postgres: SQLAlchemyStore) -> Iterator[Patient]:
    store = Patient(on_postgres.engine.url.render_as_string(hide_password=False))
    yield store
    store.dispose()


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("failures", range(1, 5))
def test_a_command_gets_through_after_a_few_serialization_failures(patient: Patient, failures: int, where: str) -> None:
    """RC-12."""
    tenancy = new_tenancy(patient)
    here = stage(tenancy)
    with Fault(SERIALIZATION_FAILURE, times=failures, where=where).on(patient.engine) as fault:
        issued = tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS)

    assert fault.struck == failures
    assert len(patient.waited) == failures
    assert [*tenancy.tenant(here.tenant_id, by=ADA).invitations.list()] == [issued.invitation]


@pytest.mark.parametrize("where", EVERYWHERE)
def test_after_five_tries_the_caller_is_told_and_nothing_is_done(patient: Patient, where: str) -> None:
    """RC-12."""
    tenancy = new_tenancy(patient)
    here = stage(tenancy)
    before = contents(patient.engine)
    always = Fault(SERIALIZATION_FAILURE, times=1_000, where=where)
    with always.on(patient.engine) as fault, pytest.raises(Stale) as told:
        tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS)

    assert fault.struck == 5
    assert told.value.__cause__ is not None
    assert contents(patient.engine) == before
    tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS)


def test_the_pauses_between_tries_are_random_and_grow(patient: Patient) -> None:
    """RC-12."""
    tenancy = new_tenancy(patient)
    here = stage(tenancy)
    tries = 40
    for _ in range(tries):
        with Fault(SERIALIZATION_FAILURE, times=5, where="UPDATE").on(patient.engine), pytest.raises(Stale):
            tenancy.tenant(here.tenant_id, by=ADA).update(name="Bolt")

    firsts, lasts = patient.waited[::4], patient.waited[3::4]
    assert len(patient.waited) == 4 * tries
    assert len(set(patient.waited)) > 3 * tries
    assert min(firsts) >= 0
    assert max(firsts) < max(lasts) < 1


def test_several_steps_are_repeated_as_a_whole_by_retry_and_never_without(patient: Patient) -> None:
    """RC-12."""
    tenancy = new_tenancy(patient)
    here = stage(tenancy)
    runs = []

    def work(tx: Tenantry) -> None:
        runs.append(tx)
        context = tx.tenant(here.tenant_id, by=ADA)
        context.workspaces.create("One")
        context.workspaces.create("Two", slug="two")

    before = contents(patient.engine)
    second = partial(Fault, SERIALIZATION_FAILURE, at=2, where="INSERT INTO tenantry_workspaces")
    with second().on(patient.engine), pytest.raises(Stale), tenancy.transaction() as tx:
        work(tx)
    assert len(runs) == 1
    assert contents(patient.engine) == before

    with second().on(patient.engine):
        tenancy.retry(work)
    assert len(runs) == 3
    names = [each.name for each in tenancy.tenant(here.tenant_id, by=ADA).workspaces.list()]
    assert names == ["General", "One", "Two"]


def test_a_guest_repeats_nothing_and_the_host_begins_again(patient: Patient) -> None:
    """RC-12."""
    tenancy = new_tenancy(patient)
    here = stage(tenancy)
    with Session(patient.engine) as session:
        context = tenancy.using(SessionStore(session)).tenant(here.tenant_id, by=ADA)
        with Fault(SERIALIZATION_FAILURE, where="INSERT").on(patient.engine) as fault, pytest.raises(Stale):
            context.invitations.send(ADDRESS)
        assert fault.struck == 1
        assert patient.waited == []

        session.rollback()
        context.invitations.send(ADDRESS)
        session.commit()
        assert (
            session.scalar(
                text("SELECT count(*) FROM tenantry_invitations WHERE tenant_id = :id"), {"id": here.tenant_id}
            )
            == 1
        )
