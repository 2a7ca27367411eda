"""A workspace: a division inside one tenant, such as a client or a ministry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from attrs import evolve, field

from ..kernel import text
from ..kernel.errors import Conflict, SlugTaken
from ..kernel.values import frozen
from ..storage.collection import Collection, Order, Unique

__all__ = [
    "MAX_WORKSPACES",
    "TRANSITIONS",
    "WORKSPACES",
    "Workspace",
    "WorkspaceStatus",
    "WorkspaceTotals",
    "archive",
    "restore",
]


MAX_WORKSPACES = 1_000
"""How many can be named in one call."""


class WorkspaceStatus(StrEnum):
    """Whether the workspace is in use, or hidden with its data kept."""

    ACTIVE = "active"
    ARCHIVED = "archived"


TRANSITIONS: Mapping[tuple[WorkspaceStatus, str], WorkspaceStatus] = MappingProxyType(
    {
        (WorkspaceStatus.ACTIVE, "archive"): WorkspaceStatus.ARCHIVED,
        (WorkspaceStatus.ARCHIVED, "restore"): WorkspaceStatus.ACTIVE,
    }
)
"""The state machine: from a status, by an act, to a status. What is not here is refused."""


@frozen(kw_only=True)
class Workspace:
    """A division inside one tenant.

    Args:
        tenant_id: The tenant it belongs to, for ever.
        id: `ws_…`.
        name: What people read.
        slug: What addresses use; unique within the tenant.
        description: Plain text, or None.
        status: In use, or archived.
        is_default: Whether the tenant was born with it; such a one is never archived.
        settings: The host's own JSON object.
        counters: The host's own figures, shown in the list.
        created_at: When, in UTC.
        members: How many active members have a role here; None where it was not counted.
        admin_token: The token of the invitation to its first admin, in what `create` returns where it was given an
            address. It is stored nowhere: send it now.
        actions: The verbs of `workspaces` that the principal could do to this one now; None unless it was asked for.
            Not compared.
    """

    tenant_id: str
    id: str
    name: str
    slug: str
    description: str | None = None
    status: WorkspaceStatus = WorkspaceStatus.ACTIVE
    is_default: bool = False
    settings: Mapping[str, Any] = field(factory=dict, hash=False)
    counters: Mapping[str, int] = field(factory=dict, hash=False)
    created_at: datetime
    members: int | None = None
    admin_token: str | None = field(default=None, eq=False, repr=False)
    actions: frozenset[str] | None = field(default=None, eq=False)

    @property
    def is_active(self) -> bool:
        """Whether anything may be done in it."""
        return self.status is WorkspaceStatus.ACTIVE

    @property
    def is_archived(self) -> bool:
        """Whether it is hidden, with its data kept."""
        return self.status is WorkspaceStatus.ARCHIVED

    @property
    def _name_key(self) -> str:
        """What the order by name goes by."""
        return text.fold(self.name)[:100]

    @property
    def _search_key(self) -> str:
        """What a search looks into."""
        return text.fold(f"{self.name}\n{self.slug}")


def archive(workspace: Workspace) -> Workspace:
    """The workspace hidden, its data kept.

    Raises:
        Conflict: It is the default workspace, or archived already.
    """
    if workspace.is_default:
        raise Conflict("The default workspace cannot be archived.", rule="default_workspace")
    return _move(workspace, "archive")


def restore(workspace: Workspace) -> Workspace:
    """The workspace in use again.

    Raises:
        Conflict: It is not archived.
    """
    return _move(workspace, "restore")


def _move(workspace: Workspace, act: str) -> Workspace:
    status = TRANSITIONS.get((workspace.status, act))
    if status is None:
        raise Conflict(
            f"The workspace is {workspace.status} already.", rule="workspace_status", status=workspace.status
        )
    return evolve(workspace, status=status)


WORKSPACES: Collection[Workspace] = Collection(
    "workspaces",
    "workspace",
    Workspace,
    prefix="ws",
    called=("name",),
    made=("name_key", "search_key"),
    derived=frozenset({"members", "admin_token", "actions"}),
    documents=frozenset({"settings", "counters"}),
    unique=(Unique(SlugTaken, "Another workspace of this tenant has this slug.", ("slug",), parameter="slug"),),
    orders={"name": Order(("name_key", "id")), "newest": Order(("id",), descending=True)},
)


@frozen
class WorkspaceTotals:
    """Figures over all workspaces of a tenant.

    Args:
        workspaces: How many are in use.
        counters: The host's counters of these, added up by name.
    """

    workspaces: int
    counters: Mapping[str, int] = field(hash=False)
