"""What is done with a tenant as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from attrs import evolve

from ...access.guard import require_live
from ...kernel import ids, text
from ...kernel.clock import past
from ...kernel.errors import Conflict, Invalid, LimitReached, SlugTaken
from ...kernel.principal import Principal
from ...runtime.runner import across
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Slug, Store
from ..model import Tenant, rename
from ..repository import tenant_of

__all__ = ["BackOffice", "Birth", "Founding", "Tenants", "resolve"]


class Birth(NamedTuple):
    """A tenant that is about to be.

    Args:
        tenant: The tenant, with the slug that was asked for or is made from its name.
        is_slug_given: Whether the slug was asked for, so that no other will do.
        is_backdated: Whether the host has had this customer for longer.
    """

    tenant: Tenant
    is_slug_given: bool
    is_backdated: bool

    @classmethod
    def of(
        cls, settings: Settings, name: str, *, slug: str | None, by: Principal, created_at: datetime | None = None
    ) -> Birth:
        """What a tenant of this name begins with.

        Raises:
            Invalid: A text cannot be accepted, or somebody else than SYSTEM says since when the tenant is there.
        """
        options = settings.options
        name = text.name(name)
        asked = None if slug is None else text.slug(slug, reserved=options.reserved_slugs)
        tenant_id = ids.new("ten")
        now = settings.now()
        if created_at is not None and not by.is_system:
            raise Invalid("Only SYSTEM says since when a tenant is there.", field="created_at", rule="only_system")
        since = now if created_at is None else past(created_at, "created_at", now)
        tenant = Tenant(
            id=tenant_id,
            name=name,
            slug=asked or _derived_slug(name, tenant_id, options.reserved_slugs),
            default_workspace_id=ids.new("ws"),
            created_at=since,
            members=1,
            workspaces=1,
        )
        return cls(tenant, is_slug_given=asked is not None, is_backdated=since != now)


class BackOffice(Service):
    """How a tenant comes into being for somebody else."""

    name = "tenancy"
    __slots__ = ()

    @command
    def create_tenant(self, uow: UnitOfWork, birth: Birth, owner: Principal) -> Tenant:
        """See `Tenantry.create_tenant`; the gate has written the tenant's row."""
        uow.require_newcomer()
        tenant = uow.tenant
        try:
            uow.slugs.take(tenant.slug, uow.now)
        except SlugTaken:
            if birth.is_slug_given:
                raise
            uow.tenant = evolve(tenant, slug=text.with_tail(tenant.slug, tenant.id))
            uow.slugs.take(uow.tenant.slug, uow.now)
        since = tenant.created_at
        name = uow.settings.options.default_workspace_name
        workspace = uow.workspaces.add_default(tenant.default_workspace_id, name, at=since)
        member = uow.members.add_first(owner, at=since)
        owner_role = uow.settings.scheme.owner_role
        uow.grants.give(member.id, {None: [owner_role]}, by=uow.by)
        told = {"created_at": since.isoformat()} if birth.is_backdated else {}
        uow.record("tenant.created", tenant.id, after={"name": tenant.name, "slug": uow.tenant.slug, **told})
        uow.record("workspace.created", workspace.id, workspace_id=workspace.id, after={"name": workspace.name})
        uow.record("member.added", owner.user_id, after={"roles": [owner_role]})
        return uow.tenant


class Founding(BackOffice):
    """How a person creates a tenant of their own."""

    name = "person"
    __slots__ = ()


def _derived_slug(name: str, tenant_id: str, reserved: frozenset[str]) -> str:
    slug = text.slugify(name) or "tenant"
    return text.with_tail(slug, tenant_id) if slug in reserved else slug


def resolve(store: Store, slug: str) -> str:
    """The id of the tenant that has or once had this slug."""
    asked = text.slug(slug)
    with across(store, Slug(asked)) as tenants:
        return tenant_of(tenants, asked)


class Tenants(Service):
    """The tenant itself."""

    name = "tenant"
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
            LimitReached: The tenant keeps as many former slugs as it may (rule `max_kept_slugs`). It can still go back
                to a former one, and SYSTEM can release one.
            Invalid: A text cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not change it.
        """
        uow.require("tenant-api:tenant:update")
        before = uow.tenant
        after = rename(
            before,
            name=before.name if name is None else text.name(name),
            slug=before.slug if slug is None else text.slug(slug, reserved=uow.settings.options.reserved_slugs),
        )
        if after.slug != before.slug:
            _keep_slug(uow, after.slug)
        uow.tenant = after
        uow.record(
            "tenant.updated",
            after.id,
            before={"name": before.name, "slug": before.slug},
            after={"name": after.name, "slug": after.slug},
        )
        return after

    @command
    def release_slug(self, uow: UnitOfWork, slug: str) -> None:
        """Give up a former slug of the tenant, so that any tenant can take it. Links with it end, or lead there.

        Only SYSTEM can do this. The present slug stays.

        Args:
            slug: A slug that the tenant once had.

        Raises:
            Conflict: It is the present slug (rule `present_slug`).
            NotFound: There is no such tenant, it never had this slug, or the principal is no member of it.
            Invalid: It is no slug.
            Denied: The principal is not SYSTEM.
        """
        access = uow.access()
        if not uow.by.is_system:
            require_live(access)
            uow.refuse(access, "system_only", "Only the system releases a slug.")
        released = text.slug(slug)
        if released == uow.tenant.slug:
            raise Conflict("The present slug of a tenant cannot be released; change it first.", rule="present_slug")
        uow.slugs.release(released)
        uow.record("tenant.slug_released", uow.tenant.id, before={"slug": released})


def _keep_slug(uow: UnitOfWork, slug: str) -> None:
    """Reserve a new slug beside those that the tenant has or once had.

    No former slug makes room for it: an old link must never lead to another customer without a person's decision.

    Raises:
        LimitReached: It would keep more former slugs than it may.
        SlugTaken: Another tenant has it, or once had it.
    """
    kept = uow.slugs.all()
    most = uow.settings.options.max_kept_slugs
    if slug in kept:
        return
    if len(kept) > most:  # the present one is among them, and becomes a former one
        message = f"A tenant keeps at most {most:,} former slugs; go back to one of them, or let SYSTEM release one."
        raise LimitReached(message, field="slug", rule="max_kept_slugs", limit=most)
    uow.slugs.take(slug, uow.now)
