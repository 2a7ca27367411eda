"""Our stores, through each of their doors, keep every promise of the suite that we ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import StoreContract
from tests.contract.doors import Hosted
from tests.contract.probes import probes
from tests.postgres import Server


@contextmanager
def database(url: str) -> Iterator[SQLAlchemyStore]:
    store = SQLAlchemyStore(url)
    store.create_all()
    probes.create_all(store.engine)
    yield store
    store.dispose()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    directory: Path = tmp_path_factory.mktemp("contract")
    with database(f"sqlite:///{directory}/tenantry.db") as store:
        yield store


@pytest.fixture(scope="module")
def postgresql(postgres_server: Server) -> Iterator[SQLAlchemyStore]:
    with postgres_server.database() as url, database(url) as store:
        yield store


@pytest.fixture(scope="module")
def icu_postgresql(icu_postgres_url: str) -> Iterator[SQLAlchemyStore]:
    with database(icu_postgres_url) as store:
        yield store


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSQLite(StoreContract):
    @pytest.fixture
    def store(self, sqlite: SQLAlchemyStore) -> Store:
        return sqlite


class TestSessionOnSQLite(StoreContract):
    @pytest.fixture
    def store(self, sqlite: SQLAlchemyStore) -> Store:
        return Hosted(lambda: Session(sqlite.engine))


class TestPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgresql: SQLAlchemyStore) -> Store:
        return postgresql


class TestSessionOnPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgresql: SQLAlchemyStore) -> Store:
        return Hosted(lambda: Session(postgresql.engine))


class TestConnectionOnPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgresql: SQLAlchemyStore) -> Store:
        return Hosted(postgresql.engine.connect)


class TestPostgreSQLThatSortsAsPeopleDo(StoreContract):
    @pytest.fixture
    def store(self, icu_postgresql: SQLAlchemyStore) -> Store:
        return icu_postgresql
