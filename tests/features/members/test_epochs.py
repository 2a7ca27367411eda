"""Whatever takes a right away makes the epoch grow, so that what a host remembers of somebody is found to be stale.

Each way to lose a right is gone on purpose, through chains of custom roles of several lengths. Random histories then
look for a way that nobody thought of; which commands succeed in them is left to chance, and nothing is asked of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from attrs import frozen

from tenantry import SYSTEM, Level, NotFound, Principal, TenantContext, Tenantry, TenantryError, schemes
from tenantry.access.compiled import answers_of
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.scale import seeds

PEOPLE = (ADA, BOB, CAY, DAN, EVE)
TENANT_PERMISSIONS = sorted(schemes.AGENCY.names[Level.TENANT] - {"tenant-api:tenant:own"})
WORKSPACE_PERMISSIONS = sorted(schemes.AGENCY.names[Level.WORKSPACE])

Seen = Mapping[tuple[str | None, str], bool]


def seen(acme: Company, places: Sequence[str]) -> Mapping[str, tuple[int, Seen]]:
    """For each person, their epoch and every answer that they get."""
    found: dict[str, tuple[int, Seen]] = {}
    for who in PEOPLE:
        access = acme.context(who).access(workspaces=places)
        answers = {(place, name): yes for place, there in answers_of(access).items() for name, yes in there.items()}
        found[who.user_id] = access.epoch, answers
    return found


def lost(before: Seen, after: Seen) -> list[tuple[str | None, str]]:
    """What was a yes and is none any more."""
    return [each for each, yes in before.items() if yes and not after.get(each, False)]


@frozen
class Chain:
    """Custom roles of one level, of which each inherits from the one before; only the first has a right of its own."""

    level: str
    right: str
    instead: str
    """A built-in role without the right."""

    def forged(self, acme: Company, length: int) -> list[str]:
        """The keys of a new chain, the one with the right first."""
        links: list[str] = []
        for number in range(length):
            role = acme.context(SYSTEM).roles.define(
                f"Link {number} of the {self.level}",
                level=self.level,
                permissions=[] if links else [self.right],
                inherits=links[-1:],
            )
            links.append(role.id)
        return links


AT_TENANT = Chain("tenant", "tenant-api:member:invite", "member")
IN_WORKSPACE = Chain("workspace", "workspace-api:member:invite", "viewer")


class Life:
    """A tenant to which something happens, again and again; chance decides what."""

    def __init__(self, store: Store, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.clock = FrozenClock()
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=self.clock)
        self.acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        self.places = [self.acme.general, self.acme.workspace("Justice"), self.acme.workspace("Health")]
        self.highest: dict[str, int] = {}
        for who, chain in ((BOB, AT_TENANT), (CAY, IN_WORKSPACE)):  # so that there is something to lose by a chain
            self.acme.add(who, "admin", workspaces={self.places[1]: "member"})
            links = chain.forged(self.acme, self.chance.randint(1, 3))
            place = None if chain is AT_TENANT else self.places[1]
            self.acme.context(SYSTEM).members.add_role(who.user_id, role=links[-1], workspace=place)

    def commands(self) -> dict[str, Callable[[], object]]:
        """What might happen next."""
        one, other, place = self.chance.choice(PEOPLE), self.chance.choice(PEOPLE), self.chance.choice(self.places)
        context = self.acme.context(self.chance.choice([SYSTEM, SYSTEM, ADA, BOB]))
        customs = [role.id for role in self.acme.context(SYSTEM).roles.list()]
        custom = self.chance.choice(customs) if customs else "rol_none"
        at_tenant = self.chance.choice(["owner", "admin", "member", custom])
        here = self.chance.choice(["admin", "member", "viewer", custom])
        level = self.chance.choice(["tenant", "workspace"])
        now = self.clock()
        window: Any = self.chance.choice(
            [{}, {"ends_at": now + timedelta(days=2)}, {"starts_at": now + timedelta(days=1)}]
        )
        members, workspaces = context.members, context.workspaces
        return {
            "add": lambda: members.add(one.user_id, role=at_tenant, workspaces={place: here}),
            "invite": lambda: self.invited(one, at_tenant, {place: here}),
            "remove": lambda: members.remove(one.user_id),
            "leave": self.acme.context(one).members.leave,
            "deactivate": lambda: members.deactivate(one.user_id),
            "reactivate": lambda: members.reactivate(one.user_id),
            "change role": lambda: members.change_role(one.user_id, role=at_tenant),
            "add role": lambda: members.add_role(one.user_id, role=at_tenant, **window),
            "add role here": lambda: members.add_role(one.user_id, role=here, workspace=place, **window),
            "remove role": lambda: members.remove_role(one.user_id, role=at_tenant),
            "remove role here": lambda: members.remove_role(one.user_id, role=here, workspace=place),
            "transfer": lambda: self.acme.context(one).members.transfer_ownership(to=other.user_id),
            "update member": lambda: members.update(one.user_id, name="Somebody"),
            "join workspace": lambda: workspaces.add_member(place, one.user_id, role=here),
            "change here": lambda: workspaces.change_member_role(place, one.user_id, role=here),
            "leave workspace": lambda: workspaces.remove_member(place, one.user_id),
            "archive": lambda: workspaces.archive(place),
            "restore": lambda: workspaces.restore(place),
            "define": lambda: context.roles.define(
                f"Role {self.chance.random()}",
                level=level,
                permissions=self.some(level),
                inherits=self.chance.choice([[], ["member"], [custom], [custom]]),
            ),
            "update": lambda: context.roles.update(custom, permissions=self.some(level)),
            "cut": lambda: context.roles.update(custom, inherits=[]),
            "act": lambda: context.roles.update(custom, acts_as=self.chance.choice(["", here])),
            "delete": lambda: context.roles.delete(custom, replacement=self.chance.choice([None, at_tenant, here])),
            "move": lambda: context.roles.move(
                at_tenant, to=self.chance.choice(["member", "admin", custom]), level="tenant"
            ),
            "move here": lambda: context.roles.move(here, to=self.chance.choice(["viewer", custom]), level="workspace"),
            "suspend": lambda: context.suspend("A reason."),
            "resume": context.resume,
        }

    def some(self, level: str) -> list[str]:
        known = TENANT_PERMISSIONS if level == "tenant" else WORKSPACE_PERMISSIONS
        return self.chance.sample(known, self.chance.randint(0, 6))

    def invited(self, who: Principal, role: str, workspaces: Mapping[str, str]) -> None:
        assert who.email is not None
        issued = self.acme.context(SYSTEM).invitations.send(who.email, role=role, workspaces=workspaces)
        self.acme.tenancy.person(who).accept(issued.token)

    def step(self) -> str:
        """Let something happen, and compare."""
        if self.chance.random() < 0.1:
            self.clock.advance(timedelta(hours=self.chance.choice([-30, 30])))
        what, command = self.chance.choice(list(self.commands().items()))
        before = seen(self.acme, self.places)
        try:
            command()
        except TenantryError as error:
            what += f" ({error.code})"
        after = seen(self.acme, self.places)
        for user, (epoch, answers) in after.items():
            earlier, had = before[user]
            ended = lost(had, answers)
            assert not ended or epoch != earlier, (self.seed, what, user, ended[:3])
            if epoch:
                assert epoch >= self.highest.get(user, 0), (self.seed, what)
            if epoch and not earlier:
                assert epoch > self.highest.get(user, 0), (
                    self.seed,
                    what,
                )  # what was remembered before they left is stale
            self.highest[user] = max(epoch, self.highest.get(user, 0))
        return what


def lived(store: Store, seed: int, steps: int) -> None:
    """Let something happen so many times."""
    life = Life(store, seed)
    for _ in range(steps):
        life.step()


@frozen
class Held:
    """Bob has the last role of a chain, at the tenant or in a workspace."""

    acme: Company
    chain: Chain
    links: Sequence[str]
    place: str

    @property
    def host(self) -> TenantContext:
        return self.acme.context(SYSTEM)

    @property
    def where(self) -> str | None:
        """The workspace in which he has it, if he does not have it at the tenant."""
        return None if self.chain is AT_TENANT else self.place


def held(store: Store, chain: Chain, length: int) -> Held:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    found = Held(acme, chain, chain.forged(acme, length), acme.workspace("Justice"))
    acme.add(BOB, "member", workspaces={found.place: "viewer"})
    found.host.members.add_role(BOB.user_id, role=found.links[-1], workspace=found.where)
    return found


def heir(held: Held) -> str:
    """Another custom role, without the right."""
    return held.host.roles.define("Heir", level=held.chain.level, permissions=[]).id


ENDS: Mapping[str, Callable[[Held], object]] = {
    "the role that has it has it no more": lambda h: h.host.roles.update(h.links[0], permissions=[]),
    "the role that has it is replaced": lambda h: h.host.roles.delete(h.links[0], replacement=h.chain.instead),
    "the role that has it is replaced by a custom one": lambda h: h.host.roles.delete(h.links[0], replacement=heir(h)),
    "the role is replaced": lambda h: h.host.roles.delete(h.links[-1], replacement=h.chain.instead),
    "the role is left for another": lambda h: h.host.roles.move(h.links[-1], to=h.chain.instead, level=h.chain.level),
    "the role is taken away": lambda h: h.host.members.remove_role(BOB.user_id, role=h.links[-1], workspace=h.where),
    "the member is removed": lambda h: h.host.members.remove(BOB.user_id),
    "the member leaves": lambda h: h.acme.context(BOB).members.leave(),
    "the member is switched off": lambda h: h.host.members.deactivate(BOB.user_id),
    "the tenant is suspended": lambda h: h.host.suspend("A reason."),
    "the tenant is deleted": lambda h: h.host.delete(confirm="Acme"),
}
"""Every way in which the right may end, wherever the chain is."""

ENDS_OF_LONGER_ONES: Mapping[str, Callable[[Held], object]] = {
    "the chain is cut at its end": lambda h: h.host.roles.update(h.links[-1], inherits=[]),
    "the chain is cut at its beginning": lambda h: h.host.roles.update(h.links[1], inherits=[]),
}
ENDS_AT_TENANT: Mapping[str, Callable[[Held], object]] = {
    "the member gets another role": lambda h: h.host.members.change_role(BOB.user_id, role="member"),
}
ENDS_IN_WORKSPACE: Mapping[str, Callable[[Held], object]] = {
    "the member gets another role there": lambda h: h.host.workspaces.change_member_role(
        h.place, BOB.user_id, role="viewer"
    ),
    "the member is taken out": lambda h: h.host.workspaces.remove_member(h.place, BOB.user_id),
    "the workspace is archived": lambda h: h.host.workspaces.archive(h.place),
}


def ends(chain: Chain, length: int) -> dict[str, Callable[[Held], object]]:
    """The ways in which a right ends that somebody has by such a chain."""
    longer = ENDS_OF_LONGER_ONES if length > 1 else {}
    return {**ENDS, **longer, **(ENDS_AT_TENANT if chain is AT_TENANT else ENDS_IN_WORKSPACE)}


def end_right(store: Store, chain: Chain, length: int, end: Callable[[Held], object]) -> None:
    """Let Bob lose the right in this way: if his epoch is the same as before, that is an error."""
    found = held(store, chain, length)
    epoch, had = seen(found.acme, [found.place])[BOB.user_id]
    end(found)
    newer, has = seen(found.acme, [found.place])[BOB.user_id]
    assert (found.where, chain.right) in lost(had, has)
    assert newer == 0 or newer > epoch, "a right has ended, and the epoch is that of before"


every_chain = pytest.mark.parametrize("chain", [AT_TENANT, IN_WORKSPACE], ids=lambda chain: chain.level)


@every_chain
@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_way_to_lose_a_right_makes_the_epoch_grow(store: Store, chain: Chain, length: int) -> None:
    """LC-01, LC-04: also where the right comes from the other end of a chain of roles."""
    for end in ends(chain, length).values():
        end_right(store, chain, length, end)


def test_no_right_is_lost_without_a_new_epoch() -> None:
    """LC-01, LC-04"""
    for seed in seeds(4_000, everyday=20):
        lived(MemoryStore(), seed, 60)


def test_nor_in_a_database(store: Store) -> None:
    """LC-01, LC-04"""
    for seed in range(2):
        lived(store, seed, 40)


AGED = {
    *(name for name in ENDS if name.startswith(("the role", "the tenant"))),
    *ENDS_OF_LONGER_ONES,
    "the workspace is archived",
} - {"the role is taken away"}
"""The ways that concern everybody, so that all of the tenant ages."""


def nothing_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("tenantry.") and "raise_epoch" in vars(module):
            monkeypatch.setattr(module, "raise_epoch", lambda tenant: tenant)


@every_chain
@pytest.mark.parametrize("length", [1, 2, 3])
def test_one_that_did_not_age_would_be_found(monkeypatch: pytest.MonkeyPatch, chain: Chain, length: int) -> None:
    """The tests above can fail: each way that concerns everybody is told."""
    nothing_ages(monkeypatch)
    found = set()
    for name, end in ends(chain, length).items():
        try:
            end_right(MemoryStore(), chain, length, end)
        except AssertionError:
            found.add(name)
    assert found == AGED & ends(chain, length).keys()


class Suspending(Life):
    """One in which a right is lost at once."""

    def commands(self) -> dict[str, Callable[[], object]]:
        return {"suspend": lambda: self.acme.context(SYSTEM).suspend("A reason.")}


def test_a_history_in_which_a_tenant_did_not_age_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_ages(monkeypatch)
    with pytest.raises(AssertionError, match="suspend"):
        Suspending(MemoryStore(), 0).step()


def test_what_gives_only_leaves_the_epoch(acme: Company) -> None:
    """A session is not ended for nothing."""
    acme.add(BOB)
    bob = acme.context(BOB)
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id
    acme.context().members.add_role(BOB.user_id, role=clerk)
    epoch = bob.access().epoch

    acme.context().members.add_role(BOB.user_id, role="admin")
    acme.context().members.update(BOB.user_id, name="Robert")
    justice = acme.context().workspaces.create("Justice", admin=BOB.user_id).id
    acme.context().roles.update(clerk, name="Scribe", permissions=["tenant-api:member:*"])
    acme.context().workspaces.update(justice, name="Law")
    acme.context().members.add(CAY.user_id, workspaces={justice: "admin"})
    acme.context().members.remove(CAY.user_id)

    assert bob.access().epoch == epoch
    acme.context().roles.update(clerk, permissions=[])
    assert acme.context(BOB).access().epoch > epoch


def test_who_is_no_member_has_none(acme: Company) -> None:
    """LC-01"""
    acme.add(BOB)
    before = acme.context(BOB).access().epoch
    assert before > 0

    acme.context().members.remove(BOB.user_id)
    assert acme.context(BOB).access().epoch == 0
    acme.add(BOB)
    assert acme.context(BOB).access().epoch > before


def test_a_clock_that_goes_back_changes_nothing(acme: Company, clock: FrozenClock) -> None:
    """LC-04, TM-03"""
    acme.add(BOB, "admin")
    before = acme.context(BOB).access().epoch
    clock.advance(timedelta(days=-3))

    acme.context().members.change_role(BOB.user_id, role="member")

    assert acme.context(BOB).access().epoch > before
    with pytest.raises(NotFound):
        acme.context(DAN).get()
    assert acme.context(DAN).access().epoch == 0
