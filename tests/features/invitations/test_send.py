"""Invitations are sent: to one address once, by who may, with no more than they hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import (
    SYSTEM,
    AlreadyInvited,
    AlreadyMember,
    Denied,
    Invalid,
    InvitationStatus,
    NotFound,
    Options,
    Principal,
    Tenantry,
    schemes,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_an_invitation_keeps_what_is_offered(acme: Company, justice: str, clock: FrozenClock) -> None:
    """I1"""
    issued = acme.context().invitations.send(
        "Bob@Acme.test", role="admin", workspaces={justice: "viewer"}, message="Welcome!\nAda"
    )

    invitation = acme.context().invitations.get(issued.invitation.id)
    assert invitation == issued.invitation
    assert (invitation.email, invitation.role, invitation.workspaces) == ("Bob@Acme.test", "admin", {justice: "viewer"})
    assert (invitation.status, invitation.invited_by, invitation.sends) == (InvitationStatus.PENDING, ADA.user_id, 1)
    assert invitation.message == "Welcome!\nAda"
    assert invitation.expires_at == clock() + timedelta(days=7)


def test_without_a_role_it_offers_the_lowest(acme: Company) -> None:
    """E46"""
    assert acme.invite(BOB).invitation.role == "member"


def test_the_time_it_has_is_the_hosts_to_set(store: Store, clock: FrozenClock) -> None:
    """I1"""
    options = Options(
        invitation_expires_in=timedelta(days=1),
        shortest_invitation=timedelta(hours=1),
        longest_invitation=timedelta(days=2),
    )
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)
    invitations = Company(tenancy, tenancy.person(ADA).create_tenant("Acme")).context().invitations

    def until(expires_in: timedelta | None) -> timedelta:
        email = f"user-{len(invitations.list())}@acme.test"
        return invitations.send(email, expires_in=expires_in).invitation.expires_at - clock()

    assert until(None) == timedelta(days=1)
    assert until(timedelta(hours=1)) == timedelta(hours=1)
    assert until(timedelta(days=2)) == timedelta(days=2)
    for wrong in (timedelta(minutes=59), timedelta(days=2, microseconds=1), timedelta(0), -timedelta(days=1)):
        with pytest.raises(Invalid):
            until(wrong)


@pytest.mark.parametrize(
    "spelling", ["bob@acme.test", "BOB@ACME.TEST", " bob@acme.test\t", "bob@ACME。test", "bob@ａcme.test"]
)
def test_an_address_has_one_pending_invitation_however_it_is_spelled(acme: Company, spelling: str) -> None:
    """E54, IT-18, I6: the display spelling of the first is kept."""
    first = acme.context().invitations.send("Bob@Acme.test").invitation

    with pytest.raises(AlreadyInvited) as refused:
        acme.context().invitations.send(spelling, role="admin")

    assert refused.value.data["invitation_id"] == first.id
    assert [(i.email, i.role) for i in acme.context().invitations.list()] == [("Bob@Acme.test", "member")]


def test_tags_and_dots_make_other_mailboxes(acme: Company) -> None:
    """EM-07"""
    for email in ("bob@acme.test", "bob+a@acme.test", "b.ob@acme.test"):
        acme.context().invitations.send(email)

    assert len(acme.context().invitations.list()) == 3


def test_a_member_is_not_invited(acme: Company) -> None:
    """I6, IT-18: a deactivated one neither."""
    acme.add(someone("bob", email="Bob@Acme.test"))
    for _ in range(2):
        with pytest.raises(AlreadyMember):
            acme.context().invitations.send("bob@acme.test")
        acme.context().members.deactivate(BOB.user_id)

    assert not acme.context().invitations.list()


def test_the_refusal_says_which_member_it_is(acme: Company) -> None:
    """I6, IT-18"""
    acme.add(BOB)
    with pytest.raises(AlreadyMember) as refused:
        acme.invite(BOB)
    assert refused.value.data == {"user_id": BOB.user_id, "status": "active"}

    acme.context().members.deactivate(BOB.user_id)
    with pytest.raises(AlreadyMember, match="deactivated") as refused:
        acme.invite(BOB)
    assert refused.value.data == {"user_id": BOB.user_id, "status": "deactivated"}


def test_who_may_not_see_members_is_not_told_which_it_is(acme: Company, justice: str) -> None:
    """EM-16: they learn what they need so as not to invite, and no more."""
    cay = acme.add(CAY, workspaces={justice: "admin"})
    acme.add(BOB, workspaces={justice: "viewer"})
    said = set()
    for _ in range(2):
        with pytest.raises(AlreadyMember) as refused:
            cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        said.add((str(refused.value), str(refused.value.data)))
        acme.context().members.deactivate(BOB.user_id)

    assert said == {("A member of this tenant has this address already.", "{}")}


def test_who_may_not_invite_learns_nothing_of_addresses(acme: Company, justice: str, clock: FrozenClock) -> None:
    """EM-16"""
    acme.add(BOB)
    acme.invite(DAN)
    acme.add(someone("gus"))
    acme.context().members.deactivate("user_gus")
    cay = acme.add(CAY, workspaces={justice: "viewer"})

    said = set()
    for email in (BOB.email, DAN.email, "gus@acme.test", "nobody@acme.test", ADA.email):
        assert email is not None
        clock.advance(minutes=1)
        with pytest.raises(Denied) as refused:
            cay.invitations.send(email, workspaces={justice: "viewer"})
        last = acme.context().audit.list(order="newest")[0]
        said.add(
            (str(refused.value), str(refused.value.data), str(refused.value.decision), last.action, str(last.after))
        )

    assert len(said) == 1


def test_after_an_answer_an_address_is_invited_again(acme: Company, tenancy: Tenantry) -> None:
    """E79"""
    tenancy.person(BOB).decline(acme.invite(BOB).token)
    acme.context().invitations.revoke(acme.invite(BOB).invitation.id)
    tenancy.person(BOB).accept(acme.invite(BOB).token)
    acme.context().members.remove(BOB.user_id)
    acme.invite(BOB)

    assert [invitation.status for invitation in acme.context().invitations.list()] == [
        "declined",
        "revoked",
        "accepted",
        "pending",
    ]


def test_an_unknown_workspace_is_not_offered(acme: Company, justice: str, tenancy: Tenantry) -> None:
    elsewhere = tenancy.person(BOB).create_tenant("Beta").default_workspace_id
    acme.context().workspaces.archive(justice)

    for workspace in (elsewhere, justice, "ws_made_up"):
        with pytest.raises(NotFound):
            acme.invite(CAY, workspaces={acme.general: "viewer", workspace: "viewer"})

    assert not acme.context().invitations.list()


def test_a_wrong_role_in_a_workspace_is_told_with_the_workspace(acme: Company, justice: str) -> None:
    """A form has one row for each workspace, and shows the fault in the right one."""
    context = acme.context()
    for offer in (
        lambda **given: context.invitations.send("new@acme.test", **given),
        lambda **given: context.members.add("user_new", **given),
    ):
        with pytest.raises(Invalid) as refused:
            offer(workspaces={acme.general: "viewer", justice: "boss"})
        assert (refused.value.field, refused.value.rule) == ("workspaces", "unknown_role")
        assert (refused.value.data["workspace"], refused.value.data["role"]) == (justice, "boss")


def test_who_offers_too_much_in_a_workspace_is_told_in_which(acme: Company, justice: str) -> None:
    inviting = ["tenant-api:member:invite"]
    host = acme.context().roles.define("Host", permissions=inviting, level="tenant", inherits=["member"])
    context = acme.add(CAY, host.id)
    acme.context().workspaces.add_member(acme.general, CAY.user_id, role="admin")

    with pytest.raises(Denied) as refused:
        context.invitations.send("eve@acme.test", workspaces={acme.general: "viewer", justice: "viewer"})

    assert (refused.value.rule, refused.value.data["workspace"]) == ("beyond_own_rights", justice)


def test_nobody_offers_more_than_they_hold(acme: Company) -> None:
    """R6: an admin invites no owner."""
    bob = acme.add(BOB, "admin")

    with pytest.raises(Denied) as refused:
        bob.invitations.send("eve@acme.test", role="owner")

    assert "tenant-api:tenant:own" in refused.value.data["missing"]
    assert bob.invitations.send("eve@acme.test", role="admin").invitation.role == "admin"


def test_a_workspace_admin_invites_into_their_workspace_alone(acme: Company, justice: str) -> None:
    """E46, AC-05, AC-06, W4"""
    bob = acme.add(BOB, workspaces={justice: "admin"})

    sent = bob.invitations.send("cay@acme.test", workspaces={justice: "admin"}).invitation
    assert (sent.role, sent.workspaces) == ("member", {justice: "admin"})
    for role, workspaces in (
        (None, None),
        ("member", {}),
        (None, {acme.general: "viewer"}),
        (None, {justice: "viewer", acme.general: "viewer"}),
        ("admin", {justice: "viewer"}),
        ("owner", {justice: "viewer"}),
    ):
        with pytest.raises(Denied):
            bob.invitations.send("dan@acme.test", role=role, workspaces=workspaces)


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_who_is_no_admin_of_a_workspace_invites_nobody(acme: Company, justice: str, role: str) -> None:
    bob = acme.add(BOB, workspaces={justice: role})

    with pytest.raises(Denied):
        bob.invitations.send("cay@acme.test", workspaces={justice: "viewer"})


def test_an_outsider_invites_nobody(acme: Company) -> None:
    for by in (EVE, Principal.service("importer")):
        with pytest.raises(NotFound):
            acme.invite(BOB, by=by)


def test_the_host_invites(acme: Company, tenancy: Tenantry) -> None:
    issued = acme.invite(BOB, "owner", by=SYSTEM.job("migration"))

    assert issued.invitation.invited_by == "system:migration"
    assert tenancy.person(BOB).accept(issued.token).membership.roles == ("owner",)


def test_an_offer_has_an_end(acme: Company) -> None:
    """IN-10: the same refusal on every store, before any statement takes them all."""
    many = {f"ws_{number}": "viewer" for number in range(1_001)}

    with pytest.raises(Invalid, match="1,000"):
        acme.context().invitations.send("bob@acme.test", workspaces=many)
    with pytest.raises(Invalid, match="1,000"):
        acme.context().members.add(BOB.user_id, workspaces=many)
