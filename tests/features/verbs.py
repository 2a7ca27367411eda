"""Every public verb, with arguments that it accepts: for the tests that go through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from inspect import getmembers_static, isfunction
from types import FunctionType
from typing import Any

from tenantry import (
    Denied,
    Issued,
    NewMember,
    Origin,
    PersonContext,
    Principal,
    Scheme,
    TenantContext,
    Tenantry,
    TenantStatus,
    schemes,
)
from tenantry.access.model import Decision
from tenantry.access.service.roles import Roles
from tenantry.audit.service.audit import Audit
from tenantry.invitations.service.invitations import Invitations
from tenantry.jobs import JobsContext
from tenantry.kernel.clock import Clock, system_clock
from tenantry.kernel.principal import SYSTEM
from tenantry.members.service.members import Members
from tenantry.plans.service.plans import Plans
from tenantry.ports import Store
from tenantry.workspaces.service.workspaces import Workspaces
from tests.features.notices.postbox import Postbox, given_up
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company

ROOMS: Mapping[str, type] = {
    "tenancy": Tenantry,
    "person": PersonContext,
    "tenant": TenantContext,
    "members": Members,
    "workspaces": Workspaces,
    "invitations": Invitations,
    "roles": Roles,
    "plan": Plans,
    "audit": Audit,
    "jobs": JobsContext,
}


def public_verbs() -> Iterator[tuple[str, FunctionType]]:
    """Every verb that the front door and its services define, by its name, such as `members.add`."""
    for room, kind in ROOMS.items():
        for name, member in getmembers_static(kind, isfunction):
            if not name.startswith("_"):
                yield f"{room}.{name}", member


class World:
    """A tenant with two workspaces, members of every kind, and an invitation for Dan."""

    def __init__(
        self, store: Store, *, scheme: Scheme = schemes.AGENCY, clock: Clock = system_clock, notices: bool = False
    ) -> None:
        self.tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], clock=clock, notices=notices)
        self.acme = Company(self.tenancy, self.tenancy.person(ADA).create_tenant("Acme"))
        self.justice = self.acme.workspace("Justice")
        self.hidden = self.acme.workspace("Hidden")
        self.acme.context().workspaces.archive(self.hidden)
        self.acme.add(BOB, workspaces={self.justice: "admin"})
        self.acme.add(CAY, "admin")
        self.acme.context().members.add_role(CAY.user_id, role="member")
        context = self.acme.context()
        reader = ["tenant-api:tenant:read"]
        self.clerk = context.roles.define("Clerk", permissions=reader, level="tenant", description="Reads").id
        self.chief = context.roles.define("Chief", permissions=reader, level="tenant", inherits=[self.clerk]).id
        self.acme.add(FAY, self.clerk)
        self.issued: Issued = self.acme.invite(DAN, workspaces={self.justice: "viewer"})

    def closed(self, status: TenantStatus) -> dict[str, Any]:
        """No arguments, but the tenant suspended by its owner, or deleted."""
        context = self.acme.context()
        if context.get().status is not status:
            context.suspend("Unpaid") if status is TenantStatus.SUSPENDED else context.delete(
                confirm=context.get().name
            )
        return {}

    def verb(self, name: str, by: Principal = ADA) -> Callable[..., Any]:
        """A public verb by its name, bound to whoever is to act."""
        room, _, verb = name.partition(".")
        context = self.acme.context(by)
        found = {"tenancy": self.tenancy, "tenant": context, "jobs": self.tenancy.jobs}.get(room)
        if found is None:
            found = self.tenancy.person(by) if room == "person" else getattr(context, room)
        bound: Callable[..., Any] = getattr(found, verb)
        return bound


def paging() -> dict[str, Any]:
    return {"limit": 5, "after": None, "offset": 0, "total": True}


def denied(world: World) -> Denied:
    return Denied("No.", decision=Decision(False, "no"), tenant_id=world.acme.id, principal=BOB)


VERBS: Mapping[str, Callable[[World], dict[str, Any]]] = {
    "tenancy.using": lambda w: {"store": w.tenancy._store},
    "tenancy.person": lambda w: {"principal": EVE, "origin": Origin()},
    "tenancy.tenant": lambda w: {"tenant_id": w.acme.id, "by": ADA, "origin": Origin()},
    "tenancy.create_tenant": lambda w: {
        "name": "Beta",
        "owner": EVE,
        "slug": "beta",
        "by": SYSTEM.job("sales"),
        "created_at": datetime(2020, 1, 1, tzinfo=UTC),
        "origin": Origin(),
    },
    "tenancy.resolve": lambda w: {"slug": "acme"},
    "tenancy.inspect_invitation": lambda w: {"token": w.issued.token},
    "tenancy.transaction": lambda w: {},
    "tenancy.retry": lambda w: {"work": lambda tx: None},
    "tenancy.record_denial": lambda w: {"error": denied(w)},
    "tenancy.self_check": lambda w: {},
    "person.create_tenant": lambda w: {"name": "Beta", "slug": "beta"},
    "person.tenants": lambda w: paging(),
    "person.invitations": lambda w: paging(),
    "person.accept": lambda w: {"token": w.issued.token},
    "person.decline": lambda w: {"token": w.issued.token, "reason": "no"},
    "tenant.get": lambda w: {},
    "tenant.update": lambda w: {"name": "Apex", "slug": "apex"},
    "tenant.access": lambda w: {"workspaces": [w.justice]},
    "tenant.can": lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice},
    "tenant.check": lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice},
    "tenant.require": lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice},
    "tenant.check_many": lambda w: {"questions": ["tenant-api:member:read", ("workspace-api:member:read", w.justice)]},
    "tenant.who_can": lambda w: {
        "permission": "workspace-api:member:read",
        "workspace": w.justice,
        "order": "name",
        **paging(),
    },
    "tenant.workspaces_where": lambda w: {"permission": "workspace-api:member:read"},
    "members.get": lambda w: {"user_id": BOB.user_id},
    "members.list": lambda w: {
        "role": "member",
        "workspace": w.justice,
        "status": "active",
        "search": "bob",
        "order": "name",
        **paging(),
    },
    "members.add": lambda w: {
        "user_id": EVE.user_id,
        "role": "member",
        "workspaces": {w.justice: "viewer"},
        "name": "Eve",
        "email": "eve@acme.test",
    },
    "members.add_many": lambda w: {
        "rows": [NewMember(EVE.user_id, role="member", workspaces={w.justice: "viewer"}, email="eve@acme.test")]
    },
    "members.change_role": lambda w: {"user_id": BOB.user_id, "role": "admin"},
    "members.add_role": lambda w: {
        "user_id": BOB.user_id,
        "role": "member",
        "workspace": w.justice,
        "starts_at": datetime(2099, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2100, 1, 1, tzinfo=UTC),
    },
    "members.remove_role": lambda w: {"user_id": BOB.user_id, "role": "admin", "workspace": w.justice},
    "members.deactivate": lambda w: {"user_id": BOB.user_id},
    "members.reactivate": lambda w: {"user_id": w.acme.context().members.deactivate(FAY.user_id).user_id},
    "members.plan_removal": lambda w: {"user_id": BOB.user_id, "reassign_to": CAY.user_id},
    "members.remove": lambda w: {
        "user_id": BOB.user_id,
        "reassign_to": CAY.user_id,
        "plan": w.acme.context().members.plan_removal(BOB.user_id, reassign_to=CAY.user_id).digest,
        "confirm": "bob@acme.test",
    },
    "members.leave": lambda w: {},
    "members.record": lambda w: {
        "user_id": BOB.user_id,
        "name": "Robert",
        "email": "robert@acme.test",
        "last_sign_in_at": datetime(2026, 1, 1, tzinfo=UTC),
    },
    "roles.define": lambda w: {
        "name": "Deputy",
        "permissions": ["tenant-api:member:*"],
        "level": "tenant",
        "description": "Stands in",
        "inherits": ["member", w.clerk],
        "acts_as": "viewer",
    },
    "roles.adopt": lambda w: {"template": "auditor", "name": "Reviser"},
    "roles.get": lambda w: {"key": w.clerk},
    "roles.list": lambda w: {"level": "tenant", "order": "name", **paging()},
    "roles.matrix": lambda w: {},
    "roles.assignable": lambda w: {"workspace": w.justice},
    "roles.update": lambda w: {
        "key": w.clerk,
        "name": "Scribe",
        "permissions": ["tenant-api:member:read"],
        "description": "Writes",
        "inherits": ["member"],
        "acts_as": "viewer",
    },
    "roles.delete": lambda w: {"key": w.clerk, "replacement": "member"},
    "roles.usage": lambda w: {"key": "admin", "level": "workspace"},
    "roles.plan_update": lambda w: {
        "key": w.clerk,
        "permissions": ["tenant-api:member:read"],
        "inherits": ["member"],
        "acts_as": "viewer",
        **paging(),
    },
    "roles.move": lambda w: {"key": "viewer", "to": "member", "level": "workspace"},
    "workspaces.create": lambda w: {
        "name": "Health",
        "slug": "health",
        "description": "Care",
        "settings": {"a": 1},
        "admin": BOB.user_id,
    },
    "workspaces.get": lambda w: {"workspace_id": w.justice},
    "workspaces.list": lambda w: {"status": "active", "order": "name", **paging()},
    "workspaces.totals": lambda w: {},
    "workspaces.update": lambda w: {
        "workspace_id": w.justice,
        "name": "Law",
        "slug": "law",
        "description": "Courts",
        "settings": {"a": 1},
    },
    "workspaces.archive": lambda w: {"workspace_id": w.justice},
    "workspaces.restore": lambda w: {"workspace_id": w.hidden},
    "workspaces.members": lambda w: {"workspace_id": w.justice, "order": "name", **paging()},
    "workspaces.add_member": lambda w: {"workspace_id": w.justice, "user_id": CAY.user_id, "role": "viewer"},
    "workspaces.change_member_role": lambda w: {"workspace_id": w.justice, "user_id": BOB.user_id, "role": "viewer"},
    "workspaces.remove_member": lambda w: {"workspace_id": w.justice, "user_id": BOB.user_id},
    "workspaces.record_counters": lambda w: {"workspace_id": w.justice, "counters": {"mails": 1}},
    "invitations.send": lambda w: {
        "email": "eve@acme.test",
        "role": "member",
        "workspaces": {w.justice: "viewer"},
        "expires_in": timedelta(days=1),
        "message": "Welcome!",
    },
    "invitations.resend": lambda w: {"invitation_id": w.issued.invitation.id, "expires_in": timedelta(days=1)},
    "invitations.update": lambda w: {
        "invitation_id": w.issued.invitation.id,
        "role": "member",
        "workspaces": {w.justice: "admin"},
        "expires_in": timedelta(days=1),
        "message": "Welcome!",
    },
    "invitations.revoke": lambda w: {"invitation_id": w.issued.invitation.id},
    "invitations.get": lambda w: {"invitation_id": w.issued.invitation.id},
    "invitations.list": lambda w: {"status": "pending", "workspace": w.justice, "order": "newest", **paging()},
    "plan.usage": lambda w: {"workspace": w.justice},
    "plan.use": lambda w: {"counter": "applications", "amount": 1, "workspace": w.justice},
    "audit.list": lambda w: {"order": "newest", **paging()},
    "audit.verify": lambda w: {"checkpoint": w.acme.context().audit.checkpoint()},
    "audit.checkpoint": lambda w: {"since": w.acme.context().audit.checkpoint()},
    "tenant.owners": lambda w: {},
    "jobs.events": lambda w: {"after": None, "limit": 5},
    "jobs.purge": lambda w: {"limit": 5},
    "jobs.dispatch_notices": lambda w: {"mailer": Postbox(), "limit": 5},
    "jobs.dead_notices": lambda w: {"order": "newest", **paging()},
    "jobs.retry_notice": lambda w: {"notice_id": given_up(w.acme)},
    # these close the tenant, so they come last
    "tenant.suspend": lambda w: {"reason": "Unpaid"},
    "tenant.resume": lambda w: w.closed(TenantStatus.SUSPENDED),
    "tenant.delete": lambda w: {"confirm": w.acme.context().get().name},
    "tenant.restore": lambda w: w.closed(TenantStatus.DELETED),
    # after these Ada owns nothing, and Bob is gone
    "members.transfer_ownership": lambda w: {"to": BOB.user_id, "role": "member"},
    "tenancy.forget": lambda w: {"user_id": BOB.user_id, "emails": ["bob@acme.test"], "by": SYSTEM.job("privacy")},
}

QUESTIONS = ("tenant.access", "tenant.can", "tenant.check", "tenant.check_many", "tenant.workspaces_where")
"""What is answered with a no, where others refuse."""

ACTS_AS: Mapping[str, Principal] = {
    "members.leave": BOB,
    "person.accept": DAN,
    "person.decline": DAN,
    "person.create_tenant": EVE,
}
"""Who does it, where the owner could not."""
