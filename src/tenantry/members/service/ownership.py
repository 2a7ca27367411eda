"""How ownership goes from one member to another, in one command."""

from __future__ import annotations

from ...access.guard import require_above, require_ceiling, require_not_self
from ...access.model import Level
from ...access.scheme.catalogue import OWN
from ...kernel import text
from ...kernel.errors import Conflict, Invalid
from ...notices.model import NoticeKind
from ...runtime.service import Service, command
from ...runtime.unit_of_work import UnitOfWork
from ..model import Membership
from .roles import give_only_role, has_for_good, roles_at, scheme_of

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
        if uow.by.is_system:
            raise Invalid("SYSTEM owns nothing that it could hand over; give and take the owners' role by change_role.")
        access = uow.access()
        access.require(OWN)
        owner_role = uow.settings.scheme.owner_role
        require_ceiling(uow.settings.scheme, access, {None: [owner_role]})
        if text.exact(to, "to") == uow.by.user_id:
            raise Invalid("Ownership goes to somebody else.", field="to")
        heir, former = uow.members.get(to), uow.members.get(uow.by.user_id)
        if not heir.is_active:
            raise Conflict(
                "Who is deactivated cannot own the tenant; reactivate them first.", rule="member_deactivated"
            )
        there = roles_at(heir, None)
        scheme = scheme_of(uow, there, role)
        wanted = scheme.role(scheme.former_owner_role if role is None else role, Level.TENANT)
        if wanted.key == owner_role:
            raise Invalid("Who hands over is an owner no more; name another role.", field="role")
        if wanted.is_custom and not has_for_good(uow, former, wanted.key):
            require_not_self(access, former, instead="take a built-in role, or let somebody else give you this one")
        require_above(scheme, access, there)
        require_ceiling(scheme, access, {None: [wanted.key]})
        if any(grant.role == owner_role and grant.is_open_ended for grant in there):
            owner = heir
        else:
            owner = give_only_role(uow, heir, owner_role, told=False)
            uow.tell_member(NoticeKind.OWNERSHIP, heir, gained=True, other=former.name)
        give_only_role(uow, former, wanted.key, told=False)
        uow.tell(
            NoticeKind.OWNERSHIP,
            former.email,
            name=former.name,
            user_id=former.user_id,
            gained=False,
            other=heir.name,
        )
        return owner
