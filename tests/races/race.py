"""How a race is judged: it must end as it could have ended if its contenders had come one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import permutations
from typing import Protocol

from attrs import frozen

from tenantry import Accepted, Forgotten, Options, Tenant, Tenantry, TenantryError, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tests.races.plans import plan_of
from tests.races.snapshot import Snapshot

KEYS = ["k" * 32]
MAX_ROLES = 3
MAX_PENDING = 10
"""So few that a race can be for the last one."""

Contender = Callable[[Tenantry], object]
Picture = tuple[object, ...]


@frozen
class Round:
    """One race, made ready: who takes part, in which tenant, and the text that only this round has in its names.

    Where the contenders are alike, it is told how many came how far, and not who.
    """

    contenders: Sequence[Contender]
    tenant_id: str
    tag: str
    alike: bool = False


Scenario = Callable[[Tenantry], Round]


class Arena(Protocol):
    """Where races are held."""

    def open(self) -> Tenantry:
        """What a round is made ready with, and looked at afterwards."""
        ...

    def race(self, tenancy: Tenantry, contenders: Sequence[Contender], seed: int) -> Sequence[object]:
        """What each contender returned or raised, when all went at once."""
        ...


class Violation(AssertionError):
    """A race ended as no sequence of its contenders ends, or broke a rule."""


def new_tenancy(store: Store) -> Tenantry:
    options = Options(max_roles=MAX_ROLES, max_pending_invitations=MAX_PENDING)
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=KEYS, options=options, plan=plan_of)


def play(arena: Arena, scenario: Scenario, *, seeds: Iterable[int]) -> None:
    """Hold a race once for each seed.

    Raises:
        Violation: One round went wrong; its seed is in the message.
    """
    for seed in seeds:
        tenancy = arena.open()
        ready = scenario(tenancy)
        outcomes = arena.race(tenancy, ready.contenders, seed)
        try:
            judge(tenancy, scenario, ready, outcomes)
        except Violation as violation:
            raise Violation(f"{scenario.__name__}, seed {seed}: {violation}") from None


def play_in_turn(arena: Arena, scenario: Scenario) -> None:
    """Let the contenders come one after another, in each order: what passes this has nothing wrong but its races."""
    for order in orders(scenario(arena.open())):
        tenancy = arena.open()
        ready = scenario(tenancy)
        judge(tenancy, scenario, ready, in_turn(tenancy, ready.contenders, order))


def judge(tenancy: Tenantry, scenario: Scenario, ready: Round, outcomes: Sequence[object]) -> None:
    after = [Snapshot.of(tenancy._store, id) for id in tenants(ready, outcomes)]
    here = picture(after, ready, outcomes)
    wrong = [rule for snapshot in after for rule in snapshot.broken()]
    if here not in serial(scenario):
        wrong.append(f"no order of the contenders ends like this: {here}")
    if wrong:
        raise Violation("; ".join(wrong))


@cache
def serial(scenario: Scenario) -> frozenset[Picture]:
    """How the race may end: as in each order of its contenders, on a store where nobody races."""
    pictures = set()
    for order in orders(scenario(new_tenancy(MemoryStore()))):
        tenancy = new_tenancy(MemoryStore())
        ready = scenario(tenancy)
        outcomes = in_turn(tenancy, ready.contenders, order)
        pictures.add(picture([Snapshot.of(tenancy._store, id) for id in tenants(ready, outcomes)], ready, outcomes))
    return frozenset(pictures)


def orders(ready: Round) -> Iterator[Sequence[int]]:
    """Every order, unless all orders end alike; of many contenders only who is the first."""
    contenders = len(ready.contenders)
    if ready.alike:
        yield range(contenders)
    elif contenders <= 4:
        yield from permutations(range(contenders))
    else:
        yield from ([(first + n) % contenders for n in range(contenders)] for first in range(contenders))


def in_turn(tenancy: Tenantry, contenders: Sequence[Contender], order: Sequence[int]) -> Sequence[object]:
    outcomes = {number: attempt(contenders[number], tenancy) for number in order}
    return [outcomes[number] for number in range(len(contenders))]


def attempt(contender: Contender, tenancy: Tenantry) -> object:
    """What the contender returned, or the refusal that it got; any other error is none that may come out."""
    try:
        return contender(tenancy)
    except TenantryError as error:
        return error


def tenants(ready: Round, outcomes: Sequence[object]) -> Sequence[str]:
    created = [outcome.id for outcome in outcomes if isinstance(outcome, Tenant)]
    return list(dict.fromkeys([ready.tenant_id, *created]))


def picture(after: Sequence[Snapshot], ready: Round, outcomes: Sequence[object]) -> Picture:
    all_told = map(told, outcomes)
    return (*(sorted(all_told) if ready.alike else all_told), *(snapshot.picture(ready.tag) for snapshot in after))


def told(outcome: object) -> str:
    """The outcome without what is different each time; what another process has told already stays so."""
    if isinstance(outcome, str):
        return outcome
    if isinstance(outcome, Accepted):
        return "member already" if outcome.already_member else "joined"
    if isinstance(outcome, Forgotten):
        return "left" if outcome.left else "stays"
    if isinstance(outcome, BaseException):
        if not isinstance(outcome, TenantryError):
            raise outcome
        return type(outcome).__name__
    return "done"
