"""The host's own database: its tables, its sessions, and one transaction for each request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tenantry.sqlalchemy import metadata


class Base(DeclarativeBase):
    """The host's tables. Those of tenantry have a metadata of their own; a host's Alembic takes both."""


class User(Base):
    """Who can sign in. tenantry never sees this table; it keeps the id."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    email_verified: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)


class Campaign(Base):
    """What this application is about: each belongs to a workspace of a tenant."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str]
    workspace_id: Mapped[str]
    name: Mapped[str]


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction: kept when the endpoint returns, undone when it raises, whoever wrote in it."""
    async with request.app.state.sessions.begin() as session:
        yield session


# "function": commit before the answer is sent. By default FastAPI sends first, and a commit that fails is told nobody.
Session = Annotated[AsyncSession, Depends(session, scope="function")]


async def prepare(engine: AsyncEngine) -> None:
    """Create the tables and some people to play with: for this example. An application has migrations."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        for name in ("Ada", "Bob", "Cleo"):
            await session.merge(User(id=name.lower(), name=name, email=f"{name.lower()}@acme.test"))
