"""Host code inside a command cannot end its transaction: it is refused, or found out where that cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, close_all_sessions, mapped_column, scoped_session
from sqlalchemy.orm import sessionmaker as make_sessions
from sqlalchemy.util import await_only

from tenantry import AsyncTenantry, Change, Invalid, OutcomeUnknown, Tenantry, TenantryError, schemes
from tenantry.ports import AsyncStore, Store
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, SECRET, Company

REFUSED = "cannot end its transaction"

Work = Callable[[Any], object]
Door = Callable[[SQLAlchemyStore], Any]


class Base(DeclarativeBase):
    pass


class Draft(Base):
    __tablename__ = "host_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)


class Participant:
    name = "drafts"

    def __init__(self, work: Work) -> None:
        self.work = work

    def reassign(self, change: Change, session: Any) -> int:
        self.work(session)
        return 1


def new_tenancy(store: Store, work: Work) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=[Participant(work)])


@pytest.fixture
def tables(sql_store: SQLAlchemyStore) -> Iterator[SQLAlchemyStore]:
    Base.metadata.drop_all(sql_store.engine)
    Base.metadata.create_all(sql_store.engine)
    yield sql_store
    Base.metadata.drop_all(sql_store.engine)


@pytest.fixture
def acme(tables: SQLAlchemyStore) -> Company:
    tenancy = new_tenancy(tables, lambda session: None)
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(BOB)
    return company


def titles(store: SQLAlchemyStore) -> list[str]:
    with store.engine.connect() as connection:
        return list(connection.scalars(select(Draft.title).order_by(Draft.id)))


def connection_of(session: Any) -> Any:
    return session.connection() if isinstance(session, Session) else session


def raw(session: Any) -> Any:
    return connection_of(session).connection.dbapi_connection


def entered(session: Any) -> None:
    with session:
        """Whoever leaves it closes it."""


def isolated(session: Any) -> None:
    connection_of(session).execution_options(isolation_level="AUTOCOMMIT")


def lost_on_purpose(session: Any) -> None:
    connection_of(session).invalidate()


ON_BOTH: dict[str, Work] = {
    "commit": lambda session: session.commit(),
    "rollback": lambda session: session.rollback(),
    "close": lambda session: session.close(),
    "invalidate": lambda session: session.invalidate(),
    "leave": entered,
    "commit of the transaction": lambda session: session.get_transaction().commit(),
    "rollback of the transaction": lambda session: session.get_transaction().rollback(),
    "close of the transaction": lambda session: session.get_transaction().close(),
    "rollback of the connection": lambda session: connection_of(session).rollback(),
    "close of the connection": lambda session: connection_of(session).close(),
    "commit of its transaction": lambda session: connection_of(session).get_transaction().commit(),
    "rollback of its transaction": lambda session: connection_of(session).get_transaction().rollback(),
    "release of our savepoint": lambda session: connection_of(session).get_nested_transaction().commit(),
    "rollback to our savepoint": lambda session: connection_of(session).get_nested_transaction().rollback(),
    "isolation level": isolated,
    "loss of the connection": lost_on_purpose,
}
ON_A_SESSION: dict[str, Work] = {
    "reset": lambda session: session.reset(),
    "prepare": lambda session: session.prepare(),
    "close of all": lambda session: close_all_sessions(),
}
WAYS = [("session", way) for way in (*ON_BOTH, *ON_A_SESSION)] + [
    (door, way) for door in ("connection", "owner", "transaction") for way in ON_BOTH
]


@contextmanager
def removing(door: str, store: SQLAlchemyStore, acme: Company, work: Work) -> Iterator[Callable[[], object]]:
    """Bob's removal by one door, with a draft of the host's before it and one after, where the host has a transaction.

    What is heard is the end of a transaction.
    """

    def by(inner: Store) -> Callable[[], object]:
        return lambda: new_tenancy(inner, work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)

    if door == "owner":
        yield by(store)
    elif door == "transaction":

        def within() -> None:
            with new_tenancy(store, work).transaction() as tx:
                tx.tenant(acme.id, by=ADA).members.remove(BOB.user_id)

        yield within
    elif door == "connection":
        with store.engine.connect() as connection:
            connection.execute(insert(Draft).values(id=1, title="before"))
            yield by(SessionStore(connection))
            connection.execute(insert(Draft).values(id=2, title="after"))
            connection.commit()
    else:
        with Session(store.engine) as session:
            before = Draft(id=1, title="before")
            session.add(before)
            yield by(SessionStore(session))
            assert type(session) is Session
            assert before in session
            assert "title" in vars(before)  # not expired
            session.add(Draft(id=2, title="after"))
            session.commit()


@contextmanager
def hearing_no_end(store: SQLAlchemyStore, *ends: str) -> Iterator[None]:
    heard: list[str] = []
    listeners = {end: lambda connection, end=end: heard.append(end) for end in ends}
    for end, listener in listeners.items():
        event.listen(store.engine, end, listener)
    yield
    for end, listener in listeners.items():
        event.remove(store.engine, end, listener)
    assert heard == []


@pytest.mark.parametrize(("door", "way"), WAYS)
def test_it_is_refused_before_the_database_hears_of_it(
    tables: SQLAlchemyStore, acme: Company, door: str, way: str
) -> None:
    """LC-10: the command is undone, and the host's transaction goes on as it was."""
    guest = door in ("session", "connection")
    with removing(door, tables, acme, {**ON_BOTH, **ON_A_SESSION}[way]) as remove:
        with (
            hearing_no_end(tables, "commit", *(["rollback"] if guest else [])),
            pytest.raises(Invalid, match=REFUSED) as refused,
        ):
            remove()
        assert refused.value.rule == "ends_transaction"

    assert titles(tables) == (["before", "after"] if guest else [])
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    assert "member.removed" not in acme.trail()


@pytest.mark.parametrize("door", ["session", "connection", "owner"])
@pytest.mark.parametrize("way", ["commit", "rollback"])
def test_who_catches_the_refusal_is_refused_at_the_end(
    tables: SQLAlchemyStore, acme: Company, door: str, way: str
) -> None:
    """It thinks that its work is kept, or undone, and neither is so."""

    def work(session: Any) -> None:
        with suppress(Exception):
            ON_BOTH[way](session)

    with removing(door, tables, acme, work) as remove, pytest.raises(Invalid, match=REFUSED):
        remove()
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_a_method_that_was_taken_before_is_refused_too(tables: SQLAlchemyStore, acme: Company) -> None:
    with Session(tables.engine) as session:
        session.add(Draft(id=1, title="before"))
        for end in (session.commit, session.rollback):

            def work(session: Any, end: Callable[[], None] = end) -> None:
                end()

            with pytest.raises(Invalid, match=REFUSED):
                new_tenancy(SessionStore(session), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        session.commit()
    assert titles(tables) == ["before"]
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_a_registry_of_sessions_keeps_its_session(tables: SQLAlchemyStore, acme: Company) -> None:
    registry = scoped_session(make_sessions(tables.engine))
    for end in (registry.remove, registry.commit, registry.rollback, registry.close):

        def work(session: Any, end: Callable[[], None] = end) -> None:
            end()

        session = registry()
        kind = type(session)
        with pytest.raises(Invalid, match=REFUSED):
            new_tenancy(SessionStore(registry), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        assert registry() is session
        assert type(session) is kind
    registry.add(Draft(id=1, title="after"))
    registry.commit()
    registry.remove()
    assert titles(tables) == ["after"]


def test_a_savepoint_of_the_hosts_around_the_command_is_held_too(tables: SQLAlchemyStore, acme: Company) -> None:
    with Session(tables.engine) as session:
        session.add(Draft(id=1, title="before"))
        around = session.begin_nested()
        ways: list[Work] = [lambda _: around.commit(), lambda _: around.rollback(), lambda _: around.close()]
        for work in ways:
            with pytest.raises(Invalid, match=REFUSED):
                new_tenancy(SessionStore(session), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        around.commit()
        session.commit()
    assert titles(tables) == ["before"]


def own_savepoints(session: Any) -> None:
    connection = connection_of(session)
    with connection.begin_nested():
        connection.execute(insert(Draft).values(id=11, title="kept"))
    undone = connection.begin_nested()
    connection.execute(insert(Draft).values(id=12, title="undone"))
    undone.rollback()
    with Session(connection) as inner:  # which joins by a savepoint
        inner.add(Draft(id=13, title="joined"))
        inner.commit()
        inner.add(Draft(id=14, title="left"))


def own_savepoints_of_a_session(session: Any) -> None:
    with session.begin_nested():
        session.add(Draft(id=11, title="kept"))
    with suppress(LookupError), session.begin_nested():
        session.add(Draft(id=12, title="undone"))
        raise LookupError
    begun = session.begin_nested()
    session.add(Draft(id=13, title="joined"))
    begun.commit()
    connection_of(session).execution_options(logging_token="mine")


@pytest.mark.parametrize(
    ("door", "work"),
    [
        pytest.param("owner", own_savepoints, id="owner"),
        pytest.param("connection", own_savepoints, id="connection"),
        pytest.param("session", own_savepoints, id="connection of a session"),
        pytest.param("session", own_savepoints_of_a_session, id="session"),
    ],
)
def test_savepoints_of_its_own_are_its_own(tables: SQLAlchemyStore, acme: Company, door: str, work: Work) -> None:
    with removing(door, tables, acme, work) as remove:
        remove()

    assert [title for title in titles(tables) if title not in ("before", "after")] == ["kept", "joined"]
    assert acme.user_ids() == [ADA.user_id]


# --- what goes round SQLAlchemy


def write(session: Any) -> None:
    connection_of(session).execute(text("INSERT INTO host_drafts VALUES (9, 'stray')"))


def in_words(session: Any) -> None:
    session.execute(text("COMMIT"))


def undone_in_words(session: Any) -> None:
    session.execute(text("ROLLBACK"))


def in_words_and_on(session: Any) -> None:
    in_words(session)
    write(session)


def in_words_and_out(session: Any) -> None:
    in_words(session)
    raise LookupError


def in_words_and_on_and_out(session: Any) -> None:
    in_words_and_on(session)
    raise LookupError


def by_the_driver(session: Any) -> None:
    raw(session).commit()


def undone_by_the_driver(session: Any) -> None:
    raw(session).rollback()


def closed_by_the_driver(session: Any) -> None:
    raw(session).commit()
    raw(session).close()


def given_back(session: Any) -> None:
    connection_of(session).connection.close()


ROUND = (
    in_words,
    undone_in_words,
    in_words_and_on,
    in_words_and_out,
    in_words_and_on_and_out,
    by_the_driver,
    undone_by_the_driver,
    closed_by_the_driver,
    given_back,
)
round_sqlalchemy = pytest.mark.parametrize("work", ROUND, ids=lambda work: work.__name__)


@round_sqlalchemy
@pytest.mark.parametrize("door", ["session", "connection", "owner", "transaction"])
def test_what_goes_round_sqlalchemy_is_found_out(
    tables: SQLAlchemyStore, acme: Company, door: str, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    """LC-10: nothing goes on without the lock, and nobody says that nothing was kept."""
    with suppress(Exception), removing(door, tables, acme, work) as remove:
        with pytest.raises(OutcomeUnknown):
            remove()
        raise LookupError  # the host's transaction is none any more

    assert "member.removed" not in acme.trail()
    assert [record.levelname for record in caplog.records if record.name == "tenantry"] == ["ERROR"]


def test_an_error_of_the_hosts_database_passes_as_it_is(tables: SQLAlchemyStore, acme: Company) -> None:
    """A flush that fails rolls back the whole transaction, by SQLAlchemy itself."""

    def work(session: Session) -> None:
        session.add(Draft(id=1, title="twice"))
        session.flush()

    with Session(tables.engine) as session:
        session.add(Draft(id=1, title="before"))
        with pytest.raises(Exception, match="host_drafts") as told:
            new_tenancy(SessionStore(session), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        assert not isinstance(told.value, TenantryError)
        session.rollback()
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


# --- hosts that await


@pytest.fixture
def on_site(database: Database) -> Iterator[Database]:
    Base.metadata.drop_all(database.sync.engine)
    Base.metadata.create_all(database.sync.engine)
    yield database
    Base.metadata.drop_all(database.sync.engine)


def awaiting(store: AsyncStore, work: Work) -> AsyncTenantry:
    return AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=[Participant(work)])


def founded(database: Database) -> Company:
    company = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    company.add(BOB)
    return company


@awaited
async def test_an_asynchronous_session_is_held_like_its_twin(on_site: Database) -> None:
    acme = founded(on_site)
    async with AsyncSession(on_site.engine) as session:
        session.add(Draft(id=1, title="before"))
        ways: list[Work] = [
            *ON_BOTH.values(),
            lambda _: session.sync_session.commit(),
            lambda _: await_only(session.commit()),
            lambda _: await_only(session.rollback()),
            lambda _: await_only(session.close()),
        ]
        for work in ways:
            with pytest.raises(Invalid, match=REFUSED):
                await awaiting(AsyncSessionStore(session), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        session.add(Draft(id=2, title="after"))
        await session.commit()
    assert titles(on_site.sync) == ["before", "after"]
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


@awaited
async def test_an_asynchronous_connection_is_held_like_its_twin(on_site: Database) -> None:
    acme = founded(on_site)
    async with on_site.engine.connect() as connection:
        await connection.execute(insert(Draft).values(id=1, title="before"))
        ways: list[Work] = [
            *ON_BOTH.values(),
            lambda _: await_only(connection.commit()),
            lambda _: await_only(connection.get_transaction().rollback()),  # type: ignore[union-attr]
        ]
        guest = AsyncSessionStore(connection)
        for work in ways:
            with pytest.raises(Invalid, match=REFUSED):
                await awaiting(guest, work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        await connection.commit()
    owner = AsyncSQLAlchemyStore(on_site.engine)
    for work in ON_BOTH.values():
        with pytest.raises(Invalid, match=REFUSED):
            await awaiting(owner, work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
    assert titles(on_site.sync) == ["before"]
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


@round_sqlalchemy
@pytest.mark.parametrize("guest", [False, True])
def test_what_goes_round_sqlalchemy_is_found_out_where_one_awaits(on_site: Database, work: Work, guest: bool) -> None:
    acme = founded(on_site)

    async def remove() -> None:
        if not guest:
            owner = AsyncSQLAlchemyStore(on_site.engine)
            await awaiting(owner, work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
            return
        async with AsyncSession(on_site.engine) as session:
            await awaiting(AsyncSessionStore(session), work).tenant(acme.id, by=ADA).members.remove(BOB.user_id)

    with pytest.raises(OutcomeUnknown):
        asyncio.run(remove())
    assert "member.removed" not in acme.trail()


def test_the_hosts_connection_is_of_its_own_class_again(tables: SQLAlchemyStore, acme: Company) -> None:
    seen: list[Any] = []
    with tables.engine.connect() as connection:
        store = SessionStore(connection)
        new_tenancy(store, seen.append).tenant(acme.id, by=ADA).members.remove(BOB.user_id)
        assert seen == [connection]
        assert type(connection) is Connection
        assert type(connection.get_transaction()).__name__ == "RootTransaction"
        connection.commit()
    assert acme.user_ids() == [ADA.user_id]
