"""Participants work in the host's own session, inside the command: what is refused leaves nothing in either."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from sqlalchemy import StaticPool, create_engine, delete, inspect, select, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tenantry import AsyncTenantry, Change, Invalid, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import AsyncSessionStore, SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, CAY, SECRET, Company


class Base(DeclarativeBase):
    pass


class Campaign(Base):
    __tablename__ = "host_campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]


class Refused(RuntimeError):
    pass


class Participant:
    """One that does what the test says."""

    name = "campaigns"

    def __init__(self, work: Callable[[Change, Any], object] = lambda change, session: None) -> None:
        self.work = work
        self.calls = 0

    def reassign(self, change: Change, session: Any) -> int:
        self.calls += 1
        self.work(change, session)
        return 1


def new_tenancy(store: Store, *participants: object) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=participants)


@pytest.fixture
def tables(sql_store: SQLAlchemyStore) -> Iterator[SQLAlchemyStore]:
    """With three campaigns of Bob's."""
    Base.metadata.drop_all(sql_store.engine)
    Base.metadata.create_all(sql_store.engine)
    with Session(sql_store.engine) as session, session.begin():
        session.add_all(Campaign(id=number, owner=BOB.user_id) for number in (1, 2, 3))
    yield sql_store
    Base.metadata.drop_all(sql_store.engine)


@pytest.fixture
def acme(tables: SQLAlchemyStore) -> Company:
    tenancy = new_tenancy(tables)
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(BOB)
    return company


def committed(store: SQLAlchemyStore) -> list[tuple[int, str]]:
    with Session(store.engine) as session:
        return [(each.id, each.owner) for each in session.scalars(select(Campaign).order_by(Campaign.id))]


MINE = [(number, BOB.user_id) for number in (1, 2, 3)]
THEIRS = [(number, ADA.user_id) for number in (1, 2, 3)]


def by_objects(change: Change, session: Session) -> None:
    """Left to be flushed by whoever comes next."""
    for campaign in session.scalars(select(Campaign).where(Campaign.owner == change.user_id)):
        campaign.owner = change.to or ""


def in_bulk(change: Change, session: Any) -> None:
    session.execute(update(Campaign).where(Campaign.owner == change.user_id).values(owner=change.to))


@pytest.mark.parametrize("work", [by_objects, in_bulk])
def test_one_commit_of_the_host_keeps_both(tables: SQLAlchemyStore, acme: Company, work: Any) -> None:
    """LC-10"""
    with Session(tables.engine) as session, session.begin():
        new_tenancy(SessionStore(session), Participant(work)).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        assert committed(tables) == MINE

    assert committed(tables) == THEIRS
    assert acme.user_ids() == [ADA.user_id]


@pytest.mark.parametrize("work", [by_objects, in_bulk])
def test_one_rollback_of_the_host_undoes_both(tables: SQLAlchemyStore, acme: Company, work: Any) -> None:
    """RC-19"""
    with Session(tables.engine) as session:
        new_tenancy(SessionStore(session), Participant(work)).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        session.rollback()

    assert committed(tables) == MINE
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_where_the_transaction_is_ours_it_gets_the_connection(tables: SQLAlchemyStore, acme: Company) -> None:
    """LC-10"""
    new_tenancy(tables, Participant(in_bulk)).tenant(acme.id, by=ADA).members.remove(BOB.user_id)

    assert committed(tables) == THEIRS


def adding(change: Change, session: Session) -> None:
    session.add(Campaign(id=4, owner="user_ghost"))


def adding_and_flushing(change: Change, session: Session) -> None:
    adding(change, session)
    session.flush()


def deleting(change: Change, session: Session) -> None:
    for campaign in session.scalars(select(Campaign)):
        session.delete(campaign)


def deleting_and_flushing(change: Change, session: Session) -> None:
    deleting(change, session)
    session.flush()


def deleting_in_bulk(change: Change, session: Session) -> None:
    session.execute(delete(Campaign))


def reading(change: Change, session: Session) -> None:
    session.scalars(select(Campaign)).all()


@pytest.mark.parametrize(
    "work",
    [
        by_objects,
        in_bulk,
        adding,
        adding_and_flushing,
        deleting,
        deleting_and_flushing,
        deleting_in_bulk,
        reading,
    ],
)
@pytest.mark.parametrize("raises", ["itself", "another", "around"])
def test_what_is_refused_leaves_no_ghost_in_the_hosts_session(
    tables: SQLAlchemyStore, acme: Company, work: Callable[..., None], raises: str
) -> None:
    """E25, CR-08, RC-19"""

    def refuse(change: Change, session: Any) -> None:
        raise Refused

    def fail(change: Change, session: Any) -> None:
        work(change, session)
        raise Refused

    other = Participant(refuse)
    other.name = "others"
    given = {"itself": [Participant(fail)], "another": [Participant(work), other], "around": [Participant(work)]}
    with Session(tables.engine) as session:
        one, two, three = session.scalars(select(Campaign).order_by(Campaign.id))
        two.owner = "user_host"  # which the host has pending
        tenancy = new_tenancy(SessionStore(session), *given[raises])

        def refused() -> None:
            if raises != "around":
                tenancy.tenant(acme.id, by=ADA).members.remove(BOB.user_id)
                return
            with tenancy.transaction() as tx:
                tx.tenant(acme.id, by=ADA).members.remove(BOB.user_id)
                raise Refused

        with pytest.raises(Refused):
            refused()

        assert [each.owner for each in (one, two, three)] == [BOB.user_id, "user_host", BOB.user_id]
        assert all(inspect(each).persistent for each in (one, two, three))
        assert session.get(Campaign, 4) is None
        assert not any((session.new, session.dirty, session.deleted))
        assert set(session) == {one, two, three}
        three.owner = "user_cay"
        tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
        session.commit()
        assert one.owner == BOB.user_id

    assert committed(tables) == [(1, BOB.user_id), (2, "user_host"), (3, "user_cay")]
    assert acme.user_ids() == [ADA.user_id, BOB.user_id, CAY.user_id]


def test_the_host_may_add_anew_what_was_refused(tables: SQLAlchemyStore, acme: Company) -> None:
    kept: list[Campaign] = []

    def work(change: Change, session: Session) -> None:
        kept.append(Campaign(id=4, owner=ADA.user_id))
        session.add(kept[-1])
        session.flush()
        if len(kept) == 1:
            raise Refused

    with Session(tables.engine) as session:
        members = new_tenancy(SessionStore(session), Participant(work)).tenant(acme.id, by=ADA).members
        with pytest.raises(Refused):
            members.remove(BOB.user_id)
        members.remove(BOB.user_id)
        session.rollback()
        members.remove(BOB.user_id)
        session.commit()

    assert committed(tables) == [*MINE, (4, ADA.user_id)]


def test_nobody_listens_to_the_hosts_session_afterwards(tables: SQLAlchemyStore, acme: Company) -> None:
    """Or one that lives long would do more work with every command."""

    def refuse(change: Change, session: Session) -> None:
        raise Refused

    with Session(tables.engine) as session:
        for work in (by_objects, refuse):
            with suppress(Refused):
                new_tenancy(SessionStore(session), Participant(work)).tenant(acme.id, by=ADA).members.remove(
                    BOB.user_id
                )
            session.rollback()
        heard = ("pending_to_persistent", "persistent_to_deleted", "after_flush", "do_orm_execute")
        assert not [name for name in heard if list(getattr(session.dispatch, name))]


def test_a_flush_that_fails_reaches_the_host_as_it_is(tables: SQLAlchemyStore, acme: Company) -> None:
    """CR-08: SQLAlchemy then ends the host's whole transaction, as it always does."""

    def work(change: Change, session: Session) -> None:
        session.add(Campaign(id=1, owner="user_twice"))

    with Session(tables.engine) as session:
        tenancy = new_tenancy(SessionStore(session), Participant(work))
        with pytest.raises(IntegrityError):
            tenancy.tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        session.rollback()
        assert len(session.scalars(select(Campaign)).all()) == 3
        tenancy.tenant(acme.id, by=ADA).members.add(CAY.user_id)
        session.commit()

    assert committed(tables) == MINE
    assert acme.user_ids() == [ADA.user_id, BOB.user_id, CAY.user_id]


@pytest.mark.filterwarnings("ignore:nested transaction already deassociated")
def test_a_flush_that_fails_in_a_savepoint_of_the_hosts_keeps_nothing(tables: SQLAlchemyStore, acme: Company) -> None:
    """CR-08: SQLAlchemy rolls that savepoint back under ours, so that nobody can tell any more what is there."""

    def work(change: Change, session: Session) -> None:
        session.add(Campaign(id=1, owner="user_twice"))

    with Session(tables.engine) as session:
        session.add(Campaign(id=5, owner="user_host"))
        tenancy = new_tenancy(SessionStore(session), Participant(work))
        with pytest.raises(IntegrityError), session.begin_nested():
            tenancy.tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        with pytest.raises(PendingRollbackError):
            session.commit()

    assert committed(tables) == MINE
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


@pytest.mark.parametrize("nested", [False, True])
def test_a_savepoint_of_the_participants_own_makes_up_for_a_flush_that_fails(
    tables: SQLAlchemyStore, acme: Company, nested: bool
) -> None:
    def work(change: Change, session: Session) -> None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(Campaign(id=1, owner="user_twice"))
        in_bulk(change, session)

    with Session(tables.engine) as session:
        tenancy = new_tenancy(SessionStore(session), Participant(work))
        with session.begin_nested() if nested else nullcontext():
            tenancy.tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        session.commit()

    assert committed(tables) == THEIRS
    assert acme.user_ids() == [ADA.user_id]


def test_a_flush_that_fails_does_not_cost_the_connection() -> None:
    """With which a database in memory would go."""
    store = SQLAlchemyStore(create_engine("sqlite://", poolclass=StaticPool))
    store.create_all()
    Base.metadata.create_all(store.engine)
    with Session(store.engine) as session:
        session.add(Campaign(id=1, owner=BOB.user_id))
        acme = Company(tenancy := new_tenancy(SessionStore(session)), tenancy.person(ADA).create_tenant("Acme"))
        acme.add(BOB)
        session.commit()

        def work(change: Change, session: Session) -> None:
            session.add(Campaign(id=1, owner="user_twice"))

        members = new_tenancy(SessionStore(session), Participant(work)).tenant(acme.id, by=ADA).members
        with pytest.raises(IntegrityError):
            members.remove(BOB.user_id)
        session.rollback()
        assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    store.dispose()


# --- it does not call tenantry


def test_a_participant_does_not_call_tenantry(store: Store) -> None:
    """By no door and with no store: it would wait for its own lock."""
    elsewhere = new_tenancy(MemoryStore())
    participant = Participant()
    tenancy = new_tenancy(store, participant)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    other = elsewhere.person(ADA).create_tenant("Other")
    issued = acme.invite(CAY)
    context, person = acme.context(), tenancy.person(ADA)

    def begun(other: Tenantry) -> None:
        with other.transaction():
            pass

    calls: list[Callable[[], object]] = [
        lambda: context.members.add("user_x"),
        lambda: context.get(),  # noqa: PLW0108 - a context of its own
        lambda: context.can("tenant-api:tenant:read"),
        lambda: acme.context(CAY).can("tenant-api:tenant:read"),
        lambda: elsewhere.tenant(other.id, by=ADA).get(),
        lambda: elsewhere.person(BOB).create_tenant("Mine"),
        lambda: tenancy.using(MemoryStore()).resolve("acme"),
        lambda: begun(tenancy),
        lambda: begun(elsewhere),
        lambda: tenancy.retry(lambda tx: None),
        lambda: tenancy.inspect_invitation(issued.token),
        lambda: tenancy.self_check(),  # noqa: PLW0108
        lambda: tenancy.jobs,
        person.tenants,
        person.invitations,
        lambda: tenancy.person(CAY).accept(issued.token),
    ]
    for call in calls:
        participant.work = lambda change, session, call=call: call()  # type: ignore[misc]
        with pytest.raises(Invalid, match="Participant 'campaigns' calls tenantry from inside one of its commands"):
            context.members.remove(BOB.user_id)
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]

    participant.work = lambda change, session: None
    context.members.remove(BOB.user_id)  # and afterwards everything is as before
    assert acme.user_ids() == [ADA.user_id]


def test_a_command_that_is_repeated_calls_again(acme: Company) -> None:
    """What was done in the transaction was undone before."""
    store = MemoryStore()
    participant = Participant()
    tenancy = new_tenancy(store, participant)
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    beta.add(BOB)

    def work(change: Change, session: Any) -> None:
        if participant.calls == 1:  # somebody else is faster, through another thread
            from threading import Thread

            thread = Thread(target=lambda: beta.add(CAY))
            thread.start()
            thread.join()

    participant.work = work
    beta.context().members.remove(BOB.user_id)

    assert participant.calls == 2
    assert beta.user_ids() == [ADA.user_id, CAY.user_id]


# --- hosts that await


@awaited
async def test_a_host_that_awaits_gives_its_session(database: Database) -> None:
    """LC-10, E25"""
    Base.metadata.drop_all(database.sync.engine)
    Base.metadata.create_all(database.sync.engine)
    with Session(database.sync.engine) as seed, seed.begin():
        seed.add(Campaign(id=1, owner=BOB.user_id))
    acme = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    refusing = [True]

    def work(change: Change, session: Session) -> None:
        adding(change, session)
        in_bulk(change, session)
        if refusing.pop():
            raise Refused

    try:
        async with AsyncSession(database.engine, expire_on_commit=False) as session:
            participant = Participant(work)
            tenancy = AsyncTenantry(
                store=AsyncSessionStore(session),
                scheme=schemes.AGENCY,
                secret_keys=[SECRET],
                participants=[participant],
            )
            members = tenancy.tenant(acme.id, by=ADA).members
            with pytest.raises(Refused):
                await members.remove(BOB.user_id)
            refusing.append(False)
            assert await session.get(Campaign, 4) is None
            await members.remove(BOB.user_id)
            await session.commit()
        assert committed(database.sync) == [(1, ADA.user_id), (4, "user_ghost")]
        assert acme.user_ids() == [ADA.user_id]
    finally:
        Base.metadata.drop_all(database.sync.engine)


@awaited
async def test_other_tasks_of_the_loop_go_on_meanwhile(database: Database) -> None:
    """CR-08: only who is called by a command is kept from calling; nobody beside it."""
    Base.metadata.create_all(database.sync.engine)
    acme = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    beta = Company(database.seen, database.seen.person(ADA).create_tenant("Beta"))
    acme.add(BOB)
    inside, answered = asyncio.Event(), asyncio.Event()

    def work(change: Change, session: Session) -> None:
        from sqlalchemy.util import await_only

        inside.set()
        await_only(asyncio.wait_for(answered.wait(), 30))  # as a statement would be awaited

    async def remove() -> None:
        async with AsyncSession(database.engine) as session, session.begin():
            tenancy = AsyncTenantry(
                store=AsyncSessionStore(session),
                scheme=schemes.AGENCY,
                secret_keys=[SECRET],
                participants=[Participant(work)],
            )
            await tenancy.tenant(acme.id, by=ADA).members.remove(BOB.user_id)

    async def ask() -> bool:
        await inside.wait()
        try:
            return await database.owned.tenant(beta.id, by=ADA).can("tenant-api:tenant:own")
        finally:
            answered.set()

    try:
        _, answer = await asyncio.gather(remove(), ask())
        assert answer
        assert acme.user_ids() == [ADA.user_id]
    finally:
        Base.metadata.drop_all(database.sync.engine)
