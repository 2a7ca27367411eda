"""Whole tenants live as a small model says, on every store at once; and every invariant holds after every step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings

from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tests.postgres import Server
from tests.scale import rounds
from tests.stateful.broken import (
    CountsOwnersOnly,
    ForgetsToClose,
    ForgetsToTell,
    MissesEvents,
    NamesAnother,
    ResurrectsRoles,
    RoundsTimes,
    SkipsEvents,
)
from tests.stateful.histories import Histories
from tests.stateful.test_two_stores_agree import emptied


def live(*makers: Callable[[], Store], histories: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    """Let tenants live in the model and on these stores."""

    class Lives(Histories):
        pass

    Lives.makers = makers
    case = Lives.TestCase
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=40,
        deadline=None,
        phases=phases,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    case("runTest").debug()


def test_all_stores_live_as_the_model_says(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """I1 to I6, I8 to I12."""
    directory = tmp_path_factory.mktemp("stateful")
    with (
        emptied(f"sqlite:///{directory}/tenantry.db") as sqlite,
        postgres_server.database() as url,
        emptied(url) as postgresql,
    ):
        live(MemoryStore, sqlite, postgresql, histories=rounds(2_000, everyday=10))


def test_memory_lives_as_the_model_says() -> None:
    """I1 to I6, I8 to I12."""
    live(MemoryStore, histories=rounds(2_000, everyday=10))


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (ForgetsToClose, "The tenant is not as the rules say.\n  invitations:|refused with limit_reached, and nothing"),
        (NamesAnother, "The trail does not say what has happened"),
        (SkipsEvents, "The tenant is not as the rules say.\n  trail:"),
        (ForgetsToTell, "The tenant is not as the rules say.\n  outbox:"),
        (
            ResurrectsRoles,
            "The tenant is not as the rules say.\n  (members|trail):|two roles in one|with conflict|speaks against it",
        ),
        (CountsOwnersOnly, r"refused with None, and \['limit_reached'\] speaks against it"),
        (RoundsTimes, "The trail is broken. .* is not what was written"),
        (MissesEvents, "An event was missed"),
    ],
)
def test_stores_that_break_a_rule_are_found(kind: type[MemoryStore], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        live(kind, histories=500, phases=(Phase.generate,))
