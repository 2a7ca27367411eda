"""PyCasbin: roles in domains, in the model language of Casbin."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tenantry import Level

from .agencies import Agencies
from .engine import Engine

__all__ = ["PyCasbin"]

MODEL = """
[request_definition]
r = user, place, permission
[policy_definition]
p = role, permission
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = regexMatch(r.permission, p.permission) && g(r.user, p.role, r.place)
"""
AT_TENANT = "tenant"


class PyCasbin(Engine):
    """The patterns stay patterns: a line for each name is slower, and so is asking for the role first.

    `FastEnforcer` is left out: it keeps the question in itself, where that of another thread finds it.
    """

    name = "pycasbin"
    how = "Casbin in Python: an `Enforcer` for each tenant, with a domain for each workspace"
    distribution, module = "pycasbin", "casbin"

    def __init__(self, agencies: Agencies) -> None:
        super().__init__(agencies)
        casbin: Any = import_module(self.module)
        self._enforcers = {tenant: self._enforcer(casbin.Enforcer, tenant) for tenant in agencies.workspaces}

    def _enforcer(self, kind: Any, tenant: str) -> Any:
        enforcer = kind(kind.new_model(text=MODEL))
        enforcer.add_policies([list(policy) for policy in self._policies()])
        enforcer.add_grouping_policies([list(link) for link in dict.fromkeys(self._links(tenant))])
        return enforcer

    def _policies(self) -> Iterator[tuple[str, str]]:
        for role in self.agencies.scheme.roles:
            for pattern in role.permissions:
                yield f"{role.level}:{role.key}", f"^{pattern.replace('*', '[^:]*')}$"

    def _links(self, tenant: str) -> Iterator[tuple[str, str, str]]:
        """Who or which role has which role, and where."""
        workspaces = self.agencies.workspaces[tenant]
        for level, places in ((Level.TENANT, [AT_TENANT]), (Level.WORKSPACE, workspaces)):
            for role in self.agencies.at(level):
                for parent in role.inherits:
                    yield from ((f"{level}:{role.key}", f"{level}:{parent}", place) for place in places)
        for user, given in self.agencies.members[tenant].items():
            for each in given:
                if each.workspace is None:
                    yield user, f"tenant:{each.role}", AT_TENANT
                for workspace, key in self.agencies.in_workspaces(each):
                    yield user, f"workspace:{key}", workspace

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        return bool(self._enforcers[tenant].enforce(user, workspace or AT_TENANT, permission))
