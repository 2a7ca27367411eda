"""Accepting: the invited person, once, and with what still stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import (
    AlreadyInvited,
    Conflict,
    Denied,
    InvalidToken,
    InvitationAccepted,
    InvitationStatus,
    NotTheInvitee,
    Principal,
    Tenantry,
)
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, Company, someone


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_who_accepts_has_what_was_offered(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """I3"""
    issued = acme.invite(BOB, "admin", workspaces={justice: "viewer"})

    done = tenancy.person(BOB).accept(issued.token)

    assert done.membership == acme.member(BOB)
    assert (done.membership.roles, done.membership.workspaces) == (("admin",), {justice: ("viewer",)})
    assert (done.membership.name, done.membership.email) == ("Bob", BOB.email)
    assert ([workspace.id for workspace in done.workspaces], done.dropped, done.already_member) == (
        [justice],
        (),
        False,
    )
    assert acme.context(BOB).can("tenant-api:member:invite")
    closed = acme.context().invitations.get(issued.invitation.id)
    assert (closed.status, closed.accepted_by) == (InvitationStatus.ACCEPTED, BOB.user_id)


def test_the_address_is_compared_by_its_key(tenancy: Tenantry, acme: Company) -> None:
    """E54"""
    issued = acme.context().invitations.send("Bob@Example.com")

    tenancy.person(Principal("user_b", email="bob@example.COM", email_verified=True)).accept(issued.token)


def test_accepting_twice_gives_the_same_answer_once(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E61, IT-09, I4"""
    issued = acme.invite(BOB, workspaces={justice: "viewer"})
    first = tenancy.person(BOB).accept(issued.token)
    before = acme.trail()

    again = tenancy.person(BOB).accept(issued.token)

    assert again.membership == first.membership
    assert [w.id for w in again.workspaces] == [justice]
    assert again.already_member
    assert acme.trail() == before
    with pytest.raises(InvitationAccepted):
        tenancy.person(someone("other", email=BOB.email)).accept(issued.token)


def test_a_link_serves_one_person(tenancy: Tenantry, acme: Company) -> None:
    """E61, IT-09"""
    issued = acme.invite(BOB)
    tenancy.person(BOB).accept(issued.token)

    for who in (EVE, ADA):
        with pytest.raises(InvitationAccepted):
            tenancy.person(who).accept(issued.token)


def test_after_removal_the_old_link_brings_nobody_back(tenancy: Tenantry, acme: Company) -> None:
    """IT-09"""
    issued = acme.invite(BOB)
    tenancy.person(BOB).accept(issued.token)
    acme.context().members.remove(BOB.user_id)

    with pytest.raises(InvitationAccepted):
        tenancy.person(BOB).accept(issued.token)

    assert acme.user_ids() == [ADA.user_id]


@pytest.mark.parametrize(
    "who",
    [
        someone("eve"),
        someone("bob", email_verified=False),
        someone("bob", email=None),
        someone("bob", email=""),
        someone("bob", email="bob@acme.test, eve@acme.test"),
        someone("bob", email="bob+x@acme.test"),
        someone("bob", email="bob@acme.test.evil.test"),
        Principal.service("bob"),
    ],
    ids=lambda who: f"{who.email}-{who.email_verified}",
)
def test_only_the_invited_verified_address_accepts_or_declines(
    tenancy: Tenantry, acme: Company, who: Principal
) -> None:
    """E68, IT-11, IT-12, IT-22, EM-05"""
    issued = acme.invite(BOB)

    for act in (tenancy.person(who).accept, tenancy.person(who).decline):
        with pytest.raises(NotTheInvitee) as refused:
            act(issued.token)
        assert "bob@acme.test" not in f"{refused.value} {refused.value!r} {refused.value.data}"

    assert not tenancy.person(who).invitations()
    assert acme.user_ids() == [ADA.user_id]
    assert acme.context().invitations.get(issued.invitation.id).status == "pending"


def test_a_new_address_is_judged_at_that_moment(tenancy: Tenantry, acme: Company) -> None:
    """EM-13"""
    issued = acme.invite(BOB)
    moved = someone("bob", email="robert@acme.test")

    with pytest.raises(NotTheInvitee):
        tenancy.person(moved).accept(issued.token)
    assert not tenancy.person(moved).invitations()
    tenancy.person(someone("moved-here", email="bob@acme.test")).accept(issued.token)


def test_a_member_is_never_demoted(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """I3: a member under another address gets the workspaces, where they had none."""
    acme.context().members.add(BOB.user_id, role="owner")
    issued = acme.context(BOB).invitations.send(
        "ada@private.test", role="member", workspaces={justice: "viewer", acme.general: "viewer"}
    )
    acme.context(BOB).workspaces.add_member(justice, ADA.user_id, role="admin")

    done = tenancy.person(someone("ada", email="ada@private.test")).accept(issued.token)

    assert done.already_member
    assert done.membership.roles == acme.member(ADA).roles == ("owner",)
    assert acme.member(ADA).workspaces == {justice: ("admin",), acme.general: ("viewer",)}
    assert acme.member(ADA).email == ADA.email
    assert {workspace.id for workspace in done.workspaces} == {justice, acme.general}


def test_a_role_that_has_ended_is_given_again(
    tenancy: Tenantry, acme: Company, justice: str, clock: FrozenClock
) -> None:
    issued = acme.context().invitations.send("bob@private.test", workspaces={justice: "viewer"})
    acme.add(BOB)
    for place in (justice, acme.general):
        ends_at = clock() + timedelta(hours=1)
        acme.context().members.add_role(BOB.user_id, role="viewer", workspace=place, ends_at=ends_at)
    clock.advance(hours=1)

    done = tenancy.person(someone("bob", email="bob@private.test")).accept(issued.token)

    assert done.membership == acme.member(BOB)
    assert done.membership.workspaces == {justice: ("viewer",)}
    windows = [(grant.workspace_id, grant.is_open_ended) for grant in done.membership.grants if grant.workspace_id]
    assert sorted(windows) == sorted([(justice, True), (acme.general, False)])


def test_a_member_joins_more_workspaces_and_keeps_their_role(tenancy: Tenantry, acme: Company, justice: str) -> None:
    issued = acme.context().invitations.send("bob@private.test", role="admin", workspaces={justice: "admin"})
    acme.add(BOB)

    done = tenancy.person(someone("bob", email="bob@private.test")).accept(issued.token)

    assert (done.already_member, acme.member(BOB).roles) == (True, ("member",))
    assert acme.context(BOB).can("workspace-api:member:invite", workspace=justice)


def test_a_workspace_that_is_gone_is_dropped(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E66, IT-19"""
    issued = acme.invite(BOB, workspaces={justice: "admin", acme.general: "viewer"})
    acme.context().workspaces.archive(justice)

    done = tenancy.person(BOB).accept(issued.token)

    assert ([workspace.id for workspace in done.workspaces], done.dropped) == ([acme.general], (justice,))
    assert acme.member(BOB).workspaces == {acme.general: ("viewer",)}
    acme.context().workspaces.restore(justice)
    assert not acme.context(BOB).can("workspace-api:workspace:read", workspace=justice)


def test_without_any_workspace_left_they_still_join(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E66"""
    issued = acme.invite(BOB, workspaces={justice: "admin"})
    acme.context().workspaces.archive(justice)

    done = tenancy.person(BOB).accept(issued.token)

    assert (done.membership.roles, done.workspaces, done.dropped) == (("member",), (), (justice,))


def test_a_deactivated_member_does_not_get_back_in(tenancy: Tenantry, acme: Company) -> None:
    """LC-09"""
    issued = acme.context().invitations.send("bob@private.test", role="admin")
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(Denied) as refused:
        tenancy.person(someone("bob", email="bob@private.test")).accept(issued.token)

    assert refused.value.decision.code == "member_deactivated"
    assert not acme.member(BOB).is_active
    assert acme.context().invitations.get(issued.invitation.id).status == "pending"


def test_an_account_that_is_switched_off_accepts_nothing(tenancy: Tenantry, acme: Company) -> None:
    """LC-09"""
    issued = acme.invite(BOB)
    ghost = tenancy.person(someone("bob", active=False))

    for act in (ghost.accept, ghost.decline):
        with pytest.raises(Denied) as refused:
            act(issued.token)
        assert refused.value.decision.code == "principal_inactive"


def test_an_id_is_no_token(tenancy: Tenantry, acme: Company) -> None:
    """E52"""
    issued = acme.invite(BOB)

    for text in (issued.invitation.id, f"{acme.id}.{issued.invitation.id}", issued.token[:-1]):
        with pytest.raises(InvalidToken):
            tenancy.person(BOB).accept(text)


def test_an_accepted_invitation_is_neither_revoked_nor_declined_nor_resent(tenancy: Tenantry, acme: Company) -> None:
    """E60, I2"""
    issued = acme.invite(BOB)
    tenancy.person(BOB).accept(issued.token)
    invitation, member, trail = acme.context().invitations.get(issued.invitation.id), acme.member(BOB), acme.trail()

    for act in (
        lambda: acme.context().invitations.revoke(invitation.id),
        lambda: acme.context().invitations.resend(invitation.id),
        lambda: tenancy.person(BOB).decline(issued.token),
    ):
        with pytest.raises(InvitationAccepted):
            act()

    assert acme.context().invitations.get(invitation.id) == invitation
    assert acme.member(BOB) == member
    assert acme.trail() == trail


def test_who_was_added_meanwhile_is_not_added_again(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """I6"""
    issued = acme.invite(BOB, workspaces={justice: "viewer"})
    acme.context().members.add(BOB.user_id, role="admin")

    assert tenancy.person(BOB).accept(issued.token).already_member
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    assert acme.member(BOB).roles == ("admin",)


def test_several_people_accept_their_own(tenancy: Tenantry, acme: Company) -> None:
    tokens = {who: acme.invite(who).token for who in (BOB, CAY, EVE)}
    with pytest.raises(AlreadyInvited):
        acme.invite(CAY)
    for who, token in tokens.items():
        tenancy.person(who).accept(token)

    assert acme.user_ids() == [who.user_id for who in (ADA, BOB, CAY, EVE)]
    with pytest.raises(Conflict):
        tenancy.person(BOB).accept(tokens[CAY])


def test_a_used_link_shows_no_workspace_that_they_have_left(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """IT-09: an old link is no way around the check."""
    issued = acme.invite(BOB, workspaces={justice: "viewer", acme.general: "viewer"})
    tenancy.person(BOB).accept(issued.token)
    acme.context().workspaces.remove_member(justice, BOB.user_id)

    again = tenancy.person(BOB).accept(issued.token)

    assert [workspace.id for workspace in again.workspaces] == [acme.general]
    assert (again.dropped, again.already_member) == ((), True)


def test_a_member_gives_themselves_nothing_through_another_address(
    tenancy: Tenantry, acme: Company, justice: str
) -> None:
    """PE-21: what they hold by their role today must not outlast it."""
    bob = acme.add(BOB, "admin")
    issued = bob.invitations.send("bob@home.test", workspaces={justice: "admin"})

    with pytest.raises(Denied) as refused:
        tenancy.person(someone("bob", email="bob@home.test")).accept(issued.token)

    assert refused.value.decision.code == "own_membership"
    assert acme.member(BOB).workspaces == {}
    acme.context().members.change_role(BOB.user_id, role="member")
    assert not acme.context(BOB).can("workspace-api:workspace:read", workspace=justice)


def test_who_gains_nothing_may_accept_their_own(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """I3: what they have already is no gift."""
    bob = acme.add(BOB, "admin", workspaces={justice: "admin"})
    issued = bob.invitations.send("bob@home.test", workspaces={justice: "admin"})

    done = tenancy.person(someone("bob", email="bob@home.test")).accept(issued.token)

    assert (done.already_member, done.membership) == (True, acme.member(BOB))
    assert acme.context().invitations.get(issued.invitation.id).status == "accepted"


def test_a_member_too_gets_nothing_in_a_workspace_that_is_gone(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E66, IT-19"""
    issued = acme.context().invitations.send("bob@home.test", workspaces={justice: "admin", acme.general: "viewer"})
    acme.add(BOB)
    acme.context().workspaces.archive(justice)

    done = tenancy.person(someone("bob", email="bob@home.test")).accept(issued.token)

    assert ([workspace.id for workspace in done.workspaces], done.dropped) == ([acme.general], (justice,))
    acme.context().workspaces.restore(justice)
    assert acme.member(BOB).workspaces == done.membership.workspaces == {acme.general: ("viewer",)}
    assert acme.trail().count("workspace_member.added") == 1
