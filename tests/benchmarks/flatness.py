"""A first check where there is much more of everything, against where there is little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table

from .databases import Database, opened, sqlite_url
from .doors import Owner
from .requests import MAY
from .statements import GRANTS, MEMBERS, TENANTS, WORKSPACES
from .timing import Pair, Timed

__all__ = ["flatness"]


def flatness(directory: Path, *, workspaces: int, tenants: int) -> Iterator[Pair]:
    """The pairs of this subject, each on two databases."""
    with (
        opened(sqlite_url(directory, "small"), members=4, workspaces=10) as small,
        opened(sqlite_url(directory, "wide"), members=4, workspaces=workspaces) as wide,
        opened(sqlite_url(directory, "crowded"), members=4, workspaces=10) as crowded,
    ):
        _crowd(crowded, tenants)
        against = _first_check(small)
        yield Pair(f"{workspaces:,} workspaces in the tenant, against 10", _first_check(wide), against)
        yield Pair(f"{tenants:,} tenants, against 1", _first_check(crowded), against)


def _first_check(database: Database) -> Timed:
    door, world = Owner(database.engine), database.world
    asked = door.ours(lambda t: t.tenant(world.tenant_id, by=world.member).can(MAY, workspace=world.workspaces[0]))
    assert asked() is True
    return door.timed(asked)


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
