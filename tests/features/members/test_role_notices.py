"""What members are told of their roles, of ownership, and of the end; never what they did themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenantry import SYSTEM, LastOwner, Tenantry, schemes
from tenantry.notices.model import NOTICES
from tenantry.ports import Open, Store
from tests.features.people import ADA, BOB, CAY, SECRET, Company


@pytest.fixture
def acme(store: Store) -> Company:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], notices=True)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def told(acme: Company, store: Store) -> list[tuple[str, str, dict[str, Any]]]:
    """Who was told what, in order, since the last time."""
    with store.query(acme.id) as tx:
        notices = tx.records(NOTICES).list()
    with store.command(acme.id, gate=Open()) as tx:
        tx.records(NOTICES).remove(*notices)
    for notice in notices:
        assert notice.data["tenant"] == "Acme"
    return [(n.email, n.kind.value, {k: v for k, v in n.data.items() if k != "tenant"}) for n in notices]


def test_a_member_is_told_of_other_roles(acme: Company, store: Store) -> None:
    acme.add(BOB)
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id
    members = acme.context().members
    told(acme, store)

    members.change_role(BOB.user_id, role="admin")
    members.change_role(BOB.user_id, role="admin")
    members.add_role(BOB.user_id, role=clerk)
    members.remove_role(BOB.user_id, role="admin")

    assert told(acme, store) == [
        ("bob@acme.test", "role_changed", {"roles": ["Admin"]}),
        ("bob@acme.test", "role_changed", {"roles": ["Admin", "Clerk"]}),
        ("bob@acme.test", "role_changed", {"roles": ["Clerk"]}),
    ]


def test_other_times_of_a_role_are_no_other_role(acme: Company, store: Store) -> None:
    acme.add(BOB)
    later = acme.context().members.get(BOB.user_id).joined_at + timedelta(days=1)
    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=later)
    assert len(told(acme, store)) == 1

    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=later + timedelta(days=1))

    assert told(acme, store) == []


def test_an_owner_who_gets_another_role_owns_as_before(acme: Company, store: Store) -> None:
    acme.add(BOB, "owner")

    acme.context().members.add_role(BOB.user_id, role="admin")

    assert told(acme, store) == [("bob@acme.test", "role_changed", {"roles": ["Admin", "Owner"]})]


def test_a_member_is_told_of_a_workspace(acme: Company, store: Store) -> None:
    acme.add(BOB)
    acme.add(CAY, "admin")
    told(acme, store)
    justice = acme.context().workspaces.create("Justice", admin=BOB.user_id).id
    acme.context(CAY).workspaces.change_member_role(justice, BOB.user_id, role="viewer")
    acme.context().members.add_role(BOB.user_id, role="member", workspace=justice)
    acme.context().workspaces.remove_member(justice, BOB.user_id)

    here = {"workspace": "Justice"}
    assert told(acme, store) == [
        ("bob@acme.test", "workspace_assigned", {**here, "roles": ["Admin"]}),
        ("bob@acme.test", "workspace_assigned", {**here, "roles": ["Viewer"]}),
        ("bob@acme.test", "workspace_assigned", {**here, "roles": ["Member", "Viewer"]}),
    ]


def test_both_are_told_of_a_transfer(acme: Company, store: Store) -> None:
    """E16"""
    acme.add(BOB)
    told(acme, store)

    acme.context().members.transfer_ownership(to=BOB.user_id)
    assert told(acme, store) == [
        ("bob@acme.test", "ownership", {"gained": True, "other": "Ada"}),
        ("ada@acme.test", "ownership", {"gained": False, "other": "Bob"}),
    ]
    acme.context(BOB).members.add_role(ADA.user_id, role="owner")
    acme.context(BOB).members.change_role(ADA.user_id, role="member")
    assert told(acme, store) == [
        ("ada@acme.test", "ownership", {"gained": True, "other": None}),
        ("ada@acme.test", "ownership", {"gained": False, "other": None}),
    ]


def test_who_is_removed_is_told_and_who_acts_is_not(acme: Company, store: Store) -> None:
    acme.add(BOB, "admin")
    acme.add(CAY)
    acme.context().members.add("user_without_address")
    told(acme, store)

    acme.context(BOB).members.change_role(BOB.user_id, role="member")
    acme.context().members.remove(CAY.user_id)
    acme.context().members.remove("user_without_address")
    acme.context(BOB).members.leave()

    assert told(acme, store) == [("cay@acme.test", "removed", {"reason": None})]


def test_a_refused_command_tells_nobody(acme: Company, store: Store) -> None:
    """I11"""
    told(acme, store)
    for act in (acme.context(SYSTEM).members.remove, acme.context(SYSTEM).members.deactivate):
        with pytest.raises(LastOwner):
            act(ADA.user_id)
    assert told(acme, store) == []
