"""The recipe of the docs: a database that refuses to change or remove events, under which everything works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from tenantry import SYSTEM
from tenantry.audit.model import AUDIT_EVENTS
from tenantry.audit.service.erasing import erase_everything
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.audit.vault import Vault
from tests.features.verbs import VERBS, World
from tests.postgres import Server

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "verify-the-audit-trail.md"
FOR_POSTGRESQL, FOR_SQLITE = re.findall(r"```sql\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

COLUMNS = {
    "tenant_id": "'ten_other'",
    "id": "'evt_other'",
    "sequence": "sequence + 1000",
    "action": "'tenant.updated'",
    "principal": "'user_eve'",
    "on_behalf_of": "'user_eve'",
    "target": "'user_eve'",
    "target_name": "'Eve'",
    "workspace_id": "'ws_other'",
    "workspace_name": "'Other'",
    "before": "'{\"a\": 1}'",
    "after": "'{\"a\": 1}'",
    "occurred_at": "'2020-01-01 00:00:00'",
    "address": "'::1'",
    "user_agent": "'wget'",
    "request_id": "'other'",
    "key_id": "'other'",
    "digest": "'other'",
    "written_in": "written_in + 1000",
}


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLAlchemyStore]:
    store = SQLAlchemyStore(f"sqlite:///{tmp_path_factory.mktemp('protected')}/app.db")
    store.create_all()
    with store.engine.connect() as connection:
        connection.connection.driver_connection.executescript(FOR_SQLITE)  # type: ignore[union-attr]
    yield store
    store.dispose()


@pytest.fixture(scope="module")
def on_postgresql(postgres_server: Server) -> Iterator[SQLAlchemyStore]:
    """Signed in as somebody who is not the owner of the tables."""
    app = f"app_{uuid4().hex}"
    with postgres_server.database() as url:
        owner = SQLAlchemyStore(url)
        owner.create_all()
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {app}")
            connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {app}")
            connection.exec_driver_sql(FOR_POSTGRESQL.replace("FROM app;", f"FROM {app};"))
        engine = create_engine(url)
        event.listen(engine, "connect", lambda connection, _: connection.cursor().execute(f"SET ROLE {app}"))
        event.listen(engine, "connect", lambda connection, _: connection.commit())
        store = SQLAlchemyStore(engine)
        yield store
        store.dispose()
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {app}")
            connection.exec_driver_sql(f"DROP ROLE {app}")
        owner.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def protected(request: pytest.FixtureRequest) -> SQLAlchemyStore:
    store: SQLAlchemyStore = request.getfixturevalue(f"on_{request.param}")
    return store


def refused(store: SQLAlchemyStore, statement: str) -> bool:
    with (
        pytest.raises(DBAPIError, match=r"not changed or removed|permission denied"),
        store.engine.begin() as connection,
    ):
        connection.execute(text(statement))
    return True


@pytest.fixture
def world(protected: SQLAlchemyStore) -> World:
    """A new tenant. Those of other tests cannot be removed any more, and so give up their slugs."""
    with protected.engine.begin() as connection:
        connection.execute(text("DELETE FROM tenantry_slugs"))
    return World(protected)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_works_as_before(world: World, name: str) -> None:
    """AU-16: none of them changes or removes an event."""
    verb, arguments = world.verb(name, VERBS[name].by), VERBS[name].args(world)

    verb(**arguments)

    assert world.acme.context(SYSTEM).audit.verify().first_bad is None


@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_an_event_can_be_changed(world: World, protected: SQLAlchemyStore, column: str) -> None:
    """AU-16."""
    assert refused(protected, f"UPDATE tenantry_audit_events SET {column} = {COLUMNS[column]}")
    assert world.acme.context(SYSTEM).audit.verify().first_bad is None


def test_the_columns_are_all_but_the_personal_values() -> None:
    assert {*COLUMNS, "personal"} == set(AUDIT_EVENTS.fields)


def test_no_event_can_be_removed_or_replaced(world: World, protected: SQLAlchemyStore) -> None:
    """AU-16."""
    assert refused(protected, "DELETE FROM tenantry_audit_events")
    if protected.engine.dialect.name == "postgresql":
        assert refused(protected, "TRUNCATE tenantry_audit_events")
    else:
        assert refused(protected, "INSERT OR REPLACE INTO tenantry_audit_events SELECT * FROM tenantry_audit_events")
    assert world.acme.context(SYSTEM).audit.verify().first_bad is None


def test_personal_values_can_be_erased(world: World, protected: SQLAlchemyStore) -> None:
    """AU-16: by the very statement that writes everything else as it was."""
    vault = Vault(protected)
    before = vault.events(world.acme.id)
    assert any(each._personal for each in before)

    world.acme.context(SYSTEM)._runner.command("erase", erase_everything)

    after = vault.events(world.acme.id)
    assert after[:-1] == [evolve(each, personal={}) for each in before]
    assert world.acme.context(SYSTEM).audit.verify().first_bad is None
