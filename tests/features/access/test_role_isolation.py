"""A role of another tenant is like one that does not exist, wherever a role is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tenantry import SYSTEM, Principal, TenantContext, Tenantry, TenantryError
from tests.features.access.customs import MEMBERS, defined, held, state
from tests.features.people import ADA, BOB, CAY, Company

READ = "workspace-api:member:read"


@pytest.fixture
def beta(tenancy: Tenantry) -> Company:
    return Company(tenancy, tenancy.person(CAY).create_tenant("Beta"))


def verbs(acme: Company, level: str, mine: str) -> Mapping[str, Callable[[TenantContext, str], object]]:
    """Every verb that takes a role, with one of this level; `mine` is a role of the tenant's own to work with."""
    everywhere: dict[str, Callable[[TenantContext, str], object]] = {
        "get": lambda context, key: context.roles.get(key),
        "update": lambda context, key: context.roles.update(key, name="Mine"),
        "plan": lambda context, key: context.roles.plan_update(key, permissions=[]),
        "delete": lambda context, key: context.roles.delete(key),
        "delete and replace": lambda context, key: context.roles.delete(key, replacement="member"),
        "plan to delete": lambda context, key: context.roles.plan_delete(key),
        "plan to replace": lambda context, key: context.roles.plan_delete(key, "member"),
        "replacement planned": lambda context, key: context.roles.plan_delete(mine, key),
        "replacement": lambda context, key: context.roles.delete(mine, replacement=key),
        "inherits": lambda context, key: context.roles.define("New", permissions=[], level=level, inherits=[key]),
        "inherits now": lambda context, key: context.roles.update(mine, inherits=[key]),
        "plan to inherit": lambda context, key: context.roles.plan_update(mine, inherits=[key]),
        "move": lambda context, key: context.roles.move(key, to=mine),
        "move to": lambda context, key: context.roles.move(mine, to=key),
        "usage": lambda context, key: context.roles.usage(key),
        "usage at a level": lambda context, key: context.roles.usage(key, level=level),
    }
    if level == "tenant":
        return everywhere | {
            "add": lambda context, key: context.members.add("user_new", role=key),
            "change": lambda context, key: context.members.change_role(BOB.user_id, role=key),
            "add role": lambda context, key: context.members.add_role(BOB.user_id, role=key),
            "remove role": lambda context, key: context.members.remove_role(BOB.user_id, role=key),
            "list": lambda context, key: context.members.list(role=key),
            "send": lambda context, key: context.invitations.send("new@acme.test", role=key),
            "at least": lambda context, key: context.access().at_least(key),
        }
    here = acme.general
    return everywhere | {
        "acts as": lambda context, key: context.roles.define("New", permissions=[], level="tenant", acts_as=key),
        "add": lambda context, key: context.members.add("user_new", workspaces={here: key}),
        "add member": lambda context, key: context.workspaces.add_member(here, CAY.user_id, role=key),
        "change": lambda context, key: context.workspaces.change_member_role(here, BOB.user_id, role=key),
        "add role": lambda context, key: context.members.add_role(BOB.user_id, role=key, workspace=here),
        "send": lambda context, key: context.invitations.send("new@acme.test", workspaces={here: key}),
        "at least": lambda context, key: context.access(workspaces=[here]).at_least(key, workspace=here),
    }


def told(act: Callable[[TenantContext, str], object], context: TenantContext, key: str) -> tuple[object, ...]:
    """How it was refused, with the key left out."""
    try:
        act(context, key)
    except TenantryError as error:
        return type(error), str(error).replace(key, "…"), repr(error.data).replace(key, "…"), error.__cause__
    raise AssertionError("it was not refused")


@pytest.mark.parametrize("level", ["tenant", "workspace"])
@pytest.mark.parametrize("by", [ADA, SYSTEM], ids=["an owner", "the host"])
def test_a_foreign_role_is_like_one_that_was_made_up(acme: Company, beta: Company, level: str, by: Principal) -> None:
    """E05, TI-14: in error, sentence and data; and nothing is done."""
    theirs = defined(beta, "Canary", by=CAY, level=level)
    mine = defined(acme, "Mine", level=level)
    acme.add(BOB, workspaces={acme.general: "viewer"})
    acme.add(CAY)
    before, there = state(acme), state(beta)

    for name, act in verbs(acme, level, mine).items():
        foreign = told(act, acme.context(by), theirs)
        assert foreign == told(act, acme.context(by), "rol_" + "0" * 26), name
        assert "Canary" not in str(foreign)
        assert beta.id not in str(foreign)

    assert (state(acme), state(beta)) == (before, there)


def test_a_role_of_each_tenant_is_the_holders_own(acme: Company, beta: Company) -> None:
    """TI-04: a change in one is no change in the other, though they look the same."""
    one, other = defined(acme, "Press", MEMBERS), defined(beta, "Press", MEMBERS, by=CAY)
    acme.add(BOB, one)
    beta.add(BOB, other)

    acme.context().roles.update(one, permissions=[])

    assert held(acme, BOB) == frozenset()
    assert held(beta, BOB) == {MEMBERS}
    assert [role.id for role in beta.context(CAY).roles.list()] == [other]
    assert one not in {column.key for column in beta.context(CAY).roles.matrix().roles}
    assert acme.context().roles.usage(one).members == beta.context(CAY).roles.usage(other).members == 1


def test_a_stranger_finds_no_roles(acme: Company, beta: Company) -> None:
    key = defined(acme, "Press", MEMBERS)

    for name, act in verbs(acme, "tenant", key).items():
        if name != "at least":  # which asks, and so is a no
            assert "no such tenant" in str(told(act, acme.context(CAY), key)[1]), name
    assert not acme.context(CAY).access().at_least("member")
