"""A host that awaits, in its own transaction."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tenantry import AsyncTenantry, Denied, LastOwner, SlugTaken
from tenantry.sqlalchemy import AsyncSessionStore
from tests.features.awaiting import Database, awaited, awaiting
from tests.features.people import ADA, BOB, CAY, Company


@awaited
async def test_what_the_host_rolls_back_never_was(database: Database) -> None:
    """RC-19"""
    async with AsyncSession(database.engine) as session:
        tenancy = database.hosted(session)
        acme = await tenancy.person(ADA).create_tenant("Acme")
        await tenancy.tenant(acme.id, by=ADA).members.add(BOB.user_id)
        assert len(await tenancy.tenant(acme.id, by=ADA).members.list()) == 2
        await session.rollback()

        assert not await tenancy.person(ADA).tenants()
    assert not database.seen.person(ADA).tenants()


@awaited
async def test_a_refused_command_leaves_the_hosts_transaction_usable_and_the_tenant_unlocked(
    database: Database,
) -> None:
    """Law 2"""
    acme = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    async with AsyncSession(database.engine) as session:
        context = database.hosted(session).tenant(acme.id, by=ADA)
        with pytest.raises(LastOwner):
            await context.members.leave()
        with pytest.raises(SlugTaken):
            await context.workspaces.create("Other", slug="general")
        assert await session.scalar(text("SELECT count(*) FROM tenantry_memberships")) == 1
        acme.add(CAY)  # through another connection, while the host's transaction is open
        await context.members.add(BOB.user_id)
        await session.commit()

    assert acme.user_ids() == [ADA.user_id, CAY.user_id, BOB.user_id]


@awaited
async def test_a_denial_is_recorded_when_the_host_says_so(database: Database) -> None:
    """AU-01"""
    acme = Company(database.seen, database.seen.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    async with AsyncSession(database.engine) as session:
        tenancy = database.hosted(session)
        with pytest.raises(Denied) as refused:
            await tenancy.tenant(acme.id, by=BOB).members.list()
        await session.rollback()
        await tenancy.record_denial(refused.value)
        await session.commit()

    assert acme.trail()[-1] == "access.denied"


@awaited
async def test_an_open_connection_is_a_host_too(database: Database) -> None:
    async with database.engine.connect() as connection:
        tenancy = awaiting(AsyncSessionStore(connection))
        await tenancy.person(ADA).create_tenant("Acme")
        await connection.commit()
        await tenancy.person(ADA).create_tenant("Beta")
        await connection.rollback()

    assert [my.tenant.name for my in database.seen.person(ADA).tenants()] == ["Acme"]


@awaited
async def test_a_synchronous_tenantry_serves_an_awaiting_host(database: Database) -> None:
    """One object for the whole application: `using` makes the one for a request."""
    async with AsyncSession(database.engine) as session, session.begin():
        tenancy = database.seen.using(AsyncSessionStore(session))
        assert isinstance(tenancy, AsyncTenantry)
        await tenancy.person(ADA).create_tenant("Acme")

    assert len(database.seen.person(ADA).tenants()) == 1
