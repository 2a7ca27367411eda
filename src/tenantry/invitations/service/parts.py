"""The parts of an invitation: which of them somebody may offer, and who stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from ...access.compiled import Access
from ...access.guard import allows, require_may_invite
from ...access.scheme import Scheme
from ..model import InvitationPart

__all__ = ["offerable", "require_may_offer", "take_over"]


def offerable(scheme: Scheme, access: Access, parts: Sequence[InvitationPart]) -> Sequence[InvitationPart]:
    """Which of these parts may the principal offer, each without the others?

    A workspace goes with the tenant role that they may offer beside it, or with the lowest. So who may offer all
    workspaces may offer the lowest role beside them.

    Args:
        scheme: What the roles hold.
        access: What the principal may do; it knows the workspaces.
        parts: Parts of one invitation, whoever stands behind them.
    """
    tenant = [each for each in parts if each.workspace_id is None and _may_invite(scheme, access, each.role, {})]
    lowest = tenant[0].role if tenant else scheme.member_role
    places = {each.workspace_id: each.role for each in parts if each.workspace_id is not None}
    if places and _may_invite(scheme, access, lowest, places):
        tenant = [each for each in parts if each.workspace_id is None and each.role == lowest]
    else:
        places = {id: role for id, role in places.items() if _may_invite(scheme, access, lowest, {id: role})}
    return [*tenant, *(each for each in parts if each.workspace_id in places)]


def require_may_offer(scheme: Scheme, access: Access, part: InvitationPart) -> None:
    """May the principal offer this part by itself?

    Raises:
        Denied: They may not invite, or hold less than it gives.
        NotFound: They are no member of the tenant, or the workspace is not in use in it.
    """
    if part.workspace_id is None:
        require_may_invite(scheme, access, part.role, {})
    else:
        require_may_invite(scheme, access, scheme.member_role, {part.workspace_id: part.role})


def take_over(parts: Sequence[InvitationPart], by: str, message: str | None) -> Sequence[InvitationPart]:
    """The same parts in the hands of one person.

    Args:
        parts: The parts.
        by: The `user_id` of who stands behind them from now on.
        message: What they say; None keeps what was said, and the empty text says nothing.
    """
    said = [each.message for each in sorted(parts, key=lambda each: each.invited_by != by) if each.message]
    kept = said[0] if message is None and said else message or None
    return [evolve(each, invited_by=by, message=kept) for each in parts]


def _may_invite(scheme: Scheme, access: Access, role: str, workspaces: Mapping[str, str]) -> bool:
    return allows(lambda: require_may_invite(scheme, access, role, workspaces))
