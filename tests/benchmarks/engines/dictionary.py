"""What no library can beat: a nested dictionary of frozen sets, asked by one method call."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tenantry import Level, Role

from .agencies import Agencies
from .engine import Engine

__all__ = ["Dictionary"]


class Dictionary(Engine):
    """Every answer, worked out beforehand in the plainest way; also the one that the others must agree with."""

    name = "nested dictionary"
    how = "what no library can beat: frozen sets by tenant, user and workspace, behind one method call"

    page = "[engine.can(tenant, user, each, permission) for each in page]"

    def __init__(self, agencies: Agencies) -> None:
        super().__init__(agencies)
        self._roles = {(role.level, role.key): role for role in agencies.scheme.roles}
        self._held: dict[str, dict[str, dict[str | None, frozenset[str]]]] = {}
        for tenant, users in agencies.members.items():
            self._held[tenant] = {}
            for user, given in users.items():
                held: defaultdict[str | None, set[str]] = defaultdict(set)
                for each in given:
                    if each.workspace is None:
                        held[None] |= self._all(self._roles[Level.TENANT, each.role])
                    for workspace, role in agencies.in_workspaces(each):
                        held[workspace] |= self._all(self._roles[Level.WORKSPACE, role])
                places = (None, *agencies.workspaces[tenant])
                self._held[tenant][user] = {place: frozenset(held[place]) for place in places}

    def _all(self, role: Role) -> set[str]:
        inherited = (self._all(self._roles[role.level, parent]) for parent in role.inherits)
        return set(self.agencies.named(role)).union(*inherited)

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        try:
            return permission in self._held[tenant][user][workspace]
        except KeyError:
            return False

    def workspaces_where(self, tenant: str, user: str, permission: str) -> frozenset[str]:
        places: Any = self._held[tenant][user]  # the tenant's own, under None, is never among the answers
        return frozenset(workspace for workspace, held in places.items() if permission in held)
