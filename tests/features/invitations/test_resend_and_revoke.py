"""An invitation is sent again, or withdrawn; either way older links are dead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import (
    AlreadyMember,
    Denied,
    Invalid,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationReplaced,
    InvitationRevoked,
    InvitationStatus,
    InviterLostAuthority,
    Level,
    NotFound,
    Role,
    Tenantry,
    schemes,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone


def test_sending_again_kills_the_older_links_at_once(tenancy: Tenantry, acme: Company) -> None:
    """E58, E59, I5"""
    first = acme.invite(BOB)
    second = acme.context().invitations.resend(first.invitation.id)
    third = acme.context().invitations.resend(first.invitation.id)

    assert len({first.token, second.token, third.token}) == 3
    for dead in (first.token, second.token):
        for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
            with pytest.raises(InvitationReplaced):
                act(dead)
    tenancy.person(BOB).accept(third.token)


def test_it_counts_and_gets_the_full_time(acme: Company, clock: FrozenClock) -> None:
    """E58"""
    issued = acme.invite(BOB, workspaces={acme.general: "viewer"})
    clock.advance(days=6)

    again = acme.context().invitations.resend(issued.invitation.id).invitation

    assert again == acme.context().invitations.get(issued.invitation.id)
    assert (again.sends, again.sent_at, again.expires_at) == (2, clock(), clock() + timedelta(days=7))
    assert (again.id, again.created_at, again.email) == (issued.invitation.id, issued.invitation.created_at, BOB.email)
    assert (again.role, again.workspaces) == ("member", {acme.general: "viewer"})


def test_an_expired_invitation_becomes_pending_again(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """E58"""
    issued = acme.invite(BOB)
    clock.advance(days=8)

    again = acme.context().invitations.resend(issued.invitation.id)

    assert again.invitation.status == "pending"
    tenancy.person(BOB).accept(again.token)


def test_a_revoked_link_is_dead(tenancy: Tenantry, acme: Company) -> None:
    """I5"""
    issued = acme.invite(BOB)

    assert acme.context().invitations.revoke(issued.invitation.id).status == "revoked"

    for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
        with pytest.raises(InvitationRevoked):
            act(issued.token)
    assert acme.user_ids() == [ADA.user_id]


def test_what_is_closed_stays_closed(tenancy: Tenantry, acme: Company) -> None:
    """I2, E60"""
    revoked, declined = acme.invite(BOB), acme.invite(CAY)
    acme.context().invitations.revoke(revoked.invitation.id)
    tenancy.person(CAY).decline(declined.token)
    before = acme.context().invitations.list()

    for act in (acme.context().invitations.revoke, acme.context().invitations.resend):
        with pytest.raises(InvitationRevoked):
            act(revoked.invitation.id)
        with pytest.raises(InvitationDeclined):
            act(declined.invitation.id)

    assert acme.context().invitations.list() == before


def test_an_expired_invitation_is_not_revoked(acme: Company, clock: FrozenClock) -> None:
    """IT-23"""
    issued = acme.invite(BOB)
    clock.advance(days=7)

    with pytest.raises(InvitationExpired):
        acme.context().invitations.revoke(issued.invitation.id)


def test_who_became_a_member_is_not_invited_again(acme: Company) -> None:
    issued = acme.invite(BOB)
    acme.add(someone("bob", email="robert@acme.test"))
    acme.context().members.update(BOB.user_id, email=BOB.email)

    with pytest.raises(AlreadyMember):
        acme.context().invitations.resend(issued.invitation.id)


def test_whose_address_was_added_meanwhile_has_no_invitation_left(tenancy: Tenantry, acme: Company) -> None:
    """E80"""
    issued = acme.invite(BOB)
    acme.add(BOB)

    for act in (
        acme.context().invitations.resend,
        acme.context().invitations.revoke,
        acme.context().invitations.update,
    ):
        with pytest.raises(InvitationAccepted):
            act(issued.invitation.id)
    assert tenancy.person(BOB).accept(issued.token).already_member


def test_it_has_the_time_that_it_is_given(acme: Company, clock: FrozenClock) -> None:
    """I1"""
    issued = acme.invite(BOB)

    again = acme.context().invitations.resend(issued.invitation.id, expires_in=timedelta(days=30))

    assert again.invitation.expires_at == clock() + timedelta(days=30)
    for wrong in (timedelta(minutes=4), timedelta(days=91), "7"):
        with pytest.raises(Invalid):
            acme.context().invitations.resend(issued.invitation.id, expires_in=wrong)  # type: ignore[arg-type]


def test_it_sends_what_the_offer_is_by_now(tenancy: Tenantry, acme: Company) -> None:
    """E57: never the old one."""
    issued = acme.invite(BOB)
    acme.context().invitations.update(issued.invitation.id, role="admin")

    again = acme.context().invitations.resend(issued.invitation.id)

    assert tenancy.inspect_invitation(again.token).role == "Admin"
    assert tenancy.person(BOB).accept(again.token).membership.roles == ("admin",)


def test_a_role_that_the_host_has_dropped_is_not_sent_again(
    store: Store, tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """E57, IT-19: neither with the old role nor silently with another; a change of the offer mends it."""
    helper = Role("helper", Level.TENANT, ["tenant-api:tenant:read"])
    former = Company(
        Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[helper]), secret_keys=[SECRET], clock=clock),
        acme.context().get(),
    )
    issued = former.invite(BOB, "helper")

    with pytest.raises(Invalid):
        acme.context().invitations.resend(issued.invitation.id)
    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)
    with pytest.raises(Invalid):
        acme.context().invitations.update(issued.invitation.id, message="Hello!")

    acme.context().invitations.update(issued.invitation.id, role="member")
    assert tenancy.person(BOB).accept(issued.token).membership.roles == ("member",)


def test_it_takes_the_right_to_have_sent_it(acme: Company) -> None:
    """PE-02 in kind: an admin does not touch an invitation of an owner."""
    justice = acme.workspace("Justice")
    owner, plain = acme.invite(EVE, "owner"), acme.invite(BOB, workspaces={justice: "viewer"})
    admin = acme.add(CAY, "admin")

    for act in (admin.invitations.resend, admin.invitations.revoke):
        with pytest.raises(Denied):
            act(owner.invitation.id)
    admin.invitations.resend(plain.invitation.id)
    admin.invitations.revoke(plain.invitation.id)


def test_a_workspace_admin_manages_the_invitations_into_their_workspace(acme: Company) -> None:
    """W4, R6"""
    justice = acme.workspace("Justice")
    bob = acme.add(BOB, workspaces={justice: "admin"})
    here = acme.invite(CAY, workspaces={justice: "viewer"}).invitation.id
    both = acme.invite(EVE, workspaces={justice: "viewer", acme.general: "viewer"}).invitation.id

    assert bob.invitations.resend(here).invitation.invited_by == BOB.user_id
    assert bob.invitations.revoke(here).status == "revoked"
    elsewhere = acme.invite(DAN, workspaces={acme.general: "viewer"}).invitation.id
    for act in (bob.invitations.resend, bob.invitations.revoke):
        act(both)
        with pytest.raises(Denied):
            act(elsewhere)


def test_an_invitation_of_another_tenant_is_not_there(acme: Company, tenancy: Tenantry) -> None:
    """E05"""
    beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    foreign = beta.invite(BOB, by=EVE).invitation.id

    said = set()
    for act in (acme.context().invitations.resend, acme.context().invitations.revoke, acme.context().invitations.get):
        for id in (foreign, "inv_made_up"):
            with pytest.raises(NotFound) as refused:
                act(id)
            said.add((str(refused.value), repr(refused.value.data)))
    assert len(said) == 1


def test_a_workspace_that_was_archived_is_in_nobodys_way(acme: Company) -> None:
    """Who might send what is left of the offer may send it again, and withdraw it."""
    justice, health = acme.workspace("Justice"), acme.workspace("Health")
    context = acme.add(CAY, workspaces={justice: "admin", health: "admin"})
    issued = acme.invite(BOB, workspaces={justice: "viewer", health: "viewer"}, by=CAY)
    acme.context().workspaces.archive(health)

    context.invitations.resend(issued.invitation.id)
    assert context.invitations.revoke(issued.invitation.id).status is InvitationStatus.REVOKED


def test_who_is_not_let_in_does_not_learn_which_invitations_there_are(acme: Company) -> None:
    issued = acme.invite(BOB, workspaces={acme.general: "viewer"})
    former = acme.add(CAY, "admin").invitations
    acme.context().members.deactivate(CAY.user_id)
    stranger = acme.context(EVE).invitations

    for id in (issued.invitation.id, "inv_unknown"):
        for act in (former.get, former.resend, former.revoke):
            with pytest.raises(Denied) as denied:
                act(id)
            assert denied.value.decision.code == "member_deactivated"
        for act in (stranger.get, stranger.resend, stranger.revoke):
            with pytest.raises(NotFound) as unknown:
                act(id)
            assert unknown.value.data == {"kind": "tenant"}


def test_an_older_link_says_how_the_invitation_ended(tenancy: Tenantry, acme: Company) -> None:
    """I5: to use the newest link would be of no help any more."""
    first = acme.invite(BOB)
    newest = acme.context().invitations.resend(first.invitation.id)
    tenancy.person(BOB).decline(newest.token)

    for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
        with pytest.raises(InvitationDeclined):
            act(first.token)
