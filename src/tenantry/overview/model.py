"""What the frame of a page shows: its banner, its switcher, its navigation."""

from __future__ import annotations

from ..kernel.values import frozen
from ..plans.model import Usage
from ..tenants.model import Tenant

__all__ = ["MOST_WORKSPACES", "Overview", "OwnWorkspace"]

MOST_WORKSPACES = 50
"""How many workspaces an overview has; a tenant may have thousands, and every page shows the frame."""


@frozen(kw_only=True)
class OwnWorkspace:
    """A workspace that the principal sees.

    Args:
        id: `ws_…`.
        name: What people read.
        slug: What addresses use.
        role_labels: The names of the roles that the principal has in it now, also through a tenant role.
    """

    id: str
    name: str
    slug: str
    role_labels: tuple[str, ...]


@frozen(kw_only=True)
class Overview:
    """What the frame of a page shows to one principal.

    Args:
        tenant: The tenant, also where it is suspended or deleted.
        role_labels: The names of the tenant roles that the principal has now, built in and custom.
        workspaces: The workspaces in use that the principal sees: the first 50 by name.
        workspace_count: How many workspaces the principal sees in all.
        member_count: How many members are active; None where the principal cannot see the members.
        invitation_count: How many invitations wait for an answer; None where the principal cannot see the members.
        limits: What is used of the plan, as far as `plan.usage()` shows it to the principal; empty where it refuses.
        inbox: How many invitations wait for the person's verified address, in all tenants; None for SYSTEM and
            services, which have no inbox.
    """

    tenant: Tenant
    role_labels: tuple[str, ...]
    workspaces: tuple[OwnWorkspace, ...]
    workspace_count: int
    member_count: int | None
    invitation_count: int | None
    limits: tuple[Usage, ...]
    inbox: int | None = None
