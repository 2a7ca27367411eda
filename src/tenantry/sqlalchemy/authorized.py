"""The host's own queries, narrowed to what a principal may see."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar, cast

from sqlalchemy import ColumnElement, String, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import ColumnOperators

from ..access.compiled import ALL, Access
from ..kernel.errors import Invalid
from ..workspaces.model import WORKSPACES, WorkspaceStatus
from .tables import TABLES

__all__ = ["authorized", "permitted"]


class _AsComparedThere(FunctionElement[str]):
    """An id of ours, to be compared as the host's column is.

    PostgreSQL uses an index only for a comparison by the collation that the index has. By its rules ours, which is "C",
    wins over that of a plain column, and is an error beside a third one. The collation "default" loses to each other.
    """

    type = String()
    inherit_cache = True


@compiles(_AsComparedThere)
def _as_it_is(element: _AsComparedThere, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_AsComparedThere, "postgresql")
def _by_default(element: _AsComparedThere, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "default"'


class _Statement(Protocol):
    """A select, an update or a delete."""

    def where(self, *conditions: Any) -> Self: ...


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
        Invalid: It is not a permission of workspaces, or another argument is not what it should be.
    """
    if not hasattr(statement, "where"):
        raise Invalid(
            "A select, an update or a delete is what can be narrowed.",
            field="statement",
            rule="wrong_type",
            expected="statement",
        )
    return statement.where(permitted(access, permission, workspace=workspace))


def permitted(access: Access, permission: str, *, workspace: Any) -> ColumnElement[bool]:
    """The condition by which `authorized` narrows, to be combined with others: what is one's own, or all, for example.

    Args:
        access: What the principal may do.
        permission: The name of a permission of workspaces.
        workspace: The column, or the attribute of a mapped class, that holds the id of each row's workspace.

    Raises:
        UnknownPermission: The scheme has no such permission.
        Invalid: It is not a permission of workspaces, or another argument is not what it should be.
    """
    if not isinstance(workspace, ColumnOperators):
        raise Invalid(
            "workspace is the column of the workspace ids, or its attribute.",
            field="workspace",
            rule="wrong_type",
            expected="column",
        )
    if not isinstance(access, Access):
        raise Invalid(
            "access is what `TenantContext.access` returned, awaited where that is.",
            field="access",
            rule="wrong_type",
            expected="Access",
        )
    where = access.workspaces_where(permission)
    if where == ALL:
        table = TABLES[WORKSPACES].c
        id = _AsComparedThere(table.id).label("id")
        live = select(id).where(table.tenant_id == access.tenant_id, table.status == str(WorkspaceStatus.ACTIVE))
        condition: Any = workspace.in_(live.correlate(None))  # the host may have joined that table itself
    else:
        condition = workspace.in_(sorted(where))  # of none, what is executed has a false condition, and no id
    return cast(ColumnElement[bool], condition)
