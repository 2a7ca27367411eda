"""The limits of one tenant's plan, as one transaction asks about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..kernel.errors import Invalid
from ..runtime.here import working
from .model import UNLIMITED, Limit, Plan, PlanSource, Usage, require_known, require_room

if TYPE_CHECKING:
    from ..access.scheme import Scheme
    from ..storage.ports import Transaction
    from ..tenants.model import Tenant, Totals
    from .repository import UsageRepository

__all__ = ["Limits"]


class Limits:
    """What the tenant's plan allows, beside what is used. Nothing is counted that is not limited.

    A command holds the tenant's lock, so what is counted here stays as it is until the command ends.
    """

    def __init__(
        self, source: PlanSource, scheme: Scheme, tx: Transaction, tenant: Tenant, used: UsageRepository | Totals
    ) -> None:
        self._source = source
        self._scheme = scheme
        self._tx = tx
        self._tenant = tenant
        self._used = used

    @cached_property
    def plan(self) -> Plan:
        """The tenant's plan; the host's function is asked once in a transaction.

        Raises:
            Invalid: What the function returns is no plan, or names a permission that the scheme does not have.
        """
        if isinstance(self._source, Plan):
            return self._source
        with working("The function of the plan"), self._tx.nested():  # in which nobody can end it
            plan = self._source(self._tenant, self._tx.session)
        if not isinstance(plan, Plan):
            raise Invalid(
                f"The function of the plan returned {type(plan).__name__}, which is no Plan.",
                field="plan",
                rule="wrong_type",
                expected="Plan",
            )
        return require_known(plan, self._scheme)

    @property
    def workspaces(self) -> Usage:
        """The workspaces in use."""
        return Usage("workspaces", self._used.workspaces, self.plan.workspaces)

    @property
    def members(self) -> Usage:
        """The active members, with those who are invited where the plan counts them."""
        waiting = self._used.newcomers if self.plan.counts_invitations else 0
        return Usage("members", self._used.members + waiting, self.plan.members)

    def figures(self, figures: Mapping[str, int], workspace_id: str | None = None) -> Sequence[Usage]:
        """The counters of the tenant or of a workspace: those that the plan limits, then those that it does not."""
        limits = self._limits(workspace_id)
        names = dict.fromkeys([*limits, *sorted(figures)])
        return [Usage(name, figures.get(name, 0), limits.get(name, UNLIMITED), workspace_id) for name in names]

    def require_workspaces(self, more: int) -> None:
        """Go on only if so many more workspaces may be in use.

        Raises:
            LimitReached: They may not.
        """
        if more and self.plan.workspaces is not UNLIMITED:
            require_room(self.workspaces, more, self.plan)

    def require_members(self, joining: int, *, closing: int = 0) -> None:
        """Go on only if so many may join or come back, while so many invitations are closed for it.

        Raises:
            LimitReached: They may not.
        """
        if joining and self.plan.members is not UNLIMITED:
            freed = closing if self.plan.counts_invitations else 0
            require_room(self.members, joining - freed, self.plan)

    def require_invitations(self, more: int) -> None:
        """Go on only if so many more invitations may wait.

        Raises:
            LimitReached: They would hold places that there are not.
        """
        if more and self.plan.members is not UNLIMITED and self.plan.counts_invitations:
            require_room(self.members, more, self.plan)

    def require_figures(
        self, before: Mapping[str, int], after: Mapping[str, int], workspace_id: str | None = None
    ) -> None:
        """Go on only if each figure that grows stays within its limit.

        Raises:
            LimitReached: One does not.
        """
        limits = self._limits(workspace_id)
        for name, figure in after.items():
            used = before.get(name, 0)
            if figure > used:
                there = Usage(name, used, limits.get(name, UNLIMITED), workspace_id)
                require_room(there, figure - used, self.plan)

    def _limits(self, workspace_id: str | None) -> Mapping[str, Limit]:
        return self.plan.counters if workspace_id is None else self.plan.workspace_counters
