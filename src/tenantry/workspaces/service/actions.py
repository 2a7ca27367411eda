"""What could be done to the workspaces that a page shows, judged by what their verbs ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from ...access.compiled import Access
from ...access.guard import allows, holds_all_in_workspaces, require_giving_back
from ...access.model import Level
from ...access.scheme import Scheme
from ...members.model import Grant
from ...members.service.candidates import Candidates
from ...members.service.policy import INVITE
from ...runtime.unit_of_work import UnitOfWork
from ..model import Workspace, archive, restore
from .members import require_joining

__all__ = ["COUNT", "MOVE", "UPDATE", "actions_on", "coming_back", "require_move", "require_restoration"]

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


def require_restoration(scheme: Scheme, access: Access, workspace: Workspace, grants: Iterable[Grant]) -> Workspace:
    """The workspace restored, if the principal may give those who have a role in it their rights back.

    Args:
        scheme: What the roles hold.
        access: What the principal may do.
        workspace: The workspace.
        grants: What `coming_back` has found; those in other workspaces do not matter.

    Raises:
        Denied: They may not restore workspaces, or hold less than one of these grants gives, or for less long.
        Conflict: It is not archived.
    """
    restored = require_move(access, workspace, restore)
    require_giving_back(scheme, access, (grant for grant in grants if grant.workspace_id == workspace.id))
    return restored


def coming_back(uow: UnitOfWork, access: Access, workspaces: Iterable[Workspace]) -> Sequence[Grant]:
    """What would count again if the principal restored those of these workspaces that are archived.

    One statement; none, and no grants, for a principal who holds more than any grant in a workspace can give.
    """
    archived = {each.id for each in workspaces if not each.is_active}
    if not archived or not access.can(MOVE) or holds_all_in_workspaces(access):
        return ()
    return uow.grants.inside(archived)


def actions_on(workspace: Workspace, access: Access, roles: Candidates, grants: Iterable[Grant] = ()) -> frozenset[str]:
    """The verbs that the principal could do to this workspace now.

    What depends on others is left to the verb: whether there is somebody to add, and whether the plan has room.

    Args:
        workspace: The workspace.
        access: What the principal may do, which knows the workspace.
        roles: The roles that could be given, with those in `grants`.
        grants: What `coming_back` has found.
    """
    there = partial(access.require, workspace=workspace.id)
    could = {
        "update": allows(partial(there, UPDATE)),
        "archive": allows(partial(require_move, access, workspace, archive)),
        "restore": allows(partial(require_restoration, roles.scheme, access, workspace, grants)),
        "record_counters": allows(partial(there, COUNT)),
        "add_member": allows(partial(there, f"workspace-api:{INVITE.permission}"))
        and roles.any(Level.WORKSPACE, lambda role: require_joining(roles.scheme, access, workspace.id, role.key)),
    }
    return frozenset(verb for verb, is_possible in could.items() if is_possible)
