"""Every command writes what it did, in its own transaction; a command that did nothing writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenantry import SYSTEM, AuditEvent, Denied, Tenantry, TenantryError
from tenantry.testing import FrozenClock
from tests.features.people import BOB, CAY, DAN, EVE, Company, someone


def justice(acme: Company) -> str:
    return acme.context().workspaces.list(order="newest")[0].id


def restored(acme: Company) -> None:
    acme.context().workspaces.archive(justice(acme))
    acme.context().workspaces.restore(acme.context().workspaces.list(status="archived")[0].id)


STORY: list[tuple[str, Callable[[Company], object], list[str]]] = [
    ("update", lambda acme: acme.context().update(name="Apex", slug="apex"), ["tenant.updated"]),
    ("workspaces.create", lambda acme: acme.context().workspaces.create("Justice"), ["workspace.created"]),
    (
        "workspaces.create with an admin",
        lambda acme: acme.context().workspaces.create("Health", admin=BOB.user_id),
        ["workspace.created", "workspace_member.added"],
    ),
    (
        "workspaces.update",
        lambda acme: acme.context().workspaces.update(acme.general, name="Main", settings={"a": 1}),
        ["workspace.updated"],
    ),
    (
        "workspaces.record_counters",
        lambda acme: acme.context().workspaces.record_counters(acme.general, {"mails": 1}),
        ["workspace.counters_recorded"],
    ),
    ("workspaces.archive", lambda acme: acme.context().workspaces.archive(justice(acme)), ["workspace.archived"]),
    ("workspaces.restore", restored, ["workspace.archived", "workspace.restored"]),
    (
        "workspaces.add_member",
        lambda acme: acme.context().workspaces.add_member(acme.general, CAY.user_id, role="viewer"),
        ["workspace_member.added"],
    ),
    (
        "workspaces.change_member_role",
        lambda acme: acme.context().workspaces.change_member_role(acme.general, BOB.user_id, role="viewer"),
        ["workspace_member.role_changed"],
    ),
    (
        "workspaces.remove_member",
        lambda acme: acme.context().workspaces.remove_member(acme.general, BOB.user_id),
        ["workspace_member.removed"],
    ),
    ("members.add", lambda acme: acme.context().members.add(DAN.user_id), ["member.added"]),
    (
        "members.change_role",
        lambda acme: acme.context().members.change_role(BOB.user_id, role="admin"),
        ["member.role_changed"],
    ),
    (
        "members.add_role",
        lambda acme: acme.context().members.add_role(BOB.user_id, role="admin"),
        ["member.role_changed"],
    ),
    (
        "members.remove_role",
        lambda acme: acme.context().members.remove_role(CAY.user_id, role="admin"),
        ["member.role_changed"],
    ),
    ("members.update", lambda acme: acme.context().members.update(BOB.user_id, name="Robert"), ["member.recorded"]),
    ("members.deactivate", lambda acme: acme.context().members.deactivate(BOB.user_id), ["member.deactivated"]),
    (
        "members.reactivate",
        lambda acme: [acme.context().members.deactivate(BOB.user_id), acme.context().members.reactivate(BOB.user_id)],
        ["member.deactivated", "member.reactivated"],
    ),
    ("members.remove", lambda acme: acme.context().members.remove(BOB.user_id), ["member.removed"]),
    ("members.leave", lambda acme: acme.context(BOB).members.leave(), ["member.left"]),
    ("invitations.send", lambda acme: acme.invite(DAN), ["invitation.sent"]),
    (
        "invitations.resend",
        lambda acme: acme.context().invitations.resend(acme.invite(DAN).invitation.id),
        ["invitation.sent", "invitation.resent"],
    ),
    (
        "invitations.revoke",
        lambda acme: acme.context().invitations.revoke(acme.invite(DAN).invitation.id),
        ["invitation.sent", "invitation.revoked"],
    ),
    (
        "accept",
        lambda acme: acme.tenancy.person(DAN).accept(acme.invite(DAN).token),
        ["invitation.sent", "member.added", "invitation.accepted"],
    ),
    (
        "accept as a member",
        lambda acme: acme.tenancy.person(someone("cay", email=DAN.email)).accept(
            acme.invite(DAN, workspaces={acme.general: "viewer"}).token
        ),
        ["invitation.sent", "workspace_member.added", "invitation.accepted"],
    ),
    (
        "decline",
        lambda acme: acme.tenancy.person(DAN).decline(acme.invite(DAN).token, "no"),
        ["invitation.sent", "invitation.declined"],
    ),
]
BORN = ["tenant.created", "workspace.created", "member.added"]


@pytest.fixture
def staffed(acme: Company) -> Company:
    acme.workspace("Law")
    acme.add(BOB, workspaces={acme.general: "member"})
    acme.add(CAY, "admin")
    acme.context(SYSTEM).members.add_role(CAY.user_id, role="member")
    return acme


def events(company: Company) -> list[AuditEvent]:
    return list(company.context(SYSTEM).audit.list(order="oldest", limit=200))


@pytest.mark.parametrize(("act", "expected"), [each[1:] for each in STORY], ids=[each[0] for each in STORY])
def test_a_command_writes_what_it_did(
    staffed: Company, act: Callable[[Company], object], expected: list[str], clock: FrozenClock
) -> None:
    """E90, AU-01 in kind"""
    before = events(staffed)
    clock.advance(minutes=5)

    act(staffed)

    after = events(staffed)
    new = after[len(before) :]
    assert after[: len(before)] == before
    assert [event.action for event in new] == expected
    assert [event.sequence for event in after] == list(range(1, len(after) + 1))
    assert all(event.tenant_id == staffed.id and event.target and event.occurred_at == clock() for event in new)
    assert staffed.context(SYSTEM).get()._audit_sequence == len(after)


def test_a_tenant_is_born_with_three_events(acme: Company) -> None:
    assert acme.trail() == BORN


def test_an_event_has_what_changed_before_and_after(acme: Company) -> None:
    acme.context().update(name="Apex")
    acme.add(BOB)
    acme.context().members.change_role(BOB.user_id, role="admin")
    acme.context().members.update(BOB.user_id, name="Robert")

    renamed, added, changed, recorded = events(acme)[len(BORN) :]

    assert (renamed.target, renamed.before, renamed.after) == (acme.id, {"name": "Acme"}, {"name": "Apex"})
    assert (added.target, added.before, added.after["roles"]) == (BOB.user_id, {}, ["member"])
    assert (changed.before, changed.after) == ({"roles": ["member"]}, {"roles": ["admin"]})
    assert (recorded.before, recorded.after) == ({"name": "Bob"}, {"name": "Robert"})


def test_what_happens_in_a_workspace_says_in_which(acme: Company) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})
    acme.context().workspaces.change_member_role(acme.general, BOB.user_id, role="admin")

    [event] = acme.context().audit.list(limit=1)

    assert (event.workspace_id, event.target) == (acme.general, BOB.user_id)
    assert (event.before, event.after) == ({"roles": ["viewer"]}, {"roles": ["admin"]})

    acme.context().workspaces.remove_member(acme.general, BOB.user_id)
    acme.context().workspaces.add_member(acme.general, BOB.user_id, role="viewer")
    added, removed = acme.context().audit.list(limit=2)

    assert (added.action, removed.action) == ("workspace_member.added", "workspace_member.removed")
    assert added.workspace_id == removed.workspace_id == acme.general


NOTHING: list[tuple[str, Callable[[Company], object]]] = [
    ("the same name", lambda acme: acme.context().update(name="Acme", slug="acme")),
    ("the same details", lambda acme: acme.context().workspaces.update(acme.general, name="General")),
    ("the same counters", lambda acme: acme.context().workspaces.record_counters(acme.general, {})),
    ("the same role", lambda acme: acme.context().members.change_role(BOB.user_id, role="member")),
    (
        "the same role here",
        lambda acme: acme.context().workspaces.change_member_role(acme.general, BOB.user_id, role="member"),
    ),
    ("active already", lambda acme: acme.context().members.reactivate(BOB.user_id)),
    ("known already", lambda acme: acme.context().members.update(BOB.user_id, name=BOB.name, email=BOB.email)),
]


@pytest.mark.parametrize("act", [each[1] for each in NOTHING], ids=[each[0] for each in NOTHING])
def test_a_command_that_changes_nothing_leaves_no_trace(staffed: Company, act: Callable[[Company], object]) -> None:
    """Law 10, AU-14: nor does it count as a version."""
    before, row = events(staffed), staffed.context(SYSTEM).get()

    act(staffed)

    assert events(staffed) == before
    after = staffed.context(SYSTEM).get()
    assert (after, after._version, after._audit_sequence) == (row, row._version, row._audit_sequence)


REFUSED: list[tuple[str, Callable[[Company], object]]] = [
    ("not found", lambda acme: acme.context().members.remove(EVE.user_id)),
    ("a stranger", lambda acme: acme.context(EVE).update(name="Mine")),
    ("invalid", lambda acme: acme.context().update(name="")),
    ("conflict", lambda acme: acme.context().members.leave()),
    ("slug taken", lambda acme: acme.context().workspaces.create("New", slug="general")),
    ("already a member", lambda acme: acme.context().members.add(BOB.user_id)),
    ("forged", lambda acme: acme.tenancy.person(EVE).accept("x" * 108)),
]


@pytest.mark.parametrize("act", [each[1] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_refused_command_leaves_no_trace(staffed: Company, act: Callable[[Company], object]) -> None:
    """AU-14"""
    before, row = events(staffed), staffed.context(SYSTEM).get()

    with pytest.raises(TenantryError) as refused:
        act(staffed)

    assert not isinstance(refused.value, Denied)
    assert events(staffed) == before
    assert staffed.context(SYSTEM).get() == row


def test_time_may_go_backwards_and_the_sequence_does_not(acme: Company, clock: FrozenClock) -> None:
    """TM-07"""
    acme.workspace("One")
    clock.advance(days=-400)
    acme.workspace("Two")

    newest = acme.context().audit.list(limit=2)

    assert [event.after["name"] for event in newest] == ["Two", "One"]
    assert [event.sequence for event in newest] == [5, 4]


def test_the_trail_is_read_by_who_may(acme: Company, tenancy: Tenantry) -> None:
    """AU-11: in its own tenant alone."""
    beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))

    assert len(acme.add(CAY, "admin").audit.list()) == 4
    with pytest.raises(Denied):
        acme.add(BOB, workspaces={acme.general: "admin"}).audit.list()
    assert {event.tenant_id for event in beta.context(EVE).audit.list()} == {beta.id}


def test_there_is_no_way_to_change_an_event(acme: Company) -> None:
    """AU-16: neither by a verb, nor by changing what one has got."""
    [event] = acme.context(SYSTEM).audit.list(limit=1)
    changed: Any = event.after
    changed["roles"] = ["emperor"]

    assert acme.context(SYSTEM).audit.list(limit=1)[0].after == {"roles": ["owner"]}
    verbs = {verb for verb in dir(acme.context().audit) if not verb.startswith("_")}
    assert verbs == {"list", "verify", "checkpoint", "name"}
