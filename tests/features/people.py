"""Who appears in the feature tests, and where they work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenantry import SYSTEM, Issued, Membership, Principal, Tenant, TenantContext, Tenantry

SECRET = "a secret of the tests, at least 32 bytes"


def someone(name: str, /, **changes: Any) -> Principal:
    """A user with a verified address."""
    known: dict[str, Any] = {"email": f"{name}@acme.test", "email_verified": True, "name": name.capitalize()}
    return Principal(f"user_{name}", **(known | changes))


ADA = someone("ada")
BOB = someone("bob")
CAY = someone("cay")
DAN = someone("dan")
EVE = someone("eve")
FAY = someone("fay")


class Company:
    """A tenant, and a context in it for whoever is to act. Ada owns it."""

    def __init__(self, tenancy: Tenantry, tenant: Tenant) -> None:
        self.tenancy = tenancy
        self.id = tenant.id
        self.general = tenant.default_workspace_id

    def context(self, by: Principal = ADA) -> TenantContext:
        """A new context, which remembers nothing."""
        return self.tenancy.tenant(self.id, by=by)

    def add(
        self, who: Principal, role: str | None = None, *, workspaces: Mapping[str, str] | None = None
    ) -> TenantContext:
        """Make somebody a member, and give them a context."""
        members = self.context(SYSTEM).members
        known: dict[str, Any] = {"name": who.name, "email": who.email, "email_verified": who.email_verified}
        members.add(who.user_id, role=role, workspaces=workspaces, **known)
        return self.context(who)

    def workspace(self, name: str, **details: Any) -> str:
        """The id of a new workspace."""
        return self.context(SYSTEM).workspaces.create(name, **details).id

    def invite(
        self,
        who: Principal,
        role: str | None = None,
        *,
        workspaces: Mapping[str, str] | None = None,
        by: Principal = ADA,
    ) -> Issued:
        """An invitation to somebody's address."""
        assert who.email is not None
        return self.context(by).invitations.send(who.email, role=role, workspaces=workspaces)

    def member(self, who: Principal) -> Membership:
        """Somebody's membership, as the host sees it."""
        return self.context(SYSTEM).members.get(who.user_id)

    def user_ids(self) -> list[str]:
        """Who is a member, in the order of joining."""
        return [member.user_id for member in self.context(SYSTEM).members.list(limit=200)]

    def trail(self) -> list[str]:
        """What has happened, oldest first."""
        return [event.action for event in self.context(SYSTEM).audit.list(order="oldest", limit=200)]
