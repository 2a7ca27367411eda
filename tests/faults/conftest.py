"""Databases to be broken."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from sqlalchemy import text

from tenantry.sqlalchemy import SQLAlchemyStore
from tests import postgres
from tests.features import choice
from tests.features.stores import emptied


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Leave out the databases that the id of a test does not choose."""
    return choice.by_its_id((yield))


@pytest.fixture(scope="session")
def postgresql_to_break(postgres_server: postgres.Server) -> Iterator[str]:
    with postgres_server.database() as url:
        yield _prepared(url)


@pytest.fixture(scope="session")
def sqlite_to_break(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _prepared(f"sqlite:///{tmp_path_factory.mktemp('faults') / 'app.db'}")


@pytest.fixture(params=["postgresql", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[SQLAlchemyStore]:
    """A store on a database with our tables and one of the host's, whose connections nobody else uses.

    No tenant is in it: these tests compare all that is stored, again and again.
    """
    store = SQLAlchemyStore(request.getfixturevalue(f"{request.param}_to_break"))
    yield emptied(store)
    store.dispose()


def _prepared(url: str) -> str:
    store = SQLAlchemyStore(url)
    store.create_all()
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE host_notes (note TEXT)"))
    store.dispose()
    return url
