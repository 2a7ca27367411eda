"""Memory, SQLite and PostgreSQL give the same answers to the same histories (law 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase, settings

from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SQLAlchemyStore, metadata
from tenantry.testing import agreement
from tests.contract.broken import KeepsFailures, LetsEverybodyIn
from tests.postgres import Server
from tests.scale import rounds

HISTORIES = rounds(5_000)


@contextmanager
def emptied(url: str) -> Iterator[Callable[[], SQLAlchemyStore]]:
    """Gives the store of a database as often as wanted, empty each time."""
    store = SQLAlchemyStore(url)
    store.create_all()

    def make() -> SQLAlchemyStore:
        with store.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return store

    yield make
    store.dispose()


def test_memory_and_sqlite_agree(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("stateful")
    with emptied(f"sqlite:///{directory}/tenantry.db") as make:
        agreement(MemoryStore, make, histories=HISTORIES)().debug()


def test_memory_and_postgresql_agree(postgres_server: Server) -> None:
    with postgres_server.database() as url, emptied(url) as make:
        agreement(MemoryStore, make, histories=HISTORIES)().debug()


@pytest.mark.parametrize("kind", [KeepsFailures, LetsEverybodyIn])
def test_a_store_that_disagrees_is_found(kind: type[MemoryStore]) -> None:
    case = agreement(MemoryStore, kind, histories=100)
    case.settings = settings(case.settings, phases=[Phase.generate], database=None)  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="The stores do not agree"):
        case("runTest").debug()
