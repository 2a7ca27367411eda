"""What a change or a deletion of a custom role would touch, worked out before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from attrs import evolve, field

from ...invitations.model import InvitationStatus, status_at
from ...kernel import text
from ...kernel.canonical import canonical
from ...kernel.errors import PlanChanged
from ...kernel.principal import principal_of
from ...kernel.values import frozen
from ...members.model import GRANTS, MEMBERSHIPS, Grant, Membership, MembershipStatus, held_as, is_over
from ...members.repository import with_roles
from ...members.service.showing import labelled
from ...runtime.pages import Page, page
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import After, Among, OneOf
from ...tenants.model import TenantStatus
from ..compiled import ALL, Access
from ..custom import AccessChange, Affected, CustomRole, as_role, lineage_of, lineages
from ..guard import by_place, permissions_in
from ..model import Facts, Level, Role, Standing
from ..scheme import Scheme
from .moves import rebuild, require_replacement

__all__ = ["RoleChange", "RolePlan", "deletion_of", "plan_of", "require_same"]


class RolePlan(Page[Affected]):
    """What a change or a deletion of a custom role would touch: a page of the members, and all the rest.

    Attributes:
        roles: The ids of the custom roles that build on it, directly or through others.
        invitations: The ids of the pending invitations whose offer a deletion changes; a change of the role leaves
            them as they are.
        digest: What `update` and `delete` compare: two plans with the same digest touch the same. It is about all
            members, whatever page this is, and not about names.
        role_names: The names of `roles`, by id.
        invitation_emails: The addresses of `invitations`, by id.
        workspace_names: The names of the workspaces in which members of this page would gain or lose something, by id.
    """

    __slots__ = ("digest", "invitation_emails", "invitations", "role_names", "roles", "workspace_names")

    def __init__(
        self,
        members: Page[Affected],
        *,
        digest: str,
        role_names: Mapping[str, str],
        invitation_emails: Mapping[str, str],
        workspace_names: Mapping[str, str],
    ) -> None:
        super().__init__(members, next=members.next, total=members.total)
        self.roles = tuple(role_names)
        self.invitations = tuple(invitation_emails)
        self.digest = digest
        self.role_names = role_names
        self.invitation_emails = invitation_emails
        self.workspace_names = workspace_names

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and isinstance(other, RolePlan) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.digest))


@frozen(kw_only=True)
class RoleChange:
    """A custom role of a tenant that is to be changed or deleted.

    Args:
        key: Its id.
        before: The roles of the tenant by id, as they are.
        after: The roles as they would be.
        replacement: The key of the role that whoever has a deleted one gets instead.
        invitations: The addresses of the pending invitations that offer a deleted one, by id.
    """

    key: str
    before: Mapping[str, CustomRole] = field(hash=False)
    after: Mapping[str, CustomRole] = field(hash=False)
    replacement: str | None = None
    invitations: Mapping[str, str] = field(factory=dict, hash=False)

    @property
    def reached(self) -> Sequence[str]:
        """The ids of the role itself, and of those that build on it, directly or through others."""
        return [id for id, role in sorted(self.before.items()) if any(e.key == self.key for e in lineage_of(role))]

    def moved(self, grant: Grant) -> Grant | None:
        """What becomes of a grant: itself, or one of the replacement, or nothing."""
        if grant.role != self.key or self.key in self.after:
            return grant
        return None if self.replacement is None else evolve(grant, role=self.replacement)


def deletion_of(
    uow: UnitOfWork, access: Access, roles: Mapping[str, CustomRole], role: CustomRole, replacement: str | None
) -> RoleChange:
    """The deletion of a custom role; what refers to it refers to the replacement, or to nothing.

    Raises:
        Invalid: There is no such role to replace it, or a role that builds on it would contradict itself.
        Denied: The principal holds less than a role that builds on it would act as.
    """
    new = None if replacement is None else require_replacement(uow, roles, as_role(role), replacement).key
    after = rebuild(uow, access, roles, role, new)
    offers = sorted(uow.invitations.offering(role.id, role.level), key=attrgetter("id"))
    return RoleChange(
        key=role.id,
        before=roles,
        after={id: each for id, each in after.items() if id != role.id},
        replacement=new,
        invitations={o.id: o.email for o in offers if status_at(o, uow.now) is InvitationStatus.PENDING},
    )


def plan_of(
    uow: UnitOfWork,
    change: RoleChange,
    *,
    limit: int = 50,
    after: str | None = None,
    offset: int | None = None,
    total: bool = False,
) -> RolePlan:
    """What a change would touch, with one page of the members; its cursors are good for this change alone."""
    grants = _grants_of_holders(uow, change)
    scheme = _joined(uow, change.before)
    wanted = _written(change.after.get(change.key)), change.replacement
    members = page(
        uow.members.records,
        MEMBERSHIPS,
        {"id": _holders(uow, change)},
        keys=uow.settings.keys,
        context=f"{uow.tx.tenant_id} roles.plan {change.key} {wanted}",
        limit=limit,
        after=after,
        offset=offset,
        order=None,
        total=total,
        present=lambda found: [
            Affected(labelled(member, scheme), tuple(_changes(uow, member, change)))
            for member in with_roles(found, grants, uow.now)
        ],
    )
    places = {each.workspace for affected in members for each in affected.changes} - {None, ALL}
    workspaces = uow.workspaces.records.list(id=OneOf(places)) if places else ()
    return RolePlan(
        members,
        digest=_digest(uow, change, grants),
        role_names={id: change.before[id].name for id in change.reached if id != change.key},
        invitation_emails=change.invitations,
        workspace_names={each.id: each.name for each in workspaces},
    )


def require_same(uow: UnitOfWork, plan: RolePlan | str, change: RoleChange) -> None:
    """Would that happen which was planned?

    Raises:
        PlanChanged: Something else would be touched.
    """
    expected = plan.digest if isinstance(plan, RolePlan) else text.exact(plan, "plan")
    digest = _digest(uow, change, _grants_of_holders(uow, change))
    if expected != digest:
        message = "The change would touch something else by now; look at the present plan."
        changed = PlanChanged(message, expected=expected, present=digest)
        changed.plan = plan_of(uow, change)
        raise changed


def _holders(uow: UnitOfWork, change: RoleChange) -> Among:
    """The condition on memberships that they have the role, or one that builds on it, now or from some time on."""
    return Among(GRANTS, "membership_id", {"role": OneOf(change.reached), "counts_until": After(uow.now)})


def _grants_of_holders(uow: UnitOfWork, change: RoleChange) -> Sequence[Grant]:
    """Every grant of these members: what they gain or lose depends on the others as well."""
    return uow.grants.records.list(membership_id=_holders(uow, change))


def _digest(uow: UnitOfWork, change: RoleChange, grants: Sequence[Grant]) -> str:
    """What the plan rests on: the roles before and after, and what those who have them hold besides.

    What each member would gain and lose follows from that, and takes much longer to work out for all of them.
    """
    counting = [grant for grant in grants if not is_over(grant, uow.now)]
    named = {(Level.at(grant.workspace_id), grant.role) for grant in counting}
    named |= {(change.before[id].level, id) for id in change.reached}
    schemes = [_joined(uow, roles) for roles in (change.before, change.after)]
    holding = {
        f"{level}:{key}": [
            [sorted(scheme.permissions_of(key, level)), sorted(scheme.permissions_everywhere(key))]
            for scheme in schemes
        ]
        for level, key in named
    }
    written = {id: [_written(roles.get(id)) for roles in (change.before, change.after)] for id in change.reached}
    held = sorted(
        [
            grant.membership_id,
            held_as(grant.role, grant.workspace_id),
            *("" if at is None else at.isoformat() for at in (grant.starts_at, grant.ends_at)),
        ]
        for grant in counting
    )
    content = [uow.tx.tenant_id, change.key, change.replacement, [*change.invitations], written, holding, held]
    return hashlib.sha256(canonical(["tenantry.role.1", *content])).hexdigest()


def _joined(uow: UnitOfWork, roles: Mapping[str, CustomRole]) -> Scheme:
    return uow.settings.scheme.joined(lineages(roles.values()))


def _written(role: CustomRole | None) -> object:
    """What a role says of itself; its name and its description give nobody anything."""
    return None if role is None else [role.permissions, role.inherits, role.acts_as]


def _changes(uow: UnitOfWork, member: Membership, change: RoleChange) -> Iterator[AccessChange]:
    """What a member would gain and lose, place by place."""
    moved = tuple(grant for grant in map(change.moved, member.grants) if grant is not None)
    before = _hypothetical_access(uow, member, member.grants, lineages(change.before.values()))
    after = _hypothetical_access(uow, member, moved, lineages(change.after.values()))
    places = (None, ALL, *sorted(member.workspaces))
    for place, old_there, new_there in zip(places, by_place(before, places), by_place(after, places), strict=True):
        had, has = permissions_in(old_there, place), permissions_in(new_there, place)
        if had != has:
            yield AccessChange(place, gained=has - had, lost=had - has)


def _hypothetical_access(
    uow: UnitOfWork, member: Membership, grants: tuple[Grant, ...], roles: tuple[Role, ...]
) -> Access:
    """What these grants give, were nothing suspended."""
    standing = Standing(TenantStatus.ACTIVE, member.id, MembershipStatus.ACTIVE, grants, roles=roles)
    return Access(uow.settings.scheme, Facts(member.tenant_id, principal_of(member.user_id), standing, uow.now))
