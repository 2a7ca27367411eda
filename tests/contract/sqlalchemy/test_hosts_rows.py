# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""What is said of the host's own rows, when its session is flushed before a command, is the host's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import FlushError, StaleDataError

from tenantry import Tenantry, schemes
from tenantry.errors import Stale, Unavailable
from tenantry.ports import Open
from tenantry.sqlalchemy import AsyncSessionStore, SessionStore, SQLAlchemyStore
from tenantry.testing.contract.world import founded
from tests.contract.sqlalchemy.host import Note, notes, rename
from tests.features.people import ADA, SECRET


def command(session: Session) -> None:
    with SessionStore(session).command("ten_1", gate=Open()):
        pass


def twice(session: Session) -> None:
    session.add(Note(id=1, text="again"))


def nothing(session: Session) -> None:
    session.add(Note(text=None))


def gone(session: Session) -> None:
    note = session.get_one(Note, 1)
    session.execute(text("DELETE FROM notes"))
    note.text = "changed"


def not_there(session: Session) -> None:
    session.execute(text("ALTER TABLE notes RENAME TO memos"))
    session.add(Note(id=2, text="there is no such table"))


def twice_in_the_session(session: Session) -> None:
    session.get_one(Note, 1)
    session.add(Note(id=1, text="again"))


SLIPS: dict[Callable[[Session], None], Any] = {
    twice: IntegrityError,
    nothing: IntegrityError,
    gone: StaleDataError,
    not_there: (ProgrammingError, OperationalError),
    twice_in_the_session: (IntegrityError, FlushError),
}
on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
slips = pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.__name__)


@pytest.fixture(autouse=True)
def _a_note(engine: Engine) -> Iterator[None]:
    with Session(engine) as session:
        session.add(Note(id=1, text="the first"))
        session.commit()
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS memos"))


@slips
def test_it_passes_as_it_is(engine: Engine, slip: Callable[[Session], None]) -> None:
    with Session(engine) as session:
        slip(session)
        with pytest.raises(SLIPS[slip]):
            command(session)


@slips
def test_it_passes_within_several_steps_and_undoes_them(engine: Engine, slip: Callable[[Session], None]) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        with pytest.raises(SLIPS[slip]), SessionStore(session).begin() as guest:
            rename(guest, world)
            slip(session)
            rename(guest, world, "Again")
        session.rollback()
        assert session.get_one(Note, 1).text == "the first"
        rename(SessionStore(session), world, "Afterwards")
        session.commit()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@slips
def test_it_passes_where_it_is_awaited(engine: Engine, slip: Callable[[Session], None], driver: str) -> None:
    async def main() -> None:
        name = "sqlite+aiosqlite" if engine.dialect.name == "sqlite" else f"postgresql+{driver}"
        awaited = create_async_engine(engine.url.set(drivername=name), poolclass=NullPool)
        async with AsyncSession(awaited) as session:
            store = AsyncSessionStore(session)
            await session.run_sync(slip)
            with pytest.raises(SLIPS[slip]):
                await store.run(lambda: command(session.sync_session))
        await awaited.dispose()

    asyncio.run(main())


def test_retry_does_not_repeat_it(engine: Engine) -> None:
    tenancy = Tenantry(store=SQLAlchemyStore(engine), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = tenancy.person(ADA).create_tenant("Acme")
    tries: list[object] = []
    with Session(engine) as session:

        def work(tx: Tenantry) -> None:
            tries.append(tx)
            twice(session)
            tx.tenant(acme.id, by=ADA).update(name="Apex")

        with pytest.raises(IntegrityError):
            tenancy.using(SessionStore(session)).retry(work)
        session.rollback()
    assert len(tries) == 1
    assert (tenancy.tenant(acme.id, by=ADA).get().name, notes(engine)) == ("Acme", 1)


@on_postgresql
def test_what_a_trigger_says_is_the_hosts(engine: Engine) -> None:
    with engine.begin() as connection:
        speak = "BEGIN RAISE EXCEPTION 'too many notes'; END"
        connection.execute(text(f"CREATE FUNCTION speak_up() RETURNS trigger LANGUAGE plpgsql AS $$ {speak} $$"))
        connection.execute(text("CREATE TRIGGER up BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION speak_up()"))
    with Session(engine) as session:
        session.add(Note(text="one more"))
        with pytest.raises(SQLAlchemyError, match="too many notes"):
            command(session)
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION speak_up CASCADE"))


@on_postgresql
def test_what_a_column_does_not_take_is_the_hosts(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Note(id=2**40, text="too large a number"))
        with pytest.raises(DataError):
            command(session)


@on_postgresql
def test_others_who_were_faster_make_it_stale(engine: Engine) -> None:
    with Session(engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        session.get_one(Note, 1).text = "mine"
        with engine.begin() as other:
            other.execute(update(Note).values(text="theirs"))
        with pytest.raises(Stale):
            command(session)


@on_postgresql
def test_a_lost_connection_is_unavailable(engine: Engine) -> None:
    with Session(engine) as session:
        session.get_one(Note, 1).text = "mine"
        process = session.scalar(text("SELECT pg_backend_pid()"))
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
        with pytest.raises(Unavailable):
            command(session)
