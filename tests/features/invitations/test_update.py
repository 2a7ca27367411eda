"""A pending invitation is changed: judged like sending it anew, and its link shows what it is by now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    Denied,
    Invalid,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
    NotFound,
    Tenantry,
)
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_the_link_stays_good_and_shows_the_new_offer(
    tenancy: Tenantry, acme: Company, justice: str, clock: FrozenClock
) -> None:
    """PE-05"""
    issued = acme.invite(BOB)

    after = acme.context().invitations.update(
        issued.invitation.id,
        role="admin",
        workspaces={justice: "viewer"},
        expires_in=timedelta(days=30),
        message="Welcome!",
    )

    assert after == acme.context().invitations.get(issued.invitation.id)
    preview = tenancy.inspect_invitation(issued.token)
    assert (preview.role, [(w.name, w.role) for w in preview.workspaces]) == ("Admin", [("Justice", "Viewer")])
    assert (preview.message, preview.expires_at) == ("Welcome!", clock() + timedelta(days=30))
    done = tenancy.person(BOB).accept(issued.token)
    assert (done.membership.roles, done.membership.workspaces) == (("admin",), {justice: ("viewer",)})


def test_what_is_not_given_stays(acme: Company, justice: str, clock: FrozenClock) -> None:
    sent = acme.context().invitations.send(
        "Bob@acme.test", role="admin", workspaces={justice: "viewer"}, message="Welcome!"
    )
    clock.advance(hours=1)
    invitations = acme.context().invitations

    changes: list[tuple[str, Any, Any]] = [
        ("role", "member", "member"),
        ("workspaces", {acme.general: "admin"}, {acme.general: "admin"}),
        ("message", "Hello!", "Hello!"),
        ("message", "", None),
        ("workspaces", {}, {}),
    ]
    for name, given, kept in changes:
        before = invitations.get(sent.invitation.id)
        after = invitations.update(sent.invitation.id, **{name: given})
        same = {
            each: getattr(before, each) for each in ("email", "role", "workspaces", "message", "expires_at", "sends")
        }
        assert {each: getattr(after, each) for each in same} == same | {name: kept}
        assert after.sent_at == before.sent_at


def test_a_change_is_noted_as_what_it_changed(acme: Company, justice: str) -> None:
    issued = acme.invite(BOB, workspaces={justice: "viewer"})

    acme.context().invitations.update(issued.invitation.id, role="admin", message="Hello!")

    event = acme.context().audit.list(order="newest")[0]
    assert (event.action, event.target) == ("invitation.updated", issued.invitation.id)
    assert (event.before, event.after) == ({"role": "member", "message": None}, {"role": "admin", "message": "Hello!"})


def test_what_changes_nothing_leaves_no_trace(acme: Company, justice: str) -> None:
    issued = acme.context().invitations.send("bob@acme.test", workspaces={justice: "viewer"}, message="Hello!")
    before, version = acme.trail(), acme.context().get()._version

    acme.context().invitations.update(issued.invitation.id)
    acme.context().invitations.update(
        issued.invitation.id, role="member", workspaces={justice: "viewer"}, message="Hello!", expires_in=None
    )

    assert (acme.trail(), acme.context().get()._version) == (before, version)


def test_who_changes_it_stands_behind_it(acme: Company) -> None:
    acme.add(CAY, "admin")
    issued = acme.invite(BOB)

    assert acme.context(CAY).invitations.update(issued.invitation.id, message="Hello!").invited_by == CAY.user_id
    assert acme.context().invitations.update(issued.invitation.id).invited_by == ADA.user_id
    assert acme.trail()[-2:] == ["invitation.updated", "invitation.updated"]
    nightly = SYSTEM.job("nightly")
    assert acme.context(nightly).invitations.update(issued.invitation.id).invited_by == nightly.user_id


ENDS: dict[str, tuple[Callable[[Tenantry, Company, Any], object], type[Exception]]] = {
    "accepted": (lambda tenancy, acme, issued: tenancy.person(BOB).accept(issued.token), InvitationAccepted),
    "declined": (lambda tenancy, acme, issued: tenancy.person(BOB).decline(issued.token), InvitationDeclined),
    "revoked": (
        lambda tenancy, acme, issued: acme.context().invitations.revoke(issued.invitation.id),
        InvitationRevoked,
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_is_closed_is_not_changed(tenancy: Tenantry, acme: Company, end: str) -> None:
    """I2, E60"""
    issued = acme.invite(BOB)
    close, refusal = ENDS[end]
    close(tenancy, acme, issued)
    before, trail = acme.context().invitations.get(issued.invitation.id), acme.trail()

    changes: list[dict[str, Any]] = [{}, {"role": "admin"}, {"role": "nonsense"}, {"expires_in": timedelta(days=1)}]
    for change in changes:
        with pytest.raises(refusal):
            acme.context().invitations.update(issued.invitation.id, **change)

    assert (acme.context().invitations.get(issued.invitation.id), acme.trail()) == (before, trail)


def test_what_is_past_its_time_is_not_changed(acme: Company, clock: FrozenClock) -> None:
    """IT-23, I10: more time comes by sending it again."""
    issued = acme.invite(BOB)
    clock.set(issued.invitation.expires_at)

    with pytest.raises(InvitationExpired):
        acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(days=1))


def test_it_takes_the_right_to_have_sent_what_it_was(acme: Company) -> None:
    """PE-05, PE-02 in kind: an admin does not touch an invitation of an owner."""
    admin = acme.add(CAY, "admin")
    owner = acme.invite(BOB, "owner")

    changes: list[dict[str, Any]] = [{}, {"role": "member"}, {"message": "Hello!"}]
    for change in changes:
        with pytest.raises(Denied) as refused:
            admin.invitations.update(owner.invitation.id, **change)
        assert "tenant-api:tenant:own" in refused.value.data["missing"]
    assert acme.context().invitations.get(owner.invitation.id) == owner.invitation


def test_it_takes_the_right_to_send_what_it_would_be(acme: Company, justice: str) -> None:
    """PE-05"""
    admin = acme.add(CAY, "admin")
    issued = acme.invite(BOB, by=CAY)
    with pytest.raises(Denied):
        admin.invitations.update(issued.invitation.id, role="owner")

    bob = acme.add(DAN, workspaces={justice: "admin"})
    into = acme.invite(EVE, workspaces={justice: "viewer"})
    changes: list[dict[str, Any]] = [
        {"role": "admin"},
        {"workspaces": {justice: "viewer", acme.general: "viewer"}},
        {"workspaces": {acme.general: "viewer"}},
        {"workspaces": {}},
    ]
    for change in changes:
        with pytest.raises(Denied):
            bob.invitations.update(into.invitation.id, **change)
    assert bob.invitations.update(into.invitation.id, workspaces={justice: "admin"}).workspaces == {justice: "admin"}
    with pytest.raises(Denied):
        bob.invitations.update(issued.invitation.id, message="Hello!")


def test_what_cannot_be_sent_cannot_be_offered_by_a_change(acme: Company, justice: str) -> None:
    issued = acme.invite(BOB)
    acme.context().workspaces.archive(justice)
    changes: list[dict[str, Any]] = [
        {"role": "nonsense"},
        {"role": "viewer"},
        {"role": ["admin"]},
        {"workspaces": {acme.general: "owner"}},
        {"workspaces": acme.general},
        {"expires_in": timedelta(seconds=1)},
        {"expires_in": timedelta(days=91)},
        {"expires_in": 7},
        {"message": "x" * 2_001},
        {"message": 7},
    ]

    for change in changes:
        with pytest.raises(Invalid):
            acme.context().invitations.update(issued.invitation.id, **change)
    for workspace in (justice, "ws_made_up"):
        with pytest.raises(NotFound):
            acme.context().invitations.update(issued.invitation.id, workspaces={workspace: "viewer"})
    assert acme.context().invitations.get(issued.invitation.id) == issued.invitation


def test_a_workspace_that_was_archived_is_in_nobodys_way(acme: Company, justice: str) -> None:
    """It stays on offer unless others are named, and comes back with the workspace."""
    issued = acme.invite(BOB, workspaces={justice: "viewer", acme.general: "viewer"})
    acme.context().workspaces.archive(justice)

    after = acme.context().invitations.update(issued.invitation.id, role="admin")

    assert after.workspaces == {justice: "viewer", acme.general: "viewer"}
    after = acme.context().invitations.update(issued.invitation.id, workspaces={acme.general: "admin"})
    assert after.workspaces == {acme.general: "admin"}


@pytest.mark.parametrize("field", ["email", "status", "invited_by", "sends", "expires_at", "tenant_id", "nonce"])
def test_nothing_else_can_be_changed(acme: Company, field: str) -> None:
    """PE-13, EM-06, IT-13"""
    issued = acme.invite(BOB)
    context, other = acme.context(), {field: "eve@acme.test"}
    verbs: list[Any] = [context.invitations.update, context.invitations.resend]

    for verb in verbs:
        with pytest.raises(TypeError):
            verb(issued.invitation.id, **other)


def test_nobody_learns_of_invitations_by_trying_to_change_them(acme: Company, tenancy: Tenantry) -> None:
    """E05, EM-16"""
    beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    foreign = beta.invite(BOB, by=EVE).invitation.id
    issued = acme.invite(BOB)
    plain = acme.add(CAY)

    for id in (foreign, "inv_made_up"):
        with pytest.raises(NotFound):
            acme.context().invitations.update(id, role="admin")
    with pytest.raises(Denied):
        plain.invitations.update(issued.invitation.id, role="member")
    with pytest.raises(NotFound) as unknown:
        acme.context(EVE).invitations.update(issued.invitation.id, role="member")
    assert unknown.value.data == {"kind": "tenant"}
