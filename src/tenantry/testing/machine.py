"""Two stores agree: the same random history, through the front door of each, has the same outcome at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from unittest import TestCase

from hypothesis import HealthCheck, settings

from ..storage.ports import Store
from .both import Check
from .invitation_rules import InvitationRules
from .member_rules import MemberRules
from .role_rules import RoleRules
from .tenant_rules import TenantRules
from .workspace_rules import WorkspaceRules

__all__ = ["agreement"]


class _StoresAgree(TenantRules, MemberRules, WorkspaceRules, RoleRules, InvitationRules):
    """Everything that is done."""


def agreement(
    make_left: Callable[[], Store],
    make_right: Callable[[], Store],
    *,
    histories: int = 100,
    steps: int = 50,
    checks: Iterable[Check] = (),
) -> type[TestCase]:
    """A test case that gives two stores the same random histories, and compares what they answer.

    After each command both must have had the same outcome, down to the rule of a refusal; and then the tenant with
    its members, workspaces, roles, invitations, plan and audit trail, and what the person may do, must look the same.

    Args:
        make_left: Makes an empty store, such as a `MemoryStore`. Called for each history.
        make_right: Makes an empty store of the other kind.
        histories: How many histories are tried.
        steps: How long one gets at most.
        checks: What else must hold: called after each command, for each side with its `Tenantry` and the id of the
            tenant; what it raises ends the history.

    Example:
        TestMyStoreAgrees = agreement(MemoryStore, make_an_empty_store_of_mine)
    """
    must_hold = tuple(checks)

    class StoresAgree(_StoresAgree):
        makers = (make_left, make_right)
        checks = must_hold

    case = StoresAgree.TestCase
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    return case
