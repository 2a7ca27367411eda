"""A workspace is in use or archived; the default one is always in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import product

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import Conflict, Workspace, WorkspaceStatus
from tenantry.workspaces.model import TRANSITIONS, archive, restore

ACTS: Mapping[str, Callable[[Workspace], Workspace]] = {
    "archive": archive,
    "restore": restore,
}


def workspace(status: WorkspaceStatus = WorkspaceStatus.ACTIVE, *, is_default: bool = False) -> Workspace:
    return Workspace(
        tenant_id="ten_acme",
        id="ws_1",
        name="Ministry of Justice",
        slug="justice",
        status=status,
        is_default=is_default,
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


class TestStates:
    @pytest.mark.parametrize(("status", "act"), list(product(WorkspaceStatus, ACTS)))
    def test_every_act_leads_on_or_is_refused(self, status: WorkspaceStatus, act: str) -> None:
        before = workspace(status)
        if (status, act) in TRANSITIONS:
            after = ACTS[act](before)
            assert after == evolve(before, status=TRANSITIONS[status, act])
            assert after.is_active is (after.status is WorkspaceStatus.ACTIVE)
        else:
            with pytest.raises(Conflict) as refused:
                ACTS[act](before)
            assert refused.value.rule == "workspace_status"
            assert str(refused.value) == f"The workspace is {status} already."

    def test_the_table_knows_no_other_act(self) -> None:
        assert {act for _, act in TRANSITIONS} == ACTS.keys()

    @pytest.mark.parametrize("status", list(WorkspaceStatus))
    def test_the_default_one_is_never_archived(self, status: WorkspaceStatus) -> None:
        """W6."""
        with pytest.raises(Conflict) as refused:
            archive(workspace(status, is_default=True))
        assert refused.value.rule == "default_workspace"


def test_a_workspace_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        workspace().tenant_id = "ten_other"  # type: ignore[misc]


def test_a_workspace_is_sorted_without_regard_to_case() -> None:
    assert workspace()._name_key == evolve(workspace(), name="MINISTRY OF JUSTICE")._name_key
    assert "key" not in repr(workspace())
