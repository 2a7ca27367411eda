"""The questions: can, check, require, workspaces_where, access; and what is no question."""

from __future__ import annotations

import pytest

from tenantry import ALL, SYSTEM, Denied, Invalid, NotFound, Tenantry, TenantryError, UnknownPermission
from tenantry.access.guard import permissions_in
from tests.features.people import ADA, BOB, CAY, EVE, Company, someone

INVITE = "workspace-api:member:invite"
READ = "workspace-api:workspace:read"


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_the_four_questions_agree(acme: Company, justice: str) -> None:
    """AC-40 in kind"""
    bob = acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"})

    for workspace, expected in ((justice, True), (acme.general, False)):
        access = bob.access(workspaces=[workspace])
        assert bob.can(INVITE, workspace=workspace) is access.can(INVITE, workspace=workspace) is expected
        assert bob.check(INVITE, workspace=workspace) == access.check(INVITE, workspace=workspace)
        assert bob.check(INVITE, workspace=workspace).allowed is expected
        assert (workspace in bob.workspaces_where(INVITE)) is expected
    bob.require(INVITE, workspace=justice)
    with pytest.raises(Denied) as refused:
        bob.require(INVITE, workspace=acme.general)
    assert refused.value.decision == bob.check(INVITE, workspace=acme.general)


def test_a_decision_gives_its_reasons(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "admin"})

    yes, no = bob.check(INVITE, workspace=justice), bob.check("tenant-api:member:read")

    assert (bool(yes), yes.code, yes.reasons) == (True, "allowed", ("Role 'admin', granted here.",))
    assert (bool(no), no.code) == (False, "permission_missing")
    assert "tenant-api:member:read" in no.reasons[0]


def test_workspaces_are_found_by_permission(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"})

    assert bob.workspaces_where(INVITE) == frozenset({justice})
    assert bob.workspaces_where(READ) == frozenset({justice, acme.general})
    assert acme.add(CAY, "admin").workspaces_where(INVITE) == ALL
    assert acme.context(SYSTEM).workspaces_where(INVITE) == ALL
    assert acme.context(EVE).workspaces_where(INVITE) == frozenset()
    with pytest.raises(Invalid):
        bob.workspaces_where("tenant-api:member:read")


def test_an_unknown_permission_is_an_error_and_never_a_quiet_no(acme: Company, justice: str) -> None:
    """E32, R1, AC-12, AC-14, AC-16: whoever asks."""
    for context in (acme.context(), acme.context(EVE), acme.context(SYSTEM)):
        access = context.access(workspaces=[justice])
        for name in (
            "campaign-api:campaign:read",
            "tenant-api:*:read",
            "Tenant-API:member:read",
            "*:*:*",
            "",
            "x" * 9999,
        ):
            for ask in (
                context.can,
                context.check,
                context.require,
                context.workspaces_where,
                access.can,
                access.require,
            ):
                with pytest.raises(UnknownPermission):
                    ask(name)
            with pytest.raises(UnknownPermission):
                context.can(name, workspace=justice)


def test_an_unknown_permission_is_explained(acme: Company) -> None:
    with pytest.raises(UnknownPermission, match="Did you mean 'tenant-api:member:read'"):
        acme.context().can("tenant-api:members:read")


def test_a_permission_is_asked_at_its_level(acme: Company, justice: str) -> None:
    """AC-29"""
    for context in (acme.context(), acme.context(EVE), acme.context(SYSTEM)):
        access = context.access(workspaces=[justice])
        for ask in (context.can, context.check, context.require, access.can, access.check, access.require):
            with pytest.raises(Invalid):
                ask(INVITE)
            with pytest.raises(Invalid):
                ask("tenant-api:member:read", workspace=justice)
            with pytest.raises(Invalid):
                ask(INVITE, workspace="")


def test_a_workspace_that_is_not_there_is_a_no_for_everybody(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E05: foreign, archived and made-up ids give the same no."""
    beta = tenancy.person(BOB).create_tenant("Beta")
    acme.context().workspaces.archive(justice)

    for context in (acme.context(), acme.context(SYSTEM), acme.add(CAY, "admin")):
        answers = {
            context.check(READ, workspace=id) for id in (justice, beta.default_workspace_id, "ws_made_up", "x' OR 1=1")
        }
        assert [(answer.allowed, answer.code) for answer in answers] == [(False, "workspace_not_found")]
        with pytest.raises(NotFound):
            context.require(READ, workspace=beta.default_workspace_id)


def test_a_stranger_may_nothing_and_is_told_nothing(acme: Company, justice: str) -> None:
    eve = acme.context(EVE)

    assert not eve.can("tenant-api:tenant:read")
    assert not eve.can(READ, workspace=justice)
    assert eve.check(READ, workspace=justice).code == "tenant_not_found"
    assert not eve.access().is_member
    with pytest.raises(NotFound):
        eve.require("tenant-api:tenant:read")


def test_one_person_is_judged_by_each_tenant_for_itself(tenancy: Tenantry, acme: Company) -> None:
    """TI-04"""
    beta = Company(tenancy, tenancy.person(BOB).create_tenant("Beta"))
    beta.context(BOB).members.add(ADA.user_id)
    beta.context(BOB).workspaces.add_member(beta.general, ADA.user_id, role="viewer")

    here, there = acme.context().access(workspaces=[beta.general]), beta.context().access(workspaces=[acme.general])

    assert here.can("tenant-api:tenant:own")
    assert [name for name in sorted(permissions_in(here)) if there.can(name)] == ["tenant-api:tenant:read"]
    assert there.can(READ, workspace=beta.general)
    assert not there.can(INVITE, workspace=beta.general)
    assert not here.can(READ, workspace=beta.general)
    assert not there.can(READ, workspace=acme.general)


def test_an_account_that_is_switched_off_may_nothing(acme: Company) -> None:
    """PE-11"""
    ghost = acme.context(someone("ada", active=False))

    assert not ghost.can("tenant-api:tenant:read")
    assert ghost.check("tenant-api:tenant:read").code == "principal_inactive"
    with pytest.raises(Denied):
        ghost.get()
    with pytest.raises(TenantryError):
        ghost.update(name="Ghost town")


def test_many_workspaces_are_asked_at_once(acme: Company) -> None:
    """E50"""
    ids = [acme.workspace(f"Client {number}") for number in range(20)]
    bob = acme.add(BOB, workspaces=dict.fromkeys(ids[::2], "admin"))

    access = bob.access(workspaces=ids)

    assert [access.can(INVITE, workspace=id) for id in ids] == [number % 2 == 0 for number in range(20)]
    assert [bob.can(INVITE, workspace=id) for id in ids] == [access.can(INVITE, workspace=id) for id in ids]


def test_too_many_workspaces_are_refused(acme: Company) -> None:
    acme.context().access(workspaces=[f"ws_{number}" for number in range(1_000)])
    for workspaces in ([f"ws_{number}" for number in range(1_001)], "ws_1", [""], [None], 5, None):
        with pytest.raises(Invalid):
            acme.context().access(workspaces=workspaces)  # type: ignore[arg-type]
