"""Participants hear of who joins, of workspaces that are made and of roles that change, and may object to each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tenantry import SYSTEM, Change, NewMember, Principal, Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company

Told = tuple[str, str, str | None, dict[str | None, tuple[str, ...]], dict[str | None, tuple[str, ...]]]


class Listener:
    """Writes down what it is told, and objects where the test says so."""

    name = "listener"

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.by: list[str] = []
        self.objects: Callable[[Change], bool] = lambda change: False

    def joined(self, changes: Sequence[Change], session: Any) -> None:
        for change in changes:
            self._hear("joined", change)

    def workspace_made(self, change: Change, session: Any) -> None:
        self._hear("workspace_made", change)

    def roles_changed(self, changes: Sequence[Change], session: Any) -> None:
        for change in changes:
            self._hear("roles_changed", change)

    def _hear(self, method: str, change: Change) -> None:
        subject = change.user_id if change.scope == "member" else change.workspace_id
        self.told.append((method, change.kind, subject, dict(change.roles), dict(change.previous)))
        self.by.append(change.by.user_id)
        if self.objects(change):
            raise LookupError(change.kind)

    def heard(self) -> list[Told]:
        told, self.told, self.by = self.told, [], []
        return told


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock, listener: Listener) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, participants=[listener])


@pytest.fixture
def acme(tenancy: Tenantry, listener: Listener) -> Company:
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    listener.heard()
    return company


def test_a_new_tenant_has_its_first_member_and_workspace(tenancy: Tenantry, listener: Listener) -> None:
    acme = tenancy.person(ADA).create_tenant("Acme")

    assert listener.told == [
        ("workspace_made", "workspace.created", acme.default_workspace_id, {}, {}),
        ("joined", "member.added", ADA.user_id, {None: ("owner",)}, {}),
    ]
    assert listener.by == [ADA.user_id, ADA.user_id]


def test_whoever_comes_in_by_whatever_way_has_joined(acme: Company, listener: Listener) -> None:
    here = acme.context()
    here.members.add(BOB.user_id, role="admin")
    assert listener.heard() == [("joined", "member.added", BOB.user_id, {None: ("admin",)}, {})]

    here.members.add_many([NewMember("user_x"), NewMember("user_y", workspaces={acme.general: "viewer"})])
    assert listener.heard() == [
        ("joined", "member.added", "user_x", {None: ("member",)}, {}),
        ("joined", "member.added", "user_y", {None: ("member",), acme.general: ("viewer",)}, {}),
    ]

    issued = acme.invite(CAY, workspaces={acme.general: "admin"})
    assert listener.heard() == []
    acme.tenancy.person(CAY).accept(issued.token)
    assert listener.by == [CAY.user_id]
    assert listener.heard() == [
        ("joined", "member.added", CAY.user_id, {None: ("member",), acme.general: ("admin",)}, {})
    ]
    assert acme.tenancy.person(CAY).accept(issued.token).already_member
    assert listener.heard() == []


def test_changed_roles_are_told_with_what_was_before(acme: Company, listener: Listener, clock: FrozenClock) -> None:
    acme.add(BOB)
    listener.heard()
    here, bob, general = acme.context(), BOB.user_id, acme.general

    def told(kind: str, place: str | None, before: Sequence[str], after: Sequence[str]) -> list[Told]:
        return [("roles_changed", kind, bob, {place: tuple(after)}, {place: tuple(before)})]

    here.members.change_role(bob, role="admin")
    assert listener.heard() == told("member.role_changed", None, ["member"], ["admin"])
    here.members.change_role(bob, role="admin")
    assert listener.heard() == []
    here.members.add_role(bob, role="member")
    assert listener.heard() == told("member.role_changed", None, ["admin"], ["admin", "member"])
    here.members.remove_role(bob, role="member")
    assert listener.heard() == told("member.role_changed", None, ["admin", "member"], ["admin"])
    here.workspaces.add_member(general, bob, role="viewer")
    assert listener.heard() == told("workspace_member.added", general, [], ["viewer"])
    here.workspaces.change_member_role(general, bob, role="member")
    assert listener.heard() == told("workspace_member.role_changed", general, ["viewer"], ["member"])
    here.members.add_role(bob, role="admin", workspace=general, ends_at=clock() + timedelta(days=1))
    assert listener.heard() == told("workspace_member.role_changed", general, ["member"], ["admin", "member"])
    here.members.add_role(bob, role="admin", workspace=general, ends_at=clock() + timedelta(days=2))
    assert listener.heard() == told("workspace_member.role_changed", general, ["admin", "member"], ["admin", "member"])
    here.workspaces.remove_member(general, bob)
    assert listener.heard() == told("workspace_member.removed", general, ["admin", "member"], [])


def test_a_transfer_changes_two(acme: Company, listener: Listener) -> None:
    acme.add(BOB, "admin")
    listener.heard()

    acme.context().members.transfer_ownership(to=BOB.user_id)

    assert sorted(listener.heard()) == [
        ("roles_changed", "member.role_changed", ADA.user_id, {None: ("admin",)}, {None: ("owner",)}),
        ("roles_changed", "member.role_changed", BOB.user_id, {None: ("owner",)}, {None: ("admin",)}),
    ]


def test_an_accepted_offer_to_a_member_changes_roles(acme: Company, listener: Listener) -> None:
    issued = acme.invite(BOB, workspaces={acme.general: "viewer"})
    acme.context(SYSTEM).members.add(BOB.user_id)  # without the address
    listener.heard()

    acme.tenancy.person(BOB).accept(issued.token)

    assert listener.heard() == [
        ("roles_changed", "workspace_member.added", BOB.user_id, {acme.general: ("viewer",)}, {acme.general: ()})
    ]


def test_a_role_that_is_replaced_changes_all_who_have_it(acme: Company, listener: Listener) -> None:
    key = acme.context().roles.define("Reader", permissions=["tenant-api:member:read"], level="tenant").id
    for who in (BOB, CAY, DAN):
        acme.add(who, key)
    listener.heard()

    acme.context().roles.delete(key, replacement="member")

    assert sorted(listener.heard()) == [
        ("roles_changed", "member.role_changed", who.user_id, {None: ("member",)}, {None: (key,)})
        for who in (BOB, CAY, DAN)
    ]


def test_what_has_ended_and_is_tidied_up_is_no_change(acme: Company, listener: Listener, clock: FrozenClock) -> None:
    key = acme.context().roles.define("Reader", permissions=["tenant-api:member:read"], level="tenant").id
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role=key, ends_at=clock() + timedelta(days=1))
    clock.advance(days=2)
    listener.heard()

    acme.context().roles.delete(key)

    assert listener.heard() == []


def test_who_goes_is_not_said_to_have_other_roles(acme: Company, listener: Listener) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})
    listener.heard()

    acme.context().members.deactivate(BOB.user_id)
    acme.context().members.reactivate(BOB.user_id)
    acme.context().members.remove(BOB.user_id)

    assert listener.heard() == []


ACTS: dict[str, Callable[[Company, Principal], object]] = {
    "add": lambda acme, who: acme.context().members.add(who.user_id),
    "add_many": lambda acme, who: acme.context().members.add_many([NewMember("user_x"), NewMember(who.user_id)]),
    "create workspace": lambda acme, who: acme.context().workspaces.create("Justice"),
    "make admin": lambda acme, who: acme.context().members.change_role(CAY.user_id, role="admin"),
    "create with admin": lambda acme, who: acme.context().workspaces.create("Justice", admin=CAY.user_id),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_who_objects_undoes_all(acme: Company, listener: Listener, act: Callable[[Company, Principal], object]) -> None:
    acme.add(CAY)
    before = acme.trail()
    listener.objects = lambda change: True

    with pytest.raises(LookupError):
        act(acme, BOB)

    assert acme.trail() == before
    assert acme.user_ids() == [ADA.user_id, CAY.user_id]
    assert acme.member(CAY).roles == ("member",)
    assert len(acme.context().workspaces.list()) == 1


def test_an_invitation_whose_acceptance_is_objected_to_stays_pending(acme: Company, listener: Listener) -> None:
    """Two factors before one joins: the host says so, and the same link works afterwards."""
    issued = acme.invite(BOB)
    listener.objects = lambda change: change.by.user_id == BOB.user_id

    with pytest.raises(LookupError, match=r"member\.added"):
        acme.tenancy.person(BOB).accept(issued.token)

    assert acme.context().invitations.get(issued.invitation.id).status == "pending"
    listener.objects = lambda change: False
    assert acme.tenancy.person(BOB).accept(issued.token).membership.user_id == BOB.user_id
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_only_who_wants_to_hear_of_roles_costs_statements(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Idle:
        name = "idle"

        def joined(self, changes: Sequence[Change], session: Any) -> None:
            """Hears of newcomers alone."""

    def statements(*participants: object) -> int:
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=participants)
        company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        company.add(BOB)
        caplog.clear()
        company.context().members.change_role(BOB.user_id, role="admin")
        [record] = caplog.records
        return record.statements  # type: ignore[attr-defined, no-any-return]

    caplog.set_level(logging.DEBUG, "tenantry")
    alone = statements()
    assert statements(Idle()) == alone
    assert statements(Listener()) == alone + 2
