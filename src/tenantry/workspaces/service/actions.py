"""What could be done to the workspaces that a page shows, judged by what their verbs ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from ...access.compiled import Access
from ...access.guard import allows
from ...access.model import Level
from ...members.service.candidates import Candidates
from ...members.service.policy import INVITE
from ..model import Workspace, archive, restore
from .members import require_joining

__all__ = ["COUNT", "MOVE", "UPDATE", "actions_on", "require_move"]

UPDATE: Final = "workspace-api:settings:update"
COUNT: Final = "workspace-api:counter:update"
MOVE: Final = "tenant-api:workspace:archive"


def require_move(access: Access, workspace: Workspace, move: Callable[[Workspace], Workspace]) -> Workspace:
    """The workspace archived or restored, if the principal may do that.

    Raises:
        Denied: They may not.
        Conflict: It is the default workspace, or so already.
    """
    access.require(MOVE)
    return move(workspace)


def actions_on(workspace: Workspace, access: Access, roles: Candidates) -> frozenset[str]:
    """The verbs that the principal could do to this workspace now.

    What depends on others is left to the verb: whether there is somebody to add, and whether the plan has room.

    Args:
        workspace: The workspace.
        access: What the principal may do, which knows the workspace.
        roles: The roles that could be given.
    """
    there = partial(access.require, workspace=workspace.id)
    could = {
        "update": allows(partial(there, UPDATE)),
        "archive": allows(partial(require_move, access, workspace, archive)),
        "restore": allows(partial(require_move, access, workspace, restore)),
        "record_counters": allows(partial(there, COUNT)),
        "add_member": allows(partial(there, f"workspace-api:{INVITE.permission}"))
        and roles.any(Level.WORKSPACE, lambda role: require_joining(roles.scheme, access, workspace.id, role.key)),
    }
    return frozenset(verb for verb, is_possible in could.items() if is_possible)
