"""A tenant and how much there is in it, in one statement."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, select

from ..invitations.model import INVITATIONS, InvitationStatus
from ..members.model import MEMBERSHIPS, MembershipStatus
from ..storage.collection import Collection
from ..tenants.model import TENANTS, Totals
from ..workspaces.model import WORKSPACES, WorkspaceStatus
from .codec import codec
from .conditions import of_tenant
from .execution import Execution
from .tables import TABLES

__all__ = ["totals"]


def totals(execution: Execution, tenant_id: str, at: datetime) -> Totals:
    """See `tenantry.ports.Transaction.totals`."""
    values = {"tenant": tenant_id, "at": codec(INVITATIONS).stored("expires_at", at)}
    rows = execution.rows(_statement(), values)
    if not rows:
        raise TENANTS.missing()
    *row, workspaces, members, invitations, newcomers = rows[0]
    return Totals(codec(TENANTS).entity(row), workspaces, members, invitations, newcomers)


@cache
def _statement() -> Select[Any]:
    later = TABLES[INVITATIONS].c.expires_at > bindparam("at")
    return select(
        *codec(TENANTS).columns,
        _count(WORKSPACES, WorkspaceStatus.ACTIVE),
        _count(MEMBERSHIPS, MembershipStatus.ACTIVE),
        _count(INVITATIONS, InvitationStatus.PENDING, later),
        _count(INVITATIONS, InvitationStatus.PENDING, later, ~TABLES[INVITATIONS].c.is_for_member),
    ).where(of_tenant(TENANTS))


def _count(collection: Collection[Any], status: str, *more: ColumnElement[bool]) -> ScalarSelect[int]:
    table = TABLES[collection]
    counted = select(func.count()).select_from(table)
    return counted.where(of_tenant(collection), table.c.status == str(status), *more).scalar_subquery()
