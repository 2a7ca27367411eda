"""The statements that our commands execute, written by hand and built once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from tenantry.sqlalchemy import metadata
from tenantry.sqlalchemy.numbering import raised_number

TENANTS, WORKSPACES, MEMBERS, SIGN_INS, GRANTS, ROLES, INVITATIONS, EVENTS = (
    metadata.tables[f"tenantry_{name}"]
    for name in ("tenants", "workspaces", "memberships", "sign_ins", "grants", "roles", "invitations", "audit_events")
)
MADE = ("name_key", "search_key", "held_as", "counts_from", "counts_until", "mailbox")


def _columns(table: Table) -> list[ColumnElement[Any]]:
    """What is read of a table: all but what only serves to sort and find."""
    return [column for column in table.c if column.name not in MADE]


TENANT: BindParameter[str] = bindparam("tenant")
ONE: ColumnElement[int] = literal_column("1")
IDS: BindParameter[Any] = bindparam("ids", expanding=True)

# --- may this user do that here?

MINE = and_(MEMBERS.c.tenant_id == TENANT, MEMBERS.c.user_id == bindparam("user"))
ME = select(MEMBERS.c.id).where(MINE).scalar_subquery()
THERE = and_(WORKSPACES.c.tenant_id == TENANT, WORKSPACES.c.id == GRANTS.c.workspace_id)
CUSTOM = and_(ROLES.c.tenant_id == TENANT, ROLES.c.id == GRANTS.c.role)


NEWEST = case((MEMBERS.c.epoch > TENANTS.c.epoch, MEMBERS.c.epoch), else_=TENANTS.c.epoch)


def _fact(
    kind: int, status: ColumnElement[str], *, text: ColumnElement[Any] | None = None, **columns: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    given = [columns.get(column.name, null()) for column in _columns(GRANTS)]
    return [literal_column(str(kind)), *given, null() if text is None else text, status]


GRANTED_TO_ME = (
    select(literal_column("0").label("kind"), *_columns(GRANTS), ROLES.c.lineage, WORKSPACES.c.status)
    .select_from(GRANTS.outerjoin(WORKSPACES, THERE).outerjoin(ROLES, CUSTOM))
    .where(GRANTS.c.tenant_id == TENANT, GRANTS.c.membership_id == ME)
)
MY_STATUS = (
    select(*_fact(1, MEMBERS.c.status, text=cast(NEWEST, Text()), id=MEMBERS.c.id, role=TENANTS.c.status))
    .select_from(TENANTS.outerjoin(MEMBERS, MINE))
    .where(TENANTS.c.id == TENANT)
)
ASKED_ABOUT = select(*_fact(2, WORKSPACES.c.status, text=WORKSPACES.c.name, workspace_id=WORKSPACES.c.id)).where(
    WORKSPACES.c.tenant_id == TENANT, WORKSPACES.c.id.in_(IDS)
)
FACTS = union_all(GRANTED_TO_ME, MY_STATUS)
FACTS_AND_WORKSPACES = union_all(GRANTED_TO_ME, MY_STATUS, ASKED_ABOUT)

# --- a page of members

SEEN = select(SIGN_INS.c.signed_in_at).where(SIGN_INS.c.user_id == MEMBERS.c.user_id).scalar_subquery()
SHOWN = [*_columns(MEMBERS), SEEN.label("last_sign_in_at")]
PAGE = select(*SHOWN).where(MEMBERS.c.tenant_id == TENANT).order_by(MEMBERS.c.id).limit(bindparam("limit"))
GRANTS_OF = (
    select(*_columns(GRANTS)).where(GRANTS.c.tenant_id == TENANT, GRANTS.c.membership_id.in_(IDS)).order_by(GRANTS.c.id)
)

# --- an invitation is accepted

THIS_INVITATION = and_(INVITATIONS.c.tenant_id == TENANT, INVITATIONS.c.id == bindparam("invitation"))
ENTER = {
    dialect: update(TENANTS)
    .values(version=TENANTS.c.version + 1, written_in=raised_number(dialect))
    .where(TENANTS.c.id == TENANT, exists(select(ONE).where(THIS_INVITATION)))
    .returning(*_columns(TENANTS))
    for dialect in ("sqlite", "postgresql")
}
INVITATION = select(*_columns(INVITATIONS)).where(THIS_INVITATION).order_by(INVITATIONS.c.id).limit(bindparam("limit"))
MEMBER = select(*SHOWN).where(MINE).order_by(MEMBERS.c.id).limit(bindparam("limit"))
OFFERED = (
    select(*_columns(WORKSPACES))
    .where(WORKSPACES.c.tenant_id == TENANT, WORKSPACES.c.id.in_(IDS), WORKSPACES.c.status == "active")
    .order_by(WORKSPACES.c.id)
)


def _new(table: Table, *fixed: str) -> dict[str, BindParameter[Any]]:
    return {c.name: bindparam(f"new_{c.name}", type_=c.type) for c in table.c if c.name not in fixed}


NEW = _new(INVITATIONS, "tenant_id", "id")
OTHER = INVITATIONS.alias()
PENDING_TOO = select(ONE).where(
    OTHER.c.email_key == NEW["email_key"],
    OTHER.c.status == "pending",
    NEW["status"] == "pending",
    OTHER.c.tenant_id == TENANT,
    OTHER.c.id != bindparam("invitation"),
)
CLOSE = update(INVITATIONS).values(NEW).where(THIS_INVITATION, ~exists(PENDING_TOO))
LEAVE = update(TENANTS).values(_new(TENANTS, "id", "version", "written_in")).where(TENANTS.c.id == TENANT)
ADD: dict[tuple[str, Table], Executable] = {}
for table in (MEMBERS, GRANTS, EVENTS):
    ADD["sqlite", table] = sqlite.insert(table).on_conflict_do_nothing().returning(table.c.id)
    ADD["postgresql", table] = postgresql.insert(table).on_conflict_do_nothing().returning(table.c.id)
