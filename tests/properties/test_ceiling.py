"""Law 5 for every command: nobody has a right afterwards that whoever acts does not hold, at any instant to come.

What a member had in force before, or holds in every workspace by a tenant role, is theirs anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from attrs import evolve, frozen

from tenantry import SYSTEM, Level, Principal, Role, TenantContext, Tenantry, TenantryError, TenantStatus, schemes
from tenantry.access.compiled import Access
from tenantry.access.guard import by_place, permissions_in
from tenantry.access.model import Facts
from tenantry.memory import MemoryStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company
from tests.scale import seeds

HOUR = timedelta(hours=1)
STARTS, ENDS = [None, None, None, 1], [None, 1, 2, 3]
MEMBERS = [ADA, BOB, CAY, DAN]
SCHEME = schemes.AGENCY.extend(
    roles=[
        Role("registrar", Level.TENANT, ["tenant-api:member:*", "tenant-api:role:*", "tenant-api:workspace:archive"]),
        Role("closer", Level.TENANT, ["tenant-api:tenant:*"], inherits=["member"]),
        Role("keeper", Level.TENANT, ["tenant-api:workspace:*", "tenant-api:member:update"], acts_as="member"),
    ]
)

Right = tuple[str, str, str | None, int]
"""Who may do what where, in how many hours."""
Call = Callable[[TenantContext], object]


@frozen
class Scene:
    """A company with roles for a time, some of it switched off."""

    store: MemoryStore
    clock: FrozenClock
    acme: Company
    places: list[str]
    roles: Mapping[Level, list[str]]

    @classmethod
    def of(cls, chance: Random) -> Scene:
        store, clock = MemoryStore(), FrozenClock()
        tenancy = Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], clock=clock)
        acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
        system = acme.context(SYSTEM)
        places = [acme.general, acme.workspace("Site"), acme.workspace("Shop")]
        for level in Level:
            names = sorted(name for name in SCHEME.names[level] if not name.endswith(":own"))
            for name in ("Chief", "Clerk"):
                system.roles.define(f"{name} {level}", level=level, permissions=chance.sample(names, 2))
        roles = {level: [each.key for each in system.roles.choices(level)] for level in Level}
        for who in (BOB, CAY, DAN):
            acme.add(who)
            for _ in range(chance.randint(1, 4)):
                level = chance.choice([*Level])
                start, end = chance.choice(STARTS), chance.choice(ENDS)
                role = chance.choice([key for key in roles[level] if key != "owner"])
                if start is None or end is None or start < end:
                    system.members.add_role(
                        who.user_id,
                        role=role,
                        workspace=None if level is Level.TENANT else chance.choice(places),
                        starts_at=None if start is None else clock() + start * HOUR,
                        ends_at=None if end is None else clock() + end * HOUR,
                    )
        strong = chance.choice(["admin", "registrar", "keeper", "closer"])
        system.members.add_role(BOB.user_id, role=strong, ends_at=clock() + 2 * HOUR)
        for who in chance.sample([CAY, DAN], chance.randint(0, 2)):
            system.members.deactivate(who.user_id)
        for place in chance.sample(places[1:], chance.randint(0, 2)):
            system.workspaces.archive(place)
        closing = chance.choice([None, None, "suspend", "delete"])
        if closing == "suspend":
            acme.context(ADA).suspend("Unpaid")
        elif closing == "delete":
            acme.context(ADA).delete(confirm="Acme")
        return cls(store, clock, acme, places, roles)

    def rights(self, *, in_force: bool = True) -> set[Right]:
        """What every member may do now and later; unless in force, by their tenant roles, were nothing archived."""
        found: set[Right] = set()
        for who in MEMBERS:
            with self.store.query(self.acme.id) as tx:
                standing = tx.standing(who.user_id, self.places)
            facts = Facts(self.acme.id, who, standing, self.clock())
            for hour in range(5):
                then = Access(SCHEME, evolve(facts, as_of=self.clock() + hour * HOUR))
                for place in (None, *self.places):
                    if in_force:
                        names = SCHEME.names[Level.at(place)]
                        may = {name for name in names if then.can(name, workspace=place)}
                    else:
                        [at_tenant] = by_place(then, [None])
                        may = set(permissions_in(at_tenant, place))
                    found |= {(who.user_id, name, place, hour) for name in may}
        return found

    def held(self, by: Principal) -> set[tuple[str, str | None, int]]:
        """What somebody holds, whatever the state of the tenant and of its workspaces."""
        with self.store.query(self.acme.id) as tx:
            standing = tx.standing(by.user_id, self.places)
        active = evolve(standing, tenant_status=TenantStatus.ACTIVE)
        facts = Facts(self.acme.id, by, active, self.clock())
        return {
            (name, place, hour)
            for hour in range(5)
            for place in (None, *self.places)
            for name in permissions_in(Access(SCHEME, evolve(facts, as_of=self.clock() + hour * HOUR)), place)
        }

    def call(self, chance: Random) -> Call:
        """One command of those that can give something, or give it back."""
        level = chance.choice([*Level])
        role, other = (chance.choice(self.roles[level]) for _ in range(2))
        tenant_role = chance.choice(self.roles[Level.TENANT])
        there = chance.choice(self.roles[Level.WORKSPACE])
        place, user = chance.choice(self.places), chance.choice(MEMBERS).user_id
        end = chance.choice(ENDS)
        custom = chance.choice([key for keys in self.roles.values() for key in keys if key.startswith("rol_")])
        names = chance.sample(sorted(SCHEME.names[level]), 2)
        given: Any = {"role": role, "workspace": None if level is Level.TENANT else place}
        calls: list[Call] = [
            lambda t: t.members.reactivate(user),
            lambda t: t.members.reactivate(user),
            lambda t: t.members.reactivate(user),
            lambda t: t.workspaces.restore(place),
            lambda t: t.resume(),
            lambda t: t.restore(),
            lambda t: t.members.change_role(user, role=tenant_role),
            lambda t: t.members.add_role(user, **given, ends_at=None if end is None else self.clock() + end * HOUR),
            lambda t: t.members.remove_role(user, **given),
            lambda t: t.members.transfer_ownership(to=user),
            lambda t: t.workspaces.add_member(place, user, role=there),
            lambda t: t.workspaces.change_member_role(place, user, role=there),
            lambda t: t.roles.move(role, to=other, level=level),
            lambda t: t.roles.update(custom, permissions=names),
            lambda t: t.roles.update(custom, inherits=[role]),
            lambda t: t.roles.delete(custom, replacement=other),
        ]
        return chance.choice([*calls, *calls[:6] * 3])


def test_no_command_leaves_anybody_with_a_right_for_longer_than_whoever_acts_holds_it() -> None:
    done = widened = 0
    for seed in seeds(20_000, everyday=30):
        chance = Random(seed)
        scene = Scene.of(chance)
        for number in range(6):
            by, call = chance.choice([ADA, BOB, BOB, BOB, CAY, DAN]), scene.call(chance)
            had, may = scene.rights() | scene.rights(in_force=False), scene.held(by)
            try:
                call(scene.acme.context(by))
            except TenantryError:
                continue
            done += 1
            gained = scene.rights() - had
            widened += bool(gained)
            beyond = {each for each in gained if each[1:] not in may}
            assert not beyond, (seed, number, by.user_id, sorted(beyond, key=str)[:3])
    assert done
    assert widened
