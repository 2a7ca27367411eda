"""Races between processes, which share nothing but the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from attrs import frozen

from tenantry import SYSTEM, Tenantry
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.races.limit_scenarios import limited
from tests.races.plans import OPEN
from tests.races.process import Deed, Process, processes
from tests.races.race import Contender, Round, Scenario, Violation, new_tenancy, play, play_in_turn
from tests.races.scenarios import ADA, BOB, person, stage
from tests.scale import rounds, seeds

GUESTS: Final = tuple(person(f"zoe-{number:08x}") for number in range(4))


@frozen
class Apart:
    """Each contender in a process of its own."""

    store: SQLAlchemyStore
    processes: Sequence[Process]

    def open(self) -> Tenantry:
        return new_tenancy(self.store)

    def race(self, tenancy: Tenantry, contenders: Sequence[Contender], seed: int) -> Sequence[object]:
        taking_part = self.processes[: len(contenders)]
        for process, contender in zip(taking_part, contenders, strict=True):
            process.begin(contender)
        return [process.answer() for process in taking_part]


def two_owners_leave(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="owner")
    return here.round(*(Deed.by(who, "members.leave", at=here.tenant_id) for who in (ADA, BOB)))


def two_owners_remove_each_other(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="owner")
    return here.round(
        Deed.by(ADA, "members.remove", BOB.user_id, at=here.tenant_id),
        Deed.by(BOB, "members.remove", ADA.user_id, at=here.tenant_id),
    )


def four_accept_for_the_last_place(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="member", eve="member")
    tokens = [tenancy.tenant(here.tenant_id, by=ADA).invitations.send(str(who.email)).token for who in GUESTS]
    limited(tenancy, here, OPEN)
    return here.alike(*(Deed.by(who, "accept", token) for who, token in zip(GUESTS, tokens, strict=True)))


@pytest.fixture(scope="module", params=["postgres", "sqlite"])
def apart(request: pytest.FixtureRequest) -> Iterator[Apart]:
    store = request.getfixturevalue(f"on_{request.param}")
    with processes(store, len(GUESTS)) as started:
        yield Apart(store, started)


@pytest.fixture(scope="module")
def naive_apart(naive_on_postgres: SQLAlchemyStore) -> Iterator[Apart]:
    with processes(naive_on_postgres, len(GUESTS)) as started:
        yield Apart(naive_on_postgres, started)


every_race = pytest.mark.parametrize(
    "scenario", [two_owners_leave, two_owners_remove_each_other, four_accept_for_the_last_place]
)


@every_race
def test_a_store_that_locks_nothing_loses_a_race_between_processes(naive_apart: Apart, scenario: Scenario) -> None:
    play_in_turn(naive_apart, scenario)
    with pytest.raises(Violation):
        play(naive_apart, scenario, seeds=range(200))


@every_race
def test_a_race_between_processes_is_decided(apart: Apart, scenario: Scenario) -> None:
    """RC-04."""
    play(apart, scenario, seeds=seeds(2_000))


def test_whoever_is_removed_is_denied_from_then_on_in_every_process(apart: Apart) -> None:
    """PE-17."""
    tenancy = apart.open()
    here = stage(tenancy, bob="member")
    looks = Deed.by(BOB, "get", at=here.tenant_id)
    members = tenancy.tenant(here.tenant_id, by=SYSTEM).members
    for _ in range(rounds(2_000)):
        assert [*apart.race(tenancy, [looks] * 2, 0)] == ["done"] * 2
        members.remove(BOB.user_id)
        assert [*apart.race(tenancy, [looks] * 2, 0)] == ["NotFound"] * 2
        members.add(BOB.user_id)
