"""tenantry: a context for each request, and the value that it answers from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tenantry import ALL, Access, Principal, TenantContext
from tenantry.memory import MemoryStore

from ..world import tenantry_on
from .agencies import Agencies, Given
from .engine import Engine

__all__ = ["Context", "Snapshot"]


class Snapshot(Engine):
    """A frozen value that answers."""

    name = "tenantry, `Access`"
    how = "a frozen value, loaded once for the page: `context.access(workspaces=[…])`"

    check = "access.can(permission, workspace=workspace)"
    page = "[access.can(permission, workspace=each) for each in page]"
    where = "access.workspaces_where(permission)"

    def __init__(self, agencies: Agencies) -> None:
        super().__init__(agencies)
        self._tenancy = tenantry_on(MemoryStore(), agencies.scheme)
        self._ids: dict[str, str] = {}
        for tenant in agencies.workspaces:
            self._found(tenant)
        self._names = {id: name for name, id in self._ids.items()}
        self._context = cache(self._new_context)
        self._access = cache(self._new_access)

    def _found(self, tenant: str) -> None:
        (owner, _), *members = self.agencies.members[tenant].items()
        self._ids[tenant] = self._tenancy.create_tenant(tenant, owner=Principal(owner)).id
        context = self._new_context(tenant, owner)
        for workspace in self.agencies.workspaces[tenant]:
            self._ids[workspace] = context.workspaces.create(workspace).id
        for user, given in members:
            self._add(context, user, given)

    def _add(self, context: TenantContext, user: str, given: Sequence[Given]) -> None:
        [role] = [each.role for each in given if each.workspace is None]
        workspaces = {self._ids[each.workspace]: each.role for each in given if each.workspace is not None}
        context.members.add(user, role=role, workspaces=workspaces)

    def _new_context(self, tenant: str, user: str) -> TenantContext:
        return self._tenancy.tenant(self._ids[tenant], by=Principal(user))

    def _new_access(self, tenant: str, user: str) -> Access:
        return self._new_context(tenant, user).access(
            workspaces=[self._ids[w] for w in self.agencies.workspaces[tenant]]
        )

    def _who(self, tenant: str, user: str) -> Access | TenantContext:
        return self._access(tenant, user)

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        there = None if workspace is None else self._ids.get(workspace, workspace)
        return self._who(tenant, user).can(permission, workspace=there)

    def workspaces_where(self, tenant: str, user: str, permission: str) -> frozenset[str]:
        found = self._who(tenant, user).workspaces_where(permission)
        return frozenset(self.agencies.workspaces[tenant] if found == ALL else map(self._names.__getitem__, found))

    def asked(self, tenant: str, user: str, page: Sequence[str]) -> dict[str, Any]:
        who = {"access": self._access(tenant, user), "context": self._context(tenant, user)}
        return super().asked(tenant, user, [self._ids[workspace] for workspace in page]) | who


class Context(Snapshot):
    """The short form."""

    name = "tenantry, `context`"
    how = "the context of a request, after its first questions"

    check = "context.can(permission, workspace=workspace)"
    page = "[context.can(permission, workspace=each) for each in page]"
    where = "context.workspaces_where(permission)"

    def _who(self, tenant: str, user: str) -> Access | TenantContext:
        return self._context(tenant, user)
