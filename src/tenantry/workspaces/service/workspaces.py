"""What is done with workspaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Values
from typing import Any

from attrs import evolve

from ...access.compiled import ALL, Access
from ...access.guard import knowing, require_live
from ...invitations.service.issuing import send_offer
from ...invitations.service.sending import expiry, require_deliverable
from ...kernel import emails, ids, text
from ...kernel.canonical import canonical
from ...kernel.values import fill_in
from ...members.model import MEMBERSHIPS
from ...members.service.candidates import Candidates
from ...runtime.pages import LARGEST_PAGE, Page
from ...runtime.runner import Runner
from ...runtime.service import command, list_page, occurs, preceded, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import OneOf
from ...tenants.model import adjust_counts, raise_epoch
from ..model import WORKSPACES, Workspace, WorkspaceStatus, WorkspaceTotals, archive, restore
from .actions import COUNT, MOVE, UPDATE, actions_on, coming_back, require_move, require_restoration
from .members import WorkspaceMembers, require_in, set_workspace_role

__all__ = ["Workspaces", "visible"]


def _before_creating(runner: Runner, name: str, *, admin: str | None = None, **_: Any) -> None:
    def address(uow: UnitOfWork) -> str | None:
        uow.require("tenant-api:workspace:create")
        if admin is None or "@" not in text.exact(admin, "admin") or uow.members.find(admin) is not None:
            return None
        return emails.Email.parse(admin).address

    require_deliverable(runner, "workspaces.create", address)


class Workspaces(WorkspaceMembers):
    """The workspaces of the tenant."""

    name = "workspaces"
    __slots__ = ()

    @preceded(_before_creating)
    @command
    def create(
        self,
        uow: UnitOfWork,
        name: str,
        *,
        slug: str | None = None,
        description: str | None = None,
        settings: Mapping[str, Any] | None = None,
        admin: str | None = None,
    ) -> Workspace:
        """Make a workspace.

        Args:
            name: 1-100 characters on one line.
            slug: 1-63 lower-case letters, digits and hyphens, unique in the tenant; made from the name unless given.
            description: Plain text of at most 2,000 characters.
            settings: The host's own JSON object.
            admin: Its first admin: the `user_id` of a member, or an address, to which an invitation is sent.

        Raises:
            SlugTaken: Another workspace of the tenant has the slug.
            LimitReached: The plan allows no more workspaces in use.
                Or there are too many invitations, as for `invitations.send`.
            AlreadyMember: The address is that of a deactivated member.
            NotFound: The admin is neither a member of the tenant nor an address.
            Invalid: A text or the settings cannot be accepted, or mail to the address cannot be delivered.
            Denied: The principal may not make workspaces, or holds less than the admin would, or may not invite.
        """
        access = uow.require("tenant-api:workspace:create")
        uow.limits.require_workspaces(1)
        name = text.name(name)
        workspace = Workspace(
            tenant_id=uow.tenant.id,
            id=ids.new("ws"),
            name=name,
            slug=_free_slug(uow, name) if slug is None else text.slug(slug),
            description=text.paragraph_or_none(description, "description"),
            settings={} if settings is None else text.settings(settings, "settings"),
            created_at=uow.now,
        )
        uow.workspaces.records.add(workspace)
        uow.tenant = adjust_counts(uow.tenant, workspaces=1)
        uow.record("workspace.created", workspace.id, workspace_id=workspace.id, after=_audit_values(workspace))
        if admin is None:
            return evolve(workspace, members=0)
        role = uow.settings.scheme.workspace_admin_role
        member = uow.members.find(text.exact(admin, "admin"))
        if member is not None:
            set_workspace_role(uow, access, member, workspace.id, role)
            return evolve(workspace, members=1)
        if "@" not in admin:
            raise MEMBERSHIPS.missing()
        issued = send_offer(uow, admin, role=None, workspaces={workspace.id: role}, ends=expiry(uow, None))
        return evolve(workspace, members=0, admin_token=issued.token)

    @query
    def get(self, uow: UnitOfWork, workspace_id: str, *, actions: bool = False) -> Workspace:
        """One workspace in use, with its number of members.

        Args:
            workspace_id: Which one.
            actions: Whether to tell what the principal could do to it, in `Workspace.actions`.

        Raises:
            NotFound: There is none of this id in use in the tenant.
            Denied: The principal may not see it.
            Invalid: An argument is of the wrong type.
        """
        access = require_in(uow, "workspace-api:workspace:read", workspace_id)
        [workspace] = _shown(uow, [uow.workspaces.records.get(workspace_id)], access, actions=actions)
        return workspace

    @query
    def find(self, uow: UnitOfWork, slug: str) -> Workspace:
        """The workspace in use that has this slug, with its number of members.

        A slug can be guessed. So one that the principal may not see is not found, just like one that nobody has.

        Args:
            slug: 1-63 letters, digits and hyphens, in any case.

        Raises:
            NotFound: The principal sees no workspace of this slug in the tenant.
            Invalid: It is no slug.
            Denied: The account, the membership or the tenant is switched off.
        """
        access = uow.access()
        require_live(access)
        found = uow.workspaces.records.find(slug=text.slug(slug), **visible(access))
        if found is None:
            raise WORKSPACES.missing()
        return uow.workspaces.present([found])[0]

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        status: str = WorkspaceStatus.ACTIVE,
        search: str | None = None,
        ids: Values[str] | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
        actions: bool = False,
    ) -> Page[Workspace]:
        """The workspaces that the principal may see, each with the host's counters and its number of members.

        Args:
            status: `active`, or `archived` for who may archive and restore.
            search: Only those in whose name or slug this occurs, in any case.
            ids: Only these, at most 200; those that the principal does not see are left out.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of creation, `newest`, or `name`.
            total: Whether to count the whole list.
            actions: Whether to tell what the principal could do to each, in `Workspace.actions`.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not see archived workspaces.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        access = uow.access()
        require_live(access)
        where: dict[str, Any] = {"status": text.choice(status, WorkspaceStatus, "status")}
        if where["status"] is WorkspaceStatus.ARCHIVED:
            access.require(MOVE)
        else:
            where |= visible(access)
        if search is not None:
            where["search_key"] = occurs(search)
        asked = None if ids is None else text.several(ids, "ids", most=LARGEST_PAGE)
        if asked is not None:
            where["id"] = OneOf(asked & where["id"].values if "id" in where else asked)
        return list_page(
            uow,
            uow.workspaces.records,
            WORKSPACES,
            where,
            present=lambda found: _shown(uow, found, access, actions=actions),
            filters={"status": str(status), "search": search, "ids": asked and sorted(asked)},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )

    @query
    def totals(self, uow: UnitOfWork) -> WorkspaceTotals:
        """Figures over all workspaces in use, for who may see all of them.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal does not see every workspace.
        """
        access = uow.access()
        require_live(access)
        if access.workspaces_where("workspace-api:workspace:read") != ALL:
            reason = "This principal does not see every workspace."
            uow.refuse(access, "permission_missing", reason, permission="workspace-api:workspace:read")
        return uow.workspaces.totals()

    @command
    def update(
        self,
        uow: UnitOfWork,
        workspace_id: str,
        *,
        name: str | None = None,
        slug: str | None = None,
        description: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Workspace:
        """Change a workspace; what is not given stays as it is.

        Args:
            workspace_id: Which one.
            name: 1-100 characters on one line.
            slug: 1-63 lower-case letters, digits and hyphens, unique in the tenant.
            description: Plain text of at most 2,000 characters; an empty one removes it.
            settings: The host's own JSON object, as a whole.

        Raises:
            SlugTaken: Another workspace of the tenant has the slug.
            NotFound: There is none of this id in use in the tenant.
            Invalid: A text or the settings cannot be accepted.
            Denied: The principal may not change it.
        """
        require_in(uow, UPDATE, workspace_id)
        before = uow.workspaces.records.get(workspace_id)
        after = evolve(
            before,
            name=before.name if name is None else text.name(name),
            slug=before.slug if slug is None else text.slug(slug),
            description=before.description
            if description is None
            else text.paragraph_or_none(description, "description"),
            settings=before.settings if settings is None else text.settings(settings, "settings"),
        )
        keys = _changed_keys(before.settings, after.settings)
        if uow.record(
            "workspace.updated",
            after.id,
            workspace_id=after.id,
            before=_audit_values(before),
            after={**_audit_values(after), **({"settings": keys} if keys else {})},
        ):
            uow.workspaces.records.save(after)
        return uow.workspaces.present([after])[0]

    @command
    def archive(self, uow: UnitOfWork, workspace_id: str) -> Workspace:
        """Hide a workspace and keep its data; nobody may do anything in it until it is restored.

        Raises:
            Conflict: It is the default workspace, or archived already.
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not archive workspaces.
        """
        return _move(uow, workspace_id, "archived", archive)

    @command
    def restore(self, uow: UnitOfWork, workspace_id: str) -> Workspace:
        """Bring an archived workspace back, with the members it had.

        Raises:
            LimitReached: The plan allows no more workspaces in use.
            Conflict: It is not archived.
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not restore workspaces, or holds less than a member would get back in it, or for
                less long.
        """
        return _move(uow, workspace_id, "restored", restore)

    @command
    def record_counters(self, uow: UnitOfWork, workspace_id: str, counters: Mapping[str, int]) -> Workspace:
        """Set figures of the host that are shown with the workspace; those not named stay as they are.

        Args:
            workspace_id: Which workspace.
            counters: For each name (lower-case letters, digits, underscores) a whole number from zero.

        Raises:
            LimitReached: A figure would grow above the limit of the plan.
            NotFound: There is no such workspace in use in the tenant.
            Invalid: A name or a figure cannot be accepted.
            Denied: The principal may not record figures here.
        """
        require_in(uow, COUNT, workspace_id)
        before = uow.workspaces.records.get(workspace_id)
        figures = text.counters({**before.counters, **text.counters(counters, "counters")}, "counters")
        after = evolve(before, counters=figures)
        uow.limits.require_figures(before.counters, figures, workspace_id)
        if uow.record(
            "workspace.counters_recorded",
            after.id,
            workspace_id=after.id,
            before={"counters": before.counters},
            after={"counters": after.counters},
        ):
            uow.workspaces.records.save(after)
        return after


def visible(access: Access) -> dict[str, Any]:
    """The conditions on a workspace that it is in use, and that the principal may see it."""
    visible = access.workspaces_where("workspace-api:workspace:read")
    return {"status": WorkspaceStatus.ACTIVE} | ({} if visible == ALL else {"id": OneOf(visible)})


def _shown(uow: UnitOfWork, workspaces: Sequence[Workspace], access: Access, *, actions: bool) -> Sequence[Workspace]:
    """These with their number of members and, if that was asked for, with what the principal could do to each."""
    shown = uow.workspaces.present(workspaces)
    if not text.boolean(actions, "actions"):
        return shown
    known, back = knowing(access, shown), coming_back(uow, access, shown)
    roles = Candidates(uow, (grant.role for grant in back))
    return [fill_in(each, actions=actions_on(each, known, roles, back)) for each in shown]


def _move(uow: UnitOfWork, workspace_id: str, done: str, move: Callable[[Workspace], Workspace]) -> Workspace:
    access = uow.require(MOVE)
    before = uow.workspaces.records.get(text.exact(workspace_id, "workspace_id"))
    workspace = require_move(access, before, move)
    if workspace.is_active:
        back = coming_back(uow, access, [before])
        require_restoration(uow.scheme(*(grant.role for grant in back)), access, before, back)
        uow.limits.require_workspaces(1)
    uow.workspaces.records.save(workspace)
    if not workspace.is_active:
        uow.tenant = raise_epoch(uow.tenant)
    uow.record(f"workspace.{done}", workspace.id, workspace_id=workspace.id, after={"status": workspace.status.value})
    return workspace


def _free_slug(uow: UnitOfWork, name: str) -> str:
    slug = text.slugify(name) or "workspace"
    return text.with_tail(slug, ids.new("ws")) if uow.workspaces.has_slug(slug) else slug


def _changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
    """Which settings are others than before. The trail has no more of them: a value may be a password by any name."""

    def is_same(key: str) -> bool:
        return key in before and key in after and canonical(before[key]) == canonical(after[key])

    return sorted(key for key in before.keys() | after.keys() if not is_same(key))


def _audit_values(workspace: Workspace) -> dict[str, Any]:
    return {"name": workspace.name, "slug": workspace.slug, "description": workspace.description}
