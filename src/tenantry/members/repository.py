"""Memberships as they are stored, with the roles that their grants give them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from ..access.model import GRANTS, Grant
from ..access.repository import AccessRepository
from ..ports import Across, Among, OneOf, Transaction
from ..tenants.model import TENANTS
from .model import MEMBERSHIPS, Membership, MyTenant

__all__ = ["MembershipRepository", "holding", "inside", "with_tenants"]


class MembershipRepository:
    """The members of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self._access = AccessRepository(tx)
        self.records = tx.records(MEMBERSHIPS)

    def get(self, user_id: str) -> Membership:
        """The membership of this user, with its roles.

        Raises:
            NotFound: The user is no member.
        """
        member = self.find(user_id)
        if member is None:
            raise MEMBERSHIPS.missing()
        return member

    def find(self, user_id: str) -> Membership | None:
        """The membership of this user, with its roles, or None."""
        member = self.records.find(user_id=user_id)
        return member and self.present([member])[0]

    def has_address(self, email_key: str) -> bool:
        """Whether a member, of any status, has this address."""
        return self.records.find(email_key=email_key) is not None

    def present(self, members: Sequence[Membership], *, workspace_id: str | None = None) -> Sequence[Membership]:
        """The members with their roles; with those in one workspace only, where one is named."""
        grants = self._access.of(members)
        if workspace_id is not None:
            grants = [grant for grant in grants if grant.workspace_id in (None, workspace_id)]
        return with_roles(members, grants)


def with_roles(members: Sequence[Membership], grants: Sequence[Grant]) -> Sequence[Membership]:
    """The members, each with the roles that these grants give."""
    roles: dict[str, list[str]] = {}
    workspaces: dict[str, dict[str, tuple[str, ...]]] = {}
    for grant in grants:
        if grant.workspace_id is None:
            roles.setdefault(grant.membership_id, []).append(grant.role)
        else:
            here = workspaces.setdefault(grant.membership_id, {})
            here[grant.workspace_id] = (*here.get(grant.workspace_id, ()), grant.role)
    return [evolve(m, roles=tuple(roles.get(m.id, ())), workspaces=workspaces.get(m.id, {})) for m in members]


def holding(role: str, *, of: object = None) -> Among:
    """The condition on `id`: members with this tenant role; of those for whom another condition holds, where given."""
    where = {"role": role, "place": ""} | ({} if of is None else {"membership_id": of})
    return Among(GRANTS, "membership_id", where)


def inside(workspace_id: str) -> Among:
    """The condition on `id`: members with any role in this workspace."""
    return Among(GRANTS, "membership_id", {"workspace_id": workspace_id})


def with_tenants(across: Across, memberships: Sequence[Membership]) -> Sequence[MyTenant]:
    """These memberships of one user, each with its roles and its tenant, in two statements."""
    if not memberships:
        return []
    theirs = OneOf({m.tenant_id for m in memberships})  # keys begin with the tenant, also for who asks over all
    grants = across.records(GRANTS).list(tenant_id=theirs, membership_id=OneOf({m.id for m in memberships}))
    tenants = {tenant.id: tenant for tenant in across.records(TENANTS).list(id=theirs)}
    return [MyTenant(tenants[m.tenant_id], m) for m in with_roles(memberships, grants)]
