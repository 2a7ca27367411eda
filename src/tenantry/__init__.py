"""Who is in which customer account, and what may they do: inside your process, your database, your transaction."""

from .access import ALL, Access, Decision, Level, Permission, Role, Scheme, schemes
from .aio import AsyncPersonContext, AsyncTenantContext, AsyncTenantry
from .app import Tenantry
from .audit import AuditEvent
from .contexts import PersonContext, TenantContext
from .errors import (
    AlreadyInvited,
    AlreadyMember,
    Conflict,
    Denied,
    Invalid,
    InvalidCursor,
    InvalidToken,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationReplaced,
    InvitationRevoked,
    InviterLostAuthority,
    LastOwner,
    LimitReached,
    NotFound,
    NotTheInvitee,
    SlugTaken,
    Stale,
    TenantMismatch,
    TenantryError,
    Unavailable,
    UnknownPermission,
)
from .invitations import Accepted, Invitation, InvitationPreview, InvitationStatus, Issued, OfferedWorkspace
from .members import Membership, MembershipStatus, MyTenant
from .pages import Page
from .principal import SYSTEM, Origin, Principal
from .rules import Rules
from .tenants import Tenant, TenantStatus
from .workspaces import Workspace, WorkspaceStatus, WorkspaceTotals

__all__ = [
    "ALL",
    "SYSTEM",
    "Accepted",
    "Access",
    "AlreadyInvited",
    "AlreadyMember",
    "AsyncPersonContext",
    "AsyncTenantContext",
    "AsyncTenantry",
    "AuditEvent",
    "Conflict",
    "Decision",
    "Denied",
    "Invalid",
    "InvalidCursor",
    "InvalidToken",
    "Invitation",
    "InvitationAccepted",
    "InvitationDeclined",
    "InvitationExpired",
    "InvitationPreview",
    "InvitationReplaced",
    "InvitationRevoked",
    "InvitationStatus",
    "InviterLostAuthority",
    "Issued",
    "LastOwner",
    "Level",
    "LimitReached",
    "Membership",
    "MembershipStatus",
    "MyTenant",
    "NotFound",
    "NotTheInvitee",
    "OfferedWorkspace",
    "Origin",
    "Page",
    "Permission",
    "PersonContext",
    "Principal",
    "Role",
    "Rules",
    "Scheme",
    "SlugTaken",
    "Stale",
    "Tenant",
    "TenantContext",
    "TenantMismatch",
    "TenantStatus",
    "Tenantry",
    "TenantryError",
    "Unavailable",
    "UnknownPermission",
    "Workspace",
    "WorkspaceStatus",
    "WorkspaceTotals",
    "schemes",
]
