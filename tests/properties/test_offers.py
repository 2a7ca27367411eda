"""An invitation beside times, archived workspaces and services: what it gives is what a few lines of words say."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from attrs import frozen

from tenantry import SYSTEM, Denied, InviterLostAuthority, Principal, TenantContext, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, CAY, DAN, SECRET
from tests.scale import rounds

ROBOT = Principal.service("robot")
HOUR = timedelta(hours=1)
PLACES = 3
RANK = {"viewer": 1, "member": 1, "admin": 2}
WINDOWS = [(None, None)] * 4 + [(None, 1), (1, None), (1, 3), (None, 3), (2, 3)]
"""When a role counts: from which hour, until which; a thing is sent at hour 0 and accepted at hour 2."""


@frozen
class Held:
    """A role with its window, in hours."""

    role: str
    start: int | None
    end: int | None

    def counts(self, hour: int) -> bool:
        return (self.start is None or self.start <= hour) and (self.end is None or hour < self.end)

    def is_over(self, hour: int) -> bool:
        return self.end is not None and self.end <= hour


@frozen
class World:
    """Who invites, what they have, what they offer, what the invited person has, and what is archived meanwhile."""

    inviter: Principal
    is_admin: Held | None
    runs: dict[int, Held]
    offer: dict[int, str]
    has: dict[int, Held] | None
    archived: frozenset[int]

    @classmethod
    def of(cls, number: int) -> World:
        chance = Random(number)

        def held(role: str) -> Held:
            return Held(role, *chance.choice(WINDOWS))

        def some() -> list[int]:
            return [place for place in range(PLACES) if chance.random() < 0.6]

        return cls(
            inviter=chance.choice([CAY, ROBOT]),
            is_admin=held("admin") if chance.random() < 0.5 else None,
            runs={place: held("admin") for place in some()},
            offer={place: chance.choice([*RANK]) for place in some()},
            has={place: held(chance.choice([*RANK])) for place in some()} if chance.random() < 0.5 else None,
            archived=frozenset(place for place in some() if chance.random() < 0.6),
        )

    def manages(self, place: int, hour: int) -> bool:
        """Whether the inviter is an admin there, or of everything, at this hour."""
        runs = self.runs.get(place)
        return self.administers(hour) or (runs is not None and runs.counts(hour))

    def stands_behind(self, hour: int, places: set[int]) -> set[int]:
        """An admin may invite; who runs workspaces, into these. What they give they have for good."""
        later = [each for each in (1, 2, 3) if each > hour]
        return {place for place in places if all(self.manages(place, then) for then in (hour, *later))}

    def administers(self, hour: int) -> bool:
        return self.is_admin is not None and self.is_admin.counts(hour)


def give(system: TenantContext, who: Principal, held: Held, began: datetime, workspace: str | None = None) -> None:
    start, end = (None if hour is None else began + hour * HOUR for hour in (held.start, held.end))
    system.members.add_role(who.user_id, role=held.role, workspace=workspace, starts_at=start, ends_at=end)


def test_an_offer_gives_what_the_words_say() -> None:
    """IN, AC-20, law 5: judged when it is sent, and again when it is accepted."""
    for number in range(rounds(20_000, everyday=150)):
        try:
            play(World.of(number))
        except BaseException as error:
            error.add_note(f"in world {number}")
            raise


def play(world: World) -> None:
    clock = FrozenClock()
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = tenancy.person(ADA).create_tenant("Acme")
    system = tenancy.tenant(acme.id, by=SYSTEM)
    places = [system.workspaces.create(f"Place {each}").id for each in range(PLACES)]
    system.members.add(world.inviter.user_id)
    if world.has is not None:
        system.members.add(DAN.user_id)
        for place, held in world.has.items():
            give(system, DAN, held, clock(), places[place])
    if world.is_admin is not None:
        give(system, world.inviter, world.is_admin, clock())
    for place, held in world.runs.items():
        give(system, world.inviter, held, clock(), places[place])
    offer = {places[place]: role for place, role in world.offer.items()}
    sender = tenancy.tenant(acme.id, by=world.inviter).invitations

    may = world.administers(0) or world.offer
    if not may or world.stands_behind(0, {*world.offer}) != {*world.offer}:
        with pytest.raises(Denied):
            sender.send("dan@acme.test", workspaces=offer)
        return
    issued = sender.send("dan@acme.test", workspaces=offer)
    for place in world.archived:
        system.workspaces.archive(places[place])
    clock.advance(2 * HOUR)

    live = {*world.offer} - world.archived
    stands = world.stands_behind(2, live)
    if not stands and not (world.administers(0) and world.administers(2)):
        with pytest.raises(InviterLostAuthority):
            tenancy.person(DAN).accept(issued.token)
        assert system.invitations.get(issued.invitation.id).status == "pending"
        return
    done = tenancy.person(DAN).accept(issued.token)
    kept = {place: held for place, held in (world.has or {}).items() if not held.is_over(2)}
    gets = {place: world.offer[place] for place in stands - kept.keys()}
    counting = {place: held.role for place, held in kept.items() if held.counts(2)} | gets
    assert done.already_member == (world.has is not None)
    assert {places.index(each) for each in done.dropped} == {*world.offer} - stands
    assert done.membership.workspaces == {places[place]: (role,) for place, role in counting.items()}
    assert {places.index(each.id) for each in done.workspaces} == live & counting.keys()
    assert system.members.get(DAN.user_id) == done.membership
