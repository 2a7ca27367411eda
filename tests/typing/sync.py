"""What a type checker infers for a host that does not await. Nothing here runs: mypy and pyright read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, assert_type

from sqlalchemy import ColumnElement, Delete, Engine, Select, Update, delete, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tenantry import (
    Accepted,
    Access,
    AccessChange,
    AsyncTenantry,
    AuditEvent,
    CustomRole,
    Decision,
    Delivery,
    Dispatched,
    Finding,
    Forgotten,
    Grant,
    Invitation,
    InvitationPreview,
    Issued,
    Level,
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
    Tenantry,
    Usage,
    Verification,
    Workspace,
    WorkspaceTotals,
    schemes,
)
from tenantry.jinja import Templates
from tenantry.memory import MemoryStore
from tenantry.smtp import SMTPMailer
from tenantry.sqlalchemy import AsyncSessionStore, SessionStore, SQLAlchemyStore, authorized, permitted


class Base(DeclarativeBase):
    pass


class Campaign(Base):
    __tablename__ = "campaigns"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    workspace_id: Mapped[str]


def doors(tenancy: Tenantry, engine: Engine, session: Session, awaited: AsyncSessionStore) -> None:
    assert_type(tenancy.using(MemoryStore()), Tenantry)
    assert_type(tenancy.using(SQLAlchemyStore(engine)), Tenantry)
    assert_type(tenancy.using(SessionStore(session)), Tenantry)
    assert_type(tenancy.using(awaited), AsyncTenantry)
    Tenantry(store=awaited, scheme=schemes.AGENCY, secret_keys=[""])  # type: ignore[arg-type]
    Tenantry(MemoryStore(), schemes.AGENCY, [""])  # type: ignore[call-arg]
    Tenantry(
        store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[""], plan=lambda tenant, session: Plan(tenant.name)
    )
    Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[""], plan=Plan("Free", members="5"))  # type: ignore[arg-type]


def across(tenancy: Tenantry, ada: Principal) -> None:
    assert_type(tenancy.create_tenant("Acme", owner=ada), Tenant)
    assert_type(tenancy.forget("user_bob", emails=["bob@acme.test"]), Forgotten)
    assert_type(tenancy.forget("user_bob").left, tuple[str, ...])
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
    assert_type(tenancy.self_check(), Sequence[Finding])


def inside(tenancy: Tenantry, ada: Principal) -> None:
    context = tenancy.tenant("", by=ada)
    assert_type(context.get(), Tenant)
    assert_type(context.access(), Access)
    assert_type(context.can("a:b:c"), bool)
    assert_type(context.check("a:b:c"), Decision)
    assert_type(context.workspaces_where("a:b:c"), frozenset[str] | Literal["all"])
    assert_type(context.members.list(), Page[Membership])
    assert_type(context.members.list()[0].roles, tuple[str, ...])
    assert_type(context.members.add("user_bob", role="member"), Membership)
    rows = (NewMember(f"user_{number}", workspaces={"ws_1": "viewer"}) for number in range(3))
    assert_type(context.members.add_many(rows), Sequence[Membership])
    NewMember("user_bob", "member")  # type: ignore[call-arg]
    plan = context.members.plan_removal("user_bob", reassign_to="user_cay")
    assert_type(plan, RemovalPlan)
    assert_type((plan.digest, plan.resources), tuple[str, Mapping[str, int]])
    context.members.remove("user_bob", plan=plan)
    context.members.remove("user_bob", plan=plan.digest, confirm="bob@acme.test")
    context.members.remove("user_bob", plan=1)  # type: ignore[arg-type]
    assert_type(context.members.transfer_ownership(to="user_bob"), Membership)
    context.members.transfer_ownership("user_bob")  # type: ignore[call-arg]
    assert_type(context.members.reactivate("user_bob"), Reactivated)
    assert_type(context.members.reactivate("user_bob").dropped, tuple[Grant, ...])
    assert_type(context.workspaces.create("Justice"), Workspace)
    assert_type(context.workspaces.list(), Page[Workspace])
    assert_type(context.workspaces.totals(), WorkspaceTotals)
    assert_type(context.workspaces.members(""), Page[Membership])
    assert_type(context.invitations.send("bob@acme.test"), Issued)
    assert_type(context.invitations.list(), Page[Invitation])
    assert_type(context.audit.list(), Page[AuditEvent])
    assert_type(tenancy.jobs.events(after=None, limit=10), Page[AuditEvent])
    assert_type(context.plan.get(), Plan)
    assert_type(context.plan.usage(), Sequence[Usage])
    assert_type(context.plan.use("sites"), int)
    assert_type(context.overview(), Overview)
    assert_type(context.members.get("user_ada", actions=True).actions, frozenset[str] | None)
    assert_type(context.workspaces.list(actions=True), Page[Workspace])
    assert_type(context.owners(), Sequence[Owner])
    assert_type(context.suspend("Unpaid."), Tenant)
    assert_type(context.delete(confirm="Acme"), Tenant)
    assert_type(tenancy.jobs.purge(), Purged)
    assert_type(context.audit.verify(checkpoint=context.audit.checkpoint()), Verification)


def roles(tenancy: Tenantry, ada: Principal, at: datetime) -> None:
    context = tenancy.tenant("", by=ada)
    assert_type(context.roles.define("Clerk", permissions=["a:*:*"], level="tenant", inherits={"member"}), CustomRole)
    assert_type(context.roles.adopt("auditor", name="Reviser"), CustomRole)
    assert_type(context.roles.get("rol_1"), CustomRole)
    assert_type(context.roles.get("rol_1").level, Level)
    assert_type(context.roles.list(level="tenant"), Page[CustomRole])
    assert_type(context.roles.matrix(), Matrix)
    assert_type(context.roles.update("rol_1", permissions=frozenset({"a:b:c"}), acts_as=""), CustomRole)
    assert_type(context.roles.choices("tenant"), Sequence[RoleChoice])
    assert_type(context.roles.plan_delete("rol_1", "member"), RolePlan)
    assert_type(context.roles.plan_update("rol_1", inherits=()), RolePlan)
    assert_type(context.roles.plan_update("rol_1")[0].changes, tuple[AccessChange, ...])
    assert_type(context.roles.usage("admin", level="workspace"), RoleUsage)
    assert_type(context.roles.move("viewer", to="member", level="workspace"), int)
    assert_type(context.members.add_role("user_bob", role="rol_1", workspace="ws_1", ends_at=at), Membership)
    assert_type(context.members.remove_role("user_bob", role="rol_1"), Membership)
    assert_type(context.members.get("user_bob").grants, tuple[Grant, ...])
    context.roles.delete("rol_1", replacement="member")


def questions(tenancy: Tenantry, ada: Principal, session: Session) -> None:
    context = tenancy.tenant("", by=ada)
    access = context.access(workspaces=["ws_1"])
    assert_type(context.check_many(["a:b:c", ("a:b:c", "ws_1")]), Sequence[Decision])
    assert_type(access.check_many([("a:b:c", place) for place in ("ws_1", "ws_2")]), Sequence[Decision])
    assert_type(context.check("a:b:c").grants, tuple[Grant, ...])
    assert_type(context.who_can("a:b:c", workspace="ws_1"), Page[Membership])
    assert_type(access.at_least("admin"), bool)
    place = Campaign.workspace_id
    assert_type(authorized(select(Campaign), access, "a:b:c", workspace=place), Select[Campaign])
    assert_type(authorized(select(Campaign.id, Campaign.name), access, "a:b:c", workspace=place), Select[int, str])
    campaigns = session.scalars(authorized(select(Campaign), access, "a:b:c", workspace=place))
    assert_type(campaigns.all(), Sequence[Campaign])
    assert_type(authorized(update(Campaign), access, "a:b:c", workspace=place), Update)
    assert_type(authorized(delete(Campaign), access, "a:b:c", workspace=place), Delete)
    assert_type(permitted(access, "a:b:c", workspace=place), ColumnElement[bool])


class Post:
    def send(self, delivery: Delivery) -> None:
        assert_type(delivery.token, str | None)


class Rubbish:
    def send(self) -> None: ...


def notices(tenancy: Tenantry, templates: Templates) -> None:
    smtp = SMTPMailer("mail.acme.test", 587, sender="no-reply@acme.test", templates=templates)
    assert_type(tenancy.jobs.dispatch_notices(Post()), Dispatched)
    assert_type(tenancy.jobs.dispatch_notices(smtp, limit=10), Dispatched)
    assert_type(tenancy.jobs.dead_notices(), Page[Notice])
    tenancy.jobs.retry_notice("ntc_1")
    tenancy.jobs.dispatch_notices(Rubbish())  # type: ignore[arg-type]
    Templates("https://acme.test/{token}")  # type: ignore[call-arg]


def mistakes(tenancy: Tenantry, ada: Principal) -> None:
    context = tenancy.tenant("", by=ada)
    tenancy.tenant("", ada)  # type: ignore[call-arg]
    tenancy.tenant("")  # type: ignore[call-arg]
    context.members.add("user_bob", "member")  # type: ignore[call-arg]
    context.members.change_role("user_bob")  # type: ignore[call-arg]
    context.members.list(rolle="member")  # type: ignore[call-arg]
    context.invitations.send("bob@acme.test", "member")  # type: ignore[call-arg]
    context.can("a:b:c", "ws_1")  # type: ignore[call-arg]
    context.workspaces.create(5)  # type: ignore[arg-type]
    context.roles.define("Clerk", level="tenant")  # type: ignore[call-arg]
    context.roles.define("Clerk", ["a:b:c"], level="tenant")  # type: ignore[call-arg]
    context.roles.update("rol_1", level="tenant")  # type: ignore[call-arg]
    context.roles.move("admin", "member")  # type: ignore[call-arg]
    context.members.add_role("user_bob", role="admin", ends_at="tomorrow")  # type: ignore[arg-type]
    authorized(select(Campaign), context.access(), "a:b:c")  # type: ignore[call-arg]
    tenancy.person(None)  # type: ignore[arg-type]
