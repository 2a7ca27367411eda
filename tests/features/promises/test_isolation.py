"""What is in one tenant is nowhere else: not in a result, an error, a log record or the trail."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any, overload

import pytest
from attrs import evolve, fields
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from tenantry import SYSTEM, NewMember, NotFound, Origin, Principal, Tenantry, TenantryError, TenantStatus
from tenantry.ports import Store
from tenantry.runtime.registry import COLLECTIONS, PREFIXES
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import BOB, CAY, Company, someone
from tests.features.verbs import IN_A_TENANT, QUESTIONS, VERBS, World
from tests.scale import rounds

CANARY = "canary"
MALLORY = Principal(
    "user_canary_m", email="canary-m@canary.test", email_verified=True, name="Canary M", on_behalf_of="user_canary_x"
)


_ID = re.compile(rf"({'|'.join(PREFIXES)})_[0-9a-hjkmnp-tv-z]{{26}}")


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
        context.roles.define("Canary", permissions=[], level="tenant", description="canary")
        with tenancy._store.query(self.tenant.id) as tx:
            there = {each.prefix: tx.records(each).list() for each in COLLECTIONS if each.prefix}
        self.ids: Mapping[str, str] = {prefix: rows[0].id for prefix, rows in there.items() if prefix and rows}

    def instead_of(self, world: World, text: str) -> str | None:
        """What this tenant has of the same kind; None for what is no id of something in the other tenant."""
        if text in world.acme.user_ids():
            return self.member.user_id
        found = _ID.fullmatch(text)
        if found is None:
            return None
        if found[1] not in self.ids:
            raise AssertionError(f"A verb takes the id {text!r}, and the neighbour has none like it: give it one.")
        return self.ids[found[1]]

    def unnamed(self, text: str) -> str:
        """What somebody is told, without the ids that they have named themselves."""
        for id in (self.member.user_id, *self.ids.values()):
            text = text.replace(id, "an id").replace(unknown(id), "an id")
        return text


@overload
def unknown(id: str) -> str: ...
@overload
def unknown(id: None) -> None: ...
def unknown(id: str | None) -> str | None:
    """An id of the same kind that nothing has."""
    return id and f"{id[:-4]}zzzz"


def swapped(value: Any, other: Callable[[str], str | None]) -> Iterator[Any]:
    """The value with one of the ids in it replaced by that of another: each in turn, however deep it is."""
    match value:
        case str():
            if (instead := other(value)) is not None:
                yield instead
        case Mapping():
            for key, each in value.items():
                rest = {name: what for name, what in value.items() if name != key}
                yield from ({instead: each, **rest} for instead in swapped(key, other))
                yield from ({**value, key: instead} for instead in swapped(each, other))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from ([*value[:number], instead, *value[number + 1 :]] for instead in swapped(each, other))
        case NewMember():
            for name in (each.name for each in fields(NewMember)):
                yield from (evolve(value, **{name: instead}) for instead in swapped(getattr(value, name), other))


def swaps(arguments: Mapping[str, Any], other: Callable[[str], str | None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments with another's id in one place, each with the parameter that it is in."""
    for name, value in arguments.items():
        yield from ((name, {**arguments, name: instead}) for instead in swapped(value, other))


def told(world: World, name: str, arguments: dict[str, Any]) -> str:
    """All that somebody acting in Acme is told."""
    try:
        result = world.verb(name, VERBS[name].by)(**arguments)
        return f"{result!r} {list(result) if hasattr(result, '__iter__') else ''}"
    except TenantryError as error:
        return f"{error} {error!r} {error.__dict__!r} {error.__cause__!r} {error.__context__!r}"


def attempts(world: World, neighbour: Neighbour) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every verb in Acme, as it should be called, and with an id of the neighbour's wherever it takes one."""
    for name, verb in VERBS.items():
        if name in IN_A_TENANT:
            yield from ((name, given) for _, given in swaps(verb.args(world), partial(neighbour.instead_of, world)))
        yield name, verb.args(world)


def test_ids_are_swapped_wherever_they_are() -> None:
    """The sweeps below try no fewer places than there are."""
    row = NewMember("a", workspaces={"a": "x"})
    arguments = {"one": "a", "two": {"a": "x", "b": {"c": "a"}}, "rows": [row, "a"], "none": None, "pair": ("x", "a")}

    assert [*swaps(arguments, lambda text: "Z" if text == "a" else None)] == [
        ("one", {**arguments, "one": "Z"}),
        ("two", {**arguments, "two": {"Z": "x", "b": {"c": "a"}}}),
        ("two", {**arguments, "two": {"a": "x", "b": {"c": "Z"}}}),
        ("rows", {**arguments, "rows": [evolve(row, user_id="Z"), "a"]}),
        ("rows", {**arguments, "rows": [evolve(row, workspaces={"Z": "x"}), "a"]}),
        ("rows", {**arguments, "rows": [row, "Z"]}),
        ("pair", {**arguments, "pair": ["x", "Z"]}),
    ]


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
        assert neighbour.issued.invitation._nonce not in heard


def test_an_id_of_a_neighbour_is_like_one_that_does_not_exist(store: Store) -> None:
    """E05: in code, message and trail."""
    world = World(store)
    neighbour = Neighbour(world.tenancy)
    tried = set()
    for name in IN_A_TENANT:
        arguments = VERBS[name].args(world)
        if world.acme.context().get().status is not TenantStatus.ACTIVE:  # it was closed for a verb that opens it
            world.verb(name)(**arguments)
        theirs = [*swaps(arguments, partial(neighbour.instead_of, world))]
        nobodys = swaps(arguments, lambda text: unknown(neighbour.instead_of(world, text)))
        for (parameter, their), (_, nobody) in zip(theirs, nobodys, strict=True):
            if name not in QUESTIONS:
                of_their, of_nobody = (neighbour.unnamed(told(world, name, given)) for given in (their, nobody))
                assert of_their == of_nobody, (name, parameter)
                tried.add((name, parameter))
    assert {parameter for _, parameter in tried} > {
        "user_id",
        "workspace_id",
        "invitation_id",
        "key",
        "rows",
        "inherits",
    }
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
    assert world.acme.context(SYSTEM).audit.verify().first_bad is None


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
