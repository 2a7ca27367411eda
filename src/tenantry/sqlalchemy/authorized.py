"""The host's own queries, narrowed to what a principal may see."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import false, select

from ..access.compiled import ALL, Access
from ..workspaces.model import WORKSPACES, WorkspaceStatus
from .tables import TABLES

__all__ = ["authorized"]


class _Statement(Protocol):
    """A select, an update or a delete."""

    def where(self, *conditions: Any) -> Self: ...


T = TypeVar("T")
S = TypeVar("S", bound=_Statement)


def authorized(statement: S, access: Access, permission: str, *, workspace: Any) -> S:
    """The statement, narrowed to the rows in whose workspace the principal may do that.

    Where that is every workspace, the tenant's workspaces in use are looked up by the statement itself; where it is
    none, the database has nothing to look for. Only otherwise does the statement name workspaces.

    Args:
        statement: A `select`, `update` or `delete` of the host's own tables.
        access: What the principal may do.
        permission: The name of a permission of workspaces.
        workspace: The column, or the attribute of a mapped class, that holds the id of each row's workspace. A row in
            which it is NULL belongs to no workspace, and so is left out.

    Raises:
        UnknownPermission: The scheme has no such permission.
        Invalid: It is not a permission of workspaces.
    """
    where = access.workspaces_where(permission)
    if where == ALL:
        table = TABLES[WORKSPACES].c
        live = select(table.id).where(table.tenant_id == access.tenant_id, table.status == str(WorkspaceStatus.ACTIVE))
        return statement.where(workspace.in_(live.correlate(None)))  # the host may have joined that table itself
    return statement.where(workspace.in_(sorted(where)) if where else false())
