"""Random worlds: a scheme, a tenant's own roles, and somebody with grants; some of it switched off, over or damaged.

A world is made from its number, which is all that it takes to see it again. Hypothesis would draw for ten times as
long as it takes to ask everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import product
from random import Random
from typing import TypeVar

from attrs import evolve, frozen
from hypothesis import strategies as st

from tenantry import (
    SYSTEM,
    Access,
    Level,
    MembershipStatus,
    Permission,
    Principal,
    Role,
    Scheme,
    TenantStatus,
    WorkspaceStatus,
)
from tenantry.access import Grant
from tenantry.access.model import Facts
from tenantry.access.scheme.catalogue import OWN
from tenantry.access.scheme.inheritance import acting, index, lineage, merge
from tests.scale import ASKED, seeds
from tests.unit.access.facts import ADA, NOW, facts, grant

T = TypeVar("T")
Question = tuple[str, str | None]
Roles = Mapping[tuple[Level, str], Role]

TENANT, WORKSPACE = Level.TENANT, Level.WORKSPACE
BUILT_IN = {TENANT: ["owner", "lead", "deputy", "member"], WORKSPACE: ["admin", "editor", "viewer"]}
CUSTOM = ["rol_a", "rol_b", "rol_c", "rol_d"]
PLACES = ["ws_a", "ws_b", "ws_c"]
NAMES = [":".join(parts) for parts in product(["mail", "page"], ["draft", "list"], ["read", "send"])]
GONE = "gone:list:read"
SEGMENTS = (
    ["*", "*", "mail", "page", "tenant-api", "workspace-api"],
    ["*", "*", "draft", "list", "member", "tenant"],
    ["*", "*", "read", "send", "own"],
)
TICK = timedelta(microseconds=1)
STARTS = [None] * 5 + [NOW - TICK, NOW, NOW + TICK]
ENDS = [None] * 5 + [NOW - TICK, NOW, NOW + TICK, NOW + 2 * TICK]
OFF = evolve(ADA, active=False)
IMPERSONATED = evolve(ADA, impersonated_by="support_7")
SOME = seeds(100_000)


@frozen(slots=False)
class World:
    """One tenant, and one principal in it."""

    number: int
    scheme: Scheme
    custom: Mapping[str, Role]
    is_sound: bool
    grants: tuple[Grant, ...]
    by: Principal
    tenant: TenantStatus | None
    member: MembershipStatus | None
    workspaces: Mapping[str, WorkspaceStatus]

    @cached_property
    def facts(self) -> Facts:
        """What a store knows: of the custom roles those that are granted, each with its lineage."""
        roles = index([*self.scheme.roles, *self.custom.values()])
        granted = self.custom.keys() & {grant.role for grant in self.grants}
        return facts(
            self.grants,
            by=self.by,
            tenant=self.tenant,
            member=self.member,
            workspaces=self.workspaces,
            roles=merge(each for key in granted for each in lineage(roles, self.custom[key])),
        )

    @cached_property
    def access(self) -> Access:
        return Access(self.scheme, self.facts)

    def at(self, instant: datetime) -> Access:
        """What the same grants come to at another time."""
        return Access(self.scheme, evolve(self.facts, as_of=instant))

    @cached_property
    def rights(self) -> set[Question]:
        return rights(self.access)

    @property
    def joined(self) -> Scheme:
        """The scheme with all custom roles."""
        return self.scheme.joined(tuple(self.custom.values()))

    def live(self, grants: Sequence[Grant]) -> World:
        """The same world, seen by somebody with whom everything is in order, and who has these grants."""
        return evolve(self, by=ADA, tenant=TenantStatus.ACTIVE, member=MembershipStatus.ACTIVE, grants=tuple(grants))


@lru_cache(maxsize=2)
def questions(scheme: Scheme) -> Sequence[Question]:
    """Everything that can be asked, also in a workspace of somebody else."""
    everywhere: Sequence[str] = [*PLACES, "ws_foreign"]
    at_tenant: Sequence[Question] = [(name, None) for name in sorted(scheme.names[TENANT])]
    return [*at_tenant, *product(sorted(scheme.names[WORKSPACE]), everywhere)]


def rights(access: Access) -> set[Question]:
    """Everything that is allowed."""
    return {(name, place) for name, place in questions(access._scheme) if access.can(name, workspace=place)}


def in_worlds(numbers: range, check: Callable[[World, Random], object]) -> None:
    """Check something in each of these worlds, with some chance besides; a failure tells the world."""
    ASKED.append(len(numbers))
    for number in numbers:
        world = new_world(number)
        try:
            check(world, Random(number))
        except Exception as error:
            error.add_note(f"in {world}\nof {world.scheme.permissions}\nand {world.scheme.roles}")
            raise


def new_world(number: int) -> World:
    """A world in which most things are in order. Four tenants share a scheme, and with it all that it remembers."""
    chance = Random(number)
    scheme = new_scheme(number // 4)
    is_sound = chance.random() < 0.7
    custom = (sound if is_sound else damaged)(chance, scheme)
    return World(
        number,
        scheme,
        custom,
        is_sound,
        tuple(new_grant(chance, custom) for _ in range(chance.randint(0, 5))),
        by=chance.choice([ADA] * 26 + [IMPERSONATED] * 2 + [OFF, SYSTEM]),
        tenant=chance.choice([TenantStatus.ACTIVE] * 28 + [*TenantStatus, None]),
        member=chance.choice([MembershipStatus.ACTIVE] * 28 + [MembershipStatus.DEACTIVATED, None]),
        workspaces={
            place: chance.choice([WorkspaceStatus.ACTIVE] * 5 + [WorkspaceStatus.ARCHIVED])
            for place in some(chance, PLACES, most=3)
        },
    )


@lru_cache(maxsize=1)
def new_scheme(number: int) -> Scheme:
    """A scheme that holds together: a role inherits from those that come after it."""
    chance = Random(number)
    levels = {name: chance.choice([TENANT, WORKSPACE]) for name in some(chance, NAMES, most=6)}
    own = {level: [name for name in levels if levels[name] is level] for level in Level}
    permissions = [
        Permission(name, level, implies=some(chance, own[level]), in_person=name.endswith("send"))
        for name, level in levels.items()
    ]
    roles: dict[tuple[Level, str], Role] = {}
    for level, keys in BUILT_IN.items():
        for at, key in reversed(list(enumerate(keys))):
            held = [pattern(chance) for _ in range(chance.randint(0, 2))] + some(chance, own[level])
            role = Role(key, level, held, inherits=some(chance, keys[at + 1 :]))
            roles[level, key] = decided(chance, role, roles, BUILT_IN[WORKSPACE])
    name = f"number {number}"
    return Scheme(name, roles.values(), owner_role="owner", member_role="member", permissions=permissions)


def any_scheme() -> st.SearchStrategy[Scheme]:
    """The schemes of all worlds, for Hypothesis."""
    return st.integers(0, 2**32).map(new_scheme)


def sound(chance: Random, scheme: Scheme) -> Mapping[str, Role]:
    """Custom roles as a tenant makes them: of what there is, and without circles."""
    roles = dict(index(scheme.roles))
    for key in some(chance, CUSTOM, most=3):
        level = chance.choice([TENANT, WORKSPACE])
        parents = [each.key for each in roles.values() if each.level is level and each.key != "owner"]
        names = sorted(scheme.names[level] - {OWN})
        role = Role(key, level, some(chance, names, most=3), inherits=some(chance, parents))
        roles[level, key] = decided(chance, role, roles, [each for at, each in roles if at is WORKSPACE])
    return {role.key: role for role in roles.values() if role.is_custom}


def damaged(chance: Random, scheme: Scheme) -> Mapping[str, Role]:
    """Custom roles as they may be found: they name, inherit and act as anything, themselves and the owner included."""
    keys = [*BUILT_IN[TENANT], *BUILT_IN[WORKSPACE], *CUSTOM]
    names = [*NAMES, *sorted(scheme.names[TENANT]), GONE, OWN, "*:*:*"]
    return {
        key: Role(
            key,
            chance.choice([TENANT, WORKSPACE]),
            some(chance, names),
            inherits=some(chance, keys, most=3),
            acts_as=chance.choice([None, None, None, *BUILT_IN[WORKSPACE], *CUSTOM]),
        )
        for key in some(chance, CUSTOM, most=4)
    }


def decided(chance: Random, role: Role, roles: Roles, places: Sequence[str]) -> Role:
    """A role that leaves nobody the choice as which workspace role it acts."""
    several = acting({**roles, (role.level, role.key): role}, role)
    if role.level is TENANT and (len(several) > 1 or chance.random() < 0.3):
        return evolve(role, acts_as=chance.choice(places))
    return role


def new_grant(chance: Random, custom: Mapping[str, Role]) -> Grant:
    """A grant of any role, also of one that is gone, mostly at its own level; begun or not, over or not."""
    level = chance.choice([TENANT, WORKSPACE])
    fitting = [key for key, role in custom.items() if role.level is level]
    role = chance.choice(chance.choice([BUILT_IN[level], fitting or BUILT_IN[level], [*CUSTOM, "retired", "admin"]]))
    place = None if level is TENANT else chance.choice(PLACES)
    return grant(role, place, starts_at=chance.choice(STARTS), ends_at=chance.choice(ENDS))


def pattern(chance: Random) -> str:
    """A pattern with a star at least, which may reach nothing."""
    segments = [chance.choice(each) for each in SEGMENTS]
    segments[chance.randrange(3)] = "*"
    return ":".join(segments)


def some(chance: Random, values: Sequence[T], most: int = 2) -> list[T]:
    """A few of these values, or none."""
    return chance.sample(values, chance.randint(0, min(most, len(values))))
