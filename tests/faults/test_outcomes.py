"""A COMMIT without an answer was kept, or it was not; nobody says which, and nobody does it again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest
from attrs import frozen
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

from tenantry import AsyncTenantry, Origin, OutcomeUnknown, Stale, Tenantry, TenantryError, Unavailable, schemes
from tenantry.notices.model import NOTICES, NoticeStatus
from tenantry.sqlalchemy import AsyncSQLAlchemyStore, SessionStore, SQLAlchemyStore
from tenantry.sqlalchemy.outcome import committing
from tests.faults.injection import CONNECTION_LOST, Fault, checked_out
from tests.faults.proxy import Wire, wire
from tests.races.race import KEYS, new_tenancy
from tests.races.scenarios import ADA, Stage, stage

on_postgresql = pytest.mark.parametrize("store", ["postgresql"], indirect=True)
both_truths = pytest.mark.parametrize("kept", [False, True])


@frozen
class Line:
    """The same database, by a line on which answers are lost, and by one on which they are not."""

    wire: Wire
    direct: SQLAlchemyStore
    here: Stage

    def owner(self) -> SQLAlchemyStore:
        return SQLAlchemyStore(create_engine(self.wire.url))

    def fails(self, store: SQLAlchemyStore, command: Callable[[], object]) -> None:
        """The command says that nobody knows, once, and gives everything back."""
        self.wire.lose = 5
        with pytest.raises(OutcomeUnknown) as told:
            command()
        assert self.wire.lost == 1
        assert isinstance(told.value.__cause__, DBAPIError)
        self.wire.lose = 0
        assert checked_out(store.engine) == 0

    @property
    def workspaces(self) -> list[str]:
        context = new_tenancy(self.direct).tenant(self.here.tenant_id, by=ADA)
        return [each.name for each in context.workspaces.list() if each.name == "Press"]


@pytest.fixture
def line(store: SQLAlchemyStore) -> Iterator[Line]:
    server = store.engine.url.render_as_string(hide_password=False)
    with wire(server) as wired:
        yield Line(wired, store, stage(new_tenancy(store)))


@on_postgresql
@both_truths
def test_a_command_says_that_nobody_knows(line: Line, kept: bool, caplog: pytest.LogCaptureFixture) -> None:
    line.wire.kept = kept
    store = line.owner()
    context = new_tenancy(store).tenant(line.here.tenant_id, by=ADA, origin=Origin(request_id="request 7"))

    line.fails(store, lambda: context.workspaces.create("Press"))

    assert line.workspaces == ["Press"] * kept
    trail = new_tenancy(line.direct).tenant(line.here.tenant_id, by=ADA).audit.list()
    assert ("request 7" in [each.request_id for each in trail]) is kept
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR and each.name == "tenantry"]
    assert record.exc_info is not None
    context.workspaces.create("Paper")
    store.dispose()


@on_postgresql
@both_truths
def test_several_steps_say_so_too_and_are_not_run_again(line: Line, kept: bool) -> None:
    line.wire.kept = kept
    store = line.owner()
    calls: list[Tenantry] = []

    def work(tx: Tenantry) -> None:
        calls.append(tx)
        tx.tenant(line.here.tenant_id, by=ADA).workspaces.create("Press")

    line.fails(store, lambda: new_tenancy(store).retry(work))

    assert len(calls) == 1
    assert line.workspaces == ["Press"] * kept
    store.dispose()


@on_postgresql
@both_truths
def test_a_sign_in_says_so_too(line: Line, kept: bool) -> None:
    line.wire.kept = kept
    store = line.owner()

    line.fails(store, lambda: new_tenancy(store).person(ADA).signed_in())

    [ada] = new_tenancy(line.direct).tenant(line.here.tenant_id, by=ADA).members.list(search="ada")
    assert (ada.last_sign_in_at is not None) is kept
    store.dispose()


@on_postgresql
def test_a_job_says_so_too(line: Line) -> None:
    store = line.owner()

    def job() -> None:
        with store.jobs() as jobs:
            jobs.records(NOTICES).remove(status=NoticeStatus.SENT)

    line.fails(store, job)
    store.dispose()


@on_postgresql
def test_what_has_only_read_has_nothing_to_keep(line: Line) -> None:
    store = line.owner()
    context = new_tenancy(store).tenant(line.here.tenant_id, by=ADA)
    line.wire.lose = 1
    with pytest.raises(Unavailable):
        context.workspaces.list()
    assert line.wire.lost == 1
    store.dispose()


@on_postgresql
@both_truths
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_who_awaits_is_told_the_same(line: Line, kept: bool, driver: str) -> None:
    """A driver of theirs answers for the server, with a code that the server has not sent."""
    line.wire.kept = kept

    async def ask() -> None:
        engine = create_async_engine(line.wire.url.set(drivername=f"postgresql+{driver}"))
        store = AsyncSQLAlchemyStore(engine)
        tenancy = AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=KEYS)
        context = tenancy.tenant(line.here.tenant_id, by=ADA)
        await context.get()
        line.wire.lose = 5
        with pytest.raises(OutcomeUnknown):
            await context.workspaces.create("Press")
        assert line.wire.lost == 1
        line.wire.lose = 0
        async with tenancy.transaction() as tx:
            await tx.tenant(line.here.tenant_id, by=ADA).workspaces.create("Paper")
        await store.dispose()

    asyncio.run(ask())

    assert line.workspaces == ["Press"] * kept


@on_postgresql
def test_a_server_that_ends_the_connection_before_the_commit_has_said_so(store: SQLAlchemyStore) -> None:
    """57P01 is an answer of the server's own, and so nothing was kept."""
    here = stage(tenancy := new_tenancy(store))
    other = create_engine(store.engine.url)

    def end(connection: object) -> None:
        driver = connection.connection.driver_connection  # type: ignore[attr-defined]
        with other.connect() as beside:
            beside.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": driver.info.backend_pid})

    event.listen(store.engine, "commit", end)
    with pytest.raises(Unavailable) as told:
        tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    event.remove(store.engine, "commit", end)
    assert told.value.__cause__.orig.sqlstate == "57P01"  # type: ignore[union-attr]
    assert [each.name for each in tenancy.tenant(here.tenant_id, by=ADA).workspaces.list()] == ["General"]
    other.dispose()


@on_postgresql
def test_a_release_without_an_answer_is_no_commit(store: SQLAlchemyStore) -> None:
    """The host's transaction decides, and it is lost."""
    here = stage(new_tenancy(store))
    with Session(store.engine) as session:
        context = new_tenancy(SessionStore(session)).tenant(here.tenant_id, by=ADA)
        with Fault(CONNECTION_LOST, where="RELEASE").on(store.engine), pytest.raises(Unavailable):
            context.workspaces.create("Press")
        session.rollback()
    assert [each.name for each in new_tenancy(store).tenant(here.tenant_id, by=ADA).workspaces.list()] == ["General"]


class Answer(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("40001", Stale),
        ("53100", Unavailable),
        ("57P01", Unavailable),
        (None, OutcomeUnknown),
        ("08003", OutcomeUnknown),
        ("08P01", OutcomeUnknown),
        ("40003", OutcomeUnknown),
        ("57P02", OutcomeUnknown),
    ],
)
@on_postgresql
def test_a_state_is_an_answer_unless_it_is_about_the_connection(
    store: SQLAlchemyStore, state: str | None, told: type[TenantryError]
) -> None:
    with store.engine.connect() as connection, pytest.raises(told), committing(connection):
        raise DBAPIError("COMMIT", {}, Answer(state))
