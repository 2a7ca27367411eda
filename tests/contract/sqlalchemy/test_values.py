"""What comes back of what was stored, and how it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from tenantry.errors import Busy, SlugTaken
from tenantry.ports import Creating, Open, Slice
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.tenants.model import SLUGS
from tenantry.testing.contract.world import NOW, founded, new_tenant, reservation, workspace
from tenantry.workspaces.model import WORKSPACES
from tests.contract.sqlalchemy.host import impatient, tenants


def test_times_are_utc_wherever_they_come_from(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        engine = create_engine(engine.url, connect_args={"options": "-c timezone=Europe/Berlin"})
    store = SQLAlchemyStore(engine)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    world = founded(store)
    place = workspace(world.tenant, created_at=elsewhere)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(WORKSPACES).add(place)
    with store.query(world.tenant.id) as tx:
        found = tx.records(WORKSPACES).get(place.id).created_at
        assert tx.records(WORKSPACES).count(created_at=elsewhere) == 2
    assert (found, found.tzinfo) == (NOW, UTC)
    assert isinstance(found, datetime)
    engine.dispose()


def test_documents_of_any_mapping_come_back_as_plain_ones(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    settings = MappingProxyType({"a": MappingProxyType({"b": (1, None, "ü")})})
    place = workspace(world.tenant, settings=settings)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(WORKSPACES).add(place)
        assert tx.records(WORKSPACES).get(place.id).settings == {"a": {"b": [1, None, "ü"]}}


def test_a_slug_is_taken_by_one_tenant_at_a_time(postgresql: Engine) -> None:
    """Who comes second waits, and is refused when the first has committed."""
    first, second = new_tenant(), new_tenant()
    with Session(postgresql) as session:
        with SessionStore(session).command(first.id, gate=Creating(first)) as tx:
            tx.records(SLUGS).add(reservation(first, slug="same"))
        with (
            pytest.raises(Busy),
            impatient(postgresql).command(second.id, gate=Creating(second)) as tx,
        ):
            tx.records(SLUGS).add(reservation(second, slug="same"))
        session.commit()
    with pytest.raises(SlugTaken), impatient(postgresql).command(second.id, gate=Creating(second)) as tx:
        tx.records(SLUGS).add(reservation(second, slug="same"))
    assert [tenant.id for tenant in tenants(postgresql)] == [first.id]


def test_a_page_begins_in_the_middle_of_an_index(engine: Engine) -> None:
    """A row-value comparison, and no sorting."""
    with engine.connect() as connection:
        sent: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2]))
        with SessionStore(connection).query("ten_1") as tx:
            tx.records(WORKSPACES).list(Slice(limit=5, order="name", after=("general", "ws_1")))
    assert "name_key, tenantry_workspaces.id) > (" in sent[0]
