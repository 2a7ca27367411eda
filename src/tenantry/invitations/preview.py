"""What an invited person may see of an invitation before they answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ..kernel.values import frozen

__all__ = ["InvitationPreview", "OfferedWorkspace", "Viewer"]


@frozen(kw_only=True)
class OfferedWorkspace:
    """A workspace that an invitation offers.

    Args:
        id: `ws_…`.
        name: What it is called.
        slug: Its slug.
        role: The offered role in it, as people read it.
        role_key: The same role by its key.
        invited_by: The display name of who stands behind it, or None.
        message: Plain text from them, or None.
    """

    id: str
    name: str
    slug: str
    role: str
    role_key: str
    invited_by: str | None = None
    message: str | None = None


class Viewer(StrEnum):
    """How the person who looks at an invitation stands to it: what accepting it would lead to now."""

    READY = "ready"
    """They can accept it."""
    MEMBER = "member"
    """They are a member already. Where it is to their verified address, accepting adds what they do not have yet."""
    UNVERIFIED = "unverified"
    """It is to their address, which is not verified yet."""
    WRONG_ADDRESS = "wrong_address"
    """It is to another address."""
    INVITER_LOST = "inviter_lost"
    """Who sent it may not offer this any more."""
    FULL = "full"
    """The tenant's plan has no place for one more member."""
    SUSPENDED = "suspended"
    """The tenant is suspended."""
    DEACTIVATED = "deactivated"
    """Their account or their membership is switched off."""


@frozen(kw_only=True)
class InvitationPreview:
    """What anybody with the link may see of a pending invitation.

    Args:
        invitation_id: Which one; it opens nothing.
        tenant_id: The tenant that invites, `ten_…`.
        tenant_name: What it is called.
        tenant_slug: Its slug, for the way there.
        email_hint: The invited address, masked.
        role: The offered tenant role, as people read it.
        role_key: The same role by its key.
        workspaces: The offered workspaces that are in use, each with the offered role.
        invited_by: The display name of who sent or changed it last, or None.
        message: Plain text from them, or None.
        expires_at: The first instant at which it cannot be accepted any more.
        viewer: How the person who looks stands to it; None unless it was asked for somebody.
    """

    invitation_id: str
    tenant_id: str
    tenant_name: str
    tenant_slug: str
    email_hint: str
    role: str
    role_key: str
    workspaces: tuple[OfferedWorkspace, ...]
    invited_by: str | None
    message: str | None
    expires_at: datetime
    viewer: Viewer | None = None
