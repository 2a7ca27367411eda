"""Invitations are listed for a tenant and for a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tenantry import Denied, Invalid, NotFound, Tenantry
from tenantry.testing import FrozenClock
from tests.features.people import BOB, CAY, DAN, EVE, Company, someone


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


@pytest.fixture
def sent(acme: Company, tenancy: Tenantry, clock: FrozenClock, justice: str) -> Mapping[str, str]:
    """One invitation in each status: its id by the status."""
    ids = {"expired": acme.invite(someone("late"), workspaces={justice: "viewer"}).invitation.id}
    clock.advance(days=7)
    issued = {
        who: acme.invite(who, workspaces={justice: "viewer"} if who is EVE else None) for who in (BOB, CAY, DAN, EVE)
    }
    tenancy.person(BOB).accept(issued[BOB].token)
    tenancy.person(CAY).decline(issued[CAY].token)
    acme.context().invitations.revoke(issued[DAN].invitation.id)
    statuses = {BOB: "accepted", CAY: "declined", DAN: "revoked", EVE: "pending"}
    return ids | {statuses[who]: each.invitation.id for who, each in issued.items()}


@pytest.mark.parametrize("status", ["pending", "expired", "accepted", "declined", "revoked"])
def test_each_status_has_its_list(acme: Company, sent: Mapping[str, str], status: str) -> None:
    """I7"""
    page = acme.context().invitations.list(status=status, total=True)

    assert [(invitation.id, invitation.status) for invitation in page] == [(sent[status], status)]
    assert page.total == 1
    assert acme.context().invitations.get(sent[status]).status == status


def test_the_whole_list_shows_how_each_looks_now(acme: Company, sent: Mapping[str, str]) -> None:
    seen = {invitation.id: invitation.status for invitation in acme.context().invitations.list(total=True)}

    assert seen == {id: status for status, id in sent.items()}
    assert [i.id for i in acme.context().invitations.list(order="newest")] == list(reversed(seen))


def test_a_workspace_has_its_list(acme: Company, sent: Mapping[str, str], justice: str) -> None:
    """I7"""
    bob = acme.context(BOB)
    acme.context().workspaces.add_member(justice, BOB.user_id, role="viewer")

    assert {i.id for i in bob.invitations.list(workspace=justice)} == {sent["expired"], sent["pending"]}
    assert [i.id for i in bob.invitations.list(workspace=justice, status="pending")] == [sent["pending"]]
    assert bob.invitations.get(sent["pending"]).workspaces == {justice: "viewer"}
    with pytest.raises(Denied):
        bob.invitations.list()
    with pytest.raises(Denied):
        bob.invitations.list(workspace=acme.general)
    with pytest.raises(Denied):
        bob.invitations.get(sent["revoked"])
    with pytest.raises(NotFound):
        bob.invitations.list(workspace="ws_made_up")


@pytest.mark.parametrize("status", ["PENDING", "gone", "", "pending "])
def test_there_is_no_other_status(acme: Company, status: str) -> None:
    with pytest.raises(Invalid):
        acme.context().invitations.list(status=status)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("LATE@", ["expired"]),
        ("eve", ["pending"]),
        ("@acme.TEST", ["expired", "accepted", "declined", "revoked", "pending"]),
        ("%", []),
        ("a_me", []),
        ("inv_", []),
    ],
)
def test_a_search_finds_a_part_of_an_address_in_any_case(
    acme: Company, sent: Mapping[str, str], search: str, found: list[str]
) -> None:
    """IN-11: what means something to a database means nothing here."""
    page = acme.context().invitations.list(search=search, total=True)

    assert [invitation.id for invitation in page] == [sent[status] for status in found]
    assert page.total == len(found)


def test_a_search_narrows_the_other_filters(acme: Company, sent: Mapping[str, str], justice: str) -> None:
    acme.context().workspaces.add_member(justice, BOB.user_id, role="viewer")

    def found(search: str, **filters: Any) -> list[str]:
        return [invitation.id for invitation in acme.context(BOB).invitations.list(search=search, **filters)]

    assert found("acme", workspace=justice) == [sent["expired"], sent["pending"]]
    assert found("acme", workspace=justice, status="pending") == [sent["pending"]]
    assert found("late", workspace=justice, status="pending") == []
    assert found("cay", workspace=justice) == []
    with pytest.raises(Denied):
        found("acme")


def test_an_address_that_was_erased_is_not_found(acme: Company, tenancy: Tenantry, sent: Mapping[str, str]) -> None:
    tenancy.forget(EVE.user_id, emails=["eve@acme.test"])

    assert not acme.context().invitations.list(search="eve")


@pytest.mark.parametrize("search", ["", " ", "x" * 256, 1])
def test_what_cannot_be_searched_for_is_refused(acme: Company, search: Any) -> None:
    with pytest.raises(Invalid):
        acme.context().invitations.list(search=search)


def test_no_list_and_no_get_has_a_token(acme: Company, tenancy: Tenantry) -> None:
    """IT-07"""
    issued = acme.invite(BOB)
    context = acme.context()

    everything = [
        issued,
        issued.invitation,
        context.invitations.get(issued.invitation.id),
        list(context.invitations.list()),
        list(tenancy.person(BOB).invitations()),
        tenancy.inspect_invitation(issued.token),
        list(context.audit.list()),
    ]

    assert issued.token not in repr(everything)
    assert issued.invitation._nonce not in repr(everything)
    assert issued.token not in str(issued)


def test_who_works_in_one_workspace_sees_of_an_offer_what_it_has_to_do_with_it(acme: Company, justice: str) -> None:
    """E45"""
    issued = acme.invite(CAY, workspaces={justice: "viewer", acme.general: "admin"})
    bob = acme.add(BOB, workspaces={justice: "admin"})

    assert [i.workspaces for i in bob.invitations.list(workspace=justice)] == [{justice: "viewer"}]
    assert bob.invitations.get(issued.invitation.id).workspaces == {justice: "viewer"}
    assert list(acme.context().invitations.list(workspace=justice)) == [issued.invitation]
    assert acme.context().invitations.get(issued.invitation.id) == issued.invitation


def test_an_inbox_may_hold_offers_of_any_size(
    acme: Company, tenancy: Tenantry, justice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sender can make it fail for the person: a statement takes so many parameters, and no more."""
    monkeypatch.setattr("tenantry.invitations.repository._AT_ONCE", 1)
    acme.invite(BOB, workspaces={justice: "viewer", acme.general: "admin"})

    [preview] = tenancy.person(BOB).invitations()

    assert {(w.name, w.role) for w in preview.workspaces} == {("Justice", "Viewer"), ("General", "Admin")}
