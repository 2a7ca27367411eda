"""What holds of the roles of every world, built in and custom."""

from __future__ import annotations

from itertools import product
from random import Random

from tenantry import Invalid, Role
from tenantry.access.custom import CustomRole, settle
from tenantry.access.scheme.catalogue import OWN
from tests.properties.worlds import (
    SOME,
    TENANT,
    WORKSPACE,
    World,
    in_worlds,
)
from tests.unit.access.facts import NOW, grant


def test_only_the_owner_role_owns() -> None:
    """Law 6: neither a pattern nor a custom role does, though it inherits from the owners' or names what they hold."""

    def check(world: World, chance: Random) -> None:
        joined = world.joined
        owning = [(role.key, role.level) for role in joined.roles if OWN in joined.permissions_of(role.key, role.level)]
        assert owning == [("owner", TENANT)]

    in_worlds(SOME, check)


def test_roles_can_be_compared_consistently() -> None:
    def check(world: World, chance: Random) -> None:
        if not world.is_sound:
            return
        for level in (TENANT, WORKSPACE):
            keys = [role.key for role in world.joined.roles if role.level is level]
            higher = {(a, b) for a, b in product(keys, keys) if world.joined.role_at_least(a, b, level)}
            assert all((key, key) in higher for key in keys)
            assert all((a, c) in higher for (a, b), (also_b, c) in product(higher, higher) if b == also_b)
            assert all(a == b for a, b in higher if (b, a) in higher)

    in_worlds(SOME, check)


def test_a_tenant_can_make_the_custom_roles_of_sound_worlds() -> None:
    """And not those of most others, in which only a newer release can have left them: AC-18, AC-22."""
    refused = 0

    def check(world: World, chance: Random) -> None:
        nonlocal refused
        made = [custom(role) for role in world.custom.values()]
        if world.is_sound:
            after = settle(world.scheme, {}, *made)
            assert all(after[id]._lineage == world.live([grant(id)]).facts.standing.roles for id in world.custom)
            return
        try:
            settle(world.scheme, {}, *made)
        except Invalid:
            refused += 1

    in_worlds(SOME, check)
    assert refused


def custom(role: Role) -> CustomRole:
    return CustomRole(
        tenant_id="ten_acme",
        id=role.key,
        level=role.level,
        name=role.name,
        permissions=role.permissions,
        inherits=role.inherits,
        acts_as=role.acts_as,
        created_by="system",
        created_at=NOW,
    )
