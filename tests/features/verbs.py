"""Every public verb, with arguments that it accepts: for the tests that go through all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from tenantry import (
    Denied,
    Issued,
    NewMember,
    Origin,
    Principal,
    Scheme,
    TenantContext,
    Tenantry,
    TenantStatus,
    schemes,
)
from tenantry.access.model import Decision
from tenantry.kernel.clock import Clock, system_clock
from tenantry.kernel.principal import SYSTEM
from tenantry.ports import Store
from tests.features.front_door import rooms
from tests.features.notices.postbox import Postbox, given_up
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company


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


def former_slug(world: World) -> str:
    """A slug that the tenant has no more."""
    context = world.acme.context()
    present = context.get().slug
    context.update(slug="formerly")
    context.update(slug=present)
    return "formerly"


@frozen
class Verb:
    """What every sweep knows of a public verb.

    Args:
        args: Arguments that it accepts in a world.
        statements: How many statements it may cost with these; a list counts its total there, which is one of them.
        reads: Whether it only asks, and so leaves nothing when it succeeds either.
        across: How many of the statements are about no tenant or about all, so that no record of the log counts them.
        by: Who does it, where the owner could not.
        doing: Arguments with which it does something, where those others do nothing.
        several: Whether it takes several transactions, and so promises less. It then has fault tests of its own.
    """

    args: Callable[[World], dict[str, Any]]
    statements: int = field(kw_only=True)
    reads: bool = field(kw_only=True)
    across: int = field(default=0, kw_only=True)
    by: Principal = field(default=ADA, kw_only=True)
    doing: Callable[[World], dict[str, Any]] | None = field(default=None, kw_only=True)
    several: bool = field(default=False, kw_only=True)

    @property
    def asks_nothing(self) -> bool:
        """Whether it never comes to a store."""
        return not self.statements and self.doing is None


VERBS: Mapping[str, Verb] = {
    "tenancy.using": Verb(lambda w: {"store": w.tenancy._store}, statements=0, reads=True),
    "tenancy.person": Verb(lambda w: {"principal": EVE, "origin": Origin()}, statements=0, reads=True),
    "tenancy.tenant": Verb(lambda w: {"tenant_id": w.acme.id, "by": ADA, "origin": Origin()}, statements=0, reads=True),
    "tenancy.create_tenant": Verb(
        lambda w: {
            "name": "Beta",
            "owner": EVE,
            "slug": "beta",
            "by": SYSTEM.job("sales"),
            "created_at": datetime(2020, 1, 1, tzinfo=UTC),
            "origin": Origin(),
        },
        statements=7,
        reads=False,
    ),
    "tenancy.resolve": Verb(lambda w: {"slug": "acme"}, statements=1, reads=True, across=1),
    "tenancy.inspect_invitation": Verb(lambda w: {"token": w.issued.token, "by": DAN}, statements=9, reads=True),
    "tenancy.tenants": Verb(
        lambda w: {"by": SYSTEM.job("support"), "status": "active", "search": "ac", "order": "name", **paging()},
        statements=2,
        reads=True,
        across=2,
    ),
    "tenancy.memberships_of": Verb(
        lambda w: {"user_id": BOB.user_id, "by": SYSTEM.job("support"), **paging()}, statements=4, reads=True, across=4
    ),
    "tenancy.locate": Verb(
        lambda w: {"id": w.justice, "by": SYSTEM.job("support")}, statements=1, reads=True, across=1
    ),
    "tenancy.transaction": Verb(lambda w: {}, statements=0, reads=True),
    "tenancy.retry": Verb(
        lambda w: {"work": lambda tx: None},
        statements=0,
        reads=False,
        doing=lambda w: {"work": lambda tx: tx.tenant(w.acme.id, by=ADA).workspaces.create("Health")},
    ),
    "tenancy.record_denial": Verb(lambda w: {"error": denied(w)}, statements=5, reads=False),
    "tenancy.self_check": Verb(lambda w: {}, statements=3, reads=True, across=3),
    "person.create_tenant": Verb(lambda w: {"name": "Beta", "slug": "beta"}, statements=7, reads=False, by=EVE),
    "person.tenants": Verb(lambda w: paging(), statements=4, reads=True, across=4),
    "person.invitations": Verb(lambda w: paging(), statements=2, reads=True, across=2),
    "person.locate": Verb(lambda w: {"id": w.justice}, statements=1, reads=True, across=1),
    "person.accept": Verb(lambda w: {"token": w.issued.token}, statements=10, reads=False, by=DAN),
    "person.decline": Verb(lambda w: {"token": w.issued.token, "reason": "no"}, statements=5, reads=False, by=DAN),
    "person.accept_offer": Verb(
        lambda w: {"invitation_id": w.issued.invitation.id}, statements=11, reads=False, across=1, by=DAN
    ),
    "person.decline_offer": Verb(
        lambda w: {"invitation_id": w.issued.invitation.id, "reason": "no"},
        statements=6,
        reads=False,
        across=1,
        by=DAN,
    ),
    "tenant.get": Verb(lambda w: {}, statements=2, reads=True),
    "tenant.overview": Verb(lambda w: {}, statements=4, reads=True, across=1),
    "tenant.update": Verb(lambda w: {"name": "Apex", "slug": "apex"}, statements=6, reads=False),
    "tenant.release_slug": Verb(lambda w: {"slug": former_slug(w)}, statements=6, reads=False, by=SYSTEM),
    "tenant.access": Verb(lambda w: {"workspaces": [w.justice]}, statements=1, reads=True),
    "tenant.can": Verb(
        lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice}, statements=1, reads=True
    ),
    "tenant.check": Verb(
        lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice}, statements=1, reads=True
    ),
    "tenant.require": Verb(
        lambda w: {"permission": "workspace-api:member:read", "workspace": w.justice}, statements=1, reads=True
    ),
    "tenant.check_many": Verb(
        lambda w: {"questions": ["tenant-api:member:read", ("workspace-api:member:read", w.justice)]},
        statements=1,
        reads=True,
    ),
    "tenant.who_can": Verb(
        lambda w: {
            "permission": "workspace-api:member:read",
            "workspace": w.justice,
            "order": "name",
            **paging(),
        },
        statements=6,
        reads=True,
    ),
    "tenant.workspaces_where": Verb(lambda w: {"permission": "workspace-api:member:read"}, statements=1, reads=True),
    "members.get": Verb(lambda w: {"user_id": BOB.user_id, "actions": True}, statements=3, reads=True),
    "members.list": Verb(
        lambda w: {
            "role": "member",
            "workspace": w.justice,
            "status": "active",
            "search": "bob",
            "order": "name",
            "actions": True,
            **paging(),
        },
        statements=4,
        reads=True,
    ),
    "members.add": Verb(
        lambda w: {
            "user_id": EVE.user_id,
            "role": "member",
            "workspaces": {w.justice: "viewer"},
            "name": "Eve",
            "email": "eve@acme.test",
            "email_verified": False,
        },
        statements=7,
        reads=False,
    ),
    "members.add_many": Verb(
        lambda w: {
            "rows": [NewMember(EVE.user_id, role="member", workspaces={w.justice: "viewer"}, email="eve@acme.test")]
        },
        statements=8,
        reads=False,
    ),
    "person.signed_in": Verb(
        lambda w: {"at": datetime(2026, 1, 1, tzinfo=UTC)}, statements=1, reads=False, across=1, by=BOB
    ),
    "person.refresh_profile": Verb(
        lambda w: {}, statements=7, reads=False, across=1, by=evolve(BOB, name="Robert"), several=True
    ),
    "members.change_role": Verb(lambda w: {"user_id": BOB.user_id, "role": "admin"}, statements=10, reads=False),
    "members.add_role": Verb(
        lambda w: {
            "user_id": BOB.user_id,
            "role": "member",
            "workspace": w.justice,
            "starts_at": datetime(2099, 1, 1, tzinfo=UTC),
            "ends_at": datetime(2100, 1, 1, tzinfo=UTC),
        },
        statements=7,
        reads=False,
    ),
    "members.remove_role": Verb(
        lambda w: {"user_id": BOB.user_id, "role": "admin", "workspace": w.justice}, statements=8, reads=False
    ),
    "members.deactivate": Verb(lambda w: {"user_id": BOB.user_id, "reason": "On leave"}, statements=8, reads=False),
    "members.reactivate": Verb(
        lambda w: {"user_id": w.acme.context().members.deactivate(FAY.user_id).user_id}, statements=9, reads=False
    ),
    "members.plan_removal": Verb(  # of these one for the names of workspaces, and one for who could inherit
        lambda w: {"user_id": BOB.user_id, "reassign_to": CAY.user_id},
        statements=9,
        reads=True,
    ),
    "members.remove": Verb(
        lambda w: {
            "user_id": BOB.user_id,
            "reassign_to": CAY.user_id,
            "plan": w.acme.context().members.plan_removal(BOB.user_id, reassign_to=CAY.user_id).digest,
            "confirm": "bob@acme.test",
            "reason": "Left the company",
        },
        statements=15,
        reads=False,
    ),
    "members.leave": Verb(lambda w: {}, statements=11, reads=False, by=BOB),
    "members.update": Verb(
        lambda w: {
            "user_id": BOB.user_id,
            "name": "Robert",
            "email": "robert@acme.test",
        },
        statements=7,
        reads=False,
    ),
    "roles.define": Verb(
        lambda w: {
            "name": "Deputy",
            "permissions": ["tenant-api:member:*"],
            "level": "tenant",
            "description": "Stands in",
            "inherits": ["member", w.clerk],
            "acts_as": "viewer",
        },
        statements=6,
        reads=False,
    ),
    "roles.adopt": Verb(lambda w: {"template": "auditor", "name": "Reviser"}, statements=6, reads=False),
    "roles.get": Verb(lambda w: {"key": w.clerk, "actions": True}, statements=2, reads=True),
    "roles.list": Verb(
        lambda w: {"level": "tenant", "order": "name", "actions": True, **paging()}, statements=3, reads=True
    ),
    "roles.matrix": Verb(lambda w: {}, statements=2, reads=True),
    "roles.choices": Verb(lambda w: {"level": "tenant"}, statements=2, reads=True),
    "roles.assignable": Verb(lambda w: {"workspace": w.justice}, statements=2, reads=True),
    "roles.update": Verb(
        lambda w: {
            "key": w.clerk,
            "name": "Scribe",
            "permissions": ["tenant-api:member:read"],
            "description": "Writes",
            "inherits": ["member"],
            "acts_as": "viewer",
            "plan": None,
        },
        statements=7,
        reads=False,
    ),
    "roles.delete": Verb(lambda w: {"key": w.clerk, "replacement": "member", "plan": None}, statements=13, reads=False),
    "roles.usage": Verb(lambda w: {"key": "admin", "level": "workspace"}, statements=4, reads=True),
    "roles.plan_update": Verb(
        lambda w: {
            "key": w.clerk,
            "permissions": ["tenant-api:member:read"],
            "inherits": ["member"],
            "acts_as": "viewer",
            **paging(),
        },
        statements=5,
        reads=True,
    ),
    "roles.plan_delete": Verb(
        lambda w: {"key": w.clerk, "replacement": "member", **paging()}, statements=8, reads=True
    ),
    "roles.move": Verb(
        lambda w: {"key": "viewer", "to": "member", "level": "workspace"},
        statements=5,
        reads=False,
        doing=lambda w: {"key": "admin", "to": "viewer", "level": "workspace"},
    ),
    "workspaces.create": Verb(
        lambda w: {
            "name": "Health",
            "slug": "health",
            "description": "Care",
            "settings": {"a": 1},
            "admin": BOB.user_id,
        },
        statements=8,
        reads=False,
    ),
    "workspaces.get": Verb(lambda w: {"workspace_id": w.justice, "actions": True}, statements=3, reads=True),
    "workspaces.find": Verb(lambda w: {"slug": "justice"}, statements=3, reads=True),
    "workspaces.list": Verb(
        lambda w: {
            "status": "active",
            "search": "just",
            "ids": [w.justice],
            "order": "name",
            "actions": True,
            **paging(),
        },
        statements=4,
        reads=True,
    ),
    "workspaces.totals": Verb(lambda w: {}, statements=2, reads=True),
    "workspaces.update": Verb(
        lambda w: {
            "workspace_id": w.justice,
            "name": "Law",
            "slug": "law",
            "description": "Courts",
            "settings": {"a": 1},
        },
        statements=7,
        reads=False,
    ),
    "workspaces.archive": Verb(lambda w: {"workspace_id": w.justice}, statements=6, reads=False),
    "workspaces.restore": Verb(lambda w: {"workspace_id": w.hidden}, statements=6, reads=False),
    "workspaces.members": Verb(
        lambda w: {"workspace_id": w.justice, "order": "name", **paging()}, statements=4, reads=True
    ),
    "workspaces.add_member": Verb(
        lambda w: {"workspace_id": w.justice, "user_id": CAY.user_id, "role": "viewer"}, statements=7, reads=False
    ),
    "workspaces.change_member_role": Verb(
        lambda w: {"workspace_id": w.justice, "user_id": BOB.user_id, "role": "viewer"}, statements=9, reads=False
    ),
    "workspaces.remove_member": Verb(
        lambda w: {"workspace_id": w.justice, "user_id": BOB.user_id}, statements=8, reads=False
    ),
    "workspaces.record_counters": Verb(
        lambda w: {"workspace_id": w.justice, "counters": {"mails": 1}}, statements=6, reads=False
    ),
    "invitations.send": Verb(
        lambda w: {
            "email": "eve@acme.test",
            "role": "member",
            "workspaces": {w.justice: "viewer"},
            "expires_in": timedelta(days=1),
            "message": "Welcome!",
        },
        statements=9,
        reads=False,
    ),
    "invitations.resend": Verb(
        lambda w: {"invitation_id": w.issued.invitation.id, "expires_in": timedelta(days=1)}, statements=9, reads=False
    ),
    "invitations.update": Verb(
        lambda w: {
            "invitation_id": w.issued.invitation.id,
            "role": "member",
            "workspaces": {w.justice: "admin"},
            "expires_in": timedelta(days=1),
            "message": "Welcome!",
        },
        statements=8,
        reads=False,
    ),
    "invitations.revoke": Verb(
        lambda w: {"invitation_id": w.issued.invitation.id, "reason": "A mistake"}, statements=7, reads=False
    ),
    "invitations.get": Verb(
        lambda w: {"invitation_id": w.issued.invitation.id, "actions": True}, statements=3, reads=True
    ),
    "invitations.list": Verb(
        lambda w: {
            "status": "pending",
            "workspace": w.justice,
            "search": "dan@",
            "order": "newest",
            "actions": True,
            **paging(),
        },
        statements=4,
        reads=True,
    ),
    "plan.get": Verb(lambda w: {}, statements=2, reads=True),
    "plan.usage": Verb(lambda w: {"workspace": w.justice}, statements=3, reads=True),
    "plan.use": Verb(
        lambda w: {"counter": "applications", "amount": 1, "workspace": w.justice}, statements=6, reads=False
    ),
    "audit.list": Verb(lambda w: {"order": "newest", **paging()}, statements=6, reads=False),
    "audit.verify": Verb(lambda w: {"checkpoint": w.acme.context().audit.checkpoint()}, statements=3, reads=True),
    "audit.checkpoint": Verb(lambda w: {"since": w.acme.context().audit.checkpoint()}, statements=3, reads=True),
    "tenant.owners": Verb(lambda w: {}, statements=2, reads=True),
    "jobs.events": Verb(lambda w: {"after": None, "limit": 5}, statements=2, reads=True, across=2),
    "jobs.purge": Verb(lambda w: {"limit": 5}, statements=3, reads=False, across=3, several=True),
    "jobs.dispatch_notices": Verb(
        lambda w: {"mailer": Postbox(), "limit": 5}, statements=4, reads=False, across=4, several=True
    ),
    "jobs.dead_notices": Verb(lambda w: {"order": "newest", **paging()}, statements=2, reads=True, across=2),
    "jobs.retry_notice": Verb(lambda w: {"notice_id": given_up(w.acme)}, statements=1, reads=False, across=1),
    # these close the tenant, so they come last
    "tenant.suspend": Verb(lambda w: {"reason": "Unpaid"}, statements=5, reads=False),
    "tenant.resume": Verb(lambda w: w.closed(TenantStatus.SUSPENDED), statements=5, reads=False),
    "tenant.delete": Verb(lambda w: {"confirm": w.acme.context().get().name}, statements=5, reads=False),
    "tenant.restore": Verb(lambda w: w.closed(TenantStatus.DELETED), statements=5, reads=False),
    # after these Ada owns nothing, and Bob is gone
    "members.transfer_ownership": Verb(lambda w: {"to": BOB.user_id, "role": "member"}, statements=16, reads=False),
    "tenancy.forget": Verb(
        lambda w: {"user_id": BOB.user_id, "emails": ["bob@acme.test"], "by": SYSTEM.job("privacy")},
        statements=25,
        reads=False,
        across=5,
        several=True,
    ),
}
"""Every verb of the front door. What is missing is told by `tests/architecture/test_verbs.py`."""

IN_A_TENANT = [name for name in VERBS if name.partition(".")[0] in rooms(TenantContext, "tenant")]
"""What a principal does in one tenant."""

QUESTIONS = ("tenant.access", "tenant.can", "tenant.check", "tenant.check_many", "tenant.workspaces_where")
"""What is answered with a no, where others refuse."""

GUESSED = ("workspaces.find",)
"""What takes something that can be guessed, and so says that there is nothing, where others deny."""
