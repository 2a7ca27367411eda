"""An archived workspace is hidden, with its data kept; the default one never is."""

from __future__ import annotations

import pytest

from tenantry import Conflict, Denied, NotFound, WorkspaceStatus
from tests.features.people import BOB, CAY, Company


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_an_archived_workspace_is_in_no_list_but_that_of_the_archived(acme: Company, justice: str) -> None:
    archived = acme.context().workspaces.archive(justice)

    assert archived.status is WorkspaceStatus.ARCHIVED
    assert [workspace.id for workspace in acme.context().workspaces.list()] == [acme.general]
    assert [workspace.id for workspace in acme.context().workspaces.list(status="archived")] == [justice]
    with pytest.raises(NotFound):
        acme.context().workspaces.get(justice)


def test_nobody_does_anything_in_an_archived_workspace(acme: Company, justice: str) -> None:
    """AC-32: not even the owner."""
    bob = acme.add(BOB, workspaces={justice: "admin"})

    acme.context().workspaces.archive(justice)

    for context in (acme.context(), bob):
        assert not context.can("workspace-api:workspace:read", workspace=justice)
        with pytest.raises(NotFound):
            context.workspaces.update(justice, name="Law")
        with pytest.raises(NotFound):
            context.workspaces.members(justice)
        with pytest.raises(NotFound):
            context.workspaces.add_member(justice, BOB.user_id, role="viewer")


def test_a_restored_workspace_is_as_before(acme: Company, justice: str) -> None:
    """AC-32"""
    bob = acme.add(BOB, workspaces={justice: "admin"})
    before = acme.context().workspaces.get(justice)
    acme.context().workspaces.archive(justice)

    restored = acme.context().workspaces.restore(justice)

    assert restored.is_active
    assert acme.context().workspaces.get(justice) == before
    assert acme.context(BOB).can("workspace-api:member:invite", workspace=justice)
    assert bob.can("workspace-api:member:invite", workspace=justice)


def test_the_default_workspace_is_never_archived(acme: Company) -> None:
    with pytest.raises(Conflict) as refused:
        acme.context().workspaces.archive(acme.general)

    assert refused.value.rule == "default_workspace"
    assert acme.context().workspaces.get(acme.general).is_active


def test_what_is_archived_already_cannot_be_archived(acme: Company, justice: str) -> None:
    with pytest.raises(Conflict) as refused:
        acme.context().workspaces.restore(justice)
    assert refused.value.rule == "workspace_status"

    acme.context().workspaces.archive(justice)
    with pytest.raises(Conflict):
        acme.context().workspaces.archive(justice)


def test_only_who_may_archive_sees_the_archived(acme: Company, justice: str) -> None:
    bob, cay = acme.add(BOB, workspaces={justice: "admin"}), acme.add(CAY, "admin")

    with pytest.raises(Denied):
        bob.workspaces.archive(justice)
    cay.workspaces.archive(justice)
    assert [workspace.id for workspace in cay.workspaces.list(status="archived")] == [justice]
    with pytest.raises(Denied):
        bob.workspaces.list(status="archived")
    with pytest.raises(Denied):
        bob.workspaces.restore(justice)


def test_an_archived_workspace_keeps_its_slug(acme: Company, justice: str) -> None:
    acme.context().workspaces.archive(justice)

    assert acme.context().workspaces.create("Justice").slug.startswith("justice-")


def test_an_archived_workspace_is_not_in_the_totals(acme: Company, justice: str) -> None:
    acme.context().workspaces.record_counters(justice, {"campaigns": 5})

    acme.context().workspaces.archive(justice)

    assert acme.context().workspaces.totals().workspaces == 1
    assert acme.context().workspaces.totals().counters == {}
