"""How ownership goes from one member to another, in one command."""

from __future__ import annotations

from ...access.model import Level
from ...kernel import text
from ...notices.model import NoticeKind
from ...runtime.service import Service, command
from ...runtime.unit_of_work import UnitOfWork
from ..model import Membership
from .policy import require_heir, require_owner, roles_at
from .roles import give_only_role, scheme_of

__all__ = ["MemberOwnership"]


class MemberOwnership(Service):
    """The ownership of the tenant: a part of the verbs of `Members`."""

    __slots__ = ()

    @command
    def transfer_ownership(self, uow: UnitOfWork, *, to: str, role: str | None = None) -> Membership:
        """Make another member an owner in the principal's place; nobody ever sees the tenant between the two.

        The other one has the owners' role instead of their tenant roles; what both have in workspaces stays. Where the
        other one is an owner already, the principal just steps down.

        Args:
            to: The `user_id` of the member who is to own the tenant.
            role: The tenant role that the principal has from then on; the highest below the owners' unless given.

        Raises:
            Conflict: The other one is deactivated (rule `member_deactivated`).
            NotFound: The other one is no member.
            Invalid: It is the principal, who is SYSTEM, or there is no such tenant role, or it is the owners'.
            Denied: The principal does not own the tenant, or not for good; or the role holds more than they do.
        """
        access = uow.access()
        require_owner(uow.settings.scheme, access, text.exact(to, "to"))
        heir, former = uow.members.get(to), uow.members.get(uow.by.user_id)
        there = roles_at(heir, None)
        scheme = scheme_of(uow, there, role)
        wanted = scheme.role(scheme.former_owner_role if role is None else role, Level.TENANT)
        require_heir(scheme, access, heir, wanted)
        owner_role = scheme.owner_role
        if any(grant.role == owner_role and grant.is_open_ended for grant in there):
            owner = heir
        else:
            owner = give_only_role(uow, heir, owner_role, told=False)
            uow.tell_member(NoticeKind.OWNERSHIP, heir, gained=True, other=former.name)
        give_only_role(uow, former, wanted.key, told=False)
        uow.tell(
            NoticeKind.OWNERSHIP,
            former.email if former.email_verified else None,
            name=former.name,
            user_id=former.user_id,
            gained=False,
            other=heir.name,
        )
        return owner
