"""The states of a tenant, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from attrs import evolve

from tenantry import SYSTEM, Conflict, Principal, Tenant, TenantStatus
from tenantry.tenants.model import PURGE_MARGIN, TRANSITIONS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
ADA = Principal("user_ada")
ACME = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_general", created_at=NOW)
SUSPENDED = ACME.suspended(ADA, "Unpaid.")

IN: Final[Mapping[TenantStatus, Tenant]] = {
    TenantStatus.ACTIVE: ACME,
    TenantStatus.SUSPENDED: SUSPENDED,
    TenantStatus.DELETED: ACME.deleted(LATER),
    TenantStatus.PURGED: ACME.deleted(LATER).purged(),
}
ACTS: Final[Mapping[str, Callable[[Tenant], Tenant]]] = {
    "suspend": lambda tenant: tenant.suspended(ADA, "Unpaid."),
    "resume": Tenant.resumed,
    "delete": lambda tenant: tenant.deleted(LATER),
    "restore": lambda tenant: tenant.restored(NOW),
    "purge": Tenant.purged,
}


@pytest.mark.parametrize("status", TenantStatus)
@pytest.mark.parametrize("act", ACTS)
def test_the_state_machine_is_the_table(status: TenantStatus, act: str) -> None:
    after = TRANSITIONS.get((status, act))
    if after is None:
        with pytest.raises(Conflict) as conflict:
            ACTS[act](IN[status])
        assert conflict.value.rule == "tenant_status"
    else:
        assert ACTS[act](IN[status]).status is after


def test_the_table_knows_no_act_that_there_is_not() -> None:
    assert {act for _, act in TRANSITIONS} == set(ACTS)


def test_resuming_undoes_suspending() -> None:
    assert SUSPENDED.resumed() == ACME


def test_restoring_undoes_deleting() -> None:
    assert ACME.deleted(LATER).restored(NOW) == ACME
    assert SUSPENDED.deleted(LATER).restored(NOW) == SUSPENDED


def test_it_can_be_restored_before_its_time_is_over() -> None:
    """TM-05"""
    deleted = ACME.deleted(LATER)
    assert deleted.restored(LATER - timedelta(microseconds=1)) == ACME
    for late in (LATER, LATER + timedelta(days=1)):
        with pytest.raises(Conflict) as conflict:
            deleted.restored(late)
        assert conflict.value.rule == "deletion_grace"


def test_it_is_due_a_day_after_that() -> None:
    """TM-05"""
    deleted = ACME.deleted(LATER)
    assert not deleted.is_due(LATER + PURGE_MARGIN - timedelta(microseconds=1))
    assert deleted.is_due(LATER + PURGE_MARGIN)
    assert timedelta(days=1) <= PURGE_MARGIN
    assert not ACME.is_due(LATER + PURGE_MARGIN)
    assert not deleted.purged().is_due(LATER + PURGE_MARGIN)


def test_what_takes_rights_away_is_seen_in_the_epoch() -> None:
    """LC-01"""
    later = evolve(ACME, version=7)
    assert later.suspended(ADA, "Unpaid.").epoch == later.deleted(LATER).epoch == 7
    assert evolve(SUSPENDED, version=8).resumed().epoch == SUSPENDED.epoch


def test_the_system_is_known_by_its_name() -> None:
    for by, expected in {SYSTEM: True, SYSTEM.job("billing"): True, ADA: False, Principal.service("x"): False}.items():
        assert ACME.suspended(by, "Unpaid.").is_suspended_by_system is expected
    assert not ACME.is_suspended_by_system


def test_what_is_left_of_a_purged_one_says_nothing_of_anybody() -> None:
    """AU-12"""
    full = evolve(SUSPENDED, counters={"mails": 3}, members=4, workspaces=5).deleted(LATER)
    left = full.purged()
    assert (left.name, left.suspended_by, left.reason, left.counters) == ("(purged)", None, None, {})
    assert (left.members, left.workspaces, left.purge_at, left.slug) == (0, 0, LATER, "acme")
