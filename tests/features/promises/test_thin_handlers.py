"""The endpoints that clients know, each a thin handler over one verb: what it is given is what a client sends."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    Denied,
    InvitationRevoked,
    Issued,
    NotFound,
    NotTheInvitee,
    Principal,
    Tenantry,
    to_dict,
)
from tests.features.people import ADA, BOB, CAY, EVE, Company, someone


class InvitationsOfTenants:
    """Seed 002: six endpoints; what it calls a workspace is a tenant of ours."""

    def __init__(self, tenancy: Tenantry) -> None:
        self.tenancy = tenancy

    def create(self, user: Principal, workspace_id: str, email: str, role: str) -> Issued:
        return self.tenancy.tenant(workspace_id, by=user).invitations.send(email, role=role)

    def accept(self, user: Principal, token: str) -> Any:
        return to_dict(self.tenancy.person(user).accept(token))

    def reject(self, user: Principal, token: str) -> None:
        self.tenancy.person(user).decline(token)

    def of_workspace(self, user: Principal, workspace_id: str) -> Any:
        return to_dict(self.tenancy.tenant(workspace_id, by=user).invitations.list())

    def of_user(self, user: Principal) -> Any:
        return to_dict(self.tenancy.person(user).invitations())

    def revoke(self, user: Principal, workspace_id: str, id: str) -> None:
        self.tenancy.tenant(workspace_id, by=user).invitations.revoke(id)


class InvitationsOfWorkspaces(InvitationsOfTenants):
    """The same where its workspace is a workspace of ours: the id in the path leads to the tenant."""

    def create(self, user: Principal, workspace_id: str, email: str, role: str) -> Issued:
        tenant_id = self.tenancy.person(user).locate(workspace_id)
        return self.tenancy.tenant(tenant_id, by=user).invitations.send(email, workspaces={workspace_id: role})

    def of_workspace(self, user: Principal, workspace_id: str) -> Any:
        tenant_id = self.tenancy.person(user).locate(workspace_id)
        return to_dict(self.tenancy.tenant(tenant_id, by=user).invitations.list(workspace=workspace_id))

    def revoke(self, user: Principal, workspace_id: str, id: str) -> None:
        self.tenancy.tenant(self.tenancy.person(user).locate(workspace_id), by=user).invitations.revoke(id)


@pytest.mark.parametrize("kind", [InvitationsOfTenants, InvitationsOfWorkspaces])
def test_six_endpoints_for_invitations(tenancy: Tenantry, acme: Company, kind: type[InvitationsOfTenants]) -> None:
    """Seed 002."""
    api, place = kind(tenancy), acme.id if kind is InvitationsOfTenants else acme.general

    sent = api.create(ADA, place, "bob@acme.test", "admin")
    assert [each["id"] for each in api.of_workspace(ADA, place)["items"]] == [sent.invitation.id]
    [waiting] = api.of_user(BOB)["items"]
    assert (waiting["tenant_id"], waiting["tenant_name"]) == (acme.id, "Acme")
    with pytest.raises(NotTheInvitee):
        api.accept(EVE, sent.token)
    accepted = api.accept(BOB, sent.token)
    assert (accepted["tenant"]["id"], accepted["membership"]["user_id"]) == (acme.id, BOB.user_id)
    assert api.of_user(BOB)["items"] == []

    other = api.create(BOB, place, "cay@acme.test", "viewer" if kind is InvitationsOfWorkspaces else "member")
    api.reject(CAY, other.token)
    gone = api.create(ADA, place, "eve@acme.test", "admin")
    api.revoke(BOB, place, gone.invitation.id)
    with pytest.raises(InvitationRevoked):
        api.accept(EVE, gone.token)
    for stranger in (EVE, CAY):
        with pytest.raises(NotFound):
            api.of_workspace(stranger, place)
        with pytest.raises(NotFound):
            api.create(stranger, place, "x@acme.test", "member")


def test_from_the_link_to_the_tenant_and_back(tenancy: Tenantry, acme: Company) -> None:
    """Seed 004: verify, sign in, accept, go to the tenant; cancel by the id of the invitation alone."""
    issued = acme.invite(BOB, workspaces={acme.general: "viewer"})

    seen = to_dict(tenancy.inspect_invitation(issued.token))
    assert (seen["tenant_name"], seen["role"], seen["viewer"]) == ("Acme", "Member", None)
    assert to_dict(tenancy.inspect_invitation(issued.token, by=BOB))["viewer"] == "ready"
    done = to_dict(tenancy.person(BOB).accept(issued.token))
    assert f"/tenant/{done['tenant']['slug']}" == f"/tenant/{seen['tenant_slug']}" == "/tenant/acme"

    def cancel(user: Principal, invitation_id: str) -> None:
        tenant_id = tenancy.person(user).locate(invitation_id)
        tenancy.tenant(tenant_id, by=user).invitations.revoke(invitation_id)

    mistaken = acme.invite(CAY).invitation.id
    for stranger in (EVE, someone("fay")):
        with pytest.raises(NotFound):
            cancel(stranger, mistaken)
    with pytest.raises(Denied):
        cancel(BOB, mistaken)
    cancel(ADA, mistaken)
    assert not acme.context().invitations.get(mistaken).is_pending


def test_a_member_is_given_workspaces_by_their_ids_and_settings_are_found_by_slug(
    tenancy: Tenantry, acme: Company
) -> None:
    """Seed 000: `"workspaces": ["ws_…", …]`, and `/workspaces/[slug]/settings`."""
    justice = acme.workspace("Ministry of Justice")
    body: dict[str, Any] = {"email": "bob@acme.test", "role": "member", "workspaces": [justice, acme.general]}

    issued = acme.context().invitations.send(body["email"], role=body["role"], workspaces=body["workspaces"])
    tenancy.person(BOB).accept_offer(issued.invitation.id)

    as_bob = acme.context(BOB)
    found = as_bob.workspaces.find("ministry-of-justice")
    assert found.id == justice
    with pytest.raises(NotFound):
        acme.add(EVE).workspaces.find("ministry-of-justice")
    tenancy_wide = tenancy.tenants(by=SYSTEM.job("support"), search="ac")
    assert [tenant.id for tenant in tenancy_wide] == [acme.id]
    assert [mine.tenant.id for mine in tenancy.memberships_of(BOB.user_id, by=SYSTEM)] == [acme.id]
