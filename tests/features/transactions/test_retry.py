# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""What lost against another is run again, as often as the store allows; what is not ours to repeat is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenantry import Conflict, Stale, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.people import ADA, BOB, CAY, SECRET, Company


def test_retry_returns_what_the_work_returns_and_keeps_it(tenancy: Tenantry, acme: Company) -> None:
    def work(tx: Tenantry) -> str:
        context = tx.tenant(acme.id, by=ADA)
        context.members.add(BOB.user_id)
        return context.workspaces.create("Justice").name

    assert tenancy.retry(work) == "Justice"
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_work_that_lost_is_done_again_from_the_beginning(tenancy: Tenantry, acme: Company) -> None:
    """RC-12 in kind"""
    tries: list[int] = []

    def work(tx: Tenantry) -> None:
        tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        tries.append(1)
        if len(tries) < 3:
            raise Stale("Somebody was faster.")

    tenancy.retry(work)

    assert len(tries) == 3
    assert acme.trail().count("member.added") == 2


def test_it_gives_up_when_the_store_does(tenancy: Tenantry, acme: Company, store: Store) -> None:
    """RC-12"""
    before, tries = acme.trail(), 0

    def work(tx: Tenantry) -> None:
        nonlocal tries
        tries += 1
        tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        raise Stale("Somebody was faster.")

    with pytest.raises(Stale):
        tenancy.retry(work)

    assert tries == store.tries
    assert store.tries == 5 or isinstance(store, MemoryStore)
    assert acme.trail() == before


def test_another_refusal_is_not_repeated(tenancy: Tenantry, acme: Company) -> None:
    tries = 0

    def work(tx: Tenantry) -> None:
        nonlocal tries
        tries += 1
        raise Conflict("No.", rule="no")

    with pytest.raises(Conflict):
        tenancy.retry(work)

    assert tries == 1


def test_within_a_transaction_nothing_is_repeated(tenancy: Tenantry, acme: Company) -> None:
    """Law 2: a guest tells the host."""
    tries = 0

    def work(tx: Tenantry) -> None:
        nonlocal tries
        tries += 1
        raise Stale("Somebody was faster.")

    with tenancy.transaction() as tx, pytest.raises(Stale):
        tx.retry(work)

    assert tries == 1


class Rival:
    """Is called at each step of a transaction in memory; once `act` is set, somebody does that at the next one."""

    act: Callable[[], object] | None = None

    def __call__(self) -> None:
        act, self.act = self.act, None
        if act:
            act()


@pytest.fixture
def rival() -> Rival:
    return Rival()


@pytest.fixture
def disputed(rival: Rival) -> Company:
    tenancy = Tenantry(store=MemoryStore(switch=rival), scheme=schemes.AGENCY, secret_keys=[SECRET])
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def test_a_command_in_memory_that_lost_is_run_again(disputed: Company, rival: Rival) -> None:
    """Law 12"""
    rival.act = lambda: disputed.add(CAY)

    disputed.context().members.add(BOB.user_id)

    assert disputed.user_ids() == [ADA.user_id, CAY.user_id, BOB.user_id]
    assert [event.sequence for event in disputed.context().audit.list(order="oldest")] == [1, 2, 3, 4, 5]


def test_a_transaction_that_lost_is_told(disputed: Company, rival: Rival) -> None:
    """It is the host's to run again."""
    with pytest.raises(Stale), disputed.tenancy.transaction() as tx:
        rival.act = lambda: disputed.add(CAY)
        tx.tenant(disputed.id, by=ADA).members.add(BOB.user_id)

    assert disputed.user_ids() == [ADA.user_id, CAY.user_id]


def test_retry_runs_a_transaction_that_lost_again(disputed: Company, rival: Rival) -> None:
    rival.act = lambda: disputed.add(CAY)

    disputed.tenancy.retry(lambda tx: tx.tenant(disputed.id, by=ADA).members.add(BOB.user_id))

    assert disputed.user_ids() == [ADA.user_id, CAY.user_id, BOB.user_id]


# --- as a guest in the host's transaction


@pytest.fixture
def ours(sql_store: SQLAlchemyStore) -> Tenantry:
    return Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])


def test_a_guest_commits_nothing(sql_store: SQLAlchemyStore, ours: Tenantry) -> None:
    """RC-19"""
    with Session(sql_store.engine) as session:
        guest = ours.using(SessionStore(session))
        acme = guest.person(ADA).create_tenant("Acme")
        guest.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        session.rollback()

    assert not ours.person(ADA).tenants()


def test_a_guest_keeps_its_work_with_the_hosts(sql_store: SQLAlchemyStore, ours: Tenantry) -> None:
    with Session(sql_store.engine) as session, session.begin():
        guest = ours.using(SessionStore(session))
        acme = guest.person(ADA).create_tenant("Acme")
        guest.tenant(acme.id, by=ADA).members.add(BOB.user_id)

    assert Company(ours, acme).user_ids() == [ADA.user_id, BOB.user_id]


def test_after_a_refusal_the_hosts_transaction_goes_on_and_the_tenant_is_free(
    sql_store: SQLAlchemyStore, ours: Tenantry
) -> None:
    """Law 2: a refusal rolls back to the savepoint, which frees the lock."""
    acme = Company(ours, ours.person(ADA).create_tenant("Acme"))
    with Session(sql_store.engine) as session:
        guest = ours.using(SessionStore(session)).tenant(acme.id, by=ADA)
        with pytest.raises(Conflict):
            guest.members.leave()
        assert session.scalar(text("SELECT count(*) FROM tenantry_tenants")) == 1
        if sql_store.engine.dialect.name == "postgresql":
            acme.add(CAY)  # through another connection, while the host's transaction is open
        guest.members.add(BOB.user_id)
        session.commit()

    assert BOB.user_id in acme.user_ids()
