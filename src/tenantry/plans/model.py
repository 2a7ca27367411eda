"""A plan: how much a tenant may have. It is the host's, as data; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from inspect import iscoroutinefunction
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from attrs import field

from ..kernel import text
from ..kernel.errors import Invalid, LimitReached
from ..kernel.values import frozen

if TYPE_CHECKING:
    from attrs import Attribute

    from ..access.scheme import Scheme
    from ..tenants.model import Tenant

__all__ = [
    "NO_PLAN",
    "UNLIMITED",
    "Limit",
    "Plan",
    "PlanSource",
    "Unlimited",
    "Usage",
    "counter_permission",
    "permissions_to_use",
    "permissions_to_use_any",
    "require_known",
    "require_plan",
    "require_room",
    "tenant_counter",
]

_GREATEST = 2**53
_MAX_COUNTERS = 50
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "workspaces": ("tenant-api:workspace:create", "tenant-api:workspace:archive"),  # which restores, too
    "members": ("tenant-api:member:invite", "tenant-api:member:update", "workspace-api:member:invite"),
}
"""What tenantry counts itself, with the permissions of the verbs that the limit can stop."""
_COUNTING: Final = "tenant-api:counter:update"
_COUNTING_THERE: Final = "workspace-api:counter:update"


class Unlimited(Enum):
    """The type of `UNLIMITED`, which is its only value."""

    UNLIMITED = "unlimited"

    def __repr__(self) -> str:
        return self.name


UNLIMITED: Final = Unlimited.UNLIMITED
"""No limit: a value of its own, equal to no number."""

Limit: TypeAlias = int | Unlimited


def tenant_counter(name: object, field: str) -> str:
    """Accept the name of a counter of the tenant, which is none of what a plan counts itself.

    Raises:
        Invalid: It is no such name.
    """
    counter = text.counter_name(name, field)
    if counter in _OWN:
        raise Invalid(
            f"No counter of a tenant can be called {counter}: tenantry counts these itself.",
            field=field,
            rule="reserved",
        )
    return counter


def _check_limit(plan: Plan, attribute: Attribute[Any], value: object) -> None:
    if value is not UNLIMITED and not (type(value) is int and 0 <= value <= _GREATEST):
        name = attribute.name
        raise Invalid(
            f"Plan.{name} must be a whole number from 0 to {_GREATEST:,}, or UNLIMITED.",
            field=name,
            rule="out_of_range",
            low=0,
            high=_GREATEST,
        )


def _counters(value: object, name: str) -> dict[object, object]:
    message = f"Plan.{name} must be a dict of at most {_MAX_COUNTERS} counters."
    if type(value) is not dict:
        raise Invalid(message, field=name, rule="wrong_type", expected="mapping")
    if len(value) > _MAX_COUNTERS:
        raise Invalid(message, field=name, rule="too_many", max=_MAX_COUNTERS)
    return value


def _check_limits(plan: Plan, attribute: Attribute[Any], value: object) -> None:
    for counter, limit in _counters(value, attribute.name).items():
        text.counter_name(counter, attribute.name)
        _check_limit(plan, attribute, limit)


def _check_names(plan: Plan, attribute: Attribute[Any], value: Mapping[str, Limit]) -> None:
    for name in value:
        tenant_counter(name, attribute.name)


def _check_permissions(plan: Plan, attribute: Attribute[Any], value: object) -> None:
    name = attribute.name
    for counter, permission in _counters(value, name).items():
        tenant_counter(counter, name)
        text.exact(permission, name)


def _yes_or_no(plan: Plan, attribute: Attribute[Any], value: object) -> None:
    text.boolean(value, f"Plan.{attribute.name}")


def _copy(value: Mapping[str, Limit]) -> Mapping[str, Limit]:
    return dict(value) if type(value) is dict else value


def _copy_permissions(value: Mapping[str, str]) -> Mapping[str, str]:
    return dict(value) if type(value) is dict else value


def _name(value: object) -> str:
    return text.name(value, "plan name")


@frozen
class Plan:
    """How much a tenant may have. Zero means zero.

    Args:
        name: What people read, such as "Starter".
        workspaces: How many workspaces may be in use.
        members: How many members may be active.
        counts_invitations: Whether an invitation that can be accepted holds the place of a member.
        counters: For counters of the tenant as a whole, by name, how far `plan.use` may take them.
        workspace_counters: For counters of a workspace, by name, how far they may go in each.
        counter_permissions: For counters of the tenant as a whole, by name, the permission that using one takes. It
            also shows its usage. It is asked at the tenant; `tenant-api:counter:update` unless given.

    Raises:
        Invalid: A limit is neither a whole number from zero nor `UNLIMITED`, or a name cannot be accepted.
    """

    name: str = field(converter=_name)
    workspaces: Limit = field(default=UNLIMITED, kw_only=True, validator=_check_limit)
    members: Limit = field(default=UNLIMITED, kw_only=True, validator=_check_limit)
    counts_invitations: bool = field(default=True, kw_only=True, validator=_yes_or_no)
    counters: Mapping[str, Limit] = field(
        factory=dict, kw_only=True, converter=_copy, validator=[_check_limits, _check_names], hash=False
    )
    workspace_counters: Mapping[str, Limit] = field(
        factory=dict, kw_only=True, converter=_copy, validator=_check_limits, hash=False
    )
    counter_permissions: Mapping[str, str] = field(
        factory=dict, kw_only=True, converter=_copy_permissions, validator=_check_permissions, hash=False
    )


NO_PLAN: Final = Plan("No limits")
"""What everybody has where the host has no plans."""

PlanSource: TypeAlias = Plan | Callable[["Tenant", Any], Plan]
"""A plan for everybody; or the host's function, given the tenant and the host's session (or connection, or None)."""


def counter_permission(plan: Plan, counter: str) -> str:
    """The permission that using this counter of the tenant takes."""
    return plan.counter_permissions.get(counter, _COUNTING)


def permissions_to_use(plan: Plan, limit: str) -> Sequence[str]:
    """The permissions of which each lets a member use up this limit of the tenant."""
    return _OWN.get(limit) or [counter_permission(plan, limit)]


def permissions_to_use_any(plan: Plan) -> Iterable[str]:
    """The permissions of which each lets a member use up some limit, of the tenant or of a workspace."""
    return [*chain(*_OWN.values()), _COUNTING, _COUNTING_THERE, *plan.counter_permissions.values()]


def require_known(plan: Plan, scheme: Scheme) -> Plan:
    """The plan, if every permission that it names is one of the scheme, to be asked at the tenant.

    Raises:
        Invalid: One is not.
    """
    for counter, permission in plan.counter_permissions.items():
        try:
            scheme.permission(permission, at_workspace=False)
        except Invalid as error:
            message = f"Plan {plan.name!r} names {permission!a} for {counter}. {error}"
            raise Invalid(
                message, field="counter_permissions", rule="unknown_permission", permission=permission[:200]
            ) from None
    return plan


def require_plan(plan: object, scheme: Scheme) -> PlanSource:
    """The host's plan, or its function that names the plan of a tenant; no limits for None.

    Raises:
        Invalid: It is neither, or a coroutine function, or a plan that does not fit the scheme.
    """
    if plan is None:
        return NO_PLAN
    if isinstance(plan, Plan):
        return require_known(plan, scheme)
    if callable(plan) and not isinstance(plan, type) and not iscoroutinefunction(plan):
        return cast(PlanSource, plan)
    raise Invalid(
        "plan must be a Plan, or a synchronous function of a tenant and a session.",
        field="plan",
        rule="wrong_type",
        expected="Plan",
    )


@frozen
class Usage:
    """How much of one limit is used. As text: "4 of 5 workspaces used".

    Args:
        name: `workspaces`, `members`, or that of a counter.
        used: How much there is now.
        most: How much there may be, or `UNLIMITED`.
        workspace_id: The workspace, for a counter of one.
    """

    name: str
    used: int
    most: Limit
    workspace_id: str | None = None

    def __str__(self) -> str:
        return f"{self._figures} used"

    @property
    def left(self) -> Limit:
        """How much more there may be; zero where a plan has shrunk below what is used."""
        return self.most if self.most is UNLIMITED else max(0, self.most - self.used)

    @property
    def _figures(self) -> str:
        of = "" if self.most is UNLIMITED else f" of {self.most:,}"
        return f"{self.used:,}{of} {self.name.replace('_', ' ')}"


def require_room(usage: Usage, more: int, plan: Plan) -> None:
    """Go on only if there may be so many more.

    Raises:
        LimitReached: There may not.
    """
    if usage.most is UNLIMITED or usage.used + more <= usage.most:
        return
    rest = f"; there is no room for {more:,} more." if more > 1 else "."
    raise LimitReached(
        f"{usage._figures} are used{rest}",
        rule=usage.name,
        limit=usage.most,
        used=usage.used,
        plan=plan.name,
        workspace=usage.workspace_id,
    )
