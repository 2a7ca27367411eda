"""A host's engine on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests.contract.sqlalchemy.host import tables
from tests.postgres import Server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """A database in which nobody else creates and drops tables."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The host's engine, as it comes: SQLite without foreign keys, and with the driver's own idea of transactions."""
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path}/host.db", connect_args={"timeout": 0})
    else:
        engine = create_engine(request.getfixturevalue("postgres_url"))
    yield tables(engine)
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/host.db", connect_args={"timeout": 0})
    yield tables(engine)
    engine.dispose()


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield tables(engine)
    engine.dispose()
