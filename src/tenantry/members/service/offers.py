"""Which parts of an invitation somebody may offer, change and revoke.

The verbs of invitations ask it, and so do those of members that close one: nobody ends in this way what they could
not revoke.
"""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from attrs import evolve

from ...access.compiled import Access
from ...access.guard import allows, require_in_person, require_live, require_may_invite
from ...access.scheme import Scheme
from ...invitations.model import Invitation, InvitationPart
from ...kernel.errors import Denied, NotFound

__all__ = ["Managed", "irrevocable", "lacking", "offerable", "require_may_offer", "require_part", "take_over"]

_INVITE = "tenant-api:member:invite"


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


def lacking(scheme: Scheme, access: Access, part: InvitationPart) -> Sequence[str]:
    """Which permissions the principal lacks to offer this part by itself: to invite, or else what the part gives."""
    try:
        require_may_offer(scheme, access, part)
    except Denied as error:
        missing: Sequence[str] = error.data.get("missing") or [error.data["permission"]]
        return missing
    except NotFound:  # they are no member any more
        return ["tenant-api:member:invite"]
    return []


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


class Managed(NamedTuple):
    """An invitation in the hands of somebody who may change at least a part of it.

    Attributes:
        invitation: The invitation.
        access: What the principal may do.
        mine: The parts that the principal may change.
        others: The other parts that are in use; whoever stands behind them, or may offer them, may change them.
        gone: The other parts that are not: their workspaces are archived.
        live: The ids of those of its workspaces that are in use.
    """

    invitation: Invitation
    access: Access
    mine: Sequence[InvitationPart]
    others: Sequence[InvitationPart]
    gone: Sequence[InvitationPart]
    live: Values[str]


def require_part(
    scheme: Scheme, access: Access, invitation: Invitation, live: Values[str], *, own: bool = False
) -> Managed:
    """May the principal offer any of what the invitation offers?

    Args:
        scheme: What the roles hold.
        access: What the principal may do; it knows the workspaces.
        invitation: The invitation.
        live: The ids of workspaces that are in use.
        own: Whether the parts that they stand behind are theirs too, though they may not offer them any more.

    Raises:
        Denied: They may not invite, or hold less than each part would give; or somebody impersonates them.
    """
    require_live(access)
    require_in_person(access)
    used = [each for each in invitation.parts if each.workspace_id is None or each.workspace_id in live]
    theirs = {each.workspace_id for each in offerable(scheme, access, used)}
    if own:
        theirs |= {each.workspace_id for each in used if each.invited_by == access.principal.user_id}
    if not theirs:
        places = {each.workspace_id: each.role for each in used if each.workspace_id is not None}
        require_may_invite(scheme, access, invitation.role, places)
    if access.can(_INVITE):
        theirs |= {id for id in invitation.workspaces if id not in live}
    return Managed(
        invitation,
        access,
        mine=[each for each in invitation.parts if each.workspace_id in theirs],
        others=[each for each in used if each.workspace_id not in theirs],
        gone=[each for each in invitation.parts if each not in used and each.workspace_id not in theirs],
        live=live,
    )


def irrevocable(scheme: Scheme, access: Access, invitation: Invitation, live: Values[str]) -> Sequence[InvitationPart]:
    """Which parts would go on if the principal revoked the invitation? All of them where they may not."""
    try:
        managed = require_part(scheme, access, invitation, live, own=True)
    except Denied:
        return invitation.parts
    return [*managed.others, *managed.gone] if managed.others else []


def _may_invite(scheme: Scheme, access: Access, role: str, workspaces: Mapping[str, str]) -> bool:
    return allows(lambda: require_may_invite(scheme, access, role, workspaces))
