"""Random companies: a tenant that has come to its roles, members and workspaces by the verbs of the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random

from attrs import evolve, frozen

from tenantry import SYSTEM, Level, Permission, Principal, Role, Scheme, Tenantry, TenantryError, TenantStatus
from tenantry.access.scheme.catalogue import OWN
from tenantry.ports import Open, Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.properties.worlds import BUILT_IN, GONE, TENANT, WORKSPACE, Question, new_scheme, some

MEMBERS = [ADA, BOB, CAY, DAN]
EVERYBODY = [*MEMBERS, BOB, CAY, DAN, EVE, SYSTEM, evolve(BOB, active=False)]
HOURS = [None, None, *(timedelta(hours=hours) for hours in (1, 2, 3))]
LATER = timedelta(hours=2)

Keys = Mapping[Level, list[str]]


@frozen
class Scene:
    """A company as it is now, and the ids of workspaces that somebody could ask about."""

    store: Store
    company: Company
    scheme: Scheme
    places: Sequence[str]

    def question(self, chance: Random) -> tuple[Principal, Question]:
        """Somebody, and what they ask; mostly for one of the host's own permissions."""
        own = [each.name for each in self.scheme.permissions] if chance.random() < 0.7 else []
        name = chance.choice(own or sorted(self.scheme.catalogue))
        at_tenant = self.scheme.catalogue[name].level is TENANT
        return chance.choice(EVERYBODY), (name, None if at_tenant else chance.choice(self.places))


def new_scene(store: Store, chance: Random) -> Scene:
    """A company whose host has had a newer release since, which knows less than the older one."""
    newer = new_scheme(chance.randrange(10**6))
    older = newer.extend(
        permissions=[Permission(GONE, WORKSPACE)],
        roles=[Role("retired", TENANT, ["*:*:*"], acts_as="retired"), Role("retired", WORKSPACE, ["*:*:*"])],
    )
    clock = FrozenClock()
    tenancy = Tenantry(store=store, scheme=older, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
    foreign = tenancy.create_tenant("Beta", owner=EVE).default_workspace_id
    places = [acme.general, *(acme.workspace(name) for name in ("Justice", "Health", "Sport"))]
    roles = define(acme, older, chance)
    give(acme, roles, places, clock, chance)
    clock.advance(LATER)
    change(acme, roles, places, chance)
    if chance.random() < 0.1:
        suspend(store, acme)
    now = Company(Tenantry(store=store, scheme=newer, secret_keys=[SECRET], clock=clock), acme.context(SYSTEM).get())
    return Scene(store, now, newer, [*places, *places, foreign, "ws_made_up"])


def define(acme: Company, scheme: Scheme, chance: Random) -> Keys:
    """Roles of the tenant's own; with them the keys of all roles."""
    keys = {level: [*BUILT_IN[level], "retired"] for level in Level}
    for name in ("Clerk", "Chief", "Scribe", "Envoy", "Usher"):
        level = chance.choice([TENANT, WORKSPACE])
        with suppress(TenantryError):  # it may inherit from the owners' role, or have to act as two
            role = acme.context(SYSTEM).roles.define(
                name,
                permissions=some(chance, sorted(scheme.names[level] - {OWN}), most=4),
                level=level,
                inherits=some(chance, keys[level]),
                acts_as=chance.choice([None, *keys[WORKSPACE]]) if level is TENANT else None,
            )
            keys[level].append(role.id)
    return keys


def give(acme: Company, roles: Keys, places: Sequence[str], clock: FrozenClock, chance: Random) -> None:
    """Members with several roles; of their times, some will be over later and some still to come."""
    for who in (BOB, CAY, DAN):
        acme.add(who, chance.choice(roles[TENANT]))
        for _ in range(chance.randint(1, 4)):
            level = chance.choice([TENANT, WORKSPACE])
            start, end = (None if hours is None else clock() + hours for hours in chance.choices(HOURS, k=2))
            with suppress(TenantryError):  # it may end before it starts
                acme.context(SYSTEM).members.add_role(
                    who.user_id,
                    role=chance.choice(roles[level]),
                    workspace=None if level is TENANT else chance.choice(places),
                    starts_at=start,
                    ends_at=end,
                )


def change(acme: Company, roles: Keys, places: Sequence[str], chance: Random) -> None:
    """Some of it is changed later, given up, put away or switched off."""
    context = acme.context(SYSTEM)
    level = chance.choice([TENANT, WORKSPACE])
    custom = [key for keys in roles.values() for key in keys if key.startswith("rol_")] or ["rol_none"]
    verbs: list[Callable[[], object]] = [
        lambda: context.roles.update(chance.choice(custom), inherits=some(chance, roles[level])),
        lambda: context.roles.delete(chance.choice(custom), replacement=chance.choice(roles[level])),
        lambda: context.roles.move(chance.choice(roles[level]), to=chance.choice(roles[level]), level=level),
        lambda: context.workspaces.archive(chance.choice(places[1:])),
        lambda: context.workspaces.archive(chance.choice(places[1:])),
        lambda: context.members.deactivate(chance.choice([BOB, CAY, DAN]).user_id),
        lambda: context.members.remove(chance.choice([BOB, CAY, DAN]).user_id),
    ]
    for verb in some(chance, verbs, most=4):
        with suppress(TenantryError):
            verb()


def suspend(store: Store, acme: Company) -> None:
    with store.command(acme.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))
