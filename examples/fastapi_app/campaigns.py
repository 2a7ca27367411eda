"""The host's own feature: it asks tenantry who may, and writes into the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from .database import Campaign, Session
from .shapes import Answered, Asked
from .tenancy import Context

router = APIRouter(prefix="/tenants/{tenant_id}", tags=["campaigns"])


class NewCampaign(Asked):
    name: str


class NewClient(Asked):
    name: str
    campaign: str


class CampaignOut(Answered):
    id: int
    workspace_id: str
    name: str


@router.post("/clients", status_code=201, response_model=CampaignOut)
async def add_client(tenant_id: str, body: NewClient, context: Context, session: Session) -> Campaign:
    """Make a workspace for a client with a first campaign in it: both, or neither."""
    workspace = await context.workspaces.create(body.name)
    return await _keep(session, Campaign(tenant_id=tenant_id, workspace_id=workspace.id, name=body.campaign))


@router.post("/workspaces/{workspace_id}/campaigns", status_code=201, response_model=CampaignOut)
async def start(tenant_id: str, workspace_id: str, body: NewCampaign, context: Context, session: Session) -> Campaign:
    """Start a campaign in a workspace."""
    await context.require("campaign-api:campaign:create", workspace=workspace_id)
    return await _keep(session, Campaign(tenant_id=tenant_id, workspace_id=workspace_id, name=body.name))


@router.get("/workspaces/{workspace_id}/campaigns", response_model=list[CampaignOut])
async def campaigns(tenant_id: str, workspace_id: str, context: Context, session: Session) -> Sequence[Campaign]:
    """List the campaigns of a workspace."""
    await context.require("campaign-api:campaign:read", workspace=workspace_id)
    here = select(Campaign).filter_by(tenant_id=tenant_id, workspace_id=workspace_id)
    return (await session.scalars(here.order_by(Campaign.name))).all()


async def _keep(session: Session, campaign: Campaign) -> Campaign:
    session.add(campaign)
    try:
        await session.flush()
    except IntegrityError:
        raise HTTPException(409, "This tenant has a campaign of this name.") from None
    return campaign
