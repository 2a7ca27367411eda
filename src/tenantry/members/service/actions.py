"""What could be done to the members that a page shows, judged by what their verbs ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...access.compiled import Access
from ...access.guard import allows
from ...access.model import Level
from ..model import Membership, would_change
from .candidates import Candidates
from .policy import (
    DELETE,
    STEP_DOWN,
    UPDATE,
    require_heir,
    require_less,
    require_manageable,
    require_may_leave,
    require_more,
    require_only_role,
    require_owner,
    require_reactivation,
    roles_at,
)

__all__ = ["actions_on"]


def actions_on(member: Membership, access: Access, roles: Candidates) -> frozenset[str]:
    """The verbs that the principal could do to this member now.

    A verb that takes a role is among them where one role would do. What depends on others is left to the verb: whether
    there is another owner, and whether the plan has room.

    Args:
        member: With their grants.
        access: What the principal may do.
        roles: The roles that could be given, with those that the member has.
    """

    def may(question: Callable[..., object], *args: object) -> bool:
        return allows(partial(question, *args))

    scheme = roles.scheme
    user_id = member.user_id
    manages = may(require_manageable, scheme, access, member, UPDATE)
    could = {
        "change_role": may(require_manageable, scheme, access, member, STEP_DOWN)
        and roles.any(Level.TENANT, lambda role: require_only_role(roles.scheme, access, member, role)),
        "add_role": manages
        and roles.any(  # for however short a time
            Level.TENANT,
            lambda role: require_more(roles.scheme, access, member, role.key, workspace=None, until=access.as_of),
        ),
        "remove_role": any(
            may(partial(require_less, workspace=None), scheme, access, member, grant.role)
            for grant in roles_at(member, None)
        ),
        "deactivate": manages and would_change(member, "deactivate"),
        "reactivate": may(require_reactivation, scheme, access, member) and would_change(member, "reactivate"),
        "update": manages,
        "remove": may(require_manageable, scheme, access, member, DELETE),
        "transfer_ownership": may(require_owner, scheme, access, user_id)
        and roles.any(Level.TENANT, lambda role: require_heir(roles.scheme, access, member, role)),
        "leave": user_id == access.principal.user_id and may(require_may_leave, access),
    }
    return frozenset(verb for verb, is_possible in could.items() if is_possible)
