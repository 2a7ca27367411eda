"""Every race, on every store: whatever happens at once ends as if it had happened one after another.

Each begins with a store that is right as long as nobody races, and must catch it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import pytest

from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.choice import EVERY_STORE
from tests.races import scenarios
from tests.races.arenas import Free, Guests, Turns
from tests.races.invitation_scenarios import INVITATION_SCENARIOS
from tests.races.life_scenarios import LIFE_SCENARIOS
from tests.races.limit_scenarios import LIMIT_SCENARIOS
from tests.races.many_scenarios import MANY_SCENARIOS
from tests.races.naive import NaiveMemoryStore
from tests.races.owner_scenarios import DECIDED_BY_COUNTING, DECIDED_BY_RIGHTS, OWNER_SCENARIOS
from tests.races.race import Arena, Scenario, Violation, play, play_in_turn
from tests.races.role_scenarios import ROLE_SCENARIOS
from tests.races.scenarios import SCENARIOS
from tests.scale import seeds

ALL: Final = (
    *SCENARIOS,
    *OWNER_SCENARIOS,
    *ROLE_SCENARIOS,
    *INVITATION_SCENARIOS,
    *LIFE_SCENARIOS,
    *LIMIT_SCENARIOS,
    *MANY_SCENARIOS,
)
every_race = pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.__name__)
OF_GUESTS: Final = [scenario for scenario in ALL if scenario not in DECIDED_BY_RIGHTS]
"""The other pairs of owners stand for the rest."""


def every_race_on(database: str, of: Sequence[Scenario] = ALL) -> pytest.MarkDecorator:
    """Each race in memory, and on the one database that its name chooses; on both where every store is asked for."""
    mine = [each for each in of if EVERY_STORE or DATABASES[crc32(each.__name__.encode()) % 2] == database]
    return pytest.mark.parametrize("scenario", mine, ids=lambda scenario: scenario.__name__)


DATABASES: Final = ("sqlite", "postgresql")

SAFE_ON_SQLITE: Final = (*DECIDED_BY_COUNTING, scenarios.two_tenants_want_one_slug)
"""Only one writes at a time there, so what is checked after the first write holds in a naive store too."""


def catch(naive: Arena, scenario: Scenario) -> None:
    """Show that the race catches the naive store, and that nothing else is wrong with it."""
    play_in_turn(naive, scenario)
    with pytest.raises(Violation):
        play(naive, scenario, seeds=range(200))


@every_race
def test_every_race_is_decided_in_memory_whoever_goes_on_at_each_step(scenario: Scenario) -> None:
    """RC-02, RC-04, RC-06, RC-14, RC-15, RC-17, RC-18, RC-20, E89: the naive store lets whoever ends last win."""
    catch(Turns(NaiveMemoryStore), scenario)
    play(Turns(), scenario, seeds=seeds(10_000, everyday=20))


@every_race
def test_every_race_is_decided_in_memory_between_free_threads(scenario: Scenario) -> None:
    """RC-17."""
    play(Free.memory(), scenario, seeds=seeds(2_000, everyday=5))


@every_race_on("postgresql")
def test_every_race_is_decided_on_postgresql(
    scenario: Scenario, on_postgres: SQLAlchemyStore, naive_on_postgres: SQLAlchemyStore
) -> None:
    """RC-02, RC-04, RC-06, RC-14, RC-15, RC-18, RC-20, E89.

    The naive store looks before it writes, and locks nothing.
    """
    catch(Free.over(naive_on_postgres), scenario)
    play(Free.over(on_postgres), scenario, seeds=seeds(10_000, everyday=5))


@every_race_on("postgresql", OF_GUESTS)
def test_every_race_of_guests_is_decided_at_repeatable_read(scenario: Scenario, on_postgres: SQLAlchemyStore) -> None:
    """The host has read before, and begins its own transaction again when told `Stale`."""
    play(Guests(on_postgres, "REPEATABLE READ"), scenario, seeds=seeds(2_000))


@every_race_on("sqlite")
def test_every_race_is_decided_on_sqlite(
    scenario: Scenario, on_sqlite: SQLAlchemyStore, naive_on_sqlite: SQLAlchemyStore
) -> None:
    """RC-02, RC-04, RC-06, RC-14, RC-15, RC-18, RC-20, E89.

    The naive store leaves transactions to the driver's default.
    """
    if scenario not in SAFE_ON_SQLITE:
        catch(Free.over(naive_on_sqlite), scenario)
    play(Free.over(on_sqlite), scenario, seeds=seeds(2_000, everyday=5))


@every_race_on("sqlite", OF_GUESTS)
def test_every_race_of_guests_is_decided_on_sqlite(scenario: Scenario, on_sqlite: SQLAlchemyStore) -> None:
    """The host's transactions are those of the driver's default: none until the first write."""
    play(Guests(on_sqlite, "SERIALIZABLE"), scenario, seeds=seeds(1_000))
