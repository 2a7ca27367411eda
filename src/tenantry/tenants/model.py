"""A tenant: the customer, the hard boundary of data and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, field

from ..kernel import text
from ..kernel.errors import Conflict, SlugTaken
from ..kernel.principal import Principal, principal_of
from ..kernel.values import frozen
from ..storage.collection import Collection, Order, Unique

__all__ = [
    "KEPT",
    "PURGE_MARGIN",
    "SLUGS",
    "TENANTS",
    "TRANSITIONS",
    "Owner",
    "Purged",
    "SlugReservation",
    "Tenant",
    "TenantStatus",
    "Totals",
    "adjust_counts",
    "delete",
    "epoch_of",
    "extend_trail",
    "is_due",
    "name_key",
    "outline",
    "purge",
    "raise_epoch",
    "rename",
    "restore",
    "resume",
    "suspend",
    "trail_of",
    "version_of",
    "written_in_of",
]


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

KEPT = frozenset(TenantStatus) - {PURGED}
"""The statuses of a tenant of which more is left than its trail and its slugs."""

PURGE_MARGIN = timedelta(days=1)
"""How long a tenant that cannot be restored any more is still kept: a clock that jumps a day ahead purges nothing."""

PURGED_NAME = "(purged)"
"""What a purged tenant is called."""

_DONE = {"suspend": "suspended", "resume": "resumed", "delete": "deleted", "restore": "restored", "purge": "purged"}


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
        members: How many memberships it has, of any status.
        workspaces: How many workspaces it has, of any status.
        suspended_by: The `user_id` of who suspended it, or None.
        reason: Why it was suspended, in the words of who did; or None.
        purge_at: Where it is deleted, from when on it can no longer be restored.
        counters: The host's own figures of the tenant as a whole.
    """

    id: str
    name: str
    slug: str
    status: TenantStatus = TenantStatus.ACTIVE
    default_workspace_id: str
    created_at: datetime
    _version: int = field(default=1, alias="version", eq=False, repr=False)  # grows with every command on it
    members: int = 0
    workspaces: int = 0
    suspended_by: str | None = None
    reason: str | None = None
    purge_at: datetime | None = None
    counters: Mapping[str, int] = field(factory=dict, hash=False)
    _epoch: int = field(default=1, alias="epoch", eq=False, repr=False)  # the version that last took rights away
    _audit_sequence: int = field(default=0, alias="audit_sequence", eq=False, repr=False)  # its newest audit event
    _audit_head: str = field(default="", alias="audit_head", eq=False, repr=False)  # the digest of that
    _written_in: int = field(default=0, alias="written_in", eq=False, repr=False)  # where those of this command stand

    @property
    def is_active(self) -> bool:
        """Whether its members may do anything."""
        return self.status is ACTIVE

    @property
    def is_suspended(self) -> bool:
        """Whether its members may do nothing until it is resumed."""
        return self.status is SUSPENDED

    @property
    def is_suspended_by_system(self) -> bool:
        """Whether the host itself has suspended it, so that its members can neither resume, delete nor restore it."""
        return self.suspended_by is not None and principal_of(self.suspended_by).is_system

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone for its members, and can still be restored."""
        return self.status is DELETED

    @property
    def _tenant_id(self) -> str:
        """A tenant belongs to itself."""
        return self.id

    @property
    def _name_key(self) -> str:
        """What the order by name goes by, and what a search looks at."""
        return name_key(self.name)


@frozen
class Totals:
    """A tenant, and how much there is in it of what tenantry counts itself; all as of one instant.

    Args:
        tenant: The tenant's row.
        workspaces: How many workspaces are in use.
        members: How many members are active.
        invitations: How many invitations can be accepted.
        newcomers: How many of these would make somebody a member.
    """

    tenant: Tenant
    workspaces: int
    members: int
    invitations: int
    newcomers: int


def name_key(name: str) -> str:
    """What a name, or the beginning of one, is sorted and found by."""
    return text.fold(name)[:100]


def outline(tenant: Tenant) -> Tenant:
    """What a member whom the tenant has switched off still sees of it: which one it is, its name and its status."""
    return Tenant(
        id=tenant.id,
        name=tenant.name,
        slug="",
        status=tenant.status,
        default_workspace_id="",
        created_at=tenant.created_at,
    )


def rename(tenant: Tenant, *, name: str, slug: str) -> Tenant:
    """The tenant under another name or slug."""
    return evolve(tenant, name=name, slug=slug)


def adjust_counts(tenant: Tenant, *, members: int = 0, workspaces: int = 0) -> Tenant:
    """The tenant with so many more, or fewer."""
    return evolve(tenant, members=tenant.members + members, workspaces=tenant.workspaces + workspaces)


def extend_trail(tenant: Tenant, events: int, head: str) -> Tenant:
    """The tenant after so many more audit events, the last of which has this digest."""
    return evolve(tenant, audit_sequence=tenant._audit_sequence + events, audit_head=head)


def trail_of(tenant: Tenant) -> tuple[int, str]:
    """Where its trail ends: the number and the digest of its newest audit event."""
    return tenant._audit_sequence, tenant._audit_head


def written_in_of(tenant: Tenant) -> int:
    """Where the events of the last command on it stand among those of all tenants, as a number that the store gave.

    It is that of the transaction, or of the command before, if that is greater: so a tenant's never go down.
    """
    return tenant._written_in


def version_of(tenant: Tenant) -> int:
    """How many commands on the tenant were kept, this one included."""
    return tenant._version


def epoch_of(tenant: Tenant) -> int:
    """The version of the last command that may have taken rights away from all its members."""
    return tenant._epoch


def raise_epoch(tenant: Tenant) -> Tenant:
    """The tenant after a command that may have taken rights away from any of its members."""
    return evolve(tenant, epoch=tenant._version)


def is_due(tenant: Tenant, at: datetime) -> bool:
    """Whether it may be purged: it is deleted, and nobody could restore it, be the clock a day ahead."""
    return tenant.is_deleted and tenant.purge_at is not None and tenant.purge_at + PURGE_MARGIN <= at


def suspend(tenant: Tenant, by: Principal, reason: str) -> Tenant:
    """The tenant after somebody has suspended it.

    Raises:
        Conflict: It is not active.
    """
    return raise_epoch(evolve(tenant, status=_after(tenant, "suspend"), suspended_by=by.user_id, reason=reason))


def resume(tenant: Tenant) -> Tenant:
    """The tenant in use again.

    Raises:
        Conflict: It is not suspended.
    """
    return evolve(tenant, status=_after(tenant, "resume"), suspended_by=None, reason=None)


def delete(tenant: Tenant, purge_at: datetime) -> Tenant:
    """The tenant after it was deleted, to be restored until then. That it was suspended is not forgotten.

    Raises:
        Conflict: It is deleted already.
    """
    return raise_epoch(evolve(tenant, status=_after(tenant, "delete"), purge_at=purge_at))


def restore(tenant: Tenant, at: datetime) -> Tenant:
    """The tenant as it was before it was deleted: active, or suspended as it was.

    Raises:
        Conflict: It is not deleted, or its time is over.
    """
    status = _after(tenant, "restore")
    if tenant.purge_at is None or at >= tenant.purge_at:
        raise Conflict("The time in which this tenant could be restored is over.", rule="deletion_grace")
    return evolve(tenant, status=SUSPENDED if tenant.suspended_by is not None else status, purge_at=None)


def purge(tenant: Tenant) -> Tenant:
    """What is left of the tenant when everything in it is gone.

    Raises:
        Conflict: It is not deleted.
    """
    return evolve(
        tenant,
        status=_after(tenant, "purge"),
        name=PURGED_NAME,
        members=0,
        workspaces=0,
        suspended_by=None,
        reason=None,
        counters={},
    )


def _after(tenant: Tenant, act: str) -> TenantStatus:
    status = TRANSITIONS.get((tenant.status, act))
    if status is None:
        raise Conflict(
            f"A tenant that is {tenant.status} cannot be {_DONE[act]}.",
            rule="tenant_status",
            status=tenant.status.value,
        )
    return status


TENANTS: Collection[Tenant] = Collection(
    "tenants",
    "tenant",
    Tenant,
    prefix="ten",
    called=("name",),
    made=("name_key",),
    documents=frozenset({"counters"}),
    orders={"name": Order(("name_key", "id")), "newest": Order(("id",), descending=True)},
    survives_purge=True,
)


@frozen
class Owner:
    """Whom a member may turn to, also where the tenant is suspended or deleted.

    Args:
        user_id: The host's id of the user.
        name: The display name, or None.
        email: The address, or None.
    """

    user_id: str
    name: str | None
    email: str | None


@frozen
class Purged:
    """What a run of the purge has done.

    Args:
        tenant_ids: The tenants that are gone.
        failed: The tenants that are as they were, each with the name of the error that stood in the way.
        remaining: How many are due still, those that failed among them.
    """

    tenant_ids: tuple[str, ...]
    failed: Mapping[str, str] = field(hash=False)
    remaining: int


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
    unique=(Unique(SlugTaken, "This slug is taken.", ("slug",), across_tenants=True, parameter="slug"),),
    survives_purge=True,
)
