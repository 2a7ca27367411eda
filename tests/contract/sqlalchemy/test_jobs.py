"""Jobs on a real database: claimers do not wait for each other where rows can be locked one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from sqlalchemy import Engine

from tenantry.errors import Busy, Invalid, NameTaken
from tenantry.notices.model import NOTICES
from tenantry.ports import Open, Operator, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing.contract.probes import READINGS, reading
from tenantry.testing.contract.world import founded, notice
from tenantry.workspaces.model import WORKSPACES
from tests.contract.probes import probes
from tests.contract.sqlalchemy.host import impatient


def claim(store: Store, name: str, limit: int = 1) -> list[str]:
    with store.jobs() as jobs:
        return [each.id for each in jobs.records(NOTICES).claim(limit, "due", {"claim": name}, claim=None)]


def test_a_claimer_passes_over_what_another_is_about_to_claim(postgresql: Engine) -> None:
    store = SQLAlchemyStore(postgresql)
    world = founded(store)
    more = [notice(world.tenant) for _ in range(2)]
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(NOTICES).add(*more)

    with store.jobs() as jobs:
        first = jobs.records(NOTICES).claim(2, "due", {"claim": "first"}, claim=None)
        assert claim(impatient(postgresql), "second", 9) == [more[1].id]
        assert claim(impatient(postgresql), "third", 9) == []

    assert [each.id for each in first] == [world.notice.id, more[0].id]
    with store.across(Operator()) as across:
        assert [each._claim for each in across.records(NOTICES).list()] == ["first", "first", "second"]


def test_on_sqlite_a_job_takes_the_lock_of_the_database_before_it_reads(sqlite: Engine) -> None:
    store = SQLAlchemyStore(sqlite)
    world = founded(store)

    with store.jobs() as jobs:
        assert jobs.records(NOTICES).count() == 1
        with pytest.raises(Busy):
            claim(impatient(sqlite), "second")

    assert claim(store, "second") == [world.notice.id]


def test_a_claim_is_one_statement_and_so_is_a_change(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    founded(store)
    with store.jobs() as jobs:
        records = jobs.records(NOTICES)
        execution = records._execution
        records.claim(10, "due", {"claim": "me"})
        assert execution.statements == 1
        records.change({"claim": None})
        assert execution.statements == 2
        records.remove()
        assert execution.statements == 3


def test_a_guest_does_no_jobs_and_says_what_to_do(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(Invalid, match="owns its transactions"):
        SessionStore(connection).jobs()


@pytest.fixture
def probed(engine: Engine) -> Iterator[Engine]:
    probes.create_all(engine)
    yield engine
    probes.drop_all(engine)


def test_a_put_is_one_statement_and_on_sqlite_looks_for_what_it_refers_to(probed: Engine) -> None:
    store = SQLAlchemyStore(probed)
    worlds = [founded(store) for _ in range(2)]
    many = [reading(world.workspace) for world in worlds for _ in range(1_500)]
    most = 3 if probed.dialect.name == "sqlite" else 1
    with store.jobs() as jobs:
        records = jobs.records(READINGS)
        execution = records._execution
        for readings in (many[:1], many):
            before = execution.statements
            records.put(*readings)
            assert execution.statements - before == most
        assert records.count() == len(many)


def test_a_put_finds_the_broken_rule_among_thousands(probed: Engine) -> None:
    store = SQLAlchemyStore(probed)
    world = founded(store)
    taken = reading(world.workspace, kind="taken")
    many = [reading(world.workspace) for _ in range(6_000)]
    with store.jobs() as jobs:
        records = jobs.records(READINGS)
        records.put(taken)
        before = records._execution.statements
        with pytest.raises(NameTaken):
            records.put(*many, reading(world.workspace, kind="taken"))
        assert records._execution.statements - before < 12
        assert records.list() == [taken]


def test_a_put_does_not_wait_for_a_command(postgresql: Engine) -> None:
    probes.create_all(postgresql)
    try:
        store = SQLAlchemyStore(postgresql)
        world = founded(store)
        one = reading(world.workspace)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).save(evolve(world.workspace, name="Changed"))
            with impatient(postgresql).jobs() as jobs:
                jobs.records(READINGS).put(one)
            assert tx.records(READINGS).list() == [one]
    finally:
        probes.drop_all(postgresql)
