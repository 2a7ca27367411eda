"""A small world beside tenantry: what there is in it, as plain values. It knows nothing of how tenantry does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tenantry.testing import FrozenClock

__all__ = [
    "ADMIN",
    "DENIED_ROW",
    "DONE",
    "EMAILS",
    "INACTIVE",
    "NAMES",
    "OWNER",
    "PLACES",
    "RANKS",
    "RULES",
    "UNVERIFIED",
    "Invitation",
    "Limits",
    "Member",
    "Notice",
    "Place",
    "Refused",
    "Script",
    "Tenant",
    "World",
]

RANKS = {"member": 1, "admin": 2, "owner": 3}
PLACES = {"viewer": 1, "member": 1, "admin": 2}
ADMIN, OWNER = RANKS["admin"], RANKS["owner"]

EMAILS = {user: f"{user}@example.test" for user in ("ada", "cyd", "dan", "eve", "fay")} | {
    "bob": "Bob@Example.test",
    "service:robot": "robot@example.test",
}
NAMES = {user: user.title() for user in ("ada", "bob", "dan", "eve", "fay")}
INACTIVE, UNVERIFIED = {"eve"}, {"dan", "service:robot"}

RULES: dict[str, Any] = {
    "max_pending_invitations": 4,
    "max_sends_an_hour": 3,
    "max_attempts": 2,
    "confirm_removal": True,
}

DONE = "done"
DENIED_ROW = "denied row"
"""No answer of itself: where rows are refused, a denied one among them is on record."""

Script = Generator[str, Any, None]
"""A command: it says why it is refused, as often as there is a reason; then `DONE`; and then it changes the world.

What the command has made is sent to it at `DONE`.
"""


class Refused(Exception):
    """The command is refused, and there is nothing more to ask about it."""


@dataclass
class Member:
    """Somebody who belongs to the tenant, with one role, and one in each of some workspaces."""

    number: int
    role: str
    places: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    email: str | None = None
    active: bool = True
    verified: bool = False


@dataclass
class Invitation:
    """An offer to an address; `behind` says who stands behind which place, None being the tenant."""

    email: str
    role: str
    places: dict[str, str]
    behind: dict[str | None, str]
    for_member: bool
    by: str
    expires_at: datetime
    token: str
    sent: list[datetime]
    status: str = "pending"
    accepted_by: str | None = None

    @property
    def offers(self) -> dict[str | None, str]:
        """The roles that somebody stands behind, by place."""
        offered: list[tuple[str | None, str]] = [(None, self.role), *self.places.items()]
        return {id: role for id, role in offered if id in self.behind}

    def offer(self, parts: dict[str | None, tuple[str, str]]) -> None:
        """It offers this from now on: by place, the role and who stands behind it."""
        self.role = parts[None][0] if None in parts else "member"
        self.places = {id: role for id, (role, _) in parts.items() if id is not None}
        self.behind = {id: by for id, (_, by) in parts.items()}
        if self.by not in self.behind.values():
            self.by = next(iter(self.behind.values()))

    def parts(self, places: Collection[str | None]) -> dict[str | None, tuple[str, str]]:
        """What it offers in these places."""
        return {id: (self.offers[id], self.behind[id]) for id in sorted(places, key=str) if id in self.offers}

    def stands(self, now: datetime) -> str:
        return "expired" if self.status == "pending" and now >= self.expires_at else self.status


@dataclass
class Place:
    """A workspace."""

    live: bool = True
    counters: dict[str, int] = field(default_factory=dict)


@dataclass
class Notice:
    """A message that is owed to somebody."""

    kind: str
    email: str
    due_at: datetime
    user: str | None = None
    about: str | None = None
    sends: int = 0
    ends_at: datetime | None = None
    status: str = "waiting"
    tries: int = 0


@dataclass
class Tenant:
    """A customer."""

    default: str
    members: dict[str, Member] = field(default_factory=dict)
    workspaces: dict[str, Place] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    outbox: list[Notice] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    trail: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    """Whose name or address is still in the trail."""
    status: str = "active"
    suspended_by: str | None = None
    purge_at: datetime | None = None

    def owners(self) -> dict[str, Member]:
        return {user: each for user, each in self.members.items() if each.active and each.role == "owner"}

    def live(self, places: dict[str, str]) -> dict[str, str]:
        return {id: role for id, role in places.items() if id in self.workspaces and self.workspaces[id].live}

    def pending(self, now: datetime) -> dict[str, Invitation]:
        return {id: each for id, each in self.invitations.items() if each.stands(now) == "pending"}

    def waiting_for(self, email: str) -> Iterator[tuple[str, Invitation]]:
        """The invitation of an address that is not closed, be it expired."""
        for id, each in self.invitations.items():
            if each.status == "pending" and each.email.lower() == email.lower():
                yield id, each


@dataclass
class Limits:
    """What every tenant's plan allows; None is no limit."""

    members: int | None = None
    workspaces: int | None = None
    counts_invitations: bool = True
    sites: int | None = None


@dataclass
class World:
    """All tenants."""

    clock: FrozenClock
    tenants: dict[str, Tenant] = field(default_factory=dict)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    plans: dict[tuple[str, str], object] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    sign_ins: dict[str, datetime] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.clock()

    def places_taken(self, tenant: Tenant) -> int:
        pending = tenant.pending(self.now).values() if self.limits.counts_invitations else ()
        reserved = sum(not each.for_member for each in pending)
        return sum(each.active for each in tenant.members.values()) + reserved

    def workspaces_used(self, tenant: Tenant) -> int:
        return sum(each.live for each in tenant.workspaces.values())

    def remind_at(self, invitation: Invitation) -> datetime | None:
        at = invitation.expires_at - timedelta(days=2)
        return at if at > self.now else None
