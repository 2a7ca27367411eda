"""Memory, SQLite and PostgreSQL give the same answers to the same histories (law 12), and these are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase, settings

from tenantry import Tenantry
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import agreement
from tests.contract.broken import KeepsFailures, LetsEverybodyIn
from tests.contract.broken_access import ForgetsLineages, ForgetsOpenGrants, TakesNamesAsSpelled
from tests.features import stores
from tests.features.choice import EVERY_STORE
from tests.postgres import Server
from tests.scale import rounds
from tests.stateful.broken import LeavesDependents
from tests.stateful.invariants import answers_as_the_words_say, is_sound

CHECKS = [is_sound, answers_as_the_words_say]

Check = Callable[[Tenantry, str], None]


@contextmanager
def emptied(url: str) -> Iterator[Callable[[], SQLAlchemyStore]]:
    """Gives the store of a database as often as wanted, empty each time."""
    store = SQLAlchemyStore(url)
    store.create_all()

    yield lambda: stores.emptied(store)
    store.dispose()


if EVERY_STORE:  # everyday, `test_all_stores_live_as_the_model_says` holds SQLite to the same

    def test_memory_and_sqlite_agree(tmp_path_factory: pytest.TempPathFactory) -> None:
        directory = tmp_path_factory.mktemp("stateful")
        with emptied(f"sqlite:///{directory}/tenantry.db") as make:
            agreement(MemoryStore, make, histories=rounds(2_000, everyday=10))().debug()


def test_memory_and_postgresql_agree(postgres_server: Server) -> None:
    with postgres_server.database() as url, emptied(url) as make:
        agreement(MemoryStore, make, histories=rounds(2_000, everyday=10))().debug()


def test_after_every_step_a_tenant_is_sound_and_every_answer_right() -> None:
    """I8, I12."""
    agreement(MemoryStore, MemoryStore, histories=rounds(2_000, everyday=10), checks=CHECKS)().debug()


def find(left: type[MemoryStore], right: type[MemoryStore], fault: str, *checks: Check) -> None:
    """Show that what is wrong comes to light."""
    case = agreement(left, right, histories=500, checks=checks)
    case.settings = settings(case.settings, phases=[Phase.generate], database=None, report_multiple_bugs=False)  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match=fault):
        case("runTest").debug()


@pytest.mark.parametrize("kind", [KeepsFailures, LetsEverybodyIn, TakesNamesAsSpelled])
def test_a_store_that_disagrees_is_found(kind: type[MemoryStore]) -> None:
    find(MemoryStore, kind, "The stores do not agree")


@pytest.mark.parametrize(
    ("kind", "check", "fault"),
    [
        (LeavesDependents, is_sound, "The tenant is not sound"),
        (ForgetsLineages, answers_as_the_words_say, "An answer is wrong"),
        (ForgetsOpenGrants, answers_as_the_words_say, "An answer is wrong"),
    ],
)
def test_stores_that_are_wrong_alike_are_found(kind: type[MemoryStore], check: Check, fault: str) -> None:
    find(kind, kind, fault, check)
