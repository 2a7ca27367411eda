"""The tenant that is asked about: members with roles, in workspaces, and invitations without end."""

from __future__ import annotations

from attrs import frozen

from tenantry import Principal, Scheme, Tenantry, schemes
from tenantry.ports import Store

__all__ = ["ADA", "KEYS", "SCHEME", "Offer", "World", "tenantry_on"]

SCHEME = schemes.AGENCY
KEYS = ["a key for the benchmarks, which hides nothing"]
ADA = Principal("user_ada", email="ada@acme.test", email_verified=True, name="Ada")


def tenantry_on(store: Store, scheme: Scheme = SCHEME) -> Tenantry:
    """The host's `Tenantry`."""
    return Tenantry(store=store, scheme=scheme, secret_keys=KEYS)


@frozen
class Offer:
    """An invitation, and who is invited."""

    token: str
    invitation_id: str
    guest: Principal


class World:
    """One tenant, owned by Ada.

    Attributes:
        tenancy: The host's `Tenantry`.
        tenant_id: Its id.
        workspaces: The ids of its workspaces.
        member: Somebody with the lowest tenant role, and with a role in three workspaces, of which the first is one.
    """

    def __init__(self, tenancy: Tenantry, *, members: int, workspaces: int) -> None:
        self.tenancy = tenancy
        self.tenant_id = tenancy.create_tenant("Acme", owner=ADA).id
        self._context = tenancy.tenant(self.tenant_id, by=ADA)
        self.workspaces = [self._context.workspaces.create(f"Workspace {n}").id for n in range(workspaces)]
        self.member = Principal("user_0")
        self._offers = 0
        for number in range(members):
            three = [self.workspaces[(number + step) % workspaces] for step in range(3)]
            self._context.members.add(f"user_{number}", name=f"User {number}", workspaces=dict.fromkeys(three, "admin"))

    def offer(self) -> Offer:
        """An invitation to somebody new, as a member and into two workspaces."""
        self._offers += 1
        name = f"guest_{self._offers}"
        guest = Principal(name, email=f"{name}@acme.test", email_verified=True, name=name)
        two = dict.fromkeys(self.workspaces[:2], "admin")
        issued = self._context.invitations.send(f"{name}@acme.test", workspaces=two)
        return Offer(issued.token, issued.invitation.id, guest)
