"""Whoever reads members and invitations reads the names of their roles, also without the right to read roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, Denied, Level, Membership, Role, to_dict
from tenantry.access.custom import ROLES, lineage_of
from tenantry.kernel import ids
from tenantry.kernel.clock import Clock
from tenantry.members.model import GRANTS
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.storage.ports import Open
from tests.features.access.customs import HOST, MEMBERS, READ, defined, opened, released
from tests.features.people import ADA, BOB, CAY, DAN, Company, someone
from tests.features.test_statements import counting


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock)


@pytest.fixture
def press(acme: Company) -> str:
    return defined(acme, "Press officer", MEMBERS)


@pytest.fixture
def editor(acme: Company) -> str:
    return defined(acme, "Site editor", READ, "workspace-api:member:read", level="workspace")


def labels(member: Membership) -> dict[str | None, str | None]:
    """By place; these tests give one role in each."""
    return {grant.workspace_id: grant.label for grant in member.grants}


def every_query(company: Company, key: str) -> Iterator[tuple[str, Membership]]:
    """Bob, as each query shows him that shows all of his roles."""
    ada, tenancy, bob = company.context(), company.tenancy, BOB.user_id
    yield "get", ada.members.get(bob)
    yield "list", next(each for each in ada.members.list() if each.user_id == bob)
    yield "who_can", next(each for each in ada.who_can(MEMBERS) if each.user_id == bob)
    yield "plan_removal", ada.members.plan_removal(bob).member
    yield "plan_update", next(iter(ada.roles.plan_update(key, permissions=[]))).membership
    yield "tenants", next(iter(tenancy.person(BOB).tenants())).membership
    yield "memberships_of", next(iter(tenancy.memberships_of(bob, by=SYSTEM))).membership


def test_each_query_that_shows_a_member_tells_the_names_of_the_roles(acme: Company, press: str, editor: str) -> None:
    site = acme.workspace("Site")
    acme.add(BOB, press, workspaces={acme.general: "viewer", site: editor})

    for name, member in every_query(acme, press):
        assert labels(member) == {None: "Press officer", acme.general: "Viewer", site: "Site editor"}, name
    assert labels(acme.context().members.get(ADA.user_id))[None] == "Owner"
    [there] = acme.context().workspaces.members(site)
    assert labels(there) == {None: "Press officer", site: "Site editor"}


def test_whoever_reads_members_needs_no_right_to_read_roles(acme: Company, press: str, editor: str) -> None:
    """Seed 004: a list of members for somebody who only looks."""
    bob = acme.add(BOB, press)
    cay = acme.add(CAY, workspaces={acme.general: editor})

    with pytest.raises(Denied):
        bob.roles.get(press)
    assert [labels(each)[None] for each in bob.members.list()] == ["Owner", "Press officer", "Member"]
    assert labels(cay.members.get(CAY.user_id))[acme.general] == "Site editor"
    assert "Site editor" in {labels(each).get(acme.general) for each in cay.workspaces.members(acme.general)}


def test_an_invitation_tells_the_names_of_the_roles_that_it_offers(acme: Company, press: str, editor: str) -> None:
    site = acme.workspace("Site")
    id = acme.invite(DAN, press, workspaces={acme.general: "viewer", site: editor}).invitation.id
    bob = acme.add(BOB, press)

    for shown in (bob.invitations.get(id), *bob.invitations.list()):
        assert shown.role_label == "Press officer"
        assert shown.workspace_labels == {acme.general: "Viewer", site: "Site editor"}


def test_an_invitation_labels_no_workspace_that_it_does_not_show(acme: Company, editor: str) -> None:
    site = acme.workspace("Site")
    id = acme.invite(DAN, workspaces={acme.general: "viewer", site: editor}).invitation.id
    cay = acme.add(CAY, workspaces={site: editor})

    for shown in (cay.invitations.get(id), *cay.invitations.list(workspace=site)):
        assert (shown.workspaces, shown.workspace_labels) == ({site: editor}, {site: "Site editor"})


def test_a_new_name_of_a_role_is_its_label_at_once_and_makes_no_other_grant(acme: Company, press: str) -> None:
    acme.add(BOB, press)
    id = acme.invite(DAN, press).invitation.id
    member, invitation = acme.member(BOB), acme.context().invitations.get(id)

    acme.context().roles.update(press, name="Speaker")

    now, offer = acme.member(BOB), acme.context().invitations.get(id)
    assert (labels(now), offer.role_label) == ({None: "Speaker"}, "Speaker")
    assert (now, hash(now), offer) == (member, hash(member), invitation)


def test_a_role_that_is_gone_has_no_label(store: Store, clock: Clock) -> None:
    """A release of the host drops a role that somebody still has."""
    notary = HOST.extend(name="host", roles=[Role("notary", Level.TENANT)])
    acme = opened(store, clock, scheme=notary)
    acme.add(BOB, "notary")
    id = acme.invite(DAN, "notary", workspaces={acme.general: "viewer"}).invitation.id

    acme = released(acme, HOST)

    assert labels(acme.member(BOB)) == {None: None}
    offer = acme.context().invitations.get(id)
    assert (offer.role_label, offer.workspace_labels) == (None, {acme.general: "Viewer"})


def test_commands_leave_labels_out(acme: Company, press: str) -> None:
    """They answer with what they have written; a query tells the labels."""
    ada = acme.context()

    assert labels(ada.members.add(BOB.user_id, role=press)) == {None: None}
    assert labels(ada.members.change_role(BOB.user_id, role="admin")) == {None: None}
    sent = ada.invitations.send("dan@acme.test", role=press, workspaces={acme.general: "viewer"})
    assert (sent.invitation.role_label, sent.invitation.workspace_labels) == (None, {})
    assert sent.invitation == ada.invitations.get(sent.invitation.id)


def test_plain_data_carries_the_labels(acme: Company, press: str) -> None:
    acme.add(BOB, press)
    id = acme.invite(DAN, press, workspaces={acme.general: "viewer"}).invitation.id

    member: dict[str, Any] = to_dict(acme.member(BOB))
    invitation: dict[str, Any] = to_dict(acme.context().invitations.get(id))

    assert [grant["label"] for grant in member["grants"]] == ["Press officer"]
    assert (invitation["role_label"], invitation["workspace_labels"]) == ("Press officer", {acme.general: "Viewer"})


def test_each_tenant_names_its_roles_itself(acme: Company, store: Store) -> None:
    """Law 1: also where a grant names a role of another tenant, or two tenants have one id, which no verb allows."""
    beta = Company(acme.tenancy, acme.tenancy.person(CAY).create_tenant("Beta"))
    key, secret = defined(acme, "Press officer"), defined(acme, "Secret")
    acme.add(BOB, key)
    acme.context().members.add_role(BOB.user_id, role=secret)
    beta.add(BOB)
    [held] = beta.member(BOB).grants
    ours = acme.context().roles.get(key)
    named = [evolve(each, name="Speaker") for each in lineage_of(ours)]
    with store.command(beta.id, gate=Open()) as tx:
        tx.records(ROLES).add(evolve(ours, tenant_id=beta.id, name="Speaker", lineage=named))
        tx.records(GRANTS).add(*(evolve(held, id=ids.new("grt"), role=role, label=None) for role in (key, secret)))

    there = {"member": "Member", key: "Speaker", secret: None}
    assert {grant.role: grant.label for grant in beta.member(BOB).grants} == there
    for page in (acme.tenancy.person(BOB).tenants(), acme.tenancy.memberships_of(BOB.user_id, by=SYSTEM)):
        shown = {each.tenant.id: {grant.role: grant.label for grant in each.membership.grants} for each in page}
        assert shown == {acme.id: {key: "Press officer", secret: "Secret"}, beta.id: there}


def test_custom_roles_cost_one_statement_whatever_their_number_and_built_in_ones_none(
    sql_store: SQLAlchemyStore, clock: Clock
) -> None:
    acme = opened(sql_store, clock)
    site = acme.workspace("Site")
    ada, tenancy = acme.context(), acme.tenancy
    acme.add(BOB, workspaces={site: "viewer"})
    offer = acme.invite(DAN, workspaces={site: "viewer"}).invitation.id
    queries: dict[str, Callable[[], object]] = {
        "members.get": lambda: ada.members.get(BOB.user_id),
        "members.list": ada.members.list,
        "workspaces.members": lambda: ada.workspaces.members(site),
        "person.tenants": tenancy.person(BOB).tenants,
        "memberships_of": lambda: tenancy.memberships_of(BOB.user_id, by=SYSTEM),
        "invitations.list": ada.invitations.list,
        "invitations.get": lambda: ada.invitations.get(offer),
    }

    def costs() -> dict[str, int]:
        counted = {}
        for name, query in queries.items():
            with counting(sql_store.engine) as executed:
                query()
            counted[name] = len(executed)
        return counted

    built_in = costs()
    assert built_in == {
        "members.get": 3,
        "members.list": 3,
        "workspaces.members": 3,
        "person.tenants": 3,
        "memberships_of": 3,
        "invitations.list": 2,
        "invitations.get": 2,
    }

    there = defined(acme, "Editor", level="workspace")
    ada.workspaces.change_member_role(site, BOB.user_id, role=there)
    ada.invitations.update(offer, workspaces={site: there})
    assert costs() == {name: number + 1 for name, number in built_in.items()}

    for number in range(5):
        key = defined(acme, f"Role {number}")
        ada.members.add_role(BOB.user_id, role=key)
        who = someone(f"other{number}")
        acme.add(who, key, workspaces={site: there})
        acme.invite(someone(f"guest{number}"), key)
    assert costs() == {name: number + 1 for name, number in built_in.items()}
