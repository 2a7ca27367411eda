"""The same questions where there is much more of everything, against where there is little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from timeit import Timer

from sqlalchemy import Table

from tenantry import Level, Permission, Scheme
from tenantry.sqlalchemy import SQLAlchemyStore

from .databases import Database, opened, sqlite_url
from .requests import MAY
from .statements import GRANTS, MEMBERS, TENANTS, WORKSPACES
from .timing import Pair, Timed
from .world import SCHEME, tenantry_on

__all__ = ["flatness"]

FEW, MANY = 10, 200


def flatness(directory: Path, crowd: int) -> Iterator[Pair]:
    """The pairs of this subject: so many tenants against one, half as many workspaces in one against ten."""
    workspaces = crowd // 2
    with (
        opened(sqlite_url(directory, "small"), members=4, workspaces=10) as small,
        opened(sqlite_url(directory, "wide"), members=4, workspaces=workspaces) as wide,
        opened(sqlite_url(directory, "crowded"), members=4, workspaces=10) as crowded,
    ):
        _crowd(crowded, crowd)
        few, many = _scheme(FEW), _scheme(MANY)
        little = _asked(small, few)
        for name, much in (
            (f"{crowd:,} tenants, against 1", _asked(crowded, few)),
            (f"{workspaces:,} workspaces in the tenant, against 10", _asked(wide, few)),
            (f"{MANY} permissions of the host in the scheme, against {FEW}", _asked(small, many)),
        ):
            for column, timed in much.items():
                yield Pair(name, timed, little[column], column=column)


def _scheme(permissions: int) -> Scheme:
    return SCHEME.extend(
        permissions=[Permission(f"host-api:thing-{n}:update", Level.WORKSPACE) for n in range(permissions)]
    )


def _asked(database: Database, scheme: Scheme) -> dict[str, Timed]:
    """A question to facts that are there, and one that has to fetch them."""
    world = database.world
    tenancy = tenantry_on(SQLAlchemyStore(database.engine), scheme)
    names = {
        "tenancy": tenancy,
        "tenant": world.tenant_id,
        "member": world.member,
        "access": tenancy.tenant(world.tenant_id, by=world.member).access(workspaces=world.workspaces),
        "permission": MAY,
        "workspace": world.workspaces[0],
        "ten": world.workspaces[
            :: len(world.workspaces) // 10
        ],  # of one, the place in a dictionary is a matter of luck
    }
    code = {
        "`Access.can`, ten times": "[access.can(permission, workspace=each) for each in ten]",
        "facts and first check": "tenancy.tenant(tenant, by=member).can(permission, workspace=workspace)",
    }
    many, one = (eval(each, names) for each in code.values())
    assert one is True
    assert len(many) == 10
    return {column: Timer(each, globals=names).timeit for column, each in code.items()}


def _crowd(database: Database, tenants: int) -> None:
    """Fill the database with tenants like that of its world."""
    names = [f"ten_{number}" for number in range(1, tenants)]
    with database.engine.begin() as connection:
        for table in (TENANTS, WORKSPACES, MEMBERS, GRANTS):
            whose = _whose(table)
            rows = connection.execute(table.select().where(table.c[whose] == database.world.tenant_id)).mappings().all()
            connection.execute(table.insert(), [{**row, whose: name} for name in names for row in rows])
    database.analyze()


def _whose(table: Table) -> str:
    return "id" if table is TENANTS else "tenant_id"
