"""A tenant: the customer, the hard boundary of data and permissions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from ..collection import Collection, Unique
from ..errors import SlugTaken

__all__ = ["SLUGS", "TENANTS", "SlugReservation", "Tenant", "TenantStatus"]


class TenantStatus(StrEnum):
    """Whether the tenant's members may do anything at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@frozen(kw_only=True)
class Tenant:
    """The customer.

    Args:
        id: `ten_…`.
        name: What people read.
        slug: What addresses use; unique over all tenants, for ever.
        status: Whether its members may do anything.
        default_workspace_id: The workspace it was born with.
        created_at: When, in UTC.
        version: Grows with every command on the tenant.
        members: How many memberships it has, of any status.
        workspaces: How many workspaces it has, of any status.
        audit_sequence: The number of its newest audit event.
    """

    id: str
    name: str
    slug: str
    status: TenantStatus = TenantStatus.ACTIVE
    default_workspace_id: str
    created_at: datetime
    version: int = field(default=1, eq=False)
    members: int = 0
    workspaces: int = 0
    audit_sequence: int = field(default=0, eq=False)

    @property
    def tenant_id(self) -> str:
        """The same as `id`: a tenant belongs to itself."""
        return self.id

    def renamed(self, *, name: str, slug: str) -> Tenant:
        """The tenant under another name or slug."""
        return evolve(self, name=name, slug=slug)

    def counted(self, *, members: int = 0, workspaces: int = 0) -> Tenant:
        """The tenant with so many more, or fewer."""
        return evolve(self, members=self.members + members, workspaces=self.workspaces + workspaces)

    def recorded(self, events: int) -> Tenant:
        """The tenant after so many more audit events."""
        return evolve(self, audit_sequence=self.audit_sequence + events)


TENANTS: Collection[Tenant] = Collection("tenants", "tenant", Tenant)


@frozen(kw_only=True)
class SlugReservation:
    """A slug that a tenant has or once had. It is never given to another."""

    tenant_id: str
    slug: str
    reserved_at: datetime


SLUGS: Collection[SlugReservation] = Collection(
    "slugs",
    "slug",
    SlugReservation,
    key="slug",
    unique=(Unique(SlugTaken, "This slug is taken.", ("slug",), across_tenants=True),),
)
