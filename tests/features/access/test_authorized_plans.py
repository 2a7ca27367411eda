"""A narrowed statement is fast where the host's table is large: PostgreSQL can use the index on the host's column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import Column, Connection, Integer, MetaData, Select, String, Table, Text, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from tenantry import Access, Tenantry, schemes
from tenantry.sqlalchemy import SQLAlchemyStore, authorized, permitted
from tests.features.people import ADA, BOB, EVE, SECRET, Company
from tests.features.stores import emptied

READ = "workspace-api:workspace:read"

KINDS: dict[str, TypeEngine[str]] = {
    "plain": String(),
    "of a length": String(64),
    "text": Text(),
    "by bytes": String(64, collation="C"),
    "of another collation": Text(collation="POSIX"),
}


class Host(DeclarativeBase):
    pass


class Campaign(Host):
    __tablename__ = "planned_campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(index=True)


@frozen
class Planned:
    """A database in which a statement can be explained, and whose statement it is."""

    connection: Connection
    acme: Company

    def fill(self, table: Table) -> Table:
        """Create the table with a few rows of Acme, between very many of others."""
        table.create(self.connection)
        many = "SELECT n, 'ws_' || lpad((n / 10)::text, 26, '0') FROM generate_series(1, 20000) AS n"
        self.connection.execute(text(f"INSERT INTO {table.name} (id, workspace_id) {many}"))
        ids = [workspace.id for workspace in self.acme.context().workspaces.list()]
        rows = [{"id": 100_000 + number, "workspace_id": id} for number, id in enumerate(ids * 3)]
        self.connection.execute(table.insert(), rows)
        self.connection.execute(text(f"ANALYZE {table.name}"))
        self.connection.execute(text("ANALYZE tenantry_workspaces"))
        return table

    def plan(self, statement: Select[Any]) -> str:
        literal = statement.compile(self.connection, compile_kwargs={"literal_binds": True})
        return "\n".join(self.connection.scalars(text(f"EXPLAIN {literal}")))

    def rows(self, statement: Select[Any]) -> int:
        return len(self.connection.scalars(statement).all())


@pytest.fixture
def planned(postgresql_store: SQLAlchemyStore) -> Iterator[Planned]:
    tenancy = Tenantry(store=emptied(postgresql_store), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    here = [acme.workspace(name) for name in ("Here", "There")]
    acme.add(BOB, workspaces=dict.fromkeys(here, "viewer"))
    tenancy.person(EVE).create_tenant("Beta")
    with postgresql_store.engine.connect() as connection:
        yield Planned(connection, acme)
        connection.rollback()


def everybody(planned: Planned) -> dict[int, Access]:
    """Who may everywhere, and who may in two workspaces; by the number of rows that they see."""
    return {9: planned.acme.context().access(), 6: planned.acme.context(BOB).access()}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_index_of_the_host_is_used(planned: Planned, kind: TypeEngine[str]) -> None:
    id, column = Column("id", Integer, primary_key=True), Column("workspace_id", kind, nullable=False, index=True)
    table = planned.fill(Table("planned", MetaData(), id, column))

    for rows, access in everybody(planned).items():
        statement = authorized(select(table.c.id), access, READ, workspace=table.c.workspace_id)
        plan = planned.plan(statement)
        assert "ix_planned_workspace_id" in plan, plan
        assert "Seq Scan on planned" not in plan, plan
        assert planned.rows(statement) == rows


def test_so_it_is_through_a_mapped_class(planned: Planned) -> None:
    planned.fill(Host.metadata.tables["planned_campaigns"])

    for rows, access in everybody(planned).items():
        statement = select(Campaign.id).where(permitted(access, READ, workspace=Campaign.workspace_id))
        plan = planned.plan(statement)
        assert "ix_planned_campaigns_workspace_id" in plan, plan
        assert "Seq Scan on planned" not in plan, plan
        assert planned.rows(statement) == rows
