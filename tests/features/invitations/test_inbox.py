"""What waits for somebody's address is answered without its link; who has no proof of the address learns nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tenantry import (
    Denied,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
    InviterLostAuthority,
    NotFound,
    PersonContext,
    Principal,
    Tenantry,
)
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, Company, someone


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_the_inbox_is_enough(acme: Company, justice: str) -> None:
    """Acceptance 002: an invited user answers what is listed for them."""
    acme.invite(BOB, "admin", workspaces={justice: "viewer"})
    bob = acme.tenancy.person(someone("bob", email="BOB@acme.test"))

    [offer] = bob.invitations()
    done = bob.accept_offer(offer.invitation_id)

    assert (done.tenant.id, done.tenant.slug, done.already_member) == (acme.id, "acme", False)
    assert (done.membership.roles, [each.id for each in done.workspaces]) == (("admin",), [justice])
    assert not bob.invitations()
    assert acme.trail()[-2:] == ["member.added", "invitation.accepted"]
    again = bob.accept_offer(offer.invitation_id)
    assert (again.membership, again.already_member) == (done.membership, True)
    assert acme.trail()[-1] == "invitation.accepted"


def test_an_offer_is_declined_from_the_inbox(acme: Company) -> None:
    issued = acme.invite(BOB)
    bob = acme.tenancy.person(BOB)

    bob.decline_offer(issued.invitation.id, "Not now.")

    seen = acme.context().invitations.get(issued.invitation.id)
    assert (seen.status, seen.reason) == ("declined", "Not now.")
    for act in (bob.accept_offer, bob.decline_offer):
        with pytest.raises(InvitationDeclined):
            act(issued.invitation.id)


def test_link_and_inbox_are_one_offer(acme: Company) -> None:
    issued = acme.invite(BOB)
    bob = acme.tenancy.person(BOB)

    first = bob.accept_offer(issued.invitation.id)

    assert bob.accept(issued.token).membership == first.membership
    assert acme.trail().count("member.added") == 2


STRANGERS = {
    "another address": EVE,
    "no proof": someone("bob", email_verified=False),
    "no address": Principal(BOB.user_id),
    "the same name elsewhere": someone("bob", email="bob@acme.test.evil"),
    "who has sent it": ADA,
}
ACTS: dict[str, Callable[[PersonContext], Callable[[str], object]]] = {
    "accept": lambda person: person.accept_offer,
    "decline": lambda person: person.decline_offer,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
def test_without_proof_of_the_address_an_id_is_like_any_other(
    acme: Company, who: Principal, act: Callable[[PersonContext], Callable[[str], object]]
) -> None:
    """E52"""
    issued = acme.invite(BOB)
    before, answer = acme.trail(), act(acme.tenancy.person(who))

    told = []
    for id in (issued.invitation.id, f"{issued.invitation.id[:-4]}0000", "inv_unknown"):
        with pytest.raises(NotFound) as refused:
            answer(id)
        told.append((type(refused.value), str(refused.value), refused.value.data))

    assert told[0] == told[1] == told[2]
    assert acme.trail() == before
    assert acme.context().invitations.get(issued.invitation.id).is_pending


def test_what_is_closed_says_how(acme: Company, clock: FrozenClock) -> None:
    bob, host = acme.tenancy.person(BOB), acme.context()
    revoked = acme.invite(BOB).invitation.id
    host.invitations.revoke(revoked)
    late = host.invitations.send("bob@acme.test", expires_in=timedelta(hours=1)).invitation.id
    clock.advance(timedelta(hours=2))

    with pytest.raises(InvitationRevoked):
        bob.accept_offer(revoked)
    with pytest.raises(InvitationExpired):
        bob.accept_offer(late)
    assert not bob.invitations()


def test_who_was_removed_does_not_come_back_by_it(acme: Company) -> None:
    issued = acme.invite(BOB)
    bob = acme.tenancy.person(BOB)
    bob.accept_offer(issued.invitation.id)
    acme.context().members.remove(BOB.user_id)

    with pytest.raises(InvitationAccepted):
        bob.accept_offer(issued.invitation.id)


def test_it_is_judged_like_the_link(acme: Company) -> None:
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, by=CAY)
    offer = issued.invitation.id
    with pytest.raises(Denied):
        acme.tenancy.person(someone("bob", active=False)).accept_offer(offer)
    acme.context().members.change_role(CAY.user_id, role="member")
    with pytest.raises(InviterLostAuthority):
        acme.tenancy.person(BOB).accept_offer(offer)
    acme.context().suspend("Unpaid")
    with pytest.raises(Denied, match="suspended"):
        acme.tenancy.person(BOB).accept_offer(offer)
    acme.context().resume()
    acme.context().delete(confirm="Acme")
    with pytest.raises(NotFound):
        acme.tenancy.person(BOB).accept_offer(offer)


def test_whoever_is_added_meanwhile_is_a_member_already(acme: Company, tenancy: Tenantry, clock: FrozenClock) -> None:
    """The link does not tell them that they are not wanted any more."""
    issued = acme.invite(BOB)
    late = acme.context().invitations.send("cay@acme.test", expires_in=timedelta(hours=1))
    clock.advance(timedelta(hours=2))

    acme.add(BOB)
    acme.add(CAY)

    seen = acme.context().invitations.get(issued.invitation.id)
    assert (seen.status, seen.accepted_by) == ("accepted", BOB.user_id)
    assert acme.context().invitations.get(late.invitation.id).status == "revoked"
    assert tenancy.inspect_invitation(issued.token, by=BOB).viewer == "member"
    for done in (tenancy.person(BOB).accept(issued.token), tenancy.person(BOB).accept_offer(issued.invitation.id)):
        assert (done.already_member, done.membership.user_id, done.tenant.id) == (True, BOB.user_id, acme.id)
    with pytest.raises(InvitationAccepted):
        tenancy.person(EVE).accept(issued.token)
    with pytest.raises(InvitationAccepted):
        tenancy.inspect_invitation(issued.token, by=EVE)
