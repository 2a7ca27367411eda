"""The overview: what the frame of every page of a tenant shows."""

from .model import Overview, OwnWorkspace

__all__ = ["Overview", "OwnWorkspace"]
