"""A company whose host has permissions of its own, and what the tests of custom roles ask of it."""

from __future__ import annotations

from typing import Any

from tenantry import SYSTEM, CustomRole, Level, Options, Permission, Principal, Role, Scheme, Tenantry, schemes
from tenantry.access.guard import permissions_in
from tenantry.kernel.clock import Clock
from tenantry.ports import Store
from tests.features.people import ADA, SECRET, Company

SEND, READ, DROP = (f"campaign-api:campaign:{act}" for act in ("send", "read", "drop"))
SHOW, EXPORT = (f"report-api:report:{act}" for act in ("read", "export"))
MEMBERS, BILLING, TENANT = "tenant-api:member:read", "tenant-api:billing:read", "tenant-api:tenant:read"

HOST = schemes.AGENCY.extend(
    name="host",
    permissions=[
        Permission(READ, Level.WORKSPACE),
        Permission(SEND, Level.WORKSPACE, implies=[READ]),
        Permission(DROP, Level.WORKSPACE),
        Permission(SHOW, Level.TENANT),
        Permission(EXPORT, Level.TENANT, implies=[SHOW]),
    ],
    templates=[Role("publisher", Level.WORKSPACE, ["*:page:*", "campaign-api:*:read"], name="Publisher")],
)


def opened(store: Store, clock: Clock, *, scheme: Scheme = HOST, options: Options | None = None) -> Company:
    """Acme, of Ada, in a host of this scheme."""
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], clock=clock, options=options or Options())
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def released(acme: Company, scheme: Scheme) -> Company:
    """The same company, under another release of its host."""
    settings = acme.tenancy._settings
    store, options = acme.tenancy._store, settings.options
    newer = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], clock=settings.clock, options=options)
    return Company(newer, newer.tenant(acme.id, by=SYSTEM).get())


def defined(acme: Company, name: str, *permissions: str, by: Principal = ADA, **given: Any) -> str:
    """The id of a new tenant role, unless another level is given."""
    return acme.context(by).roles.define(name, permissions=permissions, level=given.pop("level", "tenant"), **given).id


def role(acme: Company, key: str) -> CustomRole:
    """A custom role, as it is stored."""
    return acme.context(SYSTEM).roles.get(key)


def held(acme: Company, who: Principal, workspace: str | None = None) -> frozenset[str]:
    """All that somebody's roles give them at the tenant, or in a workspace."""
    return permissions_in(acme.context(who).access(), workspace)


def state(acme: Company) -> object:
    """Everything of a tenant that a command might change; that something was denied is no change."""
    context = acme.context(SYSTEM)
    return (
        list(context.members.list(limit=200)),
        list(context.roles.list(limit=200)),
        list(context.invitations.list(limit=200)),
        [event for event in context.audit.list(limit=200) if event.action != "access.denied"],
    )
