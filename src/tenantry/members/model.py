"""A membership: the fact that a user belongs to a tenant."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, field

from ..kernel import text
from ..kernel.errors import AlreadyMember, Conflict, Invalid
from ..kernel.principal import Principal, email_key_of, verified_email_key
from ..kernel.values import frozen
from ..storage.collection import Collection, Joined, Order, Unique, references
from ..tenants.model import Tenant, version_of
from ..workspaces.model import WORKSPACES
from .sign_ins import SIGN_INS

__all__ = [
    "EARLIEST",
    "GRANTS",
    "LATEST",
    "MEMBERSHIPS",
    "TRANSITIONS",
    "Forgotten",
    "Grant",
    "Membership",
    "MembershipStatus",
    "MyTenant",
    "NewMember",
    "Reactivated",
    "counts_from",
    "counts_until",
    "deactivate",
    "differs",
    "held_as",
    "is_live",
    "is_over",
    "known_of",
    "member_email_key",
    "member_epoch",
    "new_member",
    "outline_of",
    "reactivate",
    "with_epoch_of",
    "would_change",
]


class MembershipStatus(StrEnum):
    """Whether the member may do anything."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


TRANSITIONS: Mapping[tuple[MembershipStatus, str], MembershipStatus] = MappingProxyType(
    {
        (MembershipStatus.ACTIVE, "deactivate"): MembershipStatus.DEACTIVATED,
        (MembershipStatus.DEACTIVATED, "reactivate"): MembershipStatus.ACTIVE,
    }
)
"""The state machine: from a status, by an act, to a status. An act that would change nothing is not an error."""


# A day within what a `datetime` holds: at its very ends, drivers disagree on what is stored, and on time zones.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@frozen
class Grant:
    """A role given to a member, possibly for a time.

    Args:
        tenant_id: The tenant.
        id: `grt_…`.
        membership_id: Whose role.
        role: The role by its key.
        granted_by: The `user_id` of whoever gave it.
        created_at: When it was given, in UTC.
        workspace_id: The workspace in which the member has it; None for the tenant.
        starts_at: The first instant at which it counts, or None.
        ends_at: The first instant at which it counts no more, or None.
        label: The name of the role, built in or custom. Queries fill it in. None in what a command returns, and for a
            role that no longer exists. Not compared: a new name of the role makes no other grant.
    """

    tenant_id: str
    id: str
    membership_id: str
    role: str
    granted_by: str
    created_at: datetime
    workspace_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    label: str | None = field(default=None, eq=False)

    @property
    def is_open_ended(self) -> bool:
        """Whether it counts always."""
        return self.starts_at is None and self.ends_at is None

    @property
    def _held_as(self) -> str:
        """The place and the role in one text, which a question about several places can compare."""
        return held_as(self.role, self.workspace_id)

    @property
    def _counts_from(self) -> datetime:
        """The first instant at which it counts."""
        return self.starts_at or EARLIEST

    @property
    def _counts_until(self) -> datetime:
        """The first instant at which it counts no more."""
        return self.ends_at or LATEST


def is_live(grant: Grant, at: datetime) -> bool:
    """Whether the grant counts at this instant: from `starts_at` on, until just before `ends_at`."""
    return (grant.starts_at is None or grant.starts_at <= at) and (grant.ends_at is None or at < grant.ends_at)


def is_over(grant: Grant, at: datetime) -> bool:
    """Whether the grant has ended by this instant, and so counts no more; one that is to come is not over."""
    return counts_until(grant) <= at


def counts_from(grant: Grant) -> datetime:
    """The first instant at which the grant counts."""
    return grant._counts_from


def counts_until(grant: Grant) -> datetime:
    """The first instant at which the grant counts no more."""
    return grant._counts_until


def held_as(role: str, workspace_id: str | None) -> str:
    """A role with its place in front of it; nothing for the tenant."""
    return f"{workspace_id or ''}:{role}"


@frozen(kw_only=True)
class Membership:
    """The fact that a user belongs to a tenant; the user as the tenant sees them.

    Args:
        tenant_id: The tenant.
        id: `mem_…`. A user who is removed and added again gets a new one, so old grants cannot come back.
        user_id: The host's id of the user; one membership for each in a tenant.
        name: The display name the host last told, or None.
        email: The address the host last told, in its spelling, or None.
        email_verified: Whether the host has proof that the address is theirs. Without it, only invitations
            are mailed there.
        status: Active or deactivated.
        joined_at: When, in UTC.
        last_sign_in_at: When the user last signed in to the host, or None. Filled in when a membership is read.
        roles: The tenant roles that count now, by key. Filled in from the grants.
        workspaces: For each workspace, the roles in it that count now. Filled in from the grants.
        grants: Each role with its place and times, also one that is to come or has ended.
        actions: The verbs of `members` that the principal could do to this member now, at the tenant rather than in a
            workspace; None unless it was asked for. Not compared.
    """

    tenant_id: str
    id: str
    user_id: str
    name: str | None = None
    email: str | None = None
    _email_key: str | None = field(default=None, alias="email_key", repr=False)  # the address in its canonical form
    email_verified: bool = False
    status: MembershipStatus = MembershipStatus.ACTIVE
    joined_at: datetime
    last_sign_in_at: datetime | None = None
    _epoch: int = field(default=1, alias="epoch", eq=False, repr=False)  # the version that last took rights away
    roles: tuple[str, ...] = ()
    workspaces: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    grants: tuple[Grant, ...] = ()
    actions: frozenset[str] | None = field(default=None, eq=False)

    @property
    def is_active(self) -> bool:
        """Whether the member may do anything."""
        return self.status is MembershipStatus.ACTIVE

    @property
    def _name_key(self) -> str:
        """What the order by name goes by."""
        return text.fold(self.name or "")[:100]

    @property
    def _search_key(self) -> str:
        """What a search looks into."""
        return text.fold(f"{self.name or ''}\n{self.email or ''}")


def new_member(user: Principal, *, tenant_id: str, id: str, at: datetime, epoch: int = 1) -> Membership:
    """The membership of somebody who has signed in: with the name and address that the host knows of them.

    Raises:
        Invalid: SYSTEM is nobody's member.
    """
    if user.is_system:
        raise Invalid("SYSTEM is no user; it cannot be a member.", field="user_id", rule="not_a_person")
    key = email_key_of(user)
    return Membership(
        tenant_id=tenant_id,
        id=id,
        user_id=user.user_id,
        name=user.display_name,
        email=user.email if key else None,
        email_key=key,
        email_verified=verified_email_key(user) is not None,
        joined_at=at,
        epoch=epoch,
    )


def known_of(user: Principal) -> Mapping[str, str | bool]:
    """What the host knows of a user, by the stored fields of a membership: a name, and an address that is proven."""
    key = verified_email_key(user)
    address = {"email": user.email, "email_key": key, "email_verified": True} if key else {}
    return {name: value for name, value in {"name": user.display_name, **address}.items() if value is not None}


def differs(member: Membership, known: Mapping[str, str | bool]) -> bool:
    """Whether the membership says something else of its user than what is known."""
    return any(MEMBERSHIPS.value(member, name) != value for name, value in known.items())


def outline_of(member: Membership) -> Membership:
    """What a deactivated member still sees of their membership: that there is one, and since when."""
    return Membership(
        tenant_id=member.tenant_id,
        id=member.id,
        user_id=member.user_id,
        status=member.status,
        joined_at=member.joined_at,
    )


def deactivate(member: Membership) -> Membership:
    """The membership switched off; itself where it is already."""
    return _move(member, "deactivate")


def reactivate(member: Membership) -> Membership:
    """The membership switched on again; itself where it is on."""
    return _move(member, "reactivate")


def would_change(member: Membership, act: str) -> bool:
    """Whether this act, of the state machine, would change the membership."""
    return (member.status, act) in TRANSITIONS


def _move(member: Membership, act: str) -> Membership:
    return evolve(member, status=TRANSITIONS.get((member.status, act), member.status))


def member_email_key(member: Membership) -> str | None:
    """The canonical form of the member's address, or None where none is known."""
    return member._email_key


def member_epoch(member: Membership) -> int:
    """The tenant's version at the last command that may have taken rights away from this member."""
    return member._epoch


def with_epoch_of(tenant: Tenant, member: Membership) -> Membership:
    """The membership after a command on its tenant that may have taken rights away from this member."""
    return evolve(member, epoch=version_of(tenant))


@frozen
class Reactivated:
    """What giving a member their access back has led to.

    Args:
        membership: The membership with its present roles.
        dropped: What they had and do not get back: grants of roles that there are no more, now taken away.
    """

    membership: Membership
    dropped: tuple[Grant, ...] = ()


MEMBERSHIPS: Collection[Membership] = Collection(
    "memberships",
    "member",
    Membership,
    prefix="mem",
    called=("name", "email"),
    subject="user_id",
    made=("name_key", "search_key"),
    derived=frozenset({"roles", "workspaces", "grants", "actions"}),
    joined={"last_sign_in_at": Joined(SIGN_INS, "signed_in_at", by="user_id")},
    unique=(Unique(AlreadyMember, "This user is a member of this tenant already.", ("user_id",), parameter="user_id"),),
    orders={"name": Order(("name_key", "id")), "newest": Order(("id",), descending=True)},
)


GRANTS: Collection[Grant] = Collection(
    "grants",
    "grant",
    Grant,
    prefix="grt",
    made=("held_as", "counts_from", "counts_until"),
    derived=frozenset({"label"}),
    unique=(
        Unique(
            Conflict,
            "This member holds this role there already.",
            ("membership_id", "held_as"),
            rule="role_held",
            parameter="role",
        ),
    ),
    references={
        "membership_id": references(MEMBERSHIPS, goes_with=True),
        "workspace_id": references(WORKSPACES, goes_with=True),
    },
)


@frozen
class MyTenant:
    """A tenant as one of its members sees it in the list of their tenants.

    Where the membership is deactivated, the person sees that there is one, and nothing that takes a right to see.

    Args:
        tenant: The tenant. Of a deactivated membership only `id`, `name`, `status` and `created_at` are told: the slug
            and `default_workspace_id` are empty, and the rest is as in a new tenant.
        membership: The person's own membership of it, with its roles. Of a deactivated one only `tenant_id`, `id`,
            `user_id`, `status` and `joined_at` are told.
    """

    tenant: Tenant
    membership: Membership


@frozen
class NewMember:
    """A row of `members.add_many`: somebody who is to be a member. Nothing is checked before it is added.

    Args:
        user_id: The host's id of the user.
        role: A tenant role; the scheme's lowest unless given.
        workspaces: For each workspace id, the role in it; or the ids alone, for the scheme's default role.
        name: A display name.
        email: Their address.
        joined_at: Since when they are a member, with a time zone; for SYSTEM only. Now unless given.
        email_verified: Whether the host has proof of the address; for SYSTEM only.
    """

    user_id: str
    role: str | None = field(default=None, kw_only=True)
    workspaces: Mapping[str, str] | Values[str] | None = field(factory=dict, kw_only=True, hash=False)
    name: str | None = field(default=None, kw_only=True)
    email: str | None = field(default=None, kw_only=True)
    joined_at: datetime | None = field(default=None, kw_only=True)
    email_verified: bool = field(default=False, kw_only=True)


@frozen(kw_only=True)
class Forgotten:
    """What forgetting a user has led to, by the ids of tenants.

    Args:
        user_id: The user.
        left: Where their membership was ended.
        last_owner_of: Where they stay, with everything that is known of them, since nobody else owns the tenant.
        erased: Where a name, an address or a trace of their network was erased.
    """

    user_id: str
    left: tuple[str, ...] = ()
    last_owner_of: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
