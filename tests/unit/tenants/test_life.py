"""The states of a tenant, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from attrs import evolve

from tenantry import SYSTEM, Conflict, Principal, Tenant, TenantStatus
from tenantry.tenants.model import PURGE_MARGIN, TRANSITIONS, delete, is_due, purge, restore, resume, suspend

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
ADA = Principal("user_ada")
ACME = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_general", created_at=NOW)
SUSPENDED = suspend(ACME, ADA, "Unpaid.")

IN: Final[Mapping[TenantStatus, Tenant]] = {
    TenantStatus.ACTIVE: ACME,
    TenantStatus.SUSPENDED: SUSPENDED,
    TenantStatus.DELETED: delete(ACME, LATER),
    TenantStatus.PURGED: purge(delete(ACME, LATER)),
}
ACTS: Final[Mapping[str, Callable[[Tenant], Tenant]]] = {
    "suspend": lambda tenant: suspend(tenant, ADA, "Unpaid."),
    "resume": resume,
    "delete": lambda tenant: delete(tenant, LATER),
    "restore": lambda tenant: restore(tenant, NOW),
    "purge": purge,
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
    assert resume(SUSPENDED) == ACME


def test_restoring_undoes_deleting() -> None:
    assert restore(delete(ACME, LATER), NOW) == ACME
    assert restore(delete(SUSPENDED, LATER), NOW) == SUSPENDED


def test_it_can_be_restored_before_its_time_is_over() -> None:
    """TM-05"""
    deleted = delete(ACME, LATER)
    assert restore(deleted, LATER - timedelta(microseconds=1)) == ACME
    for late in (LATER, LATER + timedelta(days=1)):
        with pytest.raises(Conflict) as conflict:
            restore(deleted, late)
        assert conflict.value.rule == "deletion_grace"


def test_it_is_due_a_day_after_that() -> None:
    """TM-05"""
    deleted = delete(ACME, LATER)
    assert not is_due(deleted, LATER + PURGE_MARGIN - timedelta(microseconds=1))
    assert is_due(deleted, LATER + PURGE_MARGIN)
    assert timedelta(days=1) <= PURGE_MARGIN
    assert not is_due(ACME, LATER + PURGE_MARGIN)
    assert not is_due(purge(deleted), LATER + PURGE_MARGIN)


def test_what_takes_rights_away_is_seen_in_the_epoch() -> None:
    """LC-01"""
    later = evolve(ACME, version=7)
    assert suspend(later, ADA, "Unpaid.")._epoch == delete(later, LATER)._epoch == 7
    assert resume(evolve(SUSPENDED, version=8))._epoch == SUSPENDED._epoch


def test_the_system_is_known_by_its_name() -> None:
    for by, expected in {SYSTEM: True, SYSTEM.job("billing"): True, ADA: False, Principal.service("x"): False}.items():
        assert suspend(ACME, by, "Unpaid.").is_suspended_by_system is expected
    assert not ACME.is_suspended_by_system


def test_what_is_left_of_a_purged_one_says_nothing_of_anybody() -> None:
    """AU-12"""
    full = delete(evolve(SUSPENDED, counters={"mails": 3}, members=4, workspaces=5), LATER)
    left = purge(full)
    assert (left.name, left.suspended_by, left.reason, left.counters) == ("(purged)", None, None, {})
    assert (left.members, left.workspaces, left.purge_at, left.slug) == (0, 0, LATER, "acme")
