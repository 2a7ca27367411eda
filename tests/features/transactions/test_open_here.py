# ruff: noqa: PT012 - what is refused is a step within a block
"""Nobody waits for their own lock: a command beside an open transaction that keeps the tenant locked is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tenantry import Invalid, LastOwner, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited, awaiting
from tests.features.people import ADA, BOB, CAY, SECRET, Company


@contextmanager
def refusal() -> Iterator[None]:
    with pytest.raises(Invalid, match="open here") as caught:
        yield
    assert caught.value.rule == "open_here"


def locks_everything(tenancy: Tenantry) -> bool:
    store = tenancy._store
    return isinstance(store, SQLAlchemyStore) and store.engine.dialect.name == "sqlite"


class TestOwners:
    def test_a_command_that_does_not_go_through_the_transaction_is_refused(
        self, tenancy: Tenantry, acme: Company
    ) -> None:
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                acme.context().members.add(CAY.user_id)
            tx.tenant(acme.id, by=ADA).workspaces.create("Justice")
        acme.context().members.add(CAY.user_id)

        assert acme.user_ids() == [ADA.user_id, BOB.user_id, CAY.user_id]

    def test_nor_may_a_second_transaction(self, tenancy: Tenantry, acme: Company) -> None:
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal(), tenancy.transaction() as other:
                other.tenant(acme.id, by=ADA).members.add(CAY.user_id)
            with refusal():
                tenancy.retry(lambda other: other.tenant(acme.id, by=ADA).members.add(CAY.user_id))

        assert acme.user_ids() == [ADA.user_id, BOB.user_id]

    def test_what_an_inner_transaction_has_locked_stays_locked(self, tenancy: Tenantry, acme: Company) -> None:
        with tenancy.transaction() as tx:
            with tx.transaction() as inner:
                inner.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                acme.context().members.add(CAY.user_id)

    def test_reading_is_not_refused(self, tenancy: Tenantry, acme: Company) -> None:
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            assert [member.user_id for member in acme.context().members.list()] == [ADA.user_id]
            assert len(tenancy.person(ADA).tenants()) == 1

    def test_another_tenant_is_another_lock_but_on_sqlite(self, tenancy: Tenantry, acme: Company) -> None:
        beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            if locks_everything(tenancy):
                with refusal():
                    beta.context().members.add(BOB.user_id)
                with refusal():
                    tenancy.person(ADA).create_tenant("Gamma")
                with refusal():
                    tenancy.person(ADA).signed_in()
            else:
                beta.context().members.add(BOB.user_id)
                tenancy.person(ADA).create_tenant("Gamma")
                tenancy.person(ADA).signed_in()

    def test_what_has_locked_nothing_yet_is_waited_for_by_nobody(self, tenancy: Tenantry, acme: Company) -> None:
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).get()
            with pytest.raises(LastOwner):
                tx.tenant(acme.id, by=ADA).members.leave()
            if locks_everything(tenancy):
                with refusal():
                    acme.context().members.add(BOB.user_id)
            else:
                acme.context().members.add(BOB.user_id)

        assert tenancy.tenant(acme.id, by=ADA).update(name="Apex").name == "Apex"

    def test_another_thread_is_not_refused_and_waits(self, tenancy: Tenantry, acme: Company) -> None:
        def add() -> list[str]:
            acme.add(CAY)
            return acme.user_ids()

        waits = not isinstance(tenancy._store, MemoryStore)  # there the transaction would have lost
        with ThreadPoolExecutor(1) as pool:
            with tenancy.transaction() as tx:
                assert pool.submit(acme.user_ids).result() == [ADA.user_id]
                tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
                others = [pool.submit(add)] if waits else []
            assert all(other.result() == [ADA.user_id, BOB.user_id, CAY.user_id] for other in others)

    def test_a_failed_transaction_keeps_nothing_locked(self, tenancy: Tenantry, acme: Company) -> None:
        with pytest.raises(LookupError), tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            raise LookupError
        acme.context().members.add(CAY.user_id)

        assert acme.user_ids() == [ADA.user_id, CAY.user_id]


@pytest.fixture
def hosted(sql_store: SQLAlchemyStore) -> Company:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@pytest.fixture
def session(sql_store: SQLAlchemyStore) -> Iterator[Session]:
    with Session(sql_store.engine) as session:
        yield session


class TestGuests:
    def test_until_the_host_is_done_only_its_guests_go_on(self, hosted: Company, session: Session) -> None:
        guest = hosted.tenancy.using(SessionStore(session)).tenant(hosted.id, by=ADA)
        guest.members.add(BOB.user_id)
        with refusal():
            hosted.context().members.add(CAY.user_id)
        with refusal(), Session(session.get_bind()) as second:
            hosted.tenancy.using(SessionStore(second)).tenant(hosted.id, by=ADA).members.add(CAY.user_id)
        guest.workspaces.create("Justice")
        session.commit()
        hosted.context().members.add(CAY.user_id)
        guest.workspaces.create("Police")
        session.rollback()
        hosted.context().workspaces.create("Customs")

        assert hosted.user_ids() == [ADA.user_id, BOB.user_id, CAY.user_id]

    def test_a_connection_is_a_host_too(self, hosted: Company, sql_store: SQLAlchemyStore) -> None:
        with sql_store.engine.connect() as connection:
            hosted.tenancy.using(SessionStore(connection)).tenant(hosted.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                hosted.context().members.add(CAY.user_id)
        hosted.context().members.add(CAY.user_id)

    def test_what_several_steps_have_locked_stays_locked(self, hosted: Company, session: Session) -> None:
        with hosted.tenancy.using(SessionStore(session)).transaction() as tx:
            tx.tenant(hosted.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                hosted.context().members.add(CAY.user_id)
        with refusal():
            hosted.context().members.add(CAY.user_id)

    def test_a_refused_command_keeps_nothing_locked(self, hosted: Company, session: Session) -> None:
        guest = hosted.tenancy.using(SessionStore(session))
        with pytest.raises(LastOwner):
            guest.tenant(hosted.id, by=ADA).members.leave()
        with pytest.raises(LookupError), guest.transaction() as tx:
            tx.tenant(hosted.id, by=ADA).members.add(BOB.user_id)
            raise LookupError
        hosted.context().members.add(CAY.user_id)

    def test_a_host_that_rolls_back_to_its_savepoint_lets_go(self, hosted: Company, session: Session) -> None:
        guest = hosted.tenancy.using(SessionStore(session)).tenant(hosted.id, by=ADA)
        savepoint = session.begin_nested()
        guest.members.add(BOB.user_id)
        with refusal():
            hosted.context().members.add(CAY.user_id)
        savepoint.rollback()
        if not locks_everything(hosted.tenancy):  # SQLite keeps the lock of the whole database
            hosted.context().members.add(CAY.user_id)

    def test_a_session_that_was_dropped_keeps_nothing_locked(self, hosted: Company, sql_store: SQLAlchemyStore) -> None:
        def drop() -> None:
            session = Session(sql_store.engine)
            hosted.tenancy.using(SessionStore(session)).tenant(hosted.id, by=ADA).members.add(BOB.user_id)
            session.close()

        drop()
        hosted.context().members.add(CAY.user_id)

    def test_another_database_is_another_lock(self, hosted: Company, session: Session, tmp_path: Path) -> None:
        other = SQLAlchemyStore(f"sqlite:///{tmp_path}/other.db")
        other.create_all()
        elsewhere = hosted.tenancy.using(other)
        hosted.tenancy.using(SessionStore(session)).tenant(hosted.id, by=ADA).members.add(BOB.user_id)
        elsewhere.person(ADA).create_tenant("Elsewhere")
        other.dispose()

    def test_a_request_that_copied_the_context_is_refused_only_while_it_is_open(
        self, hosted: Company, session: Session
    ) -> None:
        hosted.tenancy.using(SessionStore(session)).tenant(hosted.id, by=ADA).members.add(BOB.user_id)
        copied = copy_context()
        with refusal():
            copied.run(hosted.context().members.add, CAY.user_id)
        session.commit()
        copied.run(hosted.context().members.add, CAY.user_id)


def test_the_only_connection_is_not_waited_for_even_to_read() -> None:
    """What lives in memory has one."""
    store = SQLAlchemyStore("sqlite://")
    store.create_all()
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = tenancy.person(ADA).create_tenant("Acme")
    with tenancy.transaction() as tx:
        with refusal():
            tenancy.tenant(acme.id, by=ADA).get()
        assert tx.tenant(acme.id, by=ADA).get() == acme
    store.dispose()


class TestAwaited:
    @awaited
    async def test_an_owner_is_refused_beside_its_transaction(self, database: Database) -> None:
        tenancy = database.owned
        acme = await tenancy.person(ADA).create_tenant("Acme")
        async with tenancy.transaction() as tx:
            await tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
            assert (await tenancy.tenant(acme.id, by=ADA).get()).members == 1
        await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)

    @awaited
    async def test_an_owner_is_refused_beside_an_open_guest(self, database: Database) -> None:
        tenancy = database.owned
        acme = await tenancy.person(ADA).create_tenant("Acme")
        async with AsyncSession(database.engine) as session:
            await database.hosted(session).tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
            await session.commit()
            await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)

    @awaited
    async def test_a_task_is_refused_while_the_one_that_started_it_keeps_the_lock(self, database: Database) -> None:
        tenancy = database.owned
        acme = await tenancy.person(ADA).create_tenant("Acme")
        goes_on = asyncio.Event()

        async def later() -> None:
            await goes_on.wait()
            await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)

        async with tenancy.transaction() as tx:
            await tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            task = asyncio.create_task(later())
            with refusal():
                await asyncio.gather(tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id))
        goes_on.set()
        await task

        assert [each.user_id for each in await tenancy.tenant(acme.id, by=ADA).members.list()][-1] == CAY.user_id

    @awaited
    async def test_tasks_that_run_at_the_same_time_wait(self, database: Database) -> None:
        tenancy = database.owned
        acme = await tenancy.person(ADA).create_tenant("Acme")

        async def rename(number: int) -> None:
            async with tenancy.transaction() as tx:
                await tx.tenant(acme.id, by=ADA).update(name=f"Acme {number}")
                await asyncio.sleep(0.001)

        await asyncio.gather(*(rename(number) for number in range(4)))

    @awaited
    async def test_in_memory_it_is_the_same(self) -> None:
        tenancy = awaiting(MemoryStore())
        acme = await tenancy.person(ADA).create_tenant("Acme")
        async with tenancy.transaction() as tx:
            await tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            with refusal():
                await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
        await tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
