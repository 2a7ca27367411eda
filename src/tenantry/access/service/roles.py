"""What is done with the roles of a tenant: its own are made, changed and given up; all of them are shown."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Sequence

from attrs import asdict

from ...invitations.model import supersede
from ...kernel import text
from ...kernel.errors import RoleInUse
from ...kernel.values import fill_in
from ...runtime.pages import Page
from ...runtime.service import command, list_page, query
from ...runtime.unit_of_work import UnitOfWork
from ...tenants.model import raise_epoch
from ..compiled import Access
from ..custom import ROLES, CustomRole, RoleChoice, described
from ..guard import is_within, require_live
from ..model import Level, Role
from ..scheme import Scheme
from ..scheme.matrix import Matrix
from .holders import RoleHolders, usage_of
from .moves import replace_role
from .planning import RoleChange, RolePlan, deletion_of, require_same
from .shaping import (
    DELETE,
    UPDATE,
    actions_on,
    alter_role,
    get_role,
    introduce_role,
    is_narrowed,
    require_shapeable,
    role_values,
)

__all__ = ["Roles"]


class Roles(RoleHolders):
    """The roles of the tenant: the built-in ones of its scheme, and its own."""

    name = "roles"
    __slots__ = ()

    @command
    def define(
        self,
        uow: UnitOfWork,
        name: str,
        *,
        permissions: Values[str],
        level: str,
        description: str | None = None,
        inherits: Values[str] = (),
        acts_as: str | None = None,
    ) -> CustomRole:
        """Make a role for this tenant.

        Args:
            name: 1-60 characters on one line; no other role is called so, or so alike that it could be taken for it.
            permissions: Names, or patterns in which `*` stands for a whole segment: they are expanded now, and what
                a later release of the host adds is not among them.
            level: `tenant` or `workspace`: where it is to be held.
            description: Plain text of at most 500 characters.
            inherits: Keys of roles of the same level whose permissions come with this one.
            acts_as: For a tenant role, the workspace role that its holders have in every workspace.

        Raises:
            NameTaken: Another role has this name, or one that looks the same.
            LimitReached: The tenant has as many roles as `Options.max_roles` allows.
            UnknownPermission: There is no such permission.
            Invalid: An argument cannot be accepted, or the role would contradict itself.
            Denied: The principal may not make roles, or holds less than this one would.
        """
        access = uow.require("tenant-api:role:create")
        return introduce_role(
            uow,
            access,
            name=name,
            level=text.choice(level, Level, "level"),
            permissions=permissions,
            description=description,
            inherits=inherits,
            acts_as=acts_as,
        )

    @command
    def adopt(self, uow: UnitOfWork, template: str, *, name: str | None = None) -> CustomRole:
        """Make a role of the tenant's own out of a template of the scheme; from then on it is changed like any other.

        Args:
            template: The key of the template.
            name: What it is to be called; as the template unless given.

        Raises:
            NameTaken: Another role has this name, or one that looks the same.
            LimitReached: The tenant has as many roles as `Options.max_roles` allows.
            Invalid: There is no such template, or the name cannot be accepted.
            Denied: The principal may not make roles, or holds less than this one would.
        """
        access = uow.require("tenant-api:role:create")
        model = uow.settings.scheme.template(template)
        return introduce_role(
            uow,
            access,
            name=model.name if name is None else name,
            level=model.level,
            permissions=uow.settings.scheme.expand(model.permissions, model.level),  # some may reach nothing here
            description=model.description,
            inherits=model.inherits,
            acts_as=model.acts_as,
            template=model.key,
        )

    @query
    def get(self, uow: UnitOfWork, key: str, *, actions: bool = False) -> CustomRole:
        """One role of the tenant's own.

        Args:
            key: The id of the role.
            actions: Whether to tell what the principal could do to it, in `CustomRole.actions`.

        Raises:
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not see roles.
            Invalid: An argument is of the wrong type.
        """
        access = uow.require("tenant-api:role:read")
        [role] = _shown(uow, [uow.roles.records.get(text.exact(key, "key"))], access, actions=actions)
        return role

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        level: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
        actions: bool = False,
    ) -> Page[CustomRole]:
        """The tenant's own roles; `matrix` has the built-in ones too.

        Args:
            level: Only those of the `tenant`, or only those of a `workspace`.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of creation, `newest`, or `name`.
            total: Whether to count the whole list.
            actions: Whether to tell what the principal could do to each, in `CustomRole.actions`.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not see roles.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        access = uow.require("tenant-api:role:read")
        return list_page(
            uow,
            uow.roles.records,
            ROLES,
            {} if level is None else {"level": text.choice(level, Level, "level")},
            present=lambda roles: _shown(uow, roles, access, actions=actions),
            filters={"level": level},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )

    @query
    def matrix(self, uow: UnitOfWork) -> Matrix:
        """Every role of the tenant, built in and custom, against every permission.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not see roles.
        """
        uow.require("tenant-api:role:read")
        return Matrix.of(_all_roles(uow))

    @query
    def choices(self, uow: UnitOfWork, level: str | None = None) -> Sequence[RoleChoice]:
        """All roles of the tenant, built in and custom, as filters and forms show them; `assignable` has fewer.

        Every member may ask: what a role holds is not in the answer.

        Args:
            level: Only those of the `tenant`, or only those of a `workspace`.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The account, the membership or the tenant is switched off.
            Invalid: There is no such level.
        """
        require_live(uow.access())
        wanted = (*Level,) if level is None else (text.choice(level, Level, "level"),)
        roles = _all_roles(uow).roles
        return [
            RoleChoice(role.key, role.level, role.name, role.description, role.is_custom)
            for each in wanted
            for role in roles
            if role.level is each
        ]

    @query
    def assignable(self, uow: UnitOfWork, *, workspace: str | None = None) -> Sequence[Role]:
        """The roles that the principal may give to others, at the tenant or in a workspace; a form offers them.

        Args:
            workspace: The id of a workspace; None for the tenant.

        Raises:
            NotFound: There is no such workspace in use, or the principal is no member of the tenant.
            Denied: The principal may neither invite there nor change roles.
        """
        place = None if workspace is None else text.exact(workspace, "workspace")
        access = uow.access() if place is None else uow.access(place)
        level = Level.at(place)
        if not access.can(f"{level}-api:member:invite", workspace=place):
            access.require(f"{level}-api:member:update", workspace=place)
        scheme = _all_roles(uow)
        there = (role for role in scheme.roles if role.level is level)
        return [role for role in there if is_within(scheme, access, {place: [role.key]})]

    @command
    def update(
        self,
        uow: UnitOfWork,
        key: str,
        *,
        name: str | None = None,
        permissions: Values[str] | None = None,
        description: str | None = None,
        inherits: Values[str] | None = None,
        acts_as: str | None = None,
        plan: RolePlan | str | None = None,
    ) -> CustomRole:
        """Change a role of the tenant's own, for everybody who has it; what is not given stays as it is.

        Args:
            key: The id of the role.
            name: 1-60 characters on one line; nothing refers to a role by its name.
            permissions: Names and patterns, as a whole.
            description: Plain text of at most 500 characters; an empty one removes it.
            inherits: Keys of roles of the same level, as a whole.
            acts_as: A workspace role; an empty text removes it.
            plan: A plan of `plan_update`, or its digest, which must still be what would happen.

        Raises:
            PlanChanged: By now the change would touch something else than the plan says.
            NameTaken: Another role has this name, or one that looks the same.
            NotFound: There is no such role of the tenant's own; built-in ones cannot be changed.
            UnknownPermission: There is no such permission.
            Invalid: An argument cannot be accepted, or the role would contradict itself.
            Denied: The principal may not change roles, or see members where a plan is given, holds less than this one
                did or would, or has it themselves.
        """
        access = uow.require(UPDATE)
        if plan is not None:
            access.require("tenant-api:member:read")  # the present plan shows them
        roles, changed = alter_role(
            uow,
            access,
            key,
            name=name,
            permissions=permissions,
            description=description,
            inherits=inherits,
            acts_as=acts_as,
        )
        if plan is not None:
            require_same(uow, plan, RoleChange(key=key, before=roles, after=changed))
        uow.roles.records.save(*(role for id, role in changed.items() if role != roles[id]))
        if is_narrowed(uow, roles, changed):
            uow.tenant = raise_epoch(uow.tenant)
        uow.record("role.updated", key, before=role_values(roles[key]), after=role_values(changed[key]))
        return changed[key]

    @command
    def delete(
        self, uow: UnitOfWork, key: str, replacement: str | None = None, *, plan: RolePlan | str | None = None
    ) -> None:
        """Give up a role of the tenant's own.

        Args:
            key: The id of the role.
            replacement: A role of the same level, which everybody and everything that refers to this one gets instead.
            plan: A plan of `plan_delete`, or its digest, which must still be what would happen.

        Raises:
            PlanChanged: By now the deletion would touch something else than the plan says.
            RoleInUse: Members have it, pending invitations offer it or roles build on it, and nothing replaces it.
            Conflict: Somebody has both, at times between which they have neither (rule `times_apart`).
            NotFound: There is no such role of the tenant's own; built-in ones stay.
            Invalid: There is no such role to replace it, or a role that builds on it would contradict itself.
            Denied: The principal may not delete roles, or see members where a plan is given, holds less than this one
                or the other, or has it themselves.
        """
        access = uow.require(DELETE)
        if plan is not None:
            access.require("tenant-api:member:read")  # the present plan shows them
        roles = uow.roles.all()
        role = get_role(roles, key)
        require_shapeable(uow.settings.scheme, access, role, DELETE)
        if plan is not None:
            require_same(uow, plan, deletion_of(uow, access, roles, role, replacement))
        if replacement is not None:
            replace_role(uow, access, roles, role, replacement)
        elif usage := usage_of(uow, role.id, role.level, roles.values()):
            counts = asdict(usage)
            parts = ", ".join(f"{kind}: {number}" for kind, number in counts.items() if number)
            raise RoleInUse(f"This role is in use ({parts}); name a replacement.", **counts)
        else:
            lapsed = [supersede(each, uow.now) for each in uow.invitations.offering(role.id, role.level)]
            uow.invitations.records.save(*lapsed)
            for invitation in lapsed:
                uow.record("invitation.superseded", invitation.id, after={"status": invitation.status.value})
        uow.grants.take(uow.grants.records.list(role=role.id))  # what has ended
        uow.roles.records.remove(role)
        uow.record("role.deleted", role.id, before=role_values(role))


def _shown(uow: UnitOfWork, roles: Sequence[CustomRole], access: Access, *, actions: bool) -> Sequence[CustomRole]:
    """These roles, with what the principal could do to each, if that was asked for."""
    if not text.boolean(actions, "actions"):
        return roles
    return [fill_in(role, actions=actions_on(uow.settings.scheme, access, role)) for role in roles]


def _all_roles(uow: UnitOfWork) -> Scheme:
    """The scheme with the tenant's own roles in it, each with its description."""
    return uow.settings.scheme.joined(tuple(map(described, uow.roles.all().values())))
