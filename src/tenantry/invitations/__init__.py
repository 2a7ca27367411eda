"""Invitations: offers of membership to an address."""

from .model import Accepted, Invitation, InvitationPart, InvitationStatus, Issued
from .preview import InvitationPreview, OfferedWorkspace, Viewer

__all__ = [
    "Accepted",
    "Invitation",
    "InvitationPart",
    "InvitationPreview",
    "InvitationStatus",
    "Issued",
    "OfferedWorkspace",
    "Viewer",
]
