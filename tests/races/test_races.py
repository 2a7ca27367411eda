"""Every race, on every store: whatever happens at once ends as if it had happened one after another.

Each begins with a store that is right as long as nobody races, and must catch it.
"""

from __future__ import annotations

from typing import Final

import pytest

from tenantry.sqlalchemy import SQLAlchemyStore
from tests.races import scenarios
from tests.races.arenas import Free, Guests, Turns
from tests.races.naive import NaiveMemoryStore
from tests.races.race import Arena, Scenario, Violation, play, play_in_turn
from tests.races.role_scenarios import ROLE_SCENARIOS
from tests.races.scenarios import SCENARIOS
from tests.scale import rounds

every_race = pytest.mark.parametrize("scenario", [*SCENARIOS, *ROLE_SCENARIOS], ids=lambda scenario: scenario.__name__)

SAFE_ON_SQLITE: Final = (
    scenarios.two_owners_step_down,
    scenarios.two_owners_leave,
    scenarios.one_owner_leaves_and_the_host_removes_the_other,
    scenarios.two_tenants_want_one_slug,
)
"""Only one writes at a time there, so what is checked after the first write holds in a naive store too."""


def catch(naive: Arena, scenario: Scenario) -> None:
    """Show that the race catches the naive store, and that nothing else is wrong with it."""
    play_in_turn(naive, scenario)
    with pytest.raises(Violation):
        play(naive, scenario, rounds=200)


@every_race
def test_every_race_is_decided_in_memory_whoever_goes_on_at_each_step(scenario: Scenario) -> None:
    """RC-02, RC-06, RC-14, RC-17, RC-18, RC-20, E89: the naive store lets whoever ends last win."""
    catch(Turns(NaiveMemoryStore), scenario)
    play(Turns(), scenario, rounds=rounds(5_000))


@every_race
def test_every_race_is_decided_in_memory_between_free_threads(scenario: Scenario) -> None:
    """RC-17."""
    play(Free.memory(), scenario, rounds=rounds(2_000))


@every_race
def test_every_race_is_decided_on_postgresql(
    scenario: Scenario, on_postgres: SQLAlchemyStore, naive_on_postgres: SQLAlchemyStore
) -> None:
    """RC-02, RC-06, RC-14, RC-18, RC-20, E89: the naive store looks before it writes, and locks nothing."""
    catch(Free.over(naive_on_postgres), scenario)
    play(Free.over(on_postgres), scenario, rounds=rounds(3_000))


@pytest.mark.parametrize(
    "scenario", [scenarios.one_person_accepts_eight_times, scenarios.eight_accounts_of_one_address_accept]
)
def test_an_invitation_serves_once_on_postgresql(scenario: Scenario, on_postgres: SQLAlchemyStore) -> None:
    """RC-02, in full."""
    play(Free.over(on_postgres), scenario, rounds=rounds(5_000))


@every_race
def test_every_race_of_guests_is_decided_at_repeatable_read(scenario: Scenario, on_postgres: SQLAlchemyStore) -> None:
    """The host has read before, and begins its own transaction again when told `Stale`."""
    play(Guests(on_postgres, "REPEATABLE READ"), scenario, rounds=rounds(2_000))


@every_race
def test_every_race_is_decided_on_sqlite(
    scenario: Scenario, on_sqlite: SQLAlchemyStore, naive_on_sqlite: SQLAlchemyStore
) -> None:
    """RC-02, RC-06, RC-14, RC-18, RC-20, E89: there the naive store leaves the transactions to the driver's default."""
    if scenario not in SAFE_ON_SQLITE:
        catch(Free.over(naive_on_sqlite), scenario)
    play(Free.over(on_sqlite), scenario, rounds=rounds(1_000))


@every_race
def test_every_race_of_guests_is_decided_on_sqlite(scenario: Scenario, on_sqlite: SQLAlchemyStore) -> None:
    """The host's transactions are those of the driver's default: none until the first write."""
    play(Guests(on_sqlite, "SERIALIZABLE"), scenario, rounds=rounds(1_000))
