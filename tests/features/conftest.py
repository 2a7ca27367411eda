"""The features are tested through the front door, in memory and on a database; `choice.py` says on which."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tenantry import Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features import choice
from tests.features.awaiting import DRIVERS, Database
from tests.features.people import ADA, SECRET, Company
from tests.features.stores import emptied
from tests.postgres import Server


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Leave out the databases that the id of a test does not choose."""
    return choice.of_this_half(choice.by_its_id((yield)))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    store = SQLAlchemyStore(f"sqlite:///{tmp_path_factory.mktemp('features')}/tenantry.db?timeout=60")
    store.create_all()
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def postgresql_store(postgres_server: Server) -> Iterator[SQLAlchemyStore]:
    with postgres_server.database() as url:
        store = SQLAlchemyStore(url)
        store.create_all()
        yield store
        store.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn, without a tenant in it."""
    if request.param == "memory":
        return MemoryStore()
    return emptied(request.getfixturevalue(f"{request.param}_store"))


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_store(request: pytest.FixtureRequest) -> SQLAlchemyStore:
    """Each store with statements to count, without a tenant in it."""
    return emptied(request.getfixturevalue(f"{request.param}_store"))


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)


@pytest.fixture
def acme(tenancy: Tenantry) -> Company:
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@pytest.fixture(params=DRIVERS)
def database(request: pytest.FixtureRequest) -> Database:
    """Each driver that is awaited in turn, on a database without a tenant in it."""
    store = "sqlite_store" if request.param == "aiosqlite" else "postgresql_store"
    return Database.by(request.param, emptied(request.getfixturevalue(store)))
