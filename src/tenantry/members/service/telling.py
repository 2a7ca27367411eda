"""What members are told of their roles."""

from __future__ import annotations

from collections.abc import Iterable

from ...access.model import Level
from ...notices.model import NoticeKind
from ...runtime.unit_of_work import UnitOfWork
from ..model import Grant, Membership

__all__ = ["tell_roles"]


def tell_roles(
    uow: UnitOfWork, member: Membership, workspace: str | None, before: Iterable[Grant], after: Iterable[Grant]
) -> None:
    """Tell a member what has become of their roles in one place; nothing of a workspace that they have only lost.

    Args:
        uow: The unit of work.
        member: Whom; not the principal, who knows.
        workspace: The id of a workspace; None for the tenant.
        before: The grants there that did count, or would have.
        after: Those that do, or will.
    """
    old, new = {grant.role for grant in before}, {grant.role for grant in after}
    if old == new or not uow.settings.notices or member.user_id == uow.by.user_id:
        return
    labels = [uow.scheme(*new).role_name(role, Level.at(workspace)) for role in sorted(new)]
    owner_role = uow.settings.scheme.owner_role
    if workspace is not None:
        if new - old:
            name = uow.workspaces.records.get(workspace).name
            uow.tell_member(NoticeKind.WORKSPACE_ASSIGNED, member, workspace=name, roles=labels)
    elif owner_role in old ^ new:
        uow.tell_member(NoticeKind.OWNERSHIP, member, gained=owner_role in new, other=None)
    else:
        uow.tell_member(NoticeKind.ROLE_CHANGED, member, roles=labels)
