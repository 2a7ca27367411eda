"""What a type checker infers for a host that does not await. Nothing here runs: mypy and pyright read it."""

from __future__ import annotations

from typing import Literal, assert_type

from sqlalchemy import Engine
from sqlalchemy.orm import Session

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
    Tenantry,
    Workspace,
    WorkspaceTotals,
    schemes,
)
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSessionStore, SessionStore, SQLAlchemyStore


def doors(tenancy: Tenantry, engine: Engine, session: Session, awaited: AsyncSessionStore) -> None:
    assert_type(tenancy.using(MemoryStore()), Tenantry)
    assert_type(tenancy.using(SQLAlchemyStore(engine)), Tenantry)
    assert_type(tenancy.using(SessionStore(session)), Tenantry)
    assert_type(tenancy.using(awaited), AsyncTenantry)
    Tenantry(store=awaited, scheme=schemes.AGENCY, secret_keys=[""])  # type: ignore[arg-type]
    Tenantry(MemoryStore(), schemes.AGENCY, [""])  # type: ignore[call-arg]


def across(tenancy: Tenantry, ada: Principal) -> None:
    assert_type(tenancy.create_tenant("Acme", owner=ada), Tenant)
    assert_type(tenancy.resolve("acme"), str)
    assert_type(tenancy.inspect_invitation(""), InvitationPreview)
    me = tenancy.person(ada)
    assert_type(me.create_tenant("Acme"), Tenant)
    assert_type(me.tenants(), Page[MyTenant])
    assert_type(me.invitations(), Page[InvitationPreview])
    assert_type(me.accept(""), Accepted)
    with tenancy.transaction() as tx:
        assert_type(tx, Tenantry)
    assert_type(tenancy.retry(lambda tx: tx.resolve("acme")), str)


def inside(tenancy: Tenantry, ada: Principal) -> None:
    desk = tenancy.tenant("", by=ada)
    assert_type(desk.get(), Tenant)
    assert_type(desk.access(), Access)
    assert_type(desk.can("a:b:c"), bool)
    assert_type(desk.check("a:b:c"), Decision)
    assert_type(desk.workspaces_where("a:b:c"), frozenset[str] | Literal["all"])
    assert_type(desk.members.list(), Page[Membership])
    assert_type(desk.members.list()[0].roles, tuple[str, ...])
    assert_type(desk.members.add("user_bob", role="member"), Membership)
    assert_type(desk.workspaces.create("Justice"), Workspace)
    assert_type(desk.workspaces.list(), Page[Workspace])
    assert_type(desk.workspaces.totals(), WorkspaceTotals)
    assert_type(desk.workspaces.members(""), Page[Membership])
    assert_type(desk.invitations.send("bob@acme.test"), Issued)
    assert_type(desk.invitations.list(), Page[Invitation])
    assert_type(desk.audit.list(), Page[AuditEvent])


def mistakes(tenancy: Tenantry, ada: Principal) -> None:
    desk = tenancy.tenant("", by=ada)
    tenancy.tenant("", ada)  # type: ignore[call-arg]
    tenancy.tenant("")  # type: ignore[call-arg]
    desk.members.add("user_bob", "member")  # type: ignore[call-arg]
    desk.members.change_role("user_bob")  # type: ignore[call-arg]
    desk.members.list(rolle="member")  # type: ignore[call-arg]
    desk.invitations.send("bob@acme.test", "member")  # type: ignore[call-arg]
    desk.can("a:b:c", "ws_1")  # type: ignore[call-arg]
    desk.workspaces.create(5)  # type: ignore[arg-type]
    tenancy.person(None)  # type: ignore[arg-type]
