"""Grants and custom roles as they are stored."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..kernel import ids
from ..kernel.principal import Principal
from ..members.model import GRANTS, MEMBERSHIPS, Grant, Membership, MembershipStatus, held_as
from ..storage.ports import After, Among, Before, OneOf, Transaction
from ..workspaces.model import WORKSPACES
from .custom import ROLES, CustomRole, lineages
from .model import CUSTOM, Level, Places, Role

__all__ = ["AccessRepository", "RoleRepository", "counting", "custom_keys", "held_at", "holding", "inside", "owning"]


class AccessRepository:
    """The grants of one tenant, as they are at one instant."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now
        self.records = tx.records(GRANTS)

    def of(self, members: Sequence[Membership]) -> Sequence[Grant]:
        """Every grant that one of these members has."""
        return self.records.list(membership_id=OneOf({member.id for member in members})) if members else []

    def owners(self, owner_role: str) -> int:
        """How many active members own the tenant: by a direct grant, at the tenant, without a start or an end."""
        return self.records.count(membership_id=_ACTIVE_MEMBERS, **_owning(owner_role))

    def give(
        self,
        membership_id: str,
        places: Places,
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        by: Principal,
    ) -> Sequence[Grant]:
        """Grant roles, each in its place, in one statement."""
        return self.give_many({membership_id: places}, starts_at=starts_at, ends_at=ends_at, by=by)

    def give_many(
        self,
        members: Mapping[str, Places],
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        by: Principal,
    ) -> Sequence[Grant]:
        """Grant roles to each of these memberships, by id, in one statement."""
        grants = [
            Grant(
                tenant_id=self._tx.tenant_id,
                id=ids.new("grt"),
                membership_id=membership_id,
                role=role,
                workspace_id=workspace_id,
                starts_at=starts_at,
                ends_at=ends_at,
                granted_by=by.user_id,
                created_at=self._now,
            )
            for membership_id, places in members.items()
            for workspace_id, roles in places.items()
            for role in roles
        ]
        self.records.add(*grants)
        return grants

    def inside(self, workspace_ids: Values[str]) -> Sequence[Grant]:
        """Every grant in one of these workspaces, whatever their state, that counts or will."""
        return self.records.list(workspace_id=OneOf(workspace_ids), counts_until=After(self._now))

    def take(self, grants: Iterable[Grant]) -> None:
        """Take grants away."""
        self.records.remove(*grants)

    def members_in(self, workspace_ids: Values[str]) -> Mapping[str, int]:
        """For each of these workspaces, how many active members have a role in it."""
        return self.records.count_by(
            "workspace_id",
            "membership_id",
            workspace_id=OneOf(workspace_ids),
            membership_id=_ACTIVE_MEMBERS,
            **counting(self._now),
        )


_ACTIVE_MEMBERS = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE})


class RoleRepository:
    """The custom roles of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(ROLES)

    def all(self) -> Mapping[str, CustomRole]:
        """All of them, by id; a rule bounds how many there may be."""
        return {role.id: role for role in self.records.list()}

    def named(self, keys: Iterable[object]) -> tuple[Role, ...]:
        """Those of these roles that are custom, with their lineages; one statement where one is, none otherwise."""
        asked = custom_keys(keys)
        return lineages(self.records.list(id=OneOf(asked))) if asked else ()


def custom_keys(keys: Iterable[object]) -> frozenset[str]:
    """Those of these keys that are ids of custom roles."""
    return frozenset(key for key in keys if type(key) is str and key.startswith(CUSTOM))


def held_at(role: str, level: Level) -> Mapping[str, object]:
    """The conditions on grants of this role at this level, at the tenant or in any workspace."""
    if level is Level.TENANT:
        return {"held_as": held_as(role, None)}
    return {"role": role, "workspace_id": Among(WORKSPACES, "id")}


def counting(at: datetime) -> Mapping[str, object]:
    """The conditions on grants that count at this instant."""
    return {"counts_from": Before(at), "counts_until": After(at)}


def owning(owner_role: str) -> Among:
    """The condition on a member's `id`: they own the tenant, by a direct grant, at the tenant, without start or end."""
    return Among(GRANTS, "membership_id", _owning(owner_role))


def _owning(owner_role: str) -> Mapping[str, object]:
    return {"held_as": held_as(owner_role, None), "starts_at": None, "ends_at": None}


def holding(*held: str, at: datetime, of: object = None) -> Among:
    """The condition on a member's `id`: they have one of these roles, each as `held_as` names it with its place.

    Args:
        held: Roles with their places.
        at: When.
        of: A condition that must hold for the member besides.
    """
    return _having({"held_as": OneOf(held), **counting(at)}, of)


def inside(workspace_id: str, *, at: datetime, of: object = None) -> Among:
    """The condition on a member's `id`: they have any role in this workspace."""
    return _having({"workspace_id": workspace_id, **counting(at)}, of)


def _having(where: Mapping[str, object], of: object) -> Among:
    return Among(GRANTS, "membership_id", where if of is None else {**where, "membership_id": of})
