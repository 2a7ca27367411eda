"""py-rbac: the NIST model of role-based access control, in plain Python."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tenantry import Level

from .agencies import Agencies
from .engine import Engine

__all__ = ["PyRBAC"]

AT_TENANT = "tenant"


class PyRBAC(Engine):
    """What it calls a domain is the place; a role of ours is a role of its own in each place."""

    name = "py-rbac"
    how = "the NIST model in Python: an `RBAC` for each tenant, with a domain and roles for each workspace"
    distribution, module = "py-rbac", "rbac"

    def __init__(self, agencies: Agencies) -> None:
        super().__init__(agencies)
        library: Any = import_module(self.module)
        self._refused = library.RBACAuthorizationError
        self._rbacs = {tenant: self._built(library.RBAC(), tenant) for tenant in agencies.workspaces}

    def _built(self, rbac: Any, tenant: str) -> Any:
        names = [name for level in Level for name in self.agencies.permissions(level)]
        permissions = {name: rbac.create_permission(name) for name in names}
        roles: dict[tuple[str, str], Any] = {}
        places = (*((w, Level.WORKSPACE) for w in self.agencies.workspaces[tenant]), (AT_TENANT, Level.TENANT))
        for place, level in places:
            domain = rbac.create_domain(place)
            for role in self.agencies.at(level):
                children = [roles[place, parent] for parent in role.inherits]
                made = roles[place, role.key] = rbac.create_role(f"{place}/{role.key}", children=children)
                made.add_permission([permissions[name] for name in self.agencies.named(role)], domain)
        for user, given in self.agencies.members[tenant].items():
            subject = rbac.create_subject(user)
            held = [(AT_TENANT, each.role) for each in given if each.workspace is None]
            held += [there for each in given for there in self.agencies.in_workspaces(each)]
            for key in dict.fromkeys(held):
                subject.authorize(roles[key])
        rbac.lock()
        return rbac

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        try:
            self._rbacs[tenant].go(user, workspace or AT_TENANT, permission)
        except self._refused:
            return False
        return True
