"""Where tenantry meets this host: its permissions, and what each request gets to work with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tenantry import AsyncPersonContext, AsyncTenantContext, AsyncTenantry, Level, Permission, schemes
from tenantry.sqlalchemy import AsyncSessionStore

from .database import Session
from .security import From, Me

SCHEME = schemes.AGENCY.extend(
    permissions=[
        Permission("campaign-api:campaign:read", Level.WORKSPACE, "See the campaigns of the workspace"),
        Permission("campaign-api:campaign:create", Level.WORKSPACE, "Start campaigns in the workspace"),
    ],
    # Admins hold every permission of a workspace and viewers every `read`; members work.
    workspace_roles={"member": ["campaign-api:campaign:create"]},
)


def tenancy(request: Request, session: Session) -> AsyncTenantry:
    """The application's tenantry, as a guest in this request's transaction."""
    whole: AsyncTenantry = request.app.state.tenancy
    return whole.using(AsyncSessionStore(session))


Tenancy = Annotated[AsyncTenantry, Depends(tenancy)]


def person(tenancy: Tenancy, me: Me, origin: From) -> AsyncPersonContext:
    """What the caller may do for themselves."""
    return tenancy.person(me, origin=origin)


def context(tenant_id: str, tenancy: Tenancy, me: Me, origin: From) -> AsyncTenantContext:
    """What the caller may do in the tenant of the path."""
    return tenancy.tenant(tenant_id, by=me, origin=origin)


Person = Annotated[AsyncPersonContext, Depends(person)]
Context = Annotated[AsyncTenantContext, Depends(context)]
