"""The sign-in of a user is kept, and those tenants are told that know the user otherwise, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, delete, false, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from ..members.model import MEMBERSHIPS, MembershipStatus
from ..members.sign_ins import SIGN_INS, SignIn
from ..tenants.model import TENANTS, TenantStatus
from .codec import codec
from .execution import Execution
from .tables import TABLES

__all__ = ["drop", "keep"]

_INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_JOIN = {"postgresql": func.string_agg, "sqlite": func.group_concat}  # one text, whatever the driver makes of arrays
_BETWEEN = ","


def keep(execution: Execution, sign_in: SignIn, known: Mapping[str, str | bool]) -> Sequence[str]:
    """See `tenantry.ports.Across.keep_sign_in`."""
    values = {f"new_{name}": value for name, value in codec(SIGN_INS).row(sign_in).items()}
    values |= {f"known_{name}": value for name, value in known.items()}
    [(found,)] = execution.rows(_keeping(execution.dialect, tuple(known)), values)
    return sorted(found.split(_BETWEEN)) if found else []


def drop(execution: Execution, user_id: str) -> None:
    """See `tenantry.ports.Across.drop_sign_in`."""
    table = TABLES[SIGN_INS]
    execution.changed(delete(table).where(table.c.user_id == bindparam("user_id")), {"user_id": user_id})


@cache
def _keeping(dialect: str, known: Sequence[str]) -> ReturningInsert[Any]:
    table, members, tenants = (TABLES[each] for each in (SIGN_INS, MEMBERSHIPS, TENANTS))
    statement = _INSERT[dialect](table).values(
        {name: bindparam(f"new_{name}", type_=column.type) for name, column in table.c.items()}
    )
    kept, told = table.c.signed_in_at, statement.excluded.signed_in_at
    # Not a join: SQLAlchemy leaves out the names of tables where SQLite returns something, and both have a status.
    active = select(tenants.c.id).where(
        tenants.c.id == members.c.tenant_id, tenants.c.status == str(TenantStatus.ACTIVE)
    )
    others = (
        select(_JOIN[dialect](members.c.tenant_id, literal_column(f"'{_BETWEEN}'")))
        .select_from(members)
        .where(
            members.c.user_id == bindparam("new_user_id"),
            members.c.status == str(MembershipStatus.ACTIVE),
            active.correlate(members).exists(),
            or_(
                false(),
                *(
                    members.c[name].is_distinct_from(bindparam(f"known_{name}", type_=members.c[name].type))
                    for name in known
                ),
            ),
        )
    )
    # A row that stayed as it is would return nothing, so the later of the two is written in any case.
    later: ReturningInsert[Any] = statement.on_conflict_do_update(
        index_elements=[table.c.user_id], set_={"signed_in_at": case((told > kept, told), else_=kept)}
    ).returning(others.scalar_subquery())
    return later
