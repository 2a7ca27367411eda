"""Workspaces as they are stored, with their number of members."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import datetime

from ..access.repository import AccessRepository
from ..kernel import text
from ..kernel.values import fill_in
from ..storage.ports import OneOf, Transaction
from .model import WORKSPACES, Workspace, WorkspaceStatus, WorkspaceTotals

__all__ = ["WorkspaceRepository"]


class WorkspaceRepository:
    """The workspaces of one tenant."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tenant_id = tx.tenant_id
        self._access = AccessRepository(tx, now)
        self.records = tx.records(WORKSPACES)

    def add_default(self, id: str, name: str, *, at: datetime) -> Workspace:
        """Keep the workspace that a new tenant is born with."""
        slug = text.slugify(name) or "general"
        workspace = Workspace(tenant_id=self._tenant_id, id=id, name=name, slug=slug, is_default=True, created_at=at)
        self.records.add(workspace)
        return workspace

    def live(self, workspace_ids: Values[str]) -> Mapping[str, Workspace]:
        """Those of these workspaces that are in use, by id, in one statement."""
        if not workspace_ids:
            return {}
        found = self.records.list(id=OneOf(workspace_ids), status=WorkspaceStatus.ACTIVE)
        return {workspace.id: workspace for workspace in found}

    def has_slug(self, slug: str) -> bool:
        """Whether a workspace of this tenant, of any status, has this slug."""
        return self.records.find(slug=slug) is not None

    def present(self, workspaces: Sequence[Workspace]) -> Sequence[Workspace]:
        """The workspaces with their number of members, in one statement."""
        members = self._access.members_in([w.id for w in workspaces]) if workspaces else {}
        return [fill_in(w, members=members.get(w.id, 0)) for w in workspaces]

    def totals(self) -> WorkspaceTotals:
        """Figures over all workspaces in use, in one statement; no workspace is read."""
        sums = self.records.sum_of("counters", status=WorkspaceStatus.ACTIVE)
        return WorkspaceTotals(sums.entities, sums.by_key)
