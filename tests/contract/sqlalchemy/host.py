# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""A host with a table of its own, and what it does with our stores."""

from __future__ import annotations

import pytest
from attrs import evolve
from sqlalchemy import Engine, NullPool, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tenantry.ports import Open, Operator, Store
from tenantry.sqlalchemy import SQLAlchemyStore, metadata
from tenantry.tenants.model import TENANTS, Tenant
from tenantry.testing.contract.world import World


class Host(DeclarativeBase):
    pass


class Note(Host):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def tables(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for each in (metadata, Host.metadata):
            each.drop_all(connection)
            each.create_all(connection)
    return engine


def notes(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Note)) or 0


def tenants(engine: Engine) -> list[Tenant]:
    with SQLAlchemyStore(engine).across(Operator()) as across:
        return list(across.records(TENANTS).list())


def rename(store: Store, world: World, name: str = "Changed") -> None:
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), name=name, slug=world.tenant.slug))


def refused(store: Store, world: World) -> None:
    """A command that has written before it is refused."""
    with pytest.raises(LookupError), store.command(world.tenant.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), name="Refused", slug="refused"))
        raise LookupError


def impatient(engine: Engine) -> SQLAlchemyStore:
    """A store of its own connections, which does not wait for locks."""
    if engine.dialect.name == "sqlite":
        return SQLAlchemyStore(create_engine(engine.url, poolclass=NullPool, connect_args={"timeout": 0}))
    no_waiting = {"options": "-c lock_timeout=50"}
    return SQLAlchemyStore(create_engine(engine.url, poolclass=NullPool, connect_args=no_waiting))
