"""What is asked and used of a tenant's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve

from ...access.compiled import Access, answers_of
from ...access.guard import as_themselves, require_live
from ...kernel import text
from ...kernel.errors import Conflict
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import UnitOfWork
from ..model import Plan, Usage, counter_permission, permissions_to_use, permissions_to_use_any, tenant_counter

__all__ = ["Plans", "sees_usage", "visible_usage"]

_MAX_AT_ONCE = 2**53

_SEES_ALL: Final = "tenant-api:billing:read"


class Plans(Service):
    """The plan of the tenant: what it limits, and what is used of it."""

    name = "plan"
    __slots__ = ()

    @query
    def get(self, uow: UnitOfWork) -> Plan:
        """The plan of the tenant: its name and its limits.

        For a member who can use up one of the limits, and for a member with `tenant-api:billing:read`.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal can neither use up a limit nor see the billing.
        """
        return _require_concerned(uow)[1]

    @query
    def usage(self, uow: UnitOfWork, *, workspace: str | None = None) -> Sequence[Usage]:
        """What is used: workspaces, members and the counters of the tenant; or the counters of one workspace.

        A member with `tenant-api:billing:read` sees all of the tenant. Others see the limits that they can use up.
        Counters that the plan does not limit are told too, behind those that it does.

        Args:
            workspace: The id of a workspace, for its counters alone.

        Raises:
            NotFound: There is no such tenant or workspace in use, or the principal is no member of the tenant.
            Denied: The principal can neither use up a limit nor see the billing, or may not see the workspace.
        """
        if workspace is not None:
            uow.require("workspace-api:workspace:read", workspace=workspace)
            return uow.limits.figures(uow.workspaces.records.get(workspace).counters, workspace)
        return visible_usage(uow, _require_concerned(uow)[0])

    @command
    def use(self, uow: UnitOfWork, counter: str, amount: int = 1, *, workspace: str | None = None) -> int:
        """Take something of what the plan allows, or give it back; the new figure.

        Of two who want the last one, one gets it. In one transaction with what is counted, both are kept or none.

        Args:
            counter: The name of the counter: a-z, then a-z, digits and underscores, to 63 characters. One of the tenant
                may take a permission of its own, by `Plan.counter_permissions`.
            amount: How much more there is; a number below zero gives back.
            workspace: The id of the workspace, for a counter of it; a counter of the tenant as a whole unless given.

        Raises:
            LimitReached: That is more than the plan allows.
            Conflict: More is given back than was taken.
            NotFound: There is no such workspace in use in the tenant.
            Invalid: The name or the amount cannot be accepted.
            Denied: The principal may not use this counter, or may not record figures in the workspace.
        """
        if workspace is None:
            name = tenant_counter(counter, "counter")
            _live_access(uow).require(counter_permission(uow.limits.plan, name))
            before = uow.tenant.counters
            after = _change(before, name, amount)
            uow.limits.require_figures(before, after)
            if _record(uow, before, after):
                uow.tenant = evolve(uow.tenant, counters=after)
        else:
            uow.require("workspace-api:counter:update", workspace=workspace)
            found = uow.workspaces.records.get(workspace)
            before = found.counters
            after = _change(before, text.counter_name(counter, "counter"), amount)
            uow.limits.require_figures(before, after, workspace)
            if _record(uow, before, after, workspace):
                uow.workspaces.records.save(evolve(found, counters=after))
        return after[counter]


def _require_concerned(uow: UnitOfWork) -> tuple[Access, Plan]:
    """The principal's access and the plan, if they can use up one of its limits, or see the billing.

    Raises:
        Denied: They can do neither.
    """
    access, plan = _live_access(uow), uow.limits.plan
    theirs = as_themselves(access)
    if not any(_has(theirs, permission) for permission in permissions_to_use_any(plan)):
        access.require(_SEES_ALL)
    return theirs, plan


def visible_usage(uow: UnitOfWork, access: Access) -> Sequence[Usage]:
    """What is used of the limits of the tenant that the principal may see; nothing else is counted."""
    limits = uow.limits
    return [
        *([limits.workspaces] if sees_usage(access, limits.plan, "workspaces") else ()),
        *([limits.members] if sees_usage(access, limits.plan, "members") else ()),
        *(figure for figure in limits.figures(uow.tenant.counters) if sees_usage(access, limits.plan, figure.name)),
    ]


def sees_usage(access: Access, plan: Plan, limit: str) -> bool:
    """May the principal see what is used of this limit of the tenant: can they use it up, or see the billing?"""
    theirs = as_themselves(access)
    return theirs.can(_SEES_ALL) or any(_has(theirs, each) for each in permissions_to_use(plan, limit))


def _live_access(uow: UnitOfWork) -> Access:
    """The principal's access, if nothing stands in their way; the host's function is asked for nobody else."""
    access = uow.access()
    require_live(access)
    return access


def _has(access: Access, permission: str) -> bool:
    """Whether the principal has this at the tenant or, if it is a permission of workspaces, in one of them."""
    if permission in answers_of(access)[None]:
        return access.can(permission)
    return bool(access.workspaces_where(permission))


def _record(uow: UnitOfWork, before: Mapping[str, int], after: Mapping[str, int], workspace: str | None = None) -> bool:
    """Record the figures of the tenant, or of a workspace; False where none has changed."""
    return uow.record(
        "tenant.counters_recorded" if workspace is None else "workspace.counters_recorded",
        workspace or uow.tenant.id,
        workspace_id=workspace,
        before={"counters": before},
        after={"counters": after},
    )


def _change(figures: Mapping[str, int], counter: str, amount: int) -> Mapping[str, int]:
    """The figures with so much more of one of them.

    Raises:
        Conflict: That would be less than nothing.
        Invalid: The amount is no whole number, or too great.
    """
    used = figures.get(counter, 0)
    after = used + text.integer(amount, "amount", low=-_MAX_AT_ONCE, high=_MAX_AT_ONCE)
    if after < 0:
        what = counter.replace("_", " ")
        raise Conflict(f"Of {what}, {used:,} are used; {-amount:,} cannot be given back.", rule="counter_below_zero")
    return text.counters({**figures, counter: after}, "counters")
