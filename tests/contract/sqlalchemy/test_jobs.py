"""Jobs on a real database: claimers do not wait for each other where rows can be locked one by one."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tenantry.errors import Invalid, Stale
from tenantry.notices.model import NOTICES
from tenantry.ports import Open, Operator, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing.contract.world import founded, notice
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
        assert [each.claim for each in across.records(NOTICES).list()] == ["first", "first", "second"]


def test_on_sqlite_a_job_takes_the_lock_of_the_database_before_it_reads(sqlite: Engine) -> None:
    store = SQLAlchemyStore(sqlite)
    world = founded(store)

    with store.jobs() as jobs:
        assert jobs.records(NOTICES).count() == 1
        with pytest.raises(Stale):
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
