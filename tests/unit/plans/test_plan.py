"""A plan is data: what it limits is a number from zero or has no limit at all."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import UNLIMITED, Invalid, LimitReached, Plan, Usage, schemes
from tenantry.plans.model import require_plan, require_room

STARTER = Plan("Starter", workspaces=5, members=3, counters={"sites": 2}, workspace_counters={"applications": 4})


def test_what_a_plan_does_not_name_is_unlimited() -> None:
    """T7."""
    plain = Plan("Plain")
    assert (plain.workspaces, plain.members, plain.counters, plain.workspace_counters) == (UNLIMITED, UNLIMITED, {}, {})
    assert plain.counts_invitations is True


@pytest.mark.parametrize("other", [0, -1, 1, None, False, True, "unlimited", "UNLIMITED", float("inf"), 2**53])
def test_unlimited_equals_nothing_else(other: object) -> None:
    """T7."""
    assert other != UNLIMITED


def test_unlimited_is_one_value_however_it_is_copied() -> None:
    """T7."""
    assert copy.copy(UNLIMITED) is UNLIMITED
    assert copy.deepcopy([UNLIMITED]) == [UNLIMITED]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(UNLIMITED, protocol)) is UNLIMITED
        assert pickle.loads(pickle.dumps(STARTER, protocol)) == STARTER
    assert repr(UNLIMITED) == "UNLIMITED"


@pytest.mark.parametrize("limit", [-1, 1.0, True, None, "5", "unlimited", float("inf"), 2**53 + 1, [5]])
def test_what_is_no_limit_is_refused(limit: Any) -> None:
    """T7."""
    wrongs: list[dict[str, Any]] = [
        {"workspaces": limit},
        {"members": limit},
        {"counters": {"sites": limit}},
        {"workspace_counters": {"sites": limit}},
    ]
    for wrong in wrongs:
        with pytest.raises(Invalid, match="whole number from 0") as refused:
            Plan("Wrong", **wrong)
        assert refused.value.field in wrong


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": None},
        {"name": "two\nlines"},
        {"counters": [("sites", 1)]},
        {"counters": None},
        {"counters": {"Sites": 1}},
        {"counters": {1: 1}},
        {"counters": {"members": 1}},
        {"counters": {"workspaces": 1}},
        {"counters": {f"counter_{number}": 1 for number in range(51)}},
        {"workspace_counters": {"two words": 1}},
        {"counts_invitations": 1},
        {"counter_permissions": None},
        {"counter_permissions": ["sites"]},
        {"counter_permissions": {"Sites": "a:b:c"}},
        {"counter_permissions": {"members": "a:b:c"}},
        {"counter_permissions": {"sites": None}},
        {"counter_permissions": {"sites": 1}},
        {"counter_permissions": {"sites": ""}},
        {"counter_permissions": {f"counter_{number}": "a:b:c" for number in range(51)}},
    ],
)
def test_what_cannot_be_a_plan_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Plan(**{"name": "Wrong", **wrong})


def test_a_plan_may_have_fifty_counters() -> None:
    assert len(Plan("Large", counters={f"counter_{number}": 1 for number in range(50)}).counters) == 50


def test_a_plan_does_not_change_with_what_it_was_made_of() -> None:
    counters, permissions = {"sites": 2}, {"sites": "a:b:c"}
    plan = Plan("Starter", counters=counters, counter_permissions=permissions)
    counters["sites"] = 200
    permissions.clear()
    assert (plan.counters, plan.counter_permissions) == ({"sites": 2}, {"sites": "a:b:c"})
    with pytest.raises(FrozenInstanceError):
        plan.members = 5  # type: ignore[misc]
    assert evolve(plan, members=5).members == 5
    assert hash(plan) == hash(evolve(plan))


@pytest.mark.parametrize("plan", [1, "Starter", {"members": 1}, Plan, UNLIMITED, [STARTER]])
def test_what_is_neither_a_plan_nor_a_function_is_refused(plan: object) -> None:
    with pytest.raises(Invalid, match="plan must be a Plan"):
        require_plan(plan, schemes.AGENCY)


@pytest.mark.parametrize(
    ("permission", "says"),
    [
        ("tenant-api:workspace:craete", "There is no permission 'tenant-api:workspace:craete'. Did you mean"),
        ("workspace-api:settings:update", "is asked in a workspace"),
        ("tenant-api:*:*", "There is no permission"),
        ("nonsense", "There is no permission"),
    ],
)
def test_a_plan_names_permissions_that_the_scheme_has_at_the_tenant(permission: str, says: str) -> None:
    plan = Plan("Starter", counter_permissions={"sites": permission})
    with pytest.raises(Invalid, match=says) as refused:
        require_plan(plan, schemes.AGENCY)
    assert str(refused.value).startswith(f"Plan 'Starter' names '{permission}' for sites. ")
    assert refused.value.field == "counter_permissions"


def test_a_coroutine_function_is_refused() -> None:
    async def plan(tenant: object, session: object) -> Plan:
        return STARTER

    with pytest.raises(Invalid, match="synchronous"):
        require_plan(plan, schemes.AGENCY)


@pytest.mark.parametrize(
    ("usage", "says", "left"),
    [
        (Usage("workspaces", 4, 5), "4 of 5 workspaces used", 1),
        (Usage("workspaces", 4, UNLIMITED), "4 workspaces used", UNLIMITED),
        (Usage("members", 0, 0), "0 of 0 members used", 0),
        (Usage("members", 6, 4), "6 of 4 members used", 0),
        (Usage("api_calls", 1200, 10_000, "ws_1"), "1,200 of 10,000 api calls used", 8_800),
    ],
)
def test_usage_says_how_much_is_used_and_knows_what_is_left(usage: Usage, says: str, left: object) -> None:
    """T7."""
    assert (str(usage), usage.left) == (says, left)


def test_there_is_room_up_to_the_limit_and_none_for_one_more() -> None:
    """T7."""
    require_room(Usage("sites", 3, 5), 2, STARTER)
    require_room(Usage("sites", 3, UNLIMITED), 2**53, STARTER)
    with pytest.raises(LimitReached) as refused:
        require_room(Usage("sites", 3, 5, "ws_1"), 3, STARTER)
    assert str(refused.value) == "3 of 5 sites are used; there is no room for 3 more."
    assert refused.value.rule == "sites"
    assert refused.value.data == {"limit": 5, "used": 3, "plan": "Starter", "workspace": "ws_1"}


def test_zero_means_zero() -> None:
    """T7."""
    with pytest.raises(LimitReached, match=r"^0 of 0 sites are used\.$"):
        require_room(Usage("sites", 0, 0), 1, STARTER)
