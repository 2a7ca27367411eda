"""Everything around tenants, over HTTP: each endpoint is one verb of tenantry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import text

from tenantry import (
    Accepted,
    Decision,
    Invitation,
    InvitationPreview,
    InvitationStatus,
    Issued,
    Membership,
    MembershipStatus,
    Tenant,
    Workspace,
)

from .database import Session
from .shapes import (
    AcceptedOut,
    DecisionOut,
    Declining,
    EventOut,
    InvitationOut,
    IssuedOut,
    Link,
    Listed,
    MemberOut,
    MyTenantOut,
    NewInvitation,
    NewRole,
    NewTenant,
    NewWorkspace,
    Paged,
    PreviewOut,
    TenantOut,
    WorkspaceOut,
    listed,
)
from .tenancy import Context, Person, Tenancy

router = APIRouter()


@router.get("/health", tags=["host"])
async def health(session: Session) -> dict[str, str]:
    """Whether the application and its database answer."""
    await session.execute(text("SELECT 1"))
    return {"status": "ok"}


# --- tenants


@router.post("/tenants", status_code=201, response_model=TenantOut, tags=["tenants"])
async def create_tenant(body: NewTenant, person: Person) -> Tenant:
    """Create a tenant, owned by the caller, with a default workspace."""
    return await person.create_tenant(body.name, slug=body.slug)


@router.get("/tenants", response_model=Listed[MyTenantOut], tags=["tenants"])
async def my_tenants(person: Person, paging: Paged) -> dict[str, Any]:
    """List the tenants that the caller belongs to."""
    return listed(await person.tenants(**paging.slice))


@router.get("/tenants/{tenant_id}", response_model=TenantOut, tags=["tenants"])
async def get_tenant(context: Context) -> Tenant:
    """Show a tenant."""
    return await context.get()


@router.get("/tenants/{tenant_id}/check", response_model=DecisionOut, tags=["tenants"])
async def check(context: Context, permission: str, workspace: str | None = None) -> Decision:
    """Tell whether the caller may do something, and why."""
    return await context.check(permission, workspace=workspace)


@router.get("/tenants/{tenant_id}/audit", response_model=Listed[EventOut], tags=["tenants"])
async def audit(context: Context, paging: Paged) -> dict[str, Any]:
    """List what happened in the tenant, newest first."""
    return listed(await context.audit.list(**paging.slice))


# --- workspaces


@router.post("/tenants/{tenant_id}/workspaces", status_code=201, response_model=WorkspaceOut, tags=["workspaces"])
async def create_workspace(body: NewWorkspace, context: Context) -> Workspace:
    """Create a workspace."""
    return await context.workspaces.create(body.name, slug=body.slug, description=body.description)


@router.get("/tenants/{tenant_id}/workspaces", response_model=Listed[WorkspaceOut], tags=["workspaces"])
async def list_workspaces(context: Context, paging: Paged) -> dict[str, Any]:
    """List the workspaces that the caller may see."""
    return listed(await context.workspaces.list(**paging.slice))


# --- members


@router.get("/tenants/{tenant_id}/members", response_model=Listed[MemberOut], tags=["members"])
async def list_members(
    context: Context,
    paging: Paged,
    *,
    role: str | None = None,
    workspace: str | None = None,
    status: MembershipStatus | None = None,
    search: str | None = None,
) -> dict[str, Any]:
    """List the members, all of them or those that the filters leave."""
    found = await context.members.list(role=role, workspace=workspace, status=status, search=search, **paging.slice)
    return listed(found)


@router.patch("/tenants/{tenant_id}/members/{user_id}", response_model=MemberOut, tags=["members"])
async def change_role(user_id: str, body: NewRole, context: Context) -> Membership:
    """Give a member another role."""
    return await context.members.change_role(user_id, role=body.role)


@router.delete("/tenants/{tenant_id}/members/{user_id}", status_code=204, tags=["members"])
async def remove_member(user_id: str, context: Context) -> None:
    """End a membership."""
    await context.members.remove(user_id)


@router.post("/tenants/{tenant_id}/leave", status_code=204, tags=["members"])
async def leave(context: Context) -> None:
    """End the caller's own membership."""
    await context.members.leave()


# --- invitations, for those who send them


@router.post("/tenants/{tenant_id}/invitations", status_code=201, response_model=IssuedOut, tags=["invitations"])
async def invite(body: NewInvitation, context: Context) -> Issued:
    """Invite an address. A real host mails the token after the commit, and answers without it."""
    return await context.invitations.send(body.email, role=body.role, workspaces=body.workspaces, message=body.message)


@router.get("/tenants/{tenant_id}/invitations", response_model=Listed[InvitationOut], tags=["invitations"])
async def list_invitations(context: Context, paging: Paged, status: InvitationStatus | None = None) -> dict[str, Any]:
    """List the invitations to the tenant."""
    return listed(await context.invitations.list(status=status, **paging.slice))


@router.post("/tenants/{tenant_id}/invitations/{invitation_id}/resend", response_model=IssuedOut, tags=["invitations"])
async def resend(invitation_id: str, context: Context) -> Issued:
    """Send an invitation again, by a new link; the old one is dead."""
    return await context.invitations.resend(invitation_id)


@router.delete("/tenants/{tenant_id}/invitations/{invitation_id}", response_model=InvitationOut, tags=["invitations"])
async def revoke(invitation_id: str, context: Context) -> Invitation:
    """Withdraw an invitation."""
    return await context.invitations.revoke(invitation_id)


# --- invitations, for those who get them


@router.get("/invitations", response_model=Listed[PreviewOut], tags=["my invitations"])
async def my_invitations(person: Person, paging: Paged) -> dict[str, Any]:
    """List what waits for the caller's verified address."""
    return listed(await person.invitations(**paging.slice))


@router.get("/invitations/{token}", response_model=PreviewOut, tags=["my invitations"])
async def inspect(token: str, tenancy: Tenancy) -> InvitationPreview:
    """Show what a link offers, to anybody who has it. Changes nothing, however often a mail scanner follows it."""
    return await tenancy.inspect_invitation(token)


@router.post("/invitations/accept", response_model=AcceptedOut, tags=["my invitations"])
async def accept(body: Link, person: Person) -> Accepted:
    """Join the tenant that a link offers."""
    return await person.accept(body.token)


@router.post("/invitations/decline", status_code=204, tags=["my invitations"])
async def decline(body: Declining, person: Person) -> None:
    """Turn an invitation down."""
    await person.decline(body.token, body.reason)
