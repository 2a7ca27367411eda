"""What a type checker infers for a host that awaits. Nothing here runs: mypy and pyright read it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, assert_type

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tenantry import (
    Accepted,
    Access,
    AsyncTenantry,
    AuditEvent,
    CustomRole,
    Decision,
    Delivery,
    Dispatched,
    Finding,
    Forgotten,
    Invitation,
    InvitationPreview,
    Issued,
    Matrix,
    Membership,
    MyTenant,
    NewMember,
    Notice,
    Overview,
    Owner,
    Page,
    Plan,
    Principal,
    Purged,
    Reactivated,
    RemovalPlan,
    RoleChoice,
    RolePlan,
    RoleUsage,
    Tenant,
    Usage,
    Verification,
    Workspace,
    schemes,
)
from tenantry.jinja import Templates
from tenantry.memory import MemoryStore
from tenantry.smtp import SMTPMailer
from tenantry.sqlalchemy import AsyncSessionStore, AsyncSQLAlchemyStore, authorized


def doors(engine: AsyncEngine, session: AsyncSession) -> None:
    for store in (MemoryStore(), AsyncSQLAlchemyStore(engine), AsyncSessionStore(session)):
        tenancy = AsyncTenantry(store=store, scheme=schemes.AGENCY, secret_keys=[""])
        assert_type(tenancy.using(AsyncSessionStore(session)), AsyncTenantry)
        assert_type(tenancy.using(MemoryStore()), AsyncTenantry)


async def across(tenancy: AsyncTenantry, ada: Principal) -> None:
    assert_type(await tenancy.create_tenant("Acme", owner=ada), Tenant)
    assert_type(await tenancy.forget("user_bob"), Forgotten)
    assert_type(await tenancy.tenant("", by=ada).members.add_many([NewMember("user_bob")]), Sequence[Membership])
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
    assert_type(await tenancy.self_check(), Sequence[Finding])


async def inside(tenancy: AsyncTenantry, ada: Principal) -> None:
    context = tenancy.tenant("", by=ada)
    assert_type(await context.get(), Tenant)
    assert_type(await context.access(), Access)
    assert_type(await context.can("a:b:c"), bool)
    assert_type(await context.check("a:b:c"), Decision)
    assert_type(await context.workspaces_where("a:b:c"), frozenset[str] | Literal["all"])
    assert_type(await context.members.list(), Page[Membership])
    assert_type((await context.members.list())[0].roles, tuple[str, ...])
    assert_type(await context.workspaces.create("Justice"), Workspace)
    assert_type(await context.workspaces.members(""), Page[Membership])
    assert_type(await context.invitations.send("bob@acme.test"), Issued)
    assert_type(await context.invitations.list(), Page[Invitation])
    assert_type(await context.audit.list(), Page[AuditEvent])
    assert_type(await context.plan.get(), Plan)
    assert_type(await context.plan.usage(), Sequence[Usage])
    assert_type(await context.plan.use("sites"), int)
    assert_type(await context.overview(), Overview)
    assert_type((await context.members.get("user_ada", actions=True)).actions, frozenset[str] | None)
    assert_type(await context.workspaces.list(actions=True), Page[Workspace])
    assert_type(await context.owners(), Sequence[Owner])
    assert_type(await context.suspend("Unpaid."), Tenant)
    assert_type(await context.delete(confirm="Acme"), Tenant)
    assert_type(await tenancy.jobs.purge(), Purged)
    assert_type(await tenancy.jobs.events(after=None, limit=10), Page[AuditEvent])
    assert_type(await context.audit.verify(checkpoint=await context.audit.checkpoint()), Verification)
    assert_type(await context.run(lambda t: [w.id for w in t.workspaces.list()]), list[str])
    assert_type(asyncio.create_task(context.members.list()), asyncio.Task[Page[Membership]])


async def roles(tenancy: AsyncTenantry, ada: Principal) -> None:
    context = tenancy.tenant("", by=ada)
    assert_type(await context.roles.define("Clerk", permissions=["a:*:*"], level="tenant"), CustomRole)
    assert_type(await context.roles.adopt("auditor"), CustomRole)
    assert_type(await context.roles.get("rol_1"), CustomRole)
    assert_type(await context.roles.list(), Page[CustomRole])
    assert_type(await context.roles.matrix(), Matrix)
    assert_type(await context.roles.choices(), Sequence[RoleChoice])
    assert_type(await context.roles.update("rol_1", name="Scribe"), CustomRole)
    assert_type(await context.roles.plan_delete("rol_1", "member"), RolePlan)
    assert_type(await context.roles.plan_update("rol_1", permissions=[]), RolePlan)
    assert_type(await context.roles.usage("rol_1"), RoleUsage)
    assert_type(await context.roles.move("viewer", to="member"), int)
    assert_type(await context.members.add_role("user_bob", role="rol_1", workspace="ws_1"), Membership)
    assert_type(await context.members.remove_role("user_bob", role="rol_1"), Membership)
    assert_type(await context.members.plan_removal("user_bob"), RemovalPlan)
    assert_type(await context.members.transfer_ownership(to="user_bob"), Membership)
    assert_type(await context.members.reactivate("user_bob"), Reactivated)
    assert_type(await context.check_many(["a:b:c", ("a:b:c", "ws_1")]), Sequence[Decision])
    assert_type(await context.who_can("a:b:c"), Page[Membership])
    assert_type((await context.access()).check_many(["a:b:c"]), Sequence[Decision])
    await context.roles.delete("rol_1")


class Post:
    async def send(self, delivery: Delivery) -> None:
        assert_type(delivery.token, str | None)


class Rubbish:
    def send(self, delivery: str) -> None: ...


async def notices(tenancy: AsyncTenantry, templates: Templates) -> None:
    smtp = SMTPMailer("mail.acme.test", 587, sender="no-reply@acme.test", templates=templates)
    assert_type(await tenancy.jobs.dispatch_notices(Post()), Dispatched)
    assert_type(await tenancy.jobs.dispatch_notices(smtp, limit=10), Dispatched)
    assert_type(await tenancy.jobs.dead_notices(), Page[Notice])
    await tenancy.jobs.retry_notice("ntc_1")
    await tenancy.jobs.dispatch_notices(Rubbish())  # type: ignore[arg-type]
    Templates("https://acme.test/{token}")  # type: ignore[call-arg]


async def mistakes(tenancy: AsyncTenantry, ada: Principal) -> None:
    context = tenancy.tenant("", by=ada)
    await context.members.add("user_bob", "member")  # type: ignore[call-arg]
    await context.members.change_role("user_bob")  # type: ignore[call-arg]
    await context.members.list(rolle="member")  # type: ignore[call-arg]
    await context.workspaces.create(5)  # type: ignore[arg-type]
    len(context.members.list())  # type: ignore[arg-type]
    await context.roles.define("Clerk", level="tenant")  # type: ignore[call-arg]
    authorized(select(1), context.access(), "a:b:c", workspace=None)  # type: ignore[arg-type]
