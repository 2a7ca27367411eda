"""The events of all tenants on a real database: numbers that outlive it, and what a plain order would miss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from sqlalchemy import Engine, func, insert, select, update

from tenantry.audit.model import AUDIT_EVENTS, AuditEvent
from tenantry.errors import InvalidCursor
from tenantry.ports import FeedPosition, Open, Operator
from tenantry.sqlalchemy import SQLAlchemyStore, feed
from tenantry.sqlalchemy.numbering import SERVERS
from tenantry.sqlalchemy.tables import TABLES
from tenantry.tenants.model import TENANTS
from tenantry.testing.contract.world import event, founded, noted

EVENTS = TABLES[AUDIT_EVENTS]
Found = Sequence[tuple[FeedPosition, AuditEvent]]


def read(store: SQLAlchemyStore, after: FeedPosition | None, wanted: Iterable[AuditEvent]) -> Found:
    """What comes after a position, as soon as all these do: other tests use the same server, and may hold them back."""
    ids = {each.id for each in wanted}
    for _ in range(3_000):
        with store.across(Operator()) as across:
            found = across.events(after, 2_000)
        if ids <= {each.id for _, each in found}:
            return found
        store.pause(0.01)
    raise AssertionError("the events do not come")


def naive(engine: Engine, after: int) -> list[tuple[int, str]]:
    """What comes after a number in the order of the numbers, which is how one would read on without a thought."""
    query = select(EVENTS.c.written_in, EVENTS.c.id).where(EVENTS.c.written_in > after).order_by(EVENTS.c.written_in)
    with engine.connect() as connection:
        return [(number, id) for number, id in connection.execute(query)]


def test_a_plain_order_misses_what_this_one_holds_back_for(postgresql: Engine) -> None:
    store = SQLAlchemyStore(postgresql)
    slow, quick = founded(store), founded(store)
    start = naive(postgresql, 0)[-1][0]
    with store.command(slow.tenant.id, gate=Open()) as tx:
        [first] = noted(tx, event(slow.tenant, 2))
        with store.command(quick.tenant.id, gate=Open()) as other:
            [second] = noted(other, event(quick.tenant, 2))
        [(seen, id)] = naive(postgresql, start)
        assert id == second.id
        found = read(store, None, [slow.event, quick.event])
        assert [each for _, each in found] == [slow.event, quick.event]

    assert naive(postgresql, seen) == []
    assert [each for _, each in read(store, found[-1][0], [first, second])] == [first, second]


def test_many_events_of_one_command_stand_together(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:  # more than SQLAlchemy sends at a time
        many = noted(tx, *(event(world.tenant, number) for number in range(2, 1_500)))

    found = read(store, None, many)

    assert [each.sequence for _, each in found] == list(range(1, 1_500))


def test_what_comes_from_the_future_of_another_server_is_told(postgresql: Engine) -> None:
    store = SQLAlchemyStore(postgresql)
    world = founded(store)
    with postgresql.begin() as connection:
        for table in (EVENTS, TABLES[TENANTS]):
            connection.execute(update(table).values(written_in=table.c.written_in + 10**12))

    with pytest.raises(InvalidCursor, match="another"), store.across(Operator()) as across:
        across.events(None, 10)

    with postgresql.begin() as connection:  # what the docs say to do
        newest = select(func.max(TABLES[TENANTS].c.written_in))
        connection.execute(insert(SERVERS).from_select([SERVERS.c.counted_from], newest))
    with store.across(Operator()) as across:
        [(_, first)] = across.events(None, 10)
    assert first.id == world.event.id
    with store.command(world.tenant.id, gate=Open()) as tx:
        [later] = noted(tx, event(world.tenant, 2))
    assert [each for _, each in read(store, None, [later])] == [first, later]
    another = founded(store)
    assert [each for _, each in read(store, None, [another.event])] == [first, later, another.event]


def test_a_cursor_of_a_later_state_is_told(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    [(position, _)] = read(store, None, [world.event])
    with store.command(world.tenant.id, gate=Open()) as tx:
        [more] = noted(tx, event(world.tenant, 2))
    [(later, _)] = read(store, position, [more])
    beyond = later if engine.dialect.name == "sqlite" else (later[0] + 10**6, *later[1:])
    with engine.begin() as connection:
        connection.execute(EVENTS.delete().where(EVENTS.c.sequence > 1))

    with store.across(Operator()) as across:
        with pytest.raises(InvalidCursor):
            across.events(beyond, 10)
        assert across.events(position, 10) == []


def test_nothing_but_a_page_is_read(engine: Engine) -> None:
    """The order is that of an index, also for who goes on from the middle."""
    store = SQLAlchemyStore(engine)
    worlds = [founded(store) for _ in range(4)]
    for world in worlds:
        with store.command(world.tenant.id, gate=Open()) as tx:
            noted(tx, *(event(world.tenant, number) for number in range(2, 400)))
    values = {"after_0": 10, "after_1": worlds[1].tenant.id, "after_2": 100, "limit": 5}
    page = feed._reading(engine.dialect.name, after=True).params(values)
    sql = page.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE tenantry_audit_events")
        explain = {"postgresql": "EXPLAIN", "sqlite": "EXPLAIN QUERY PLAN"}[engine.dialect.name]
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {sql}"))
    assert "ix_tenantry_audit_events_written_in" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
