"""What is stored of one user in one tenant, in one statement."""

from __future__ import annotations

from collections.abc import Collection as Values
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect

from ..access.custom import ROLES
from ..access.model import Standing
from ..access.scheme.inheritance import merge
from ..members.model import GRANTS, MEMBERSHIPS
from ..tenants.model import TENANTS
from ..workspaces.model import WORKSPACES
from .codec import codec
from .execution import Execution
from .tables import TABLES

__all__ = ["standing"]

_GRANT, _TENANT, _WORKSPACE = range(3)


def standing(execution: Execution, tenant_id: str, user_id: str, workspaces: Values[str]) -> Standing:
    """See `tenantry.ports.Transaction.standing`."""
    values: dict[str, Any] = {"tenant": tenant_id, "user_id": user_id}
    if workspaces:
        values["workspaces"] = list(workspaces)
    grant_of = codec(GRANTS).entity
    tenant_status = membership_id = membership_status = None
    epoch = 0
    grants = []
    known = {}
    names = {}
    custom = set()
    for row in execution.rows(_statement(asked=bool(workspaces)), values):
        kind, status = row[0], row[-1]
        if kind == _TENANT:
            tenant_status = _tenant_status(row[_ROLE])
            membership_id = row[_ID]
            if status is not None:
                membership_status = _membership_status(status)
                epoch = int(row[-2])
            continue
        if kind == _GRANT:
            grants.append(grant_of(row[1:-2]))
            if (lineage := row[-2]) is not None:
                custom.add(lineage)
        if (place := row[_PLACE]) is not None:
            known[place] = _workspace_status(status)
            if kind == _WORKSPACE:
                names[place] = row[-2]
    grants.sort(key=_by_id)
    roles = merge(role for lineage in custom for role in _roles(lineage)) if custom else ()
    return Standing(tenant_status, membership_id, membership_status, tuple(grants), known, roles, epoch, names)


_tenant_status = codec(TENANTS).reader("status")
_membership_status = codec(MEMBERSHIPS).reader("status")
_workspace_status = codec(WORKSPACES).reader("status")
_roles = codec(ROLES).reader("lineage")
_by_id = attrgetter("id")
_ID, _ROLE, _PLACE = (1 + GRANTS.given.index(name) for name in ("id", "role", "workspace_id"))


@cache
def _statement(*, asked: bool) -> CompoundSelect[Any]:
    """The three parts have the columns of a grant between them.

    The kind comes first; a lineage, an epoch or a name, and a status come last.

    The part with the grants comes first, since it tells the types of what is NULL in the others.
    """
    tenants, members, grants, places, roles = (TABLES[c] for c in (TENANTS, MEMBERSHIPS, GRANTS, WORKSPACES, ROLES))
    tenant: BindParameter[str] = bindparam("tenant")
    mine = (members.c.tenant_id == tenant) & (members.c.user_id == bindparam("user_id"))
    # Not a join: before its first ANALYZE, PostgreSQL would begin that with all grants of the tenant.
    member = select(members.c.id).where(mine).scalar_subquery()
    there = (places.c.tenant_id == tenant) & (places.c.id == grants.c.workspace_id)
    custom = (roles.c.tenant_id == tenant) & (roles.c.id == grants.c.role)
    newest = case((members.c.epoch > tenants.c.epoch, members.c.epoch), else_=tenants.c.epoch)
    epoch = cast(newest, Text())  # where the other parts have a text
    parts = [
        select(_kind(_GRANT), *codec(GRANTS).columns, roles.c.lineage, places.c.status)
        .select_from(grants.outerjoin(places, there).outerjoin(roles, custom))
        .where(grants.c.tenant_id == tenant, grants.c.membership_id == member),
        select(_kind(_TENANT), *_filled(id=members.c.id, role=tenants.c.status), epoch, members.c.status)
        .select_from(tenants.outerjoin(members, mine))
        .where(tenants.c.id == tenant),
    ]
    if asked:
        these = places.c.id.in_(bindparam("workspaces", expanding=True))
        parts.append(
            select(_kind(_WORKSPACE), *_filled(workspace_id=places.c.id), places.c.name, places.c.status).where(
                places.c.tenant_id == tenant, these
            )
        )
    return union_all(*parts)


def _kind(kind: int) -> ColumnElement[int]:
    return literal_column(str(kind), Integer())


def _filled(**columns: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [columns.get(name, null()) for name in GRANTS.given]
