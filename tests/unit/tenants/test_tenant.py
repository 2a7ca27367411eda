"""A tenant changes by new values only, and counts what commands change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import Tenant, TenantStatus
from tenantry.tenants.model import adjust_counts, extend_trail, rename

ACME = Tenant(
    id="ten_acme",
    name="Acme",
    slug="acme",
    default_workspace_id="ws_general",
    created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)


def test_a_new_tenant_is_active() -> None:
    assert ACME.status is TenantStatus.ACTIVE
    assert (ACME.is_active, ACME.is_suspended, ACME.is_deleted) == (True, False, False)


def test_renaming_changes_name_and_slug_alone() -> None:
    assert rename(ACME, name="Acme & Sons", slug="sons") == evolve(ACME, name="Acme & Sons", slug="sons")


def test_counting_adds_and_takes_away() -> None:
    assert adjust_counts(adjust_counts(ACME, members=1, workspaces=2), members=-1) == evolve(ACME, workspaces=2)
    assert adjust_counts(ACME) == ACME


def test_recorded_events_move_the_end_of_the_trail() -> None:
    recorded = extend_trail(extend_trail(ACME, 2, "first"), 3, "second")
    assert (recorded._audit_sequence, recorded._audit_head) == (5, "second")


def test_a_tenant_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ACME.status = TenantStatus.SUSPENDED  # type: ignore[misc]
