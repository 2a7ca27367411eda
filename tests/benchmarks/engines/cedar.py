"""cedarpy: Cedar, the engine behind Amazon Verified Permissions, in Rust."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from tenantry import Level

from .agencies import Agencies, matches
from .engine import Engine

__all__ = ["Cedar"]

Entity = dict[str, Any]


class Cedar(Engine):
    """A policy for each role and pattern; who is in which role is a group that the workspace or the tenant names."""

    name = "cedarpy"
    how = "Cedar in Rust: policies parsed once, entities once for each tenant, a page asked as one batch"
    distribution, module = "cedarpy", "cedarpy"

    def __init__(self, agencies: Agencies) -> None:
        super().__init__(agencies)
        self._cedar: Any = import_module(self.module)
        self._policies = self._cedar.PolicySet.from_str("\n".join(self._permits()))
        self._entities = {tenant: self._parsed(self._found(tenant)) for tenant in agencies.workspaces}

    def _parsed(self, entities: Iterator[Entity]) -> Any:
        return self._cedar.Entities.from_json_str(json.dumps(list(entities)))

    def _permits(self) -> Iterator[str]:
        for level in Level:
            for role in self.agencies.at(level):
                for pattern in role.permissions:
                    yield (
                        f'permit (principal, action in Action::"{pattern}", resource is {level.capitalize()})'
                        f" when {{ principal in resource.{role.key} }};"
                    )

    def _found(self, tenant: str) -> Iterator[Entity]:
        """What the engine is told of a tenant: its permissions, places, roles in each place, and members."""
        patterns = {pattern for role in self.agencies.scheme.roles for pattern in role.permissions}
        for name in (name for level in Level for name in self.agencies.permissions(level)):
            yield _entity("Action", name, "Action", [p for p in patterns if p != name and matches(p, name)])
        for pattern in patterns:
            if "*" in pattern:
                yield _entity("Action", pattern)
        for level, places in ((Level.TENANT, [tenant]), (Level.WORKSPACE, self.agencies.workspaces[tenant])):
            roles = list(self.agencies.at(level))
            for place in places:
                yield _entity(level.capitalize(), place, attrs={r.key: _ref("Role", f"{place}/{r.key}") for r in roles})
                for r in roles:
                    yield _entity("Role", f"{place}/{r.key}", "Role", [f"{place}/{parent}" for parent in r.inherits])
        for user, given in self.agencies.members[tenant].items():
            held = {f"{tenant}/{each.role}" for each in given if each.workspace is None}
            held |= {f"{place}/{role}" for each in given for place, role in self.agencies.in_workspaces(each)}
            yield _entity("User", user, "Role", sorted(held))

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        request = _request(tenant, user, workspace, permission)
        return bool(self._cedar.is_authorized(request, self._policies, self._entities[tenant]).allowed)

    def can_each(self, tenant: str, user: str, workspaces: Sequence[str], permission: str) -> list[bool]:
        requests = [_request(tenant, user, workspace, permission) for workspace in workspaces]
        results = self._cedar.is_authorized_batch(requests, self._policies, self._entities[tenant])
        return [result.allowed for result in results]


def _request(tenant: str, user: str, workspace: str | None, permission: str) -> dict[str, Entity]:
    """Who, what and where; as text, which the engine would have to parse, it takes half as long again."""
    return {
        "principal": {"type": "User", "id": user},
        "action": {"type": "Action", "id": permission},
        "resource": {"type": "Tenant", "id": tenant} if workspace is None else {"type": "Workspace", "id": workspace},
    }


def _entity(kind: str, id: str, parents_kind: str = "", parents: Sequence[str] = (), *, attrs: Any = None) -> Entity:
    return {
        "uid": {"type": kind, "id": id},
        "attrs": attrs or {},
        "parents": [{"type": parents_kind, "id": parent} for parent in parents],
    }


def _ref(kind: str, id: str) -> Entity:
    return {"__entity": {"type": kind, "id": id}}
