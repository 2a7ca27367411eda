"""How users become members: what is asked before, and the one way in."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ...access.model import Level
from ...access.scheme import Scheme
from ...kernel import emails, ids, text
from ...kernel.clock import past
from ...kernel.errors import Invalid, LimitReached
from ...runtime.unit_of_work import UnitOfWork
from ...tenants.model import adjust_counts
from ...workspaces.model import MAX_WORKSPACES
from ..model import Membership, NewMember, with_epoch_of
from ..repository import with_roles

__all__ = [
    "Joining",
    "admit",
    "join",
    "new_membership",
    "require_user_id",
    "resolve_offer",
    "resolve_terms",
]


def resolve_offer(
    uow: UnitOfWork, role: str | None, workspaces: Mapping[str, str] | Values[str] | None
) -> tuple[Scheme, str, Mapping[str, str]]:
    """The tenant role and the role in each workspace that somebody shall get, and the scheme that knows them.

    The lowest tenant role unless given.

    Raises:
        Invalid: There is no such role; or `workspaces` is neither a mapping of at most 1,000 ids to roles, nor as many
            ids where the scheme has a default role.
    """
    scheme = uow.scheme(*roles_in(role, workspaces))
    return (scheme, *resolve_terms(scheme, role, workspaces))


def roles_in(role: object, workspaces: object) -> Iterable[object]:
    """Everything in these terms that stands where a role should, whatever it is."""
    return (role, *(workspaces.values() if isinstance(workspaces, Mapping) else ()))


def resolve_terms(
    scheme: Scheme, role: str | None, workspaces: Mapping[str, str] | Values[str] | None
) -> tuple[str, Mapping[str, str]]:
    """The tenant role and the role in each workspace, by a scheme that knows the custom ones.

    Raises:
        Invalid: As for `offered`.
    """
    places = _places(scheme, () if workspaces is None else workspaces)
    tenant_role = scheme.role(scheme.member_role if role is None else role, Level.TENANT).key
    return tenant_role, {id: _role_there(scheme, id, role) for id, role in places.items()}


def _role_there(scheme: Scheme, workspace_id: str, role: object) -> str:
    try:
        return scheme.role(role, Level.WORKSPACE, field="workspaces").key
    except Invalid as refused:  # of several, it says which one
        refused.data["workspace"] = workspace_id
        raise


def _places(scheme: Scheme, workspaces: Mapping[str, str] | Values[str]) -> Mapping[str, str]:
    """For each workspace the role that is asked for, which is the scheme's default where only ids are given."""
    ids = text.several(workspaces, "workspaces", most=MAX_WORKSPACES)
    if isinstance(workspaces, Mapping):
        return dict(workspaces)
    default = scheme.default_workspace_role
    if default is None and ids:
        raise Invalid(
            f"{scheme!r} has no default_workspace_role: give a mapping of workspace ids to workspace roles.",
            field="workspaces",
            rule="no_default_role",
        )
    return dict.fromkeys(sorted(ids), default or "")


def new_membership(uow: UnitOfWork, row: NewMember) -> Membership:
    """The membership of somebody whom the host knows; asks nothing of the store.

    Raises:
        Invalid: A value cannot be accepted.
    """
    user = require_user_id(row.user_id)
    address = None if row.email is None else emails.Email.parse(row.email)
    name = None if row.name is None else text.name(row.name)
    if row.joined_at is not None and not uow.by.is_system:
        raise Invalid("Only SYSTEM says since when somebody is a member.", field="joined_at", rule="only_system")
    if text.boolean(row.email_verified, "email_verified") and not uow.by.is_system:
        raise Invalid("Only SYSTEM says that an address is verified.", field="email_verified", rule="only_system")
    return Membership(
        tenant_id=uow.tx.tenant_id,
        id=ids.new("mem"),
        user_id=user,
        name=name,
        email=address.address if address else None,
        email_key=address.key if address else None,
        email_verified=row.email_verified and address is not None,
        joined_at=uow.now if row.joined_at is None else past(row.joined_at, "joined_at", uow.now),
    )


class Joining(NamedTuple):
    """Somebody who is about to be a member, with a tenant role, and a role in each of some workspaces."""

    member: Membership
    role: str
    places: Mapping[str, str]


def join(uow: UnitOfWork, member: Membership, role: str, places: Mapping[str, str], *, closing: int = 0) -> Membership:
    """Make somebody a member with this tenant role and these roles in workspaces.

    Raises:
        AlreadyMember: They are one.
        LimitReached: The plan has no place for them, when so many invitations are closed for it.
    """
    try:
        uow.limits.require_members(1, closing=closing)
    except LimitReached:
        if uow.members.find(member.user_id) is None:  # otherwise `admit` says that they are a member already
            raise
    return admit(uow, [Joining(member, role, places)])[0]


def admit(uow: UnitOfWork, joining: Sequence[Joining]) -> Sequence[Membership]:
    """Make them members; the one way in. As many statements for several as for one.

    Raises:
        AlreadyMember: One is a member already.
    """
    members = [with_epoch_of(uow.tenant, each.member) for each in joining]
    uow.members.records.add(*members)
    places = {
        each.member.id: {None: [each.role], **{id: [role] for id, role in each.places.items()}} for each in joining
    }
    given = uow.grants.give_many(places, by=uow.by)
    uow.tenant = adjust_counts(uow.tenant, members=len(members))
    for each in joining:
        since = each.member.joined_at
        told = {} if since == uow.now else {"joined_at": since.isoformat()}
        after = {"roles": [each.role], "workspaces": dict(each.places), **told}
        uow.record("member.added", each.member.user_id, after=after)
    return with_roles(members, given, uow.now)


def require_user_id(user_id: object) -> str:
    """The id of somebody who can be a member: a user, or a service by its full name, but not SYSTEM."""
    user = text.exact(user_id, "user_id")
    if user.partition(":")[0] == "system" or user == "service":
        raise Invalid("SYSTEM is no user; it cannot be a member.", field="user_id", rule="not_a_person")
    return user
