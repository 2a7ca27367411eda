"""What a test takes as given: tenants, people, roles and invitations in one line each."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping
from datetime import timedelta
from itertools import count

from ..access.custom import CustomRole
from ..app import Tenantry
from ..invitations.model import Issued
from ..kernel.principal import SYSTEM, Principal
from ..tenants.model import Tenant
from ..workspaces.model import Workspace

__all__ = ["Given"]


class Given:
    """Makes what a test needs, by way of the public verbs. What is not said is made up, differently each time.

    Everything is done by `SYSTEM`, so nothing here is ever denied. With an `AsyncTenantry`, use it inside `run`:
    `acme = await tenancy.run(lambda t: Given(t).tenant("Acme"))`.

    Args:
        tenancy: Where to make it.

    Example:
        >>> from tenantry import Tenantry, schemes
        >>> from tenantry.memory import MemoryStore
        >>> tenancy = Tenantry(
        ...     store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=["a secret of a test, 32 bytes" * 2]
        ... )
        >>> given = Given(tenancy)
        >>> acme = given.tenant("Acme")
        >>> bob = given.member(acme, role="admin")
        >>> tenancy.tenant(acme.id, by=bob).can("tenant-api:member:invite")
        True
        >>> clerk = given.role(acme, level="tenant", permissions=["tenant-api:member:read"])
        >>> cay = given.member(acme, role=clerk.id)
        >>> tenancy.tenant(acme.id, by=cay).can("tenant-api:member:read")
        True
    """

    def __init__(self, tenancy: Tenantry) -> None:
        self._tenancy = tenancy
        self._numbers = count(1)

    def person(self, name: str | None = None, *, email: str | None = None) -> Principal:
        """Somebody who has signed in, with a verified address, and is nobody's member yet.

        Args:
            name: What they are called.
            email: Their address.
        """
        number = next(self._numbers)
        return Principal(
            f"user_{number}",
            name=name or f"Person {number}",
            email=email or f"person-{number}@example.test",
            email_verified=True,
        )

    def tenant(self, name: str | None = None, *, owner: Principal | None = None, slug: str | None = None) -> Tenant:
        """A tenant with its owner and default workspace.

        Args:
            name: What it is called.
            owner: Who owns it; somebody new unless given.
            slug: What addresses use; made from the name unless given.
        """
        name = name or f"Tenant {next(self._numbers)}"
        return self._tenancy.create_tenant(name, owner=owner or self.person(), slug=slug)

    def workspace(self, tenant: Tenant, name: str | None = None, *, slug: str | None = None) -> Workspace:
        """One more workspace in the tenant.

        Args:
            tenant: Where.
            name: What it is called.
            slug: What addresses use; made from the name unless given.
        """
        name = name or f"Workspace {next(self._numbers)}"
        return self._tenancy.tenant(tenant.id, by=SYSTEM).workspaces.create(name, slug=slug)

    def role(
        self,
        tenant: Tenant,
        name: str | None = None,
        *,
        level: str = "workspace",
        permissions: Values[str] = (),
        inherits: Values[str] = (),
        acts_as: str | None = None,
    ) -> CustomRole:
        """One more role of the tenant's own; `id` is the key by which it is given.

        Args:
            tenant: Where.
            name: What it is called.
            level: `tenant` or `workspace`: where it is to be held.
            permissions: Names, or patterns in which `*` stands for a whole segment.
            inherits: Keys of roles of the same level whose permissions come with this one.
            acts_as: For a tenant role, the workspace role that its holders have in every workspace.
        """
        name = name or f"Role {next(self._numbers)}"
        context = self._tenancy.tenant(tenant.id, by=SYSTEM)
        return context.roles.define(name, level=level, permissions=permissions, inherits=inherits, acts_as=acts_as)

    def member(
        self,
        tenant: Tenant,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | None = None,
        name: str | None = None,
        email: str | None = None,
        person: Principal | None = None,
    ) -> Principal:
        """A member of the tenant, with a verified address: the principal, to act as `by`.

        Args:
            tenant: Where.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it.
            name: What they are called.
            email: Their address.
            person: Who it is; somebody new unless given.
        """
        person = person or self.person(name, email=email)
        self._tenancy.tenant(tenant.id, by=SYSTEM).members.add(
            person.user_id,
            role=role,
            workspaces=workspaces,
            name=person.name,
            email=person.email,
            email_verified=person.email_verified,
        )
        return person

    def invitation(
        self,
        tenant: Tenant,
        email: str | None = None,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | None = None,
        expires_in: timedelta | None = None,
        by: Principal = SYSTEM,
    ) -> Issued:
        """A pending invitation to the tenant, with its token.

        Args:
            tenant: Where.
            email: Who is invited; an address that nobody has unless given.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it.
            expires_in: How long it can be accepted.
            by: Who stands behind it.
        """
        email = email or f"invited-{next(self._numbers)}@example.test"
        context = self._tenancy.tenant(tenant.id, by=by)
        return context.invitations.send(email, role=role, workspaces=workspaces, expires_in=expires_in)
