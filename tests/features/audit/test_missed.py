"""A denial that cannot be recorded at once is answered all the same, and the log says what is missing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tenantry import Busy, Denied, NotFound, Options, Tenantry, schemes
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, EVE, SECRET, Company


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody keeps every tenant locked."""
    with engine.connect() as connection:
        connection.execute(text("UPDATE tenantry_tenants SET name = name"))
        yield


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def company(store: SQLAlchemyStore, options: Options | None = None) -> Company:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], options=options)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    return acme


def test_a_lock_that_somebody_else_keeps_holds_up_the_answer_for_a_second_at_most(
    sql_store: SQLAlchemyStore, caplog: pytest.LogCaptureFixture
) -> None:
    acme = company(sql_store)
    with locked(sql_store.engine), within(3), pytest.raises(Denied) as refused:
        acme.context(BOB).members.list()

    assert not refused.value.is_recorded
    [said] = warnings(caplog)
    assert acme.id in said
    assert "not in its audit trail" in said
    assert acme.trail()[-1] == "member.added"
    acme.tenancy.record_denial(refused.value)
    assert acme.trail()[-1] == "access.denied"


def test_who_asks_for_it_is_held_up_no_longer(sql_store: SQLAlchemyStore, caplog: pytest.LogCaptureFixture) -> None:
    """In an error handler, the answer is 403 and not 503."""
    acme = company(sql_store)
    with Session(sql_store.engine) as session, pytest.raises(Denied) as refused:
        acme.tenancy.using(SessionStore(session)).tenant(acme.id, by=BOB).members.list()

    with locked(sql_store.engine), within(3):
        acme.tenancy.record_denial(refused.value)

    assert len(warnings(caplog)) == 1


def test_an_option_may_make_it_shorter(sql_store: SQLAlchemyStore, caplog: pytest.LogCaptureFixture) -> None:
    acme = company(sql_store, Options(lock_timeout=timedelta(milliseconds=20)))
    with locked(sql_store.engine), within(0.9), pytest.raises(Denied):
        acme.context(BOB).members.list()

    assert len(warnings(caplog)) == 1


def test_in_the_transaction_of_a_host_the_host_is_told(sql_store: SQLAlchemyStore) -> None:
    acme = company(sql_store)
    if sql_store.engine.dialect.name == "postgresql":
        with Session(sql_store.engine) as session, locked(sql_store.engine):
            session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            guest = acme.tenancy.using(SessionStore(session))
            with pytest.raises(Denied) as refused:
                guest.tenant(acme.id, by=BOB).members.list()
            with pytest.raises(Busy):
                guest.record_denial(refused.value)


def test_beside_a_transaction_that_is_open_here_it_is_missed_at_once(
    acme: Company, tenancy: Tenantry, caplog: pytest.LogCaptureFixture
) -> None:
    acme.add(BOB)
    with tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).update(name="Apex")
        with within(3), pytest.raises(Denied):
            acme.context(BOB).members.list()

    assert len(warnings(caplog)) == 1


def test_a_stranger_leaves_no_line_either(acme: Company, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotFound):
        acme.context(EVE).members.list()

    assert not warnings(caplog)


@awaited
async def test_it_is_the_same_where_it_is_awaited(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    acme = company(database.sync)
    with locked(database.sync.engine), within(3), pytest.raises(Denied):
        await database.owned.tenant(acme.id, by=BOB).members.list()

    assert len(warnings(caplog)) == 1
