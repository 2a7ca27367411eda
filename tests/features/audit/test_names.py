"""Each event names its subject and its workspace as they were called then, also when they are gone."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, AuditEvent, Denied, Origin, Tenantry, schemes, to_dict
from tenantry.audit.seals import ERASED
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company, someone


def trail(company: Company) -> list[AuditEvent]:
    return list(company.context(SYSTEM).audit.list(order="oldest", limit=200))


def named(company: Company, target: str) -> list[tuple[str, str | None]]:
    """What the events about a subject call it."""
    return [(event.action, event.target_name) for event in trail(company) if event.target == target]


def test_whoever_is_gone_is_named_still(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.change_role(BOB.user_id, role="admin")
    acme.context(SYSTEM).members.update(BOB.user_id, name="Robert")
    acme.context().members.remove(BOB.user_id)

    assert named(acme, BOB.user_id) == [
        ("member.added", "Bob"),
        ("member.role_changed", "Bob"),
        ("member.recorded", "Robert"),
        ("member.removed", "Robert"),
    ]


def test_whoever_has_no_name_is_called_by_their_address(acme: Company) -> None:
    acme.add(someone("gil", name=None))
    acme.context().members.add("user_x")

    assert named(acme, "user_gil") == [("member.added", "gil@acme.test")]
    assert named(acme, "user_x") == [("member.added", None)]


def test_a_workspace_that_is_archived_is_named_still(acme: Company) -> None:
    justice = acme.workspace("Justice")
    acme.add(BOB)
    acme.context().workspaces.add_member(justice, BOB.user_id, role="viewer")
    acme.context().workspaces.update(justice, name="Law")
    acme.context().workspaces.remove_member(justice, BOB.user_id)
    acme.context().workspaces.archive(justice)

    told = [(e.action, e.target_name, e.workspace_name) for e in trail(acme) if e.workspace_id == justice]
    assert told == [
        ("workspace.created", "Justice", "Justice"),
        ("workspace_member.added", "Bob", "Justice"),
        ("workspace.updated", "Law", "Law"),
        ("workspace_member.removed", "Bob", "Law"),
        ("workspace.archived", "Law", "Law"),
    ]


def test_a_role_that_is_deleted_and_an_invitation_that_is_revoked_are_named(acme: Company) -> None:
    roles = acme.context().roles
    clerk = roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant").id
    roles.update(clerk, name="Scribe")
    roles.delete(clerk)
    issued = acme.invite(DAN)
    acme.context().invitations.revoke(issued.invitation.id)

    assert [name for _, name in named(acme, clerk)] == ["Clerk", "Scribe", "Scribe"]
    assert [name for _, name in named(acme, issued.invitation.id)] == [DAN.email, DAN.email]
    assert named(acme, acme.id) == [("tenant.created", "Acme")]


def test_whoever_is_denied_is_named(acme: Company) -> None:
    with pytest.raises(Denied):
        acme.add(BOB).workspaces.create("Mine")

    assert named(acme, BOB.user_id)[-1] == ("access.denied", "Bob")


def test_a_reader_of_all_tenants_gets_the_names() -> None:
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    justice = acme.context().workspaces.create("Justice", admin=ADA.user_id).id

    *_, last = tenancy.jobs.events()

    shown = to_dict(last)
    assert (shown["target"], shown["target_name"]) == (ADA.user_id, "Ada")
    assert (shown["workspace_id"], shown["workspace_name"]) == (justice, "Justice")


def test_whoever_is_forgotten_is_named_nowhere_and_the_trail_verifies(
    acme: Company, tenancy: Tenantry, store: Store
) -> None:
    """Also not in what the forgetting itself records, such as the end of an invitation to them."""
    issued = acme.invite(BOB, "admin")
    tenancy.person(BOB, origin=Origin(address="192.0.2.7")).accept(issued.token)
    acme.context(BOB).workspaces.create("Health", admin=BOB.user_id)
    acme.add(CAY)
    acme.context(SYSTEM).members.update(BOB.user_id, name="Robert")
    again = acme.context(BOB).invitations.send("bob@home.test")
    kept = acme.context(SYSTEM).audit.checkpoint()

    tenancy.forget(BOB.user_id, emails=["bob@home.test"])

    everything = repr((Vault(store).everything(), trail(acme)))
    assert not any(word in everything for word in ("Bob", "Robert", "bob@"))
    assert acme.context(SYSTEM).audit.verify(checkpoint=kept)
    about = {
        name for target in (BOB.user_id, issued.invitation.id, again.invitation.id) for _, name in named(acme, target)
    }
    assert about == {ERASED, None}
    places = {event.workspace_name for event in trail(acme) if event.target == BOB.user_id}
    assert places == {None, "Health"}
    assert named(acme, CAY.user_id) == [("member.added", "Cay")]


def test_names_of_people_are_in_no_chained_column(acme: Company, store: Store) -> None:
    acme.add(BOB)
    acme.invite(DAN)

    for event in Vault(store).events(acme.id):
        assert event.target_name not in ("Ada", "Bob", DAN.email)
