"""Looking at an invitation changes nothing; declining ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import InvitationDeclined, InvitationPreview, InvitationRevoked, OfferedWorkspace, Tenantry
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, Company, someone
from tests.scale import rounds


def test_the_link_shows_what_is_offered(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """I4"""
    justice = acme.workspace("Justice")
    issued = acme.context().invitations.send(
        "bob@acme.test", role="admin", workspaces={justice: "viewer"}, message="Welcome!"
    )

    assert tenancy.inspect_invitation(issued.token) == InvitationPreview(
        invitation_id=issued.invitation.id,
        tenant_id=acme.id,
        tenant_name="Acme",
        tenant_slug="acme",
        email_hint="b•••@a•••.test",
        role="Admin",
        role_key="admin",
        workspaces=(
            OfferedWorkspace(
                id=justice,
                name="Justice",
                slug="justice",
                role="Viewer",
                role_key="viewer",
                invited_by="Ada",
                message="Welcome!",
            ),
        ),
        invited_by="Ada",
        message="Welcome!",
        expires_at=clock() + timedelta(days=7),
    )


def test_looking_changes_nothing(tenancy: Tenantry, acme: Company) -> None:
    """E72, IT-10"""
    issued = acme.invite(BOB)
    before, version = acme.trail(), acme.context().get()._version

    previews = [tenancy.inspect_invitation(issued.token) for _ in range(rounds(10_000))]

    assert all(preview == previews[0] for preview in previews)
    assert (acme.trail(), acme.context().get()._version) == (before, version)
    tenancy.person(BOB).accept(issued.token)


def test_a_workspace_that_is_gone_is_not_shown(tenancy: Tenantry, acme: Company) -> None:
    justice = acme.workspace("Justice")
    issued = acme.invite(BOB, workspaces={justice: "viewer", acme.general: "viewer"})

    acme.context().workspaces.archive(justice)

    [shown] = tenancy.inspect_invitation(issued.token).workspaces
    assert (shown.id, shown.name, shown.role) == (acme.general, "General", "Viewer")


def test_an_inviter_without_a_name_is_not_named(tenancy: Tenantry, acme: Company) -> None:
    acme.add(someone("bob", name=None), "admin")
    issued = acme.context(BOB).invitations.send("cay@acme.test")

    assert tenancy.inspect_invitation(issued.token).invited_by is None


def test_a_declined_invitation_is_closed_and_its_reason_kept(tenancy: Tenantry, acme: Company) -> None:
    """E79"""
    issued = acme.invite(BOB)

    tenancy.person(BOB).decline(issued.token, "Not my\ncup of tea")

    seen = acme.context().invitations.get(issued.invitation.id)
    assert (seen.status, seen.reason) == ("declined", "Not my\ncup of tea")
    for act in (tenancy.person(BOB).accept, tenancy.person(BOB).decline, tenancy.inspect_invitation):
        with pytest.raises(InvitationDeclined):
            act(issued.token)
    assert acme.user_ids() == [ADA.user_id]


def test_a_member_declines_what_was_sent_to_another_address_of_theirs(tenancy: Tenantry, acme: Company) -> None:
    issued = acme.context().invitations.send("bob@private.test")
    acme.add(BOB)

    tenancy.person(someone("bob", email="bob@private.test")).decline(issued.token)

    assert acme.member(BOB).is_active


def test_a_revoked_link_shows_neither_tenant_nor_address(tenancy: Tenantry, acme: Company) -> None:
    """IT-15"""
    issued = acme.invite(BOB)
    acme.context().invitations.revoke(issued.invitation.id)

    for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(CAY).accept):
        with pytest.raises(InvitationRevoked) as refused:
            act(issued.token)
        said = f"{refused.value} {refused.value!r} {refused.value.data}"
        assert not any(canary in said for canary in ("Acme", acme.id, "bob@", "user_"))


def test_what_waits_for_an_address_is_listed_over_all_tenants(tenancy: Tenantry, acme: Company) -> None:
    """I7"""
    beta = Company(tenancy, tenancy.person(CAY).create_tenant("Beta"))
    acme.invite(BOB, "admin")
    beta.invite(BOB, by=CAY, workspaces={beta.general: "viewer"})
    acme.context().invitations.revoke(acme.invite(CAY).invitation.id)

    mine = tenancy.person(someone("bob", email="BOB@acme.test")).invitations(total=True)

    assert [(i.tenant_name, i.role, i.invited_by, [(w.name, w.role) for w in i.workspaces]) for i in mine] == [
        ("Acme", "Admin", "Ada", []),
        ("Beta", "Member", "Cay", [("General", "Viewer")]),
    ]
    assert mine.total == 2
    assert not tenancy.person(CAY).invitations()
    assert not tenancy.person(someone("bob", email_verified=False)).invitations()
    assert not tenancy.person(someone("bob", active=False)).invitations()
