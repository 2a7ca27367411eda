"""What a page offers is what the verbs do: an action is told if and only if some call of its verb would not be refused.

Each call is tried in a copy of the company. Two refusals are no denial, since they depend on others than the principal
and the row: that of the last owner, and that of a role in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from attrs import evolve, frozen

from tenantry import (
    SYSTEM,
    LastOwner,
    Level,
    Principal,
    Role,
    RoleInUse,
    Scheme,
    TenantContext,
    Tenantry,
    TenantryError,
    schemes,
)
from tenantry.memory import MemoryStore
from tenantry.memory.state import State
from tenantry.testing import FrozenClock
from tests.features.people import ADA, SECRET, Company, someone
from tests.properties.companies import EVERYBODY, MEMBERS, change, define, give, new_scene
from tests.scale import seeds

GUS = someone("gus")
"""A member who has no role in any workspace."""
WHO: Sequence[Principal] = [*EVERYBODY, GUS, *(evolve(each, impersonated_by="support_7") for each in MEMBERS)]
TICK = timedelta(microseconds=1)
DEPUTIES = [
    Role("deputy", Level.TENANT, ["tenant-api:member:*"], acts_as="viewer"),
    Role("registrar", Level.TENANT, ["tenant-api:member:read", "tenant-api:member:update", "tenant-api:role:*"]),
    Role("keeper", Level.TENANT, ["tenant-api:workspace:archive", "tenant-api:member:read"], acts_as="admin"),
    Role("greeter", Level.WORKSPACE, ["workspace-api:workspace:read", "workspace-api:member:invite"]),
]

Call = Callable[[TenantContext], object]


@frozen
class Snapshot:
    """A company at one instant, of which copies can be made."""

    state: State
    tenancy: Tenantry
    tenant_id: str
    clock: FrozenClock

    def copy(self, by: Principal) -> tuple[MemoryStore, TenantContext]:
        store = MemoryStore()
        store._state = self.state
        return store, self.tenancy.using(store).tenant(self.tenant_id, by=by)

    @property
    def roles(self) -> Mapping[Level, list[str]]:
        found = self.copy(SYSTEM)[1].roles.choices()
        return {level: [role.key for role in found if role.level is level] for level in Level}

    def succeeds(self, by: Principal, call: Call, *, changing: bool = False) -> bool:
        store, context = self.copy(by)
        try:
            call(context)
        except (LastOwner, RoleInUse):
            return True
        except TenantryError:
            return False
        return not changing or store._state.tenants[self.tenant_id] is not self.state.tenants[self.tenant_id]


def random_company(chance: Random) -> Snapshot:
    """One of a random scheme, after a release of the host."""
    store = MemoryStore()
    scene = new_scene(store, chance)
    tenancy = scene.company.tenancy
    clock = tenancy._settings.clock
    assert isinstance(clock, FrozenClock)
    scene.company.add(GUS)
    with suppress(TenantryError):  # it may be suspended
        invite(scene.company, clock, chance)
    return Snapshot(store._state, tenancy, scene.company.id, clock)


def agency(chance: Random) -> Snapshot:
    """One of a scheme as hosts have it, with a few roles more."""
    base = chance.choice([schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT])
    scheme: Scheme = base.extend(roles=DEPUTIES)
    store, clock = MemoryStore(), FrozenClock()
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
    places = [acme.general, *(acme.workspace(name) for name in ("Justice", "Health", "Sport"))]
    define(acme, scheme, chance)
    found = acme.context(SYSTEM).roles.choices()
    roles = {level: [role.key for role in found if role.level is level] for level in Level}
    give(acme, roles, places, clock, chance)
    clock.advance(timedelta(hours=2))
    change(acme, roles, places, chance)
    acme.add(GUS)
    invite(acme, clock, chance)
    return Snapshot(store._state, tenancy, acme.id, clock)


def invite(acme: Company, clock: FrozenClock, chance: Random) -> None:
    """Offers of any roles, some of them past their time or closed; some workspaces are archived by now."""
    context = acme.context(SYSTEM)
    roles = {level: [role.key for role in context.roles.choices(level)] for level in Level}
    places = [each.id for each in context.workspaces.list()]
    for number, lasting in enumerate([timedelta(days=1), *[timedelta(days=5)] * 3]):
        some = chance.sample(places, chance.randint(0, 2))
        offered = {place: chance.choice(roles[Level.WORKSPACE]) for place in some}
        role = chance.choice([None, *roles[Level.TENANT]])
        context.invitations.send(f"new{number}@acme.test", role=role, workspaces=offered, expires_in=lasting)
    context.invitations.revoke(context.invitations.list(order="newest")[0].id)
    clock.advance(days=2)
    with suppress(TenantryError):  # the default one stays
        context.workspaces.archive(chance.choice(places))


def of_member(company: Snapshot, row: Any, by: Principal) -> Iterator[tuple[str, bool]]:
    roles, user_id = company.roles[Level.TENANT], row.user_id
    held = [grant.role for grant in row.grants if grant.workspace_id is None]

    def calling(verb: str, given: Mapping[str, Any]) -> Call:
        return lambda t: getattr(t.members, verb)(**given)

    def some(verb: str, arguments: Iterable[Mapping[str, Any]]) -> bool:
        return any(company.succeeds(by, calling(verb, given)) for given in arguments)

    yield "change_role", some("change_role", ({"user_id": user_id, "role": role} for role in roles))
    times = product(roles, [None, company.clock() + TICK])
    yield "add_role", some("add_role", ({"user_id": user_id, "role": role, "ends_at": end} for role, end in times))
    yield "remove_role", some("remove_role", ({"user_id": user_id, "role": role} for role in held))
    yield "deactivate", company.succeeds(by, lambda t: t.members.deactivate(user_id), changing=True)
    yield "reactivate", company.succeeds(by, lambda t: t.members.reactivate(user_id), changing=True)
    yield "update", company.succeeds(by, lambda t: t.members.update(user_id, name="Renamed"))
    yield "remove", company.succeeds(by, lambda t: t.members.remove(user_id))
    yield "transfer_ownership", some("transfer_ownership", ({"to": user_id, "role": role} for role in [None, *roles]))
    yield "leave", user_id == by.user_id and company.succeeds(by, lambda t: t.members.leave())


def of_workspace(company: Snapshot, row: Any, by: Principal) -> Iterator[tuple[str, bool]]:
    other = GUS if by.user_id != GUS.user_id else ADA  # neither has a role there

    def adding(role: str) -> Call:
        return lambda t: t.workspaces.add_member(row.id, other.user_id, role=role)

    yield "update", company.succeeds(by, lambda t: t.workspaces.update(row.id, name="Renamed"))
    yield "archive", company.succeeds(by, lambda t: t.workspaces.archive(row.id))
    yield "restore", company.succeeds(by, lambda t: t.workspaces.restore(row.id))
    yield "record_counters", company.succeeds(by, lambda t: t.workspaces.record_counters(row.id, {"mails": 1}))
    yield "add_member", any(company.succeeds(by, adding(role)) for role in company.roles[Level.WORKSPACE])


def of_invitation(company: Snapshot, row: Any, by: Principal) -> Iterator[tuple[str, bool]]:
    yield "resend", company.succeeds(by, lambda t: t.invitations.resend(row.id))
    yield "update", company.succeeds(by, lambda t: t.invitations.update(row.id, message="Welcome"))
    yield "revoke", company.succeeds(by, lambda t: t.invitations.revoke(row.id))


def of_role(company: Snapshot, row: Any, by: Principal) -> Iterator[tuple[str, bool]]:
    yield "update", company.succeeds(by, lambda t: t.roles.update(row.id, name="Renamed"))
    yield "delete", company.succeeds(by, lambda t: t.roles.delete(row.id))


ROWS: Mapping[str, tuple[Callable[[TenantContext], Sequence[Any]], Callable[..., Iterator[tuple[str, bool]]]]] = {
    "members": (lambda t: t.members.list(actions=True, limit=200), of_member),
    "themselves": (lambda t: [t.members.get(t._runner.by.user_id, actions=True)], of_member),
    "workspaces": (lambda t: t.workspaces.list(actions=True), of_workspace),
    "archived": (lambda t: t.workspaces.list(status="archived", actions=True), of_workspace),
    "invitations": (lambda t: t.invitations.list(actions=True), of_invitation),
    "roles": (lambda t: t.roles.list(actions=True), of_role),
}


@pytest.mark.parametrize("make", [random_company, agency], ids=["random", "agency"])
@pytest.mark.parametrize("rows", ROWS)
def test_an_action_is_told_if_and_only_if_its_verb_is_not_refused(
    rows: str, make: Callable[[Random], Snapshot]
) -> None:
    """A page asks what its verbs ask, in copies of random companies."""
    listed, tried = ROWS[rows]
    yes = no = 0
    for seed in seeds(2_000, everyday=8):
        chance = Random(seed)
        company = make(chance)
        for by in chance.sample(WHO, 4):
            store, context = company.copy(by)
            try:
                page = listed(context)
            except TenantryError:
                continue
            assert store._state is company.state, "to look leaves nothing"
            for row in page:
                for verb, succeeds in tried(company, row, by):
                    assert (verb in row.actions) is succeeds, (seed, by, verb, row)
                    yes, no = yes + succeeds, no + (not succeeds)
    assert yes
    assert no
