"""The races that could leave a tenant without an owner: every pair of the ways in which two owners can cease to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from secrets import token_hex
from typing import Final

from attrs import frozen

from tenantry import SYSTEM, Principal, Tenantry
from tests.races.race import Contender, Round, Scenario


@frozen
class House:
    """A tenant with a plain member. No other round knows its people: one who is forgotten is so in every tenant."""

    tenant_id: str
    tag: str
    ada: Principal
    bob: Principal
    carl: Principal

    def round(self, *contenders: Contender) -> Round:
        return Round(contenders, self.tenant_id, self.tag)


def house(tenancy: Tenantry, *, bob: str) -> House:
    """A new tenant, which Ada owns; with this role for Bob."""
    tag = token_hex(6)
    people = [Principal(f"{name}{tag}", email=f"{name}@{tag}.test", email_verified=True) for name in ("a", "b", "c")]
    with tenancy.transaction() as tx:
        tenant = tx.create_tenant("Acme", owner=people[0], slug=f"acme{tag}")
        for who, role in zip(people[1:], (bob, "member"), strict=True):
            tx.tenant(tenant.id, by=SYSTEM).members.add(who.user_id, role=role, email=who.email)
    return House(tenant.id, tag, *people)


# --- how somebody ceases to be an owner

Attack = Callable[[House, Principal, Principal], Contender]
"""What becomes of the first of these two; at the hand of the second, where a hand is needed."""


def leaves(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=who).members.leave()


def steps_down(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=who).members.change_role(who.user_id, role="member")


def hands_over(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=who).members.transfer_ownership(to=here.carl.user_id)


def is_removed(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=other).members.remove(who.user_id)


def is_deactivated(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=other).members.deactivate(who.user_id)


def is_demoted(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=other).members.change_role(who.user_id, role="member")


def is_forgotten(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.forget(who.user_id)


def is_removed_by_the_host(here: House, who: Principal, other: Principal) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=SYSTEM).members.remove(who.user_id)


ALONE: Final = (leaves, steps_down, is_forgotten, is_removed_by_the_host)
"""Who does these needs nothing of the other owner, not even that they are there."""
ATTACKS: Final = (*ALONE, hands_over, is_removed, is_deactivated, is_demoted)

# --- the races


def two_owners(first: Attack, second: Attack) -> Scenario:
    """One of the two owners goes in one way, the other in another."""

    def scenario(tenancy: Tenantry) -> Round:
        here = house(tenancy, bob="owner")
        return here.round(first(here, here.ada, here.bob), second(here, here.bob, here.ada))

    scenario.__name__ = f"one_owner_{first.__name__}_and_the_other_{second.__name__}"
    return scenario


def the_heir(goes: Attack) -> Scenario:
    """RC-18: the only owner hands over to somebody who goes."""

    def scenario(tenancy: Tenantry) -> Round:
        here = house(tenancy, bob="member")
        return here.round(hands_over(here, here.ada, here.carl), goes(here, here.carl, here.ada))

    scenario.__name__ = f"the_owner_hands_over_and_the_heir_{goes.__name__}"
    return scenario


DECIDED_BY_COUNTING: Final = tuple(two_owners(*pair) for pair in combinations_with_replacement(ALONE, 2))
DECIDED_BY_RIGHTS: Final = tuple(
    two_owners(*pair) for pair in combinations_with_replacement(ATTACKS, 2) if not {*pair} <= {*ALONE}
)
OWNER_SCENARIOS: Final[Sequence[Scenario]] = (
    *DECIDED_BY_COUNTING,
    *DECIDED_BY_RIGHTS,
    *map(the_heir, (leaves, is_removed, is_deactivated, is_forgotten, is_removed_by_the_host)),
)
