"""What goes over the wire. The answers name their fields one by one, so that nothing gets out by accident."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from tenantry import InvitationStatus, MembershipStatus, Page, TenantStatus, WorkspaceStatus

T = TypeVar("T")


class Asked(BaseModel):
    """A request's body. A field that we do not know is refused, not ignored: it may be `is_owner`."""

    model_config = ConfigDict(extra="forbid")


class NewTenant(Asked):
    name: str
    slug: str | None = None


class NewWorkspace(Asked):
    name: str
    slug: str | None = None
    description: str | None = None


class NewInvitation(Asked):
    email: str
    role: str | None = None
    workspaces: dict[str, str] = {}
    message: str | None = None


class Link(Asked):
    token: str


class Declining(Link):
    reason: str | None = None


class NewRole(Asked):
    role: str


class Answered(BaseModel):
    """An answer, read from a value of tenantry by the names of its attributes."""

    model_config = ConfigDict(from_attributes=True)


class TenantOut(Answered):
    id: str
    name: str
    slug: str
    status: TenantStatus
    default_workspace_id: str
    members: int
    workspaces: int
    created_at: datetime


class MemberOut(Answered):
    tenant_id: str
    user_id: str
    name: str | None
    email: str | None
    roles: list[str]
    workspaces: dict[str, list[str]]
    status: MembershipStatus
    joined_at: datetime
    last_sign_in_at: datetime | None


class MyTenantOut(Answered):
    tenant: TenantOut
    membership: MemberOut


class PlaceOut(Answered):
    id: str
    name: str
    slug: str


class WorkspaceOut(PlaceOut):
    description: str | None
    status: WorkspaceStatus
    is_default: bool
    members: int
    created_at: datetime


class InvitationOut(Answered):
    id: str
    email: str
    role: str
    workspaces: dict[str, str]
    status: InvitationStatus
    invited_by: str
    message: str | None
    sends: int
    expires_at: datetime


class IssuedOut(Answered):
    invitation: InvitationOut
    token: str


class OfferedOut(Answered):
    name: str
    role: str


class PreviewOut(Answered):
    invitation_id: str
    tenant_name: str
    email_hint: str
    role: str
    workspaces: list[OfferedOut]
    invited_by: str | None
    message: str | None
    expires_at: datetime


class AcceptedOut(Answered):
    membership: MemberOut
    workspaces: list[PlaceOut]
    dropped: list[str]
    already_member: bool


class DecisionOut(Answered):
    allowed: bool
    code: str
    reasons: list[str]


class EventOut(Answered):
    sequence: int
    action: str
    principal: str
    target: str
    target_name: str | None
    workspace_id: str | None
    workspace_name: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    occurred_at: datetime
    address: str | None
    user_agent: str | None


class Listed(Answered, Generic[T]):
    items: list[T]
    total: int
    next: str | None
    """The cursor of the page after this one, to be sent as `after`."""


class Paging:
    """Which part of a list: a page by its number, or what comes after a cursor."""

    def __init__(
        self,
        page: Annotated[int | None, Query(ge=1, description="Which page, from 1.")] = None,
        after: Annotated[str | None, Query(description="Instead: the cursor that came with the page before.")] = None,
        page_size: Annotated[int, Query(ge=1, le=200, description="How many on a page.")] = 50,
    ) -> None:
        offset = None if page is None else (page - 1) * page_size
        self.slice: dict[str, Any] = {"limit": page_size, "after": after, "offset": offset, "total": True}


Paged = Annotated[Paging, Depends()]


def listed(page: Page[Any]) -> dict[str, Any]:
    """A page, as it is answered."""
    return {"items": list(page), "total": page.total, "next": page.next}
