"""The application: `uv run uvicorn examples.fastapi_app.app:app`."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from tenantry import AsyncTenantry
from tenantry.sqlalchemy import AsyncSQLAlchemyStore

from . import campaigns, problems, routes
from .database import prepare
from .tenancy import SCHEME


def create_app(database_url: str, secret_key: str) -> FastAPI:
    """The application on this database, its links signed with this key."""
    # Made from a URL, the store sets SQLite up as we need it. A host that has an engine passes that.
    store = AsyncSQLAlchemyStore(database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await prepare(store.engine)
        yield
        await store.dispose()

    app = FastAPI(title="tenantry in a FastAPI host", lifespan=lifespan, responses=problems.RESPONSES)
    app.state.sessions = async_sessionmaker(store.engine, expire_on_commit=False)
    app.state.tenancy = AsyncTenantry(store=store, scheme=SCHEME, secret_keys=[secret_key])
    problems.install(app)
    app.include_router(routes.router)
    app.include_router(campaigns.router)
    return app


app = create_app(
    os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///example.db"),
    os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32),  # without one, links die when the process does
)
