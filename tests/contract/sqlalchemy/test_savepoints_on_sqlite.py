"""By default, sqlite3 begins no transaction before a SAVEPOINT, and the release of that would be a commit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing.contract.world import founded
from tests.contract.sqlalchemy.host import Note, notes, refused, rename, tables, tenants


def begin_by_itself(engine: Engine) -> None:
    """The recipe by which SQLAlchemy, not the driver, begins SQLite's transactions."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


MODES = [
    pytest.param(({}, None), id="the driver's default"),
    pytest.param(({}, begin_by_itself), id="begun by SQLAlchemy"),
    pytest.param(
        ({"autocommit": False}, None),
        id="never without a transaction",
        marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has no such mode before Python 3.12"),
    ),
]


@pytest.fixture(params=MODES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    arguments, configure = request.param
    engine = create_engine(f"sqlite:///{tmp_path}/host.db", connect_args={"timeout": 0} | arguments)
    if configure:
        configure(engine)
    yield tables(engine)
    engine.dispose()


def test_a_command_that_comes_first_is_rolled_back_with_the_host(engine: Engine) -> None:
    with Session(engine) as session:
        founded(SessionStore(session))
        session.rollback()
    assert tenants(engine) == []


def test_a_transaction_that_comes_first_is_rolled_back_with_the_host(engine: Engine) -> None:
    with Session(engine) as session, SessionStore(session).begin() as guest:
        founded(guest)
    assert tenants(engine) == []


def test_a_command_after_a_refused_one_is_rolled_back_with_the_host(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        refused(SessionStore(session), world)
        rename(SessionStore(session), world)
        session.rollback()
    assert [tenant.name for tenant in tenants(engine)] == [world.tenant.name]


def test_what_the_host_wrote_before_a_refused_command_is_its_own(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        session.add(Note(text="before"))
        refused(SessionStore(session), world)
        session.commit()
    assert notes(engine) == 1


def test_an_owner_commits(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    refused(SQLAlchemyStore(engine), world)
    rename(SQLAlchemyStore(engine), world)
    assert [tenant.name for tenant in tenants(engine)] == ["Changed"]
