"""What is in one tenant is nowhere else: not in a result, an error, a log record or the trail."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from inspect import signature
from random import Random
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from tenantry import SYSTEM, NotFound, Origin, Principal, Tenantry, TenantryError
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import ADA, BOB, CAY, Company, someone
from tests.features.verbs import ACTS_AS, VERBS, World
from tests.scale import rounds

CANARY = "canary"
MALLORY = Principal(
    "user_canary_m", email="canary-m@canary.test", email_verified=True, name="Canary M", on_behalf_of="user_canary_x"
)


NO_ID = {("members.add", "user_id"), ("roles.move", "to")}
"""What is no id of what there is here: the one is a newcomer's, the other a role's."""


class Neighbour:
    """Another tenant in the same store, with a canary in every text that it has."""

    def __init__(self, tenancy: Tenantry) -> None:
        origin = Origin(address="canary-address", user_agent="canary-agent", request_id="canary-request")
        self.tenant = tenancy.person(MALLORY, origin=origin).create_tenant("Canary Ltd", slug="canary")
        context = tenancy.tenant(self.tenant.id, by=MALLORY, origin=origin)
        self.workspace = context.workspaces.create(
            "Canary House", slug="canary", description="canary", settings={"canary": "canary"}
        )
        context.workspaces.record_counters(self.workspace.id, {"canary": 1})
        self.member = context.members.add(
            "user_canary_n", name="Canary N", email="canary-n@canary.test", workspaces={self.workspace.id: "viewer"}
        )
        self.issued = context.invitations.send(
            "canary-o@canary.test", message="canary", workspaces={self.workspace.id: "admin"}
        )
        guest = someone("canary_p", email="canary-p@canary.test")
        tenancy.person(guest).decline(context.invitations.send(guest.email or "").token, "canary")

    @property
    def ids(self) -> Mapping[str, str]:
        """What a caller in another tenant may try, by the parameter it is tried in."""
        return {
            "user_id": self.member.user_id,
            "admin": self.member.user_id,
            "to": self.member.user_id,
            "reassign_to": self.member.user_id,
            "workspace_id": self.workspace.id,
            "workspace": self.workspace.id,
            "invitation_id": self.issued.invitation.id,
        }


def told(world: World, name: str, arguments: dict[str, Any]) -> str:
    """All that somebody acting in Acme is told."""
    try:
        result = world.verb(name, ACTS_AS.get(name, ADA))(**arguments)
        return f"{result!r} {list(result) if hasattr(result, '__iter__') else ''}"
    except TenantryError as error:
        return f"{error} {error!r} {error.__dict__!r} {error.__cause__!r} {error.__context__!r}"


def attempts(world: World, neighbour: Neighbour) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every verb in Acme, as it should be called, and with each id of the neighbour's."""
    for name, arguments in VERBS.items():
        for parameter in signature(world.verb(name)).parameters:
            if parameter in neighbour.ids and name != "tenancy.forget":  # by which the host reaches every tenant
                yield name, arguments(world) | {parameter: neighbour.ids[parameter]}
            if parameter == "workspaces" and name != "tenant.access":
                yield name, arguments(world) | {parameter: {neighbour.workspace.id: "viewer"}}
        yield name, arguments(world)


def test_nothing_of_a_neighbour_is_told_logged_or_recorded(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """TI-12, TI-13"""
    world = World(store)
    neighbour = Neighbour(world.tenancy)
    caplog.clear()
    caplog.set_level(logging.DEBUG)

    said = [told(world, name, arguments) for name, arguments in attempts(world, neighbour)]
    said += [repr(record.__dict__) for record in caplog.records]
    trail = [repr(event) for event in world.acme.context(SYSTEM).audit.list(limit=200)]

    assert len(said) > 100
    for text in said + trail:
        heard = text.lower().replace(neighbour.member.user_id, "")  # which the caller has said
        assert CANARY not in heard
        assert neighbour.tenant.id not in heard
        assert neighbour.issued.invitation.nonce not in heard


def test_an_id_of_a_neighbour_is_like_one_that_does_not_exist(store: Store) -> None:
    """E05: in code, message and trail."""
    world = World(store)
    neighbour = Neighbour(world.tenancy)
    for name, arguments in VERBS.items():
        if name.startswith(("tenancy.", "person.", "tenant.")):
            continue
        for parameter in signature(world.verb(name)).parameters:
            if parameter not in neighbour.ids or (name, parameter) in NO_ID:
                continue
            valid = arguments(world)
            theirs = told(world, name, valid | {parameter: neighbour.ids[parameter]})
            nobodys = told(world, name, valid | {parameter: neighbour.ids[parameter][:-4] + "zzzz"})
            assert theirs == nobodys, (name, parameter)
    assert "access.denied" not in world.acme.trail()


def test_a_neighbours_workspace_cannot_be_had(store: Store) -> None:
    """TI-14"""
    world = World(store)
    neighbour = Neighbour(world.tenancy)
    context = world.acme.context()
    for steal in (
        lambda: context.workspaces.add_member(neighbour.workspace.id, BOB.user_id, role="admin"),
        lambda: context.members.add("user_new", workspaces={neighbour.workspace.id: "admin"}),
        lambda: context.invitations.send("new@acme.test", workspaces={neighbour.workspace.id: "admin"}),
        lambda: context.workspaces.update(neighbour.workspace.id, name="Mine"),
        lambda: context.workspaces.add_member(world.justice, neighbour.member.user_id, role="admin"),
    ):
        with pytest.raises(NotFound):
            steal()

    theirs = world.tenancy.tenant(neighbour.tenant.id, by=MALLORY)
    assert [member.user_id for member in theirs.workspaces.members(neighbour.workspace.id)] == [
        neighbour.member.user_id
    ]
    assert theirs.workspaces.get(neighbour.workspace.id).name == "Canary House"


def test_a_database_lets_nothing_that_is_held_together_move_to_another_tenant(sql_store: SQLAlchemyStore) -> None:
    """TI-14: where somebody writes past tenantry, the keys are in the way."""
    world = World(sql_store)
    neighbour = Neighbour(world.tenancy)
    rows = {
        "memberships": ("user_id", BOB.user_id),
        "grants": ("workspace_id", world.justice),
        "workspaces": ("id", world.justice),
        "tenants": ("id", world.acme.id),
    }
    for table, (column, value) in rows.items():
        moved = "id" if table == "tenants" else "tenant_id"
        statement = sql(f"UPDATE tenantry_{table} SET {moved} = :there WHERE {column} = :value")
        with pytest.raises(IntegrityError), sql_store.engine.begin() as connection:
            connection.execute(statement, {"there": neighbour.tenant.id, "value": value})
    assert world.acme.context(SYSTEM).audit.verify()


def test_many_tenants_add_up_without_overlap(tenancy: Tenantry) -> None:
    """TI-05"""
    random = Random(7)
    users = [someone(f"u{number}") for number in range(12)]
    companies = []
    for number in range(rounds(50)):
        with tenancy.transaction() as tx:
            owner = random.choice(users)
            company = Company(tx, tx.person(owner).create_tenant(f"Company {number}"))
            for user in random.sample([user for user in users if user is not owner], random.randrange(5)):
                company.add(user)
            for each in range(random.randrange(3)):
                company.workspace(f"Client {each}")
                company.context(SYSTEM).invitations.send(f"invited-{each}@acme.test")
        companies.append(Company(tenancy, tenancy.tenant(company.id, by=SYSTEM).get()))

    members = {m.id: m for c in companies for m in c.context(SYSTEM).members.list()}
    workspaces = {w.id: w for c in companies for w in c.context(SYSTEM).workspaces.list()}
    counted = [(c.context(SYSTEM).members.list(total=True).total, c.context(SYSTEM).get().members) for c in companies]

    assert sum(total for total, _ in counted if total) == sum(row for _, row in counted) == len(members)
    assert sum(c.context(SYSTEM).workspaces.totals().workspaces for c in companies) == len(workspaces)
    assert sum(tenancy.person(user).tenants(total=True).total or 0 for user in users) == len(members)
    assert all(member.tenant_id == c.id for c in companies for member in c.context(SYSTEM).members.list())
    for user in users:
        mine = {my.tenant.id for my in tenancy.person(user).tenants(limit=200)}
        assert mine == {member.tenant_id for member in members.values() if member.user_id == user.user_id}
    invited = tenancy.person(someone("invited-0")).invitations(limit=200, total=True)
    sent = [invitation for c in companies for invitation in c.context(SYSTEM).invitations.list()]
    assert invited.total == sum(invitation.email == "invited-0@acme.test" for invitation in sent)


def test_who_is_in_no_tenant_is_in_no_list(tenancy: Tenantry, acme: Company) -> None:
    """EM-05"""
    acme.invite(BOB)

    assert not tenancy.person(CAY).tenants()
    assert not tenancy.person(CAY).invitations()
    assert not tenancy.person(someone("bob", email_verified=False)).invitations()
