"""The host's own function names the plan of a tenant, from what the host knows in this very transaction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tenantry import AsyncTenantry, Invalid, LimitReached, OutcomeUnknown, Plan, Tenant, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import AsyncSessionStore, SessionStore, SQLAlchemyStore
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, CAY, SECRET, Company
from tests.features.test_statements import counting


class Asked:
    """A function that notes what it was asked."""

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        self.about: list[tuple[Tenant, Any]] = []

    def __call__(self, tenant: Tenant, session: Any) -> Any:
        self.about.append((tenant, session))
        if isinstance(self.plan, Exception):
            raise self.plan
        return self.plan


def company(store: Store, plan: Any) -> Company:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], plan=plan)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def test_it_is_asked_once_and_only_where_something_is_limited(store: Store) -> None:
    """T7."""
    asked = Asked(Plan("Starter", members=9, workspaces=9))
    acme = company(store, asked)
    context = acme.context()
    context.update(name="Apex")
    context.members.list()
    assert asked.about == []
    context.plan.usage()
    assert len(asked.about) == 1
    justice = context.workspaces.create("Justice")
    context.invitations.send("bob@acme.test", workspaces={justice.id: "viewer"})
    assert [tenant.name for tenant, _ in asked.about] == ["Apex"] * 3


def test_it_is_given_the_session_of_the_host(sql_store: SQLAlchemyStore) -> None:
    """T7."""
    asked = Asked(Plan("Starter"))
    acme = company(sql_store, asked)
    acme.add(BOB)
    sessions = [session for _, session in asked.about]
    assert [type(session) for session in sessions] == [Connection]
    with Session(sql_store.engine) as session:
        acme.tenancy.using(SessionStore(session)).tenant(acme.id, by=ADA).members.add(CAY.user_id)
        assert asked.about[-1][1] is session


def test_in_memory_there_is_no_session() -> None:
    asked = Asked(Plan("Starter"))
    company(MemoryStore(), asked).add(BOB)
    assert [session for _, session in asked.about] == [None]


def test_it_reads_what_the_host_has_written_in_the_same_transaction(sql_store: SQLAlchemyStore) -> None:
    """T7: an upgrade and what it is for are one transaction."""

    def plan(tenant: Tenant, session: Session | Connection) -> Plan:
        most = session.execute(text("SELECT coalesce(max(most), 1) FROM host_plans WHERE id = :id"), {"id": tenant.id})
        return Plan("Paid", members=most.scalar_one())

    with sql_store.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS host_plans"))
        connection.execute(text("CREATE TABLE host_plans (id VARCHAR(50), most INTEGER)"))
    acme = company(sql_store, plan)
    with pytest.raises(LimitReached, match="1 of 1 members"):
        acme.add(BOB)
    with Session(sql_store.engine) as session:
        session.execute(text("INSERT INTO host_plans VALUES (:id, 2)"), {"id": acme.id})
        acme.tenancy.using(SessionStore(session)).tenant(acme.id, by=ADA).members.add(BOB.user_id)
        session.rollback()
    with pytest.raises(LimitReached, match="1 of 1 members"):
        acme.add(BOB)
    with sql_store.engine.begin() as connection:
        connection.execute(text("DROP TABLE host_plans"))


def test_what_it_raises_passes_and_nothing_is_done(store: Store) -> None:
    failure = LookupError("the billing is down")
    acme = company(store, Asked(failure))
    with pytest.raises(LookupError) as raised:
        acme.add(BOB)
    assert raised.value is failure
    assert acme.user_ids() == [ADA.user_id]
    assert acme.trail() == ["tenant.created", "workspace.created", "member.added"]


@pytest.mark.parametrize("guest", [False, True])
def test_an_error_of_its_database_passes_too(sql_store: SQLAlchemyStore, guest: bool) -> None:
    def plan(tenant: Tenant, session: Session | Connection) -> Plan:
        session.execute(text("SELECT most FROM no_such_table"))
        raise AssertionError

    acme = company(sql_store, plan)
    with Session(sql_store.engine) as session:
        tenancy = acme.tenancy.using(SessionStore(session)) if guest else acme.tenancy
        with pytest.raises(DBAPIError):
            tenancy.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        tenancy.tenant(acme.id, by=ADA).update(name="Apex")
        session.commit()
    assert (acme.user_ids(), acme.context().get().name) == ([ADA.user_id], "Apex")


@pytest.mark.parametrize("returned", [None, "Starter", Plan, {"members": 1}])
def test_what_it_returns_must_be_a_plan(store: Store, returned: object) -> None:
    acme = company(store, Asked(returned))
    with pytest.raises(Invalid, match="which is no Plan"):
        acme.add(BOB)
    assert acme.user_ids() == [ADA.user_id]


def test_it_must_not_call_tenantry(store: Store) -> None:
    """It is inside a command, and would wait for the lock of that."""

    def plan(tenant: Tenant, session: object) -> Plan:
        acme.context().members.list()
        return Plan("Starter")

    acme = company(store, plan)
    with pytest.raises(Invalid, match=r"^The function of the plan calls tenantry from inside"):
        acme.add(BOB)
    assert acme.context().get().name == "Acme"


@pytest.mark.parametrize("plan", [None, Plan("Free"), Plan("Paid", workspaces=9)])
def test_what_is_not_limited_is_not_counted(sql_store: SQLAlchemyStore, plan: Plan | None) -> None:
    """T7: an unlimited plan costs no statement."""
    costs = []
    for each in (plan, Plan("Full", members=9, workspaces=9)):
        acme = company(sql_store, each)
        with counting(sql_store.engine) as executed:
            acme.context().members.add(BOB.user_id)
        costs.append(len(executed))
    assert costs[1] == costs[0] + 2


@awaited
async def test_a_host_that_awaits_has_plans_too(database: Database) -> None:
    """T7: the function is synchronous, and reads through the session that is bridged."""

    def plan(tenant: Tenant, session: Session) -> Plan:
        return Plan("Starter", members=session.execute(text("SELECT 2")).scalar_one())

    async with AsyncSession(database.engine) as session:
        tenancy = AsyncTenantry(
            store=AsyncSessionStore(session), scheme=schemes.AGENCY, secret_keys=[SECRET], plan=plan
        )
        acme = await tenancy.person(ADA).create_tenant("Acme")
        context = tenancy.tenant(acme.id, by=ADA)
        await context.members.add(BOB.user_id)
        with pytest.raises(LimitReached):
            await context.members.add(CAY.user_id)
        assert await context.plan.use("sites", 2) == 2
        assert [*map(str, await context.plan.usage())] == ["1 workspaces used", "2 of 2 members used", "2 sites used"]


@pytest.mark.parametrize("guest", [False, True])
@pytest.mark.parametrize("end", ["rollback", "commit", "ROLLBACK", "COMMIT"])
def test_a_function_cannot_end_the_transaction(sql_store: SQLAlchemyStore, end: str, guest: bool) -> None:
    """T7: beyond it there is no lock, and so no limit."""
    asked: list[str] = []

    def plan(tenant: Tenant, session: Any) -> Plan:
        for act in asked:
            getattr(session, act)() if act.islower() else session.execute(text(act))
        return Plan("Starter", members=9)

    acme = company(sql_store, plan)
    asked.append(end)
    told = Invalid if end.islower() else OutcomeUnknown
    with Session(sql_store.engine) as session:
        here = acme.tenancy.using(SessionStore(session)) if guest else acme.tenancy
        context = here.tenant(acme.id, by=ADA)
        with pytest.raises(told):
            context.members.add(BOB.user_id)
        if not end.islower():
            session.rollback()
        with pytest.raises(told):
            context.plan.usage()

    assert acme.user_ids() == [ADA.user_id]
    assert acme.context().audit.verify().first_bad is None
