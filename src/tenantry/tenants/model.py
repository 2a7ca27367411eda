"""A tenant: the customer, the hard boundary of data and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, field, frozen

from ..collection import Collection, Unique
from ..errors import SlugTaken

__all__ = ["SLUGS", "TENANTS", "TRANSITIONS", "SlugReservation", "Tenant", "TenantStatus"]


class TenantStatus(StrEnum):
    """Whether the tenant's members may do anything at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    PURGED = "purged"


ACTIVE, SUSPENDED, DELETED, PURGED = TenantStatus

TRANSITIONS: Mapping[tuple[TenantStatus, str], TenantStatus] = MappingProxyType(
    {
        (ACTIVE, "suspend"): SUSPENDED,
        (SUSPENDED, "resume"): ACTIVE,
        (ACTIVE, "delete"): DELETED,
        (SUSPENDED, "delete"): DELETED,
        (DELETED, "restore"): ACTIVE,
        (DELETED, "purge"): PURGED,
    }
)
"""The state machine: from a status, by an act, to a status. What is not here is refused. One that was suspended when it
was deleted is suspended again when it is restored."""


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
        suspended_by: The `user_id` of who suspended it, or None.
        reason: Why it was suspended, in the words of who did; or None.
        purge_at: Where it is deleted, from when on it can no longer be restored.
        counters: The host's own figures of the tenant as a whole.
        epoch: The `version` of the last command that may have taken rights away from all its members.
        audit_sequence: The number of its newest audit event.
        audit_head: The digest of its newest audit event.
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
    suspended_by: str | None = None
    reason: str | None = None
    purge_at: datetime | None = None
    counters: Mapping[str, int] = field(factory=dict)
    epoch: int = field(default=1, eq=False, repr=False)
    audit_sequence: int = field(default=0, eq=False)
    audit_head: str = field(default="", eq=False, repr=False)

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

    def recorded(self, events: int, head: str) -> Tenant:
        """The tenant after so many more audit events, the last of which has this digest."""
        return evolve(self, audit_sequence=self.audit_sequence + events, audit_head=head)

    def aged(self) -> Tenant:
        """The tenant after a command that may have taken rights away from any of its members."""
        return evolve(self, epoch=self.version)


TENANTS: Collection[Tenant] = Collection("tenants", "tenant", Tenant, documents=frozenset({"counters"}))


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
