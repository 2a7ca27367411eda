"""Whatever takes a right away makes the epoch grow, so that what a host remembers of somebody is found to be stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tenantry import SYSTEM, Level, NotFound, Principal, Tenantry, TenantryError, schemes
from tenantry.access.compiled import answers_of
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.tenants.model import Tenant
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.scale import rounds

PEOPLE = (ADA, BOB, CAY, DAN, EVE)
TENANT_PERMISSIONS = sorted(schemes.AGENCY.names[Level.TENANT] - {"tenant-api:tenant:own"})
WORKSPACE_PERMISSIONS = sorted(schemes.AGENCY.names[Level.WORKSPACE])

Seen = Mapping[tuple[str | None, str], bool]


class Life:
    """A tenant to which something happens, again and again; chance decides what."""

    def __init__(self, store: Store, seed: int) -> None:
        self.chance = Random(seed)
        self.clock = FrozenClock()
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=self.clock)
        self.acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        self.places = [self.acme.general, self.acme.workspace("Justice"), self.acme.workspace("Health")]
        self.highest: dict[str, int] = {}
        for who in (BOB, CAY):
            self.acme.add(who, "admin", workspaces={self.places[1]: "member"})

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
            "record": lambda: members.record(one.user_id, name="Somebody"),
            "join workspace": lambda: workspaces.add_member(place, one.user_id, role=here),
            "change here": lambda: workspaces.change_member_role(place, one.user_id, role=here),
            "leave workspace": lambda: workspaces.remove_member(place, one.user_id),
            "archive": lambda: workspaces.archive(place),
            "restore": lambda: workspaces.restore(place),
            "define": lambda: context.roles.define(
                f"Role {self.chance.random()}",
                level=level,
                permissions=self.some(level),
                inherits=self.chance.choice([[], ["member"], [custom]]),
            ),
            "update": lambda: context.roles.update(custom, permissions=self.some(level)),
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

    def seen(self) -> dict[str, tuple[int, Seen]]:
        """For each person, their epoch and every answer that they get."""
        found: dict[str, tuple[int, Seen]] = {}
        for who in PEOPLE:
            access = self.acme.context(who).access(workspaces=self.places)
            answers = {(place, name): yes for place, there in answers_of(access).items() for name, yes in there.items()}
            found[who.user_id] = access.epoch, answers
        return found

    def step(self) -> str:
        """Let something happen, and compare."""
        if self.chance.random() < 0.1:
            self.clock.advance(timedelta(hours=self.chance.choice([-30, 30])))
        what, command = self.chance.choice(list(self.commands().items()))
        before = self.seen()
        try:
            command()
        except TenantryError as error:
            what += f" ({error.code})"
        after = self.seen()
        for user, (epoch, answers) in after.items():
            earlier, had = before[user]
            lost = [each for each, yes in had.items() if yes and not answers.get(each, False)]
            assert not lost or epoch != earlier, (what, user, lost[:3])
            if epoch:
                assert epoch >= self.highest.get(user, 0), what
            if epoch and not earlier:
                assert epoch > self.highest.get(user, 0), what  # what was remembered before they left is stale
            self.highest[user] = max(epoch, self.highest.get(user, 0))
        return what


def lived(store: Store, seed: int, steps: int) -> set[str]:
    life = Life(store, seed)
    return {life.step() for _ in range(steps)}


def test_no_right_is_lost_without_a_new_epoch() -> None:
    """LC-01, LC-04"""
    happened: set[str] = set()
    for seed in range(rounds(4_000)):
        happened |= lived(MemoryStore(), seed, 60)

    assert happened >= set(Life(MemoryStore(), 0).commands())  # each of them succeeded at least once


def test_nor_in_a_database(store: Store) -> None:
    """LC-01, LC-04"""
    for seed in range(2):
        lived(store, seed, 40)


def test_one_that_did_not_age_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail."""
    monkeypatch.setattr(Tenant, "aged", lambda tenant: tenant)

    def many() -> None:
        for seed in range(100):
            lived(MemoryStore(), seed, 60)

    with pytest.raises(AssertionError):
        many()


def test_what_gives_only_leaves_the_epoch(acme: Company) -> None:
    """A session is not ended for nothing."""
    acme.add(BOB)
    bob = acme.context(BOB)
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id
    acme.context().members.add_role(BOB.user_id, role=clerk)
    epoch = bob.access().epoch

    acme.context().members.add_role(BOB.user_id, role="admin")
    acme.context().members.record(BOB.user_id, name="Robert")
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
