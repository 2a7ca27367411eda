"""What is done with a tenant as a whole."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from ...kernel import ids, text
from ...kernel.clock import past
from ...kernel.errors import Invalid, SlugTaken
from ...kernel.principal import Principal
from ...members.model import Membership
from ...runtime.runner import Runner, across
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import Creating, Store
from ...workspaces.model import Workspace
from ..model import Tenant
from ..repository import tenant_of

__all__ = ["Tenants", "create", "resolve"]


def create(
    runner: Runner, name: str, *, slug: str | None, owner: Principal, created_at: datetime | None = None
) -> Tenant:
    """Bring the tenant into being with its owner and default workspace: all of it or nothing."""
    options = runner.settings.options
    name = text.name(name)
    asked = None if slug is None else text.slug(slug, reserved=options.reserved_slugs)
    wanted = asked or _derived_slug(name, runner.tenant_id, options.reserved_slugs)
    now = runner.settings.now()
    since = now if created_at is None else _since(runner, created_at, now)
    workspace = Workspace(
        tenant_id=runner.tenant_id,
        id=ids.new("ws"),
        name=options.default_workspace_name,
        slug=text.slugify(options.default_workspace_name) or "general",
        is_default=True,
        created_at=since,
    )
    tenant = Tenant(
        id=runner.tenant_id,
        name=name,
        slug=wanted,
        default_workspace_id=workspace.id,
        created_at=since,
        members=1,
        workspaces=1,
    )

    def work(uow: UnitOfWork) -> Tenant:
        uow.require_newcomer()
        try:
            uow.slugs.take(wanted, now)
        except SlugTaken:
            if asked:
                raise
            uow.tenant = evolve(tenant, slug=text.with_tail(wanted, tenant.id))
            uow.slugs.take(uow.tenant.slug, now)
        uow.workspaces.records.add(workspace)
        member = Membership.of(owner, tenant_id=tenant.id, id=ids.new("mem"), at=since)
        uow.members.records.add(member)
        owner_role = uow.settings.scheme.owner_role
        uow.grants.give(member.id, {None: [owner_role]}, by=uow.by)
        told = {} if since == now else {"created_at": since.isoformat()}
        uow.record("tenant.created", tenant.id, after={"name": name, "slug": uow.tenant.slug, **told})
        uow.record("workspace.created", workspace.id, workspace_id=workspace.id, after={"name": workspace.name})
        uow.record("member.added", owner.user_id, after={"roles": [owner_role]})
        return uow.tenant

    return runner.command("tenants.create", work, gate=Creating(tenant))


def _since(runner: Runner, created_at: datetime, now: datetime) -> datetime:
    """Since when the host has had this customer.

    Raises:
        Invalid: It is no such time, or somebody else than SYSTEM says so.
    """
    if not runner.by.is_system:
        raise Invalid("Only SYSTEM says since when a tenant is there.", field="created_at")
    return past(created_at, "created_at", now)


def _derived_slug(name: str, tenant_id: str, reserved: frozenset[str]) -> str:
    slug = text.slugify(name) or "tenant"
    return text.with_tail(slug, tenant_id) if slug in reserved else slug


def resolve(store: Store, slug: str) -> str:
    """The id of the tenant that has or once had this slug."""
    with across(store) as tenants:
        return tenant_of(tenants, text.slug(slug))


class Tenants(Service):
    """The tenant itself."""

    name = "tenants"
    __slots__ = ()

    @query
    def get(self, uow: UnitOfWork) -> Tenant:
        """The tenant, also where it is suspended or deleted.

        Raises:
            NotFound: There is none, or the principal is no member of it.
            Denied: The principal's roles do not show it.
        """
        uow.require_recovery("tenant-api:tenant:read")
        return uow.tenant

    @command
    def update(self, uow: UnitOfWork, *, name: str | None = None, slug: str | None = None) -> Tenant:
        """Change the tenant's name or slug. Old slugs stay reserved for it, and still resolve to it.

        Args:
            name: 1-100 characters on one line; as it was unless given.
            slug: 1-63 lower-case letters, digits and hyphens; as it was unless given.

        Raises:
            SlugTaken: Another tenant has it, or once had it.
            Invalid: A text cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not change it.
        """
        uow.require("tenant-api:tenant:update")
        before = uow.tenant
        after = before.renamed(
            name=before.name if name is None else text.name(name),
            slug=before.slug if slug is None else text.slug(slug, reserved=uow.settings.options.reserved_slugs),
        )
        if after.slug != before.slug:
            uow.slugs.take(after.slug, uow.now)
        uow.tenant = after
        uow.record(
            "tenant.updated",
            after.id,
            before={"name": before.name, "slug": before.slug},
            after={"name": after.name, "slug": after.slug},
        )
        return after
