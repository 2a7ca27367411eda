"""Memberships as they are stored, with the roles that their grants give them."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..access.repository import AccessRepository, owning
from ..kernel import ids
from ..kernel.principal import Principal
from ..kernel.values import fill_in
from ..storage.ports import Across, OneOf, Transaction
from ..tenants.model import TENANTS
from .model import GRANTS, MEMBERSHIPS, Grant, Membership, MembershipStatus, MyTenant, is_live, new_member

__all__ = ["MembershipRepository", "with_roles", "with_tenants"]


class MembershipRepository:
    """The members of one tenant."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tenant_id = tx.tenant_id
        self._access = AccessRepository(tx, now)
        self._now = now
        self.records = tx.records(MEMBERSHIPS)

    def add_first(self, user: Principal, *, at: datetime) -> Membership:
        """Keep the membership that a new tenant is born with; without its roles.

        Raises:
            Invalid: SYSTEM is nobody's member.
        """
        member = new_member(user, tenant_id=self._tenant_id, id=ids.new("mem"), at=at)
        self.records.add(member)
        return member

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

    def owners(self, owner_role: str) -> Sequence[Membership]:
        """The active members who own the tenant, in the order of joining; without their roles."""
        return self.records.list(id=owning(owner_role), status=MembershipStatus.ACTIVE)

    def users_among(self, user_ids: Values[str]) -> frozenset[str]:
        """Those of these users who are members, of any status."""
        return frozenset(member.user_id for member in self.records.list(user_id=OneOf(user_ids)))

    def with_address(self, email_key: str) -> Membership | None:
        """A member of any status who has this address, without their roles, or None."""
        return self.records.find(email_key=email_key)

    def present(self, members: Sequence[Membership], *, workspace_id: str | None = None) -> Sequence[Membership]:
        """The members with their roles; with those in one workspace only, where one is named."""
        grants = self._access.of(members)
        if workspace_id is not None:
            grants = [grant for grant in grants if grant.workspace_id in (None, workspace_id)]
        return with_roles(members, grants, self._now)


def with_roles(members: Sequence[Membership], grants: Iterable[Grant], at: datetime) -> Sequence[Membership]:
    """The members, each with these grants, and the roles that they give at this instant."""
    held: dict[str, list[Grant]] = {}
    for grant in grants:
        held.setdefault(grant.membership_id, []).append(grant)
    return [_holding(member, held.get(member.id, ()), at) for member in members]


def _holding(member: Membership, grants: Iterable[Grant], at: datetime) -> Membership:
    roles: list[str] = []
    workspaces: dict[str, tuple[str, ...]] = {}
    for grant in grants:
        if not is_live(grant, at):
            continue
        if grant.workspace_id is None:
            roles.append(grant.role)
        else:
            workspaces[grant.workspace_id] = (*workspaces.get(grant.workspace_id, ()), grant.role)
    return fill_in(member, roles=tuple(roles), workspaces=workspaces, grants=tuple(grants))


def with_tenants(across: Across, memberships: Sequence[Membership], at: datetime) -> Sequence[MyTenant]:
    """These memberships of one user, each with its roles and its tenant, in two statements."""
    if not memberships:
        return []
    theirs = OneOf({m.tenant_id for m in memberships})  # keys begin with the tenant, also for who asks over all
    grants = across.records(GRANTS).list(tenant_id=theirs, membership_id=OneOf({m.id for m in memberships}))
    tenants = {tenant.id: tenant for tenant in across.records(TENANTS).list(id=theirs)}
    return [MyTenant(tenants[m.tenant_id], m) for m in with_roles(memberships, grants, at)]
