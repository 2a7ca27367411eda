"""Databases for races: one for us, and one whose tables know no constraints for the naive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tenantry.sqlalchemy import SQLAlchemyStore
from tests import postgres
from tests.races.naive import NaiveSQLAlchemyStore


@contextmanager
def opened(store: SQLAlchemyStore) -> Iterator[SQLAlchemyStore]:
    store.create_all()
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def on_postgres(postgres_server: postgres.Server) -> Iterator[SQLAlchemyStore]:
    with postgres_server.database() as url, opened(SQLAlchemyStore(url)) as store:
        yield store


@pytest.fixture(scope="session")
def naive_on_postgres(postgres_server: postgres.Server) -> Iterator[SQLAlchemyStore]:
    with postgres_server.database() as url, opened(NaiveSQLAlchemyStore(url)) as store:
        yield store


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    with opened(SQLAlchemyStore(f"sqlite:///{_file(tmp_path_factory)}")) as store:
        yield store


@pytest.fixture(scope="session")
def naive_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    with opened(NaiveSQLAlchemyStore(f"sqlite:///{_file(tmp_path_factory)}")) as store:
        yield store


def _file(directories: pytest.TempPathFactory) -> Path:
    return directories.mktemp("races") / "app.db"
