"""Roles in workspaces, given and taken one by one, and who may do that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tenantry import SYSTEM, Denied, Invalid, Level, NotFound, Permission, Role, Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company

WRITE, SEND = "campaign-api:campaign:write", "campaign-api:campaign:send"
SCHEME = schemes.AGENCY.extend(
    permissions=[Permission(WRITE, Level.WORKSPACE), Permission(SEND, Level.WORKSPACE)],
    roles=[
        Role("writer", Level.WORKSPACE, [WRITE]),
        Role("sender", Level.WORKSPACE, [SEND]),
        Role("keeper", Level.WORKSPACE, ["workspace-api:member:update"]),
    ],
)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], clock=clock)


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_only_a_workspace_in_use_has_roles(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E05: an archived, foreign or made-up one is not there, whoever asks."""
    acme.add(BOB, workspaces={justice: "viewer"})
    acme.context().workspaces.archive(justice)
    beta = tenancy.person(ADA).create_tenant("Beta")
    before = acme.member(BOB)

    for workspace in (justice, beta.default_workspace_id, "ws_made_up"):
        for by in (ADA, SYSTEM, BOB):
            for act in (acme.context(by).members.add_role, acme.context(by).members.remove_role):
                with pytest.raises(NotFound) as refused:
                    act(BOB.user_id, role="viewer", workspace=workspace)
                assert refused.value.data["kind"] == "workspace"
    assert acme.member(BOB) == before


def test_who_runs_a_workspace_gives_roles_in_it_alone(acme: Company, justice: str) -> None:
    """R6, AC-05, AC-06"""
    bob = acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"}).members
    acme.add(CAY, workspaces={acme.general: "writer"})

    bob.add_role(CAY.user_id, role="sender", workspace=justice)
    bob.add_role(CAY.user_id, role="admin", workspace=justice)
    bob.remove_role(CAY.user_id, role="sender", workspace=justice)
    acts: list[Callable[[], object]] = [
        lambda: bob.add_role(CAY.user_id, role="viewer", workspace=acme.general),
        lambda: bob.remove_role(CAY.user_id, role="writer", workspace=acme.general),
        lambda: bob.add_role(CAY.user_id, role="member"),
        lambda: bob.add_role(CAY.user_id, role="admin"),
        lambda: bob.remove_role(CAY.user_id, role="member"),
        lambda: bob.change_role(CAY.user_id, role="member"),
    ]
    for act in acts:
        with pytest.raises(Denied) as refused:
            act()
        assert refused.value.decision.code == "permission_missing"
    assert acme.member(CAY).roles == ("member",)
    assert acme.member(CAY).workspaces == {acme.general: ("writer",), justice: ("admin",)}


def test_who_runs_a_workspace_touches_nobodys_roles_at_the_tenant(acme: Company, justice: str) -> None:
    """PE-02: what an owner has in a workspace besides can be taken, and takes nothing from the owner."""
    bob = acme.add(BOB, workspaces={justice: "admin"}).members
    acme.context(SYSTEM).members.add_role(ADA.user_id, role="viewer", workspace=justice)

    with pytest.raises(Invalid):
        bob.remove_role(ADA.user_id, role="owner", workspace=justice)
    bob.add_role(ADA.user_id, role="writer", workspace=justice)
    for role in ("writer", "viewer"):
        bob.remove_role(ADA.user_id, role=role, workspace=justice)

    assert (acme.member(ADA).roles, acme.member(ADA).workspaces) == (("owner",), {})
    assert acme.context().can("workspace-api:member:delete", workspace=justice)


def test_who_runs_a_workspace_is_not_told_of_another(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "admin"}).members
    acme.add(CAY, workspaces={acme.general: "admin", justice: "viewer"})

    for act in (bob.add_role, bob.add_role, bob.remove_role):
        told = act(CAY.user_id, role="writer", workspace=justice)
        assert acme.general not in told.workspaces
        assert {grant.workspace_id for grant in told.grants} == {None, justice}


def test_a_workspace_has_its_own_ceiling(acme: Company, justice: str) -> None:
    """Law 5, E41"""
    lead = acme.context().roles.define("Lead", permissions=["workspace-api:member:*"], level="workspace").id
    bob = acme.add(BOB, workspaces={justice: lead}).members
    acme.add(CAY, workspaces={justice: "writer"})

    acts: list[Callable[[], object]] = [
        lambda: bob.add_role(CAY.user_id, role="writer", workspace=justice),
        lambda: bob.add_role(CAY.user_id, role=lead, workspace=justice),
        lambda: bob.remove_role(CAY.user_id, role="writer", workspace=justice),
    ]
    for act in acts:
        with pytest.raises(Denied) as refused:
            act()
        assert refused.value.decision.code == "beyond_own_rights"
        assert refused.value.data["missing"] == [WRITE]


def test_who_changes_roles_in_a_workspace_brings_nobody_in_and_puts_nobody_out(
    acme: Company, justice: str, clock: FrozenClock
) -> None:
    """PE-03: for that there are two more permissions, whichever verb is used."""
    acme.add(BOB, workspaces={justice: "keeper"})
    acme.context().members.add_role(BOB.user_id, role="writer", workspace=justice)
    bob = acme.context(BOB).members
    acme.add(CAY)
    acme.add(DAN, workspaces={justice: "writer"})
    acme.add(EVE)
    acme.context().members.add_role(EVE.user_id, role="writer", workspace=justice, ends_at=clock() + timedelta(days=1))
    clock.advance(days=1)

    for verb, act, who in (
        ("invite", bob.add_role, CAY),
        ("invite", bob.add_role, EVE),
        ("delete", bob.remove_role, DAN),
    ):
        with pytest.raises(Denied) as refused:
            act(who.user_id, role="writer", workspace=justice)
        assert refused.value.data["permission"] == f"workspace-api:member:{verb}"
    bob.add_role(DAN.user_id, role="keeper", workspace=justice)
    bob.remove_role(DAN.user_id, role="writer", workspace=justice)
    assert acme.member(DAN).workspaces == {justice: ("keeper",)}


@pytest.mark.parametrize("role", ["admin", "viewer", "keeper", "sender"])
def test_anybody_steps_down_in_a_workspace(acme: Company, justice: str, role: str) -> None:
    """PE-21: also with a role that does not show them the workspace."""
    acme.add(BOB, workspaces={justice: role})
    acme.context().members.add_role(BOB.user_id, role="writer", workspace=justice)

    left = acme.context(BOB).members.remove_role(BOB.user_id, role=role, workspace=justice)
    assert left.workspaces == acme.member(BOB).workspaces == {justice: ("writer",)}
    acme.context(BOB).members.remove_role(BOB.user_id, role="writer", workspace=justice)
    assert acme.member(BOB).workspaces == {}
    with pytest.raises(Denied):
        acme.context(BOB).members.add_role(BOB.user_id, role=role, workspace=justice)
