"""Grants as they are stored."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .. import ids
from ..members.model import MEMBERSHIPS, Membership, MembershipStatus
from ..ports import Among, OneOf, Transaction
from ..principal import Principal
from .model import GRANTS, Grant

__all__ = ["AccessRepository"]


class AccessRepository:
    """The grants of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._grants = tx.records(GRANTS)

    def of(self, members: Sequence[Membership]) -> Sequence[Grant]:
        """Every grant that one of these members has."""
        return self._grants.list(membership_id=OneOf({member.id for member in members})) if members else []

    def owners(self, owner_role: str) -> int:
        """How many active members own the tenant: by a direct grant, at the tenant, without a start or an end."""
        active = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE})
        return self._grants.count(role=owner_role, place="", starts_at=None, ends_at=None, membership_id=active)

    def give(
        self,
        membership_id: str,
        *,
        roles: Iterable[str] = (),
        workspaces: Mapping[str, Iterable[str]] | None = None,
        by: Principal,
        at: datetime,
    ) -> None:
        """Grant these tenant roles, and these roles in workspaces, in one statement."""
        places: list[tuple[str | None, str]] = [(None, role) for role in roles]
        places += [(id, role) for id, here in (workspaces or {}).items() for role in here]
        self._grants.add(
            *(
                Grant(
                    tenant_id=self._tx.tenant_id,
                    id=ids.new("grt"),
                    membership_id=membership_id,
                    role=role,
                    workspace_id=workspace_id,
                    granted_by=by.user_id,
                    created_at=at,
                )
                for workspace_id, role in places
            )
        )

    def take(self, grants: Sequence[Grant]) -> None:
        """Take grants away."""
        self._grants.remove(*grants)

    def members_in(self, workspace_ids: Values[str]) -> Mapping[str, int]:
        """For each of these workspaces, how many active members have a role in it."""
        active = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE})
        return self._grants.count_by(
            "workspace_id", "membership_id", workspace_id=OneOf(workspace_ids), membership_id=active
        )
