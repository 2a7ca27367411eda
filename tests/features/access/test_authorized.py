"""A host's own statements, narrowed to the rows that somebody may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import CompoundSelect, Engine, Select, delete, exists, func, not_, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from tenantry import SYSTEM, Access, Invalid, Principal, Tenantry, TenantStatus, UnknownPermission, schemes
from tenantry.ports import Open
from tenantry.sqlalchemy import SQLAlchemyStore, authorized, metadata, permitted
from tenantry.workspaces.model import WORKSPACES
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone

READ, UPDATE = "workspace-api:workspace:read", "workspace-api:settings:update"


class Host(DeclarativeBase):
    pass


class Campaign(Host):
    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    workspace_id: Mapped[str | None]


CAMPAIGNS = Host.metadata.tables["campaigns"]
OTHER = aliased(Campaign)


class Agency:
    """Acme with campaigns in two workspaces, in an archived one, in none, and in another tenant's."""

    def __init__(self, store: SQLAlchemyStore) -> None:
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
        self.store = store
        self.acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        self.beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
        self.here, self.there, self.old = (self.acme.workspace(name) for name in ("Here", "There", "Old"))
        self.acme.add(BOB, workspaces={self.here: "viewer", self.old: "admin"})
        self.acme.add(CAY)
        self.acme.context().workspaces.archive(self.old)
        places = {"here": self.here, "there": self.there, "old": self.old, "none": None, "beta": self.beta.general}
        with Session(store.engine) as session, session.begin():
            session.add_all(Campaign(name=name, workspace_id=id) for name, id in places.items())

    def access(self, who: Principal) -> Access:
        return self.acme.context(who).access()

    def left(self) -> set[str]:
        with self.store.engine.connect() as connection:
            return set(connection.scalars(select(CAMPAIGNS.c.name)))


def tables(engine: Engine) -> None:
    with engine.begin() as connection:
        Host.metadata.drop_all(connection)
        Host.metadata.create_all(connection)


@pytest.fixture
def agency(sql_store: SQLAlchemyStore) -> Iterator[Agency]:
    tables(sql_store.engine)
    yield Agency(sql_store)
    Host.metadata.drop_all(sql_store.engine)


EVERYBODY: dict[str, tuple[Principal, set[str]]] = {
    "owner, who may everywhere": (ADA, {"here", "there"}),
    "viewer of one": (BOB, {"here"}),
    "member of none": (CAY, set()),
    "stranger": (EVE, set()),
    "system": (SYSTEM, {"here", "there"}),
    "owner whose account is off": (someone("ada", active=False), set()),
}
everybody = pytest.mark.parametrize(("who", "rows"), EVERYBODY.values(), ids=EVERYBODY)
ROWS = {"here", "there", "old", "none", "beta"}


@everybody
def test_a_select_has_the_rows_of_who_may(agency: Agency, who: Principal, rows: set[str]) -> None:
    """AC-40: of a table and of a mapped class; what is archived, foreign or in no workspace is nobody's."""
    access = agency.access(who)
    core = authorized(select(CAMPAIGNS.c.name), access, READ, workspace=CAMPAIGNS.c.workspace_id)
    mapped = authorized(select(Campaign), access, READ, workspace=Campaign.workspace_id)

    with Session(agency.store.engine) as session:
        assert set(session.execute(core).scalars()) == rows
        assert {campaign.name for campaign in session.scalars(mapped)} == rows
        query = authorized(session.query(Campaign), access, READ, workspace=Campaign.workspace_id)
        assert {campaign.name for campaign in query} == rows
    with agency.store.engine.connect() as connection:
        assert set(connection.scalars(core)) == rows


@everybody
def test_it_agrees_with_every_other_question(agency: Agency, who: Principal, rows: set[str]) -> None:
    """AC-40"""
    access = agency.acme.context(who).access(workspaces=[agency.here, agency.there, agency.old, agency.beta.general])

    with Session(agency.store.engine) as session:
        every = session.scalars(select(Campaign)).all()
    may = {c.name for c in every if c.workspace_id and access.can(READ, workspace=c.workspace_id)}

    assert may == rows


@everybody
def test_an_update_changes_them_alone(agency: Agency, who: Principal, rows: set[str]) -> None:
    access = agency.access(who)
    core = authorized(update(CAMPAIGNS), access, READ, workspace=CAMPAIGNS.c.workspace_id)
    mapped = authorized(update(Campaign), access, READ, workspace=Campaign.workspace_id)

    with Session(agency.store.engine) as session, session.begin():
        known = session.scalars(select(Campaign)).all()
        session.execute(mapped.values(name=Campaign.name + "!"))
        assert {campaign.name for campaign in known} == {f"{name}!" if name in rows else name for name in ROWS}
    with agency.store.engine.begin() as connection:
        assert connection.execute(core.values(name=CAMPAIGNS.c.name + "!")).rowcount == len(rows)
    assert agency.left() == {f"{name}!!" if name in rows else name for name in ROWS}


@everybody
def test_a_delete_takes_them_alone(agency: Agency, who: Principal, rows: set[str]) -> None:
    access = agency.access(who)
    core = authorized(delete(CAMPAIGNS), access, READ, workspace=CAMPAIGNS.c.workspace_id)
    mapped = authorized(delete(Campaign), access, READ, workspace=Campaign.workspace_id)

    with Session(agency.store.engine) as session:
        session.execute(mapped)
        assert set(session.scalars(select(Campaign.name))) == ROWS - rows
        session.rollback()
    with agency.store.engine.begin() as connection:
        connection.execute(core)
    assert agency.left() == ROWS - rows


@everybody
def test_its_condition_is_combined_with_others(agency: Agency, who: Principal, rows: set[str]) -> None:
    """AC-40: theirs or what they may see; and what they may not see, of what is in a workspace."""
    may = permitted(agency.access(who), READ, workspace=Campaign.workspace_id)
    named = Campaign.name == "old"

    with Session(agency.store.engine) as session:
        assert set(session.scalars(select(Campaign.name).where(or_(named, may)))) == rows | {"old"}
        assert set(session.scalars(select(Campaign.name).where(or_(may, named), Campaign.id > 0))) == rows | {"old"}
        rest = select(Campaign.name).where(not_(may), Campaign.workspace_id.is_not(None))
        assert set(session.scalars(rest)) == ROWS - rows - {"none"}


def test_what_they_may_decides_and_not_that_they_are_there(agency: Agency) -> None:
    """A viewer changes nothing, wherever they look."""
    agency.acme.add(DAN, workspaces={agency.here: "viewer", agency.there: "admin"})
    statement = select(Campaign.name)

    with Session(agency.store.engine) as session:
        for permission, rows in ((READ, {"here", "there"}), (UPDATE, {"there"})):
            narrowed = authorized(statement, agency.access(DAN), permission, workspace=Campaign.workspace_id)
            assert set(session.scalars(narrowed)) == rows


def test_a_suspended_tenant_shows_its_rows_to_the_system_alone(agency: Agency) -> None:
    """AC-31"""
    with agency.store.command(agency.acme.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))

    with Session(agency.store.engine) as session:
        for who, rows in ((ADA, set()), (BOB, set()), (SYSTEM, {"here", "there"})):
            narrowed = authorized(select(Campaign.name), agency.access(who), READ, workspace=Campaign.workspace_id)
            assert set(session.scalars(narrowed)) == rows


def test_a_deactivated_member_sees_no_row(agency: Agency) -> None:
    """AC-33"""
    agency.acme.add(DAN, "admin", workspaces={agency.here: "admin"})
    agency.acme.context().members.deactivate(DAN.user_id)

    with Session(agency.store.engine) as session:
        narrowed = authorized(select(Campaign.name), agency.access(DAN), READ, workspace=Campaign.workspace_id)
        assert not session.scalars(narrowed).all()


def test_ids_are_named_only_where_there_is_no_shorter_way(agency: Agency) -> None:
    """All: the tenant and the status. None: nothing. Some: those."""
    for number in range(20):
        agency.acme.workspace(f"Client {number}")

    def bound(who: Principal) -> Sequence[Any]:
        statement = authorized(select(Campaign), agency.access(who), READ, workspace=Campaign.workspace_id)
        found = statement.compile(agency.store.engine, compile_kwargs={"render_postcompile": True})
        return list(found.params.values())

    assert bound(ADA) == bound(SYSTEM) == [agency.acme.id, "active"]
    assert bound(CAY) == bound(EVE) == []
    assert bound(BOB) == [agency.here]


def test_many_workspaces_are_named_at_once(agency: Agency) -> None:
    """More than one call can name."""
    with agency.store.command(agency.acme.id, gate=Open()) as tx:
        one = tx.records(WORKSPACES).get(agency.here)
        ids = [f"ws_{number}" for number in range(1_020)]
        tx.records(WORKSPACES).add(*(evolve(one, id=id, slug=id.replace("_", "-")) for id in ids))
    agency.acme.add(DAN, workspaces=dict.fromkeys(ids[:1_000], "viewer"))
    for id in ids[1_000:]:
        agency.acme.context().workspaces.add_member(id, DAN.user_id, role="viewer")
    statement = select(func.count()).select_from(Campaign)

    with Session(agency.store.engine) as session:
        session.add_all(Campaign(name=id, workspace_id=id) for id in ids)
        session.flush()
        narrowed = authorized(statement, agency.access(DAN), READ, workspace=Campaign.workspace_id)
        assert session.scalar(narrowed) == len(ids)


JOINED = metadata.tables["tenantry_workspaces"]
SHAPES: dict[str, Callable[[Access], Select[Any]]] = {
    "a join with our workspaces": lambda access: authorized(
        select(CAMPAIGNS.c.name).join(JOINED, JOINED.c.id == CAMPAIGNS.c.workspace_id).order_by(JOINED.c.name_key),
        access,
        READ,
        workspace=CAMPAIGNS.c.workspace_id,
    ),
    "our workspaces beside it": lambda access: authorized(
        select(CAMPAIGNS.c.name).where(JOINED.c.id == CAMPAIGNS.c.workspace_id),
        access,
        READ,
        workspace=CAMPAIGNS.c.workspace_id,
    ),
    "a join, by our own column": lambda access: authorized(
        select(CAMPAIGNS.c.name).join(JOINED, JOINED.c.id == CAMPAIGNS.c.workspace_id),
        access,
        READ,
        workspace=JOINED.c.id,
    ),
    "an alias": lambda access: authorized(
        select(OTHER.name).order_by(OTHER.id), access, READ, workspace=OTHER.workspace_id
    ),
    "a join of two": lambda access: authorized(
        select(Campaign.name).join(OTHER, OTHER.id == Campaign.id), access, READ, workspace=OTHER.workspace_id
    ),
    "a subquery": lambda access: select(CAMPAIGNS.c.name).where(
        CAMPAIGNS.c.id.in_(
            authorized(select(CAMPAIGNS.c.id), access, READ, workspace=CAMPAIGNS.c.workspace_id).scalar_subquery()
        )
    ),
    "a correlated one": lambda access: select(Campaign.name).where(
        exists(authorized(select(OTHER.id).where(OTHER.id == Campaign.id), access, READ, workspace=OTHER.workspace_id))
    ),
    "a common table expression": lambda access: select(
        authorized(select(Campaign.name), access, READ, workspace=Campaign.workspace_id).cte().c.name
    ),
    "limit and offset": lambda access: authorized(
        select(Campaign.name).order_by(Campaign.name).limit(9), access, READ, workspace=Campaign.workspace_id
    ),
    "with conditions of the host's": lambda access: authorized(
        select(Campaign.name).where((Campaign.name != "x") | (Campaign.id == 0)),
        access,
        READ,
        workspace=Campaign.workspace_id,
    ),
    "narrowed twice": lambda access: authorized(
        authorized(select(Campaign.name), access, READ, workspace=Campaign.workspace_id),
        access,
        READ,
        workspace=Campaign.workspace_id,
    ),
    "an expression": lambda access: authorized(
        select(Campaign.name), access, READ, workspace=func.coalesce(Campaign.workspace_id, "")
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_it_fits_into_any_statement(agency: Agency, shape: Callable[[Access], Select[Any]]) -> None:
    with Session(agency.store.engine) as session:
        for who, rows in EVERYBODY.values():
            assert set(session.scalars(shape(agency.access(who)))) == rows


def test_it_counts(agency: Agency) -> None:
    statement = select(func.count()).select_from(Campaign)

    with Session(agency.store.engine) as session:
        for who, rows in EVERYBODY.values():
            narrowed = authorized(statement, agency.access(who), READ, workspace=Campaign.workspace_id)
            assert session.scalar(narrowed) == len(rows)


def test_the_statement_itself_stays_as_it_was(agency: Agency) -> None:
    statement = select(Campaign)

    authorized(statement, agency.access(CAY), READ, workspace=Campaign.workspace_id)

    assert statement.whereclause is None


def test_a_wrong_question_is_an_error_for_everybody(agency: Agency) -> None:
    """E32, AC-12, AC-14, IN-08: also for those whose answer is none."""
    both: CompoundSelect[Any] = union_all(select(Campaign.id), select(Campaign.id))
    for who, _ in EVERYBODY.values():
        access, column = agency.access(who), Campaign.workspace_id
        for name in ("campaign-api:campaign:read", "workspace-api:*:read", "", None, 5):
            with pytest.raises(UnknownPermission):
                authorized(select(Campaign), access, name, workspace=column)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            authorized(select(Campaign), access, "tenant-api:member:read", workspace=column)
        for wrong in (None, "workspace_id", 5, agency.here, Campaign, CAMPAIGNS):
            with pytest.raises(Invalid):
                authorized(select(Campaign), access, READ, workspace=wrong)
        for statement in (None, "SELECT * FROM campaigns", Campaign, CAMPAIGNS, both):
            with pytest.raises(Invalid):
                authorized(statement, access, READ, workspace=column)  # type: ignore[type-var]
        for knows in (None, agency.acme.context(who), who):
            with pytest.raises(Invalid):
                authorized(select(Campaign), knows, READ, workspace=column)  # type: ignore[arg-type]


@asynccontextmanager
async def hosted(database: Database) -> AsyncIterator[tuple[Agency, AsyncSession]]:
    tables(database.sync.engine)
    agency = Agency(database.sync)
    try:
        async with AsyncSession(database.engine) as session:
            yield agency, session
    finally:
        Host.metadata.drop_all(database.sync.engine)


@awaited
async def test_hosts_that_await_do_likewise(database: Database) -> None:
    """The access is awaited; to narrow a statement by it is not."""
    async with hosted(database) as (agency, session):
        for who, rows in EVERYBODY.values():
            access = await database.hosted(session).tenant(agency.acme.id, by=who).access()
            mapped = authorized(select(Campaign), access, READ, workspace=Campaign.workspace_id)
            core = authorized(select(CAMPAIGNS.c.name), access, READ, workspace=CAMPAIGNS.c.workspace_id)
            assert {campaign.name for campaign in await session.scalars(mapped)} == rows
            assert set((await session.execute(core)).scalars()) == rows


@awaited
async def test_hosts_that_await_change_and_delete(database: Database) -> None:
    async with hosted(database) as (agency, session):
        bob = await database.hosted(session).tenant(agency.acme.id, by=BOB).access()
        ada = await database.hosted(session).tenant(agency.acme.id, by=ADA).access()
        await session.execute(
            authorized(update(Campaign), bob, READ, workspace=Campaign.workspace_id).values(name="seen")
        )
        await session.execute(authorized(delete(Campaign), ada, READ, workspace=Campaign.workspace_id))
        await session.commit()

        assert agency.left() == ROWS - {"here", "there"}
