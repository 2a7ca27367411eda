"""Invitations: offers of membership to an address."""

from .model import Accepted, Invitation, InvitationPreview, InvitationStatus, Issued, OfferedWorkspace, Viewer

__all__ = ["Accepted", "Invitation", "InvitationPreview", "InvitationStatus", "Issued", "OfferedWorkspace", "Viewer"]
