"""Workspaces: divisions inside one tenant."""

from .model import Workspace, WorkspaceStatus, WorkspaceTotals

__all__ = ["Workspace", "WorkspaceStatus", "WorkspaceTotals"]
