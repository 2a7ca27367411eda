"""What the frame of a page asks."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from ...access.compiled import ALL, Access
from ...access.guard import as_in_use, require_live, role_labels
from ...invitations.service.redemption import count_received
from ...kernel.principal import verified_email_key
from ...plans.model import NO_PLAN
from ...plans.service.plans import sees_usage, visible_usage
from ...runtime.runner import across
from ...runtime.service import Service, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import Person, Slice
from ...workspaces.model import Workspace
from ...workspaces.service.workspaces import visible
from ..model import MOST_WORKSPACES, Overview, OwnWorkspace

__all__ = ["Overviews"]


class Overviews(Service):
    """The overview of the tenant."""

    name = "tenant"
    __slots__ = ()

    def overview(self) -> Overview:
        """See `TenantContext.overview`."""
        shown = self._overview()  # first, so that nothing is counted for a stranger
        return evolve(shown, inbox=self._inbox())

    @query
    def _overview(self, uow: UnitOfWork) -> Overview:
        """What the tenant has of it."""
        access = uow.access()
        require_live(as_in_use(access))
        sees_members = access.can("tenant-api:member:read")
        places = access.workspaces_where("workspace-api:workspace:read")
        sees_figures = any(sees_usage(access, NO_PLAN, each) for each in ("workspaces", "members"))  # of whatever plan
        totals = uow.count() if sees_members or places == ALL or sees_figures else None
        workspaces = _first(uow, access) if places else []
        [at_tenant, *there] = role_labels(access, [None, *(each.id for each in workspaces)])
        return Overview(
            tenant=uow.tenant,
            role_labels=at_tenant,
            workspaces=tuple(
                OwnWorkspace(id=each.id, name=each.name, slug=each.slug, role_labels=labels)
                for each, labels in zip(workspaces, there, strict=True)
            ),
            workspace_count=totals.workspaces if totals and places == ALL else len(places),
            member_count=totals.members if totals and sees_members else None,
            invitation_count=totals.invitations if totals and sees_members else None,
            limits=tuple(visible_usage(uow, access)) if access.is_live else (),
        )

    def _inbox(self) -> int | None:
        """How many invitations wait for the principal, over all tenants."""
        by = self._runner.by
        if not by.is_person:
            return None
        with across(self._runner.store, Person(by.user_id, verified_email_key(by))) as tenants:
            return count_received(tenants, by, at=self._runner.settings.now())


def _first(uow: UnitOfWork, access: Access) -> Sequence[Workspace]:
    """The first workspaces by name that the principal sees."""
    return uow.workspaces.records.list(Slice(limit=MOST_WORKSPACES, order="name"), **visible(access))
