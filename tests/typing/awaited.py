"""What a type checker infers for a host that awaits. Nothing here runs: mypy and pyright read it."""

from __future__ import annotations

import asyncio
from typing import Literal, assert_type

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tenantry import (
    Accepted,
    Access,
    AsyncTenantry,
    AuditEvent,
    Decision,
    Invitation,
    InvitationPreview,
    Issued,
    Membership,
    MyTenant,
    Page,
    Principal,
    Tenant,
    Workspace,
    schemes,
)
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore


def doors(engine: AsyncEngine, session: AsyncSession) -> None:
    for store in (MemoryStore(), AsyncSQLAlchemyStore(engine), AsyncSessionStore(session)):
        tenancy = AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=[""])
        assert_type(tenancy.using(AsyncSessionStore(session)), AsyncTenantry)
        assert_type(tenancy.using(MemoryStore()), AsyncTenantry)


async def across(tenancy: AsyncTenantry, ada: Principal) -> None:
    assert_type(await tenancy.create_tenant("Acme", owner=ada), Tenant)
    assert_type(await tenancy.resolve("acme"), str)
    assert_type(await tenancy.inspect_invitation(""), InvitationPreview)
    me = tenancy.person(ada)
    assert_type(await me.create_tenant("Acme"), Tenant)
    assert_type(await me.tenants(), Page[MyTenant])
    assert_type(await me.invitations(), Page[InvitationPreview])
    assert_type(await me.accept(""), Accepted)
    async with tenancy.transaction() as tx:
        assert_type(tx, AsyncTenantry)

    async def work(tx: AsyncTenantry) -> int:
        return len(await tx.person(ada).tenants())

    assert_type(await tenancy.retry(work), int)
    assert_type(await tenancy.run(lambda t: t.resolve("acme")), str)


async def inside(tenancy: AsyncTenantry, ada: Principal) -> None:
    desk = tenancy.tenant("", by=ada)
    assert_type(await desk.get(), Tenant)
    assert_type(await desk.access(), Access)
    assert_type(await desk.can("a:b:c"), bool)
    assert_type(await desk.check("a:b:c"), Decision)
    assert_type(await desk.workspaces_where("a:b:c"), frozenset[str] | Literal["all"])
    assert_type(await desk.members.list(), Page[Membership])
    assert_type((await desk.members.list())[0].roles, tuple[str, ...])
    assert_type(await desk.workspaces.create("Justice"), Workspace)
    assert_type(await desk.workspaces.members(""), Page[Membership])
    assert_type(await desk.invitations.send("bob@acme.test"), Issued)
    assert_type(await desk.invitations.list(), Page[Invitation])
    assert_type(await desk.audit.list(), Page[AuditEvent])
    assert_type(await desk.run(lambda t: [w.id for w in t.workspaces.list()]), list[str])
    assert_type(asyncio.create_task(desk.members.list()), asyncio.Task[Page[Membership]])


async def mistakes(tenancy: AsyncTenantry, ada: Principal) -> None:
    desk = tenancy.tenant("", by=ada)
    await desk.members.add("user_bob", "member")  # type: ignore[call-arg]
    await desk.members.change_role("user_bob")  # type: ignore[call-arg]
    await desk.members.list(rolle="member")  # type: ignore[call-arg]
    await desk.workspaces.create(5)  # type: ignore[arg-type]
    len(desk.members.list())  # type: ignore[arg-type]
