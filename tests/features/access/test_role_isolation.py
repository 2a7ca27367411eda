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
        "get": lambda desk, key: desk.roles.get(key),
        "update": lambda desk, key: desk.roles.update(key, name="Mine"),
        "plan": lambda desk, key: desk.roles.plan_update(key, permissions=[]),
        "delete": lambda desk, key: desk.roles.delete(key),
        "delete and replace": lambda desk, key: desk.roles.delete(key, replacement="member"),
        "replacement": lambda desk, key: desk.roles.delete(mine, replacement=key),
        "inherits": lambda desk, key: desk.roles.define("New", permissions=[], level=level, inherits=[key]),
        "inherits now": lambda desk, key: desk.roles.update(mine, inherits=[key]),
        "plan to inherit": lambda desk, key: desk.roles.plan_update(mine, inherits=[key]),
        "move": lambda desk, key: desk.roles.move(key, to=mine),
        "move to": lambda desk, key: desk.roles.move(mine, to=key),
        "usage": lambda desk, key: desk.roles.usage(key),
        "usage at a level": lambda desk, key: desk.roles.usage(key, level=level),
    }
    if level == "tenant":
        return everywhere | {
            "add": lambda desk, key: desk.members.add("user_new", role=key),
            "change": lambda desk, key: desk.members.change_role(BOB.user_id, role=key),
            "add role": lambda desk, key: desk.members.add_role(BOB.user_id, role=key),
            "remove role": lambda desk, key: desk.members.remove_role(BOB.user_id, role=key),
            "list": lambda desk, key: desk.members.list(role=key),
            "send": lambda desk, key: desk.invitations.send("new@acme.test", role=key),
            "at least": lambda desk, key: desk.access().at_least(key),
        }
    here = acme.general
    return everywhere | {
        "acts as": lambda desk, key: desk.roles.define("New", permissions=[], level="tenant", acts_as=key),
        "add": lambda desk, key: desk.members.add("user_new", workspaces={here: key}),
        "add member": lambda desk, key: desk.workspaces.add_member(here, CAY.user_id, role=key),
        "change": lambda desk, key: desk.workspaces.change_member_role(here, BOB.user_id, role=key),
        "add role": lambda desk, key: desk.members.add_role(BOB.user_id, role=key, workspace=here),
        "send": lambda desk, key: desk.invitations.send("new@acme.test", workspaces={here: key}),
        "at least": lambda desk, key: desk.access(workspaces=[here]).at_least(key, workspace=here),
    }


def told(act: Callable[[TenantContext, str], object], desk: TenantContext, key: str) -> tuple[object, ...]:
    """How it was refused, with the key left out."""
    try:
        act(desk, key)
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
        foreign = told(act, acme.desk(by), theirs)
        assert foreign == told(act, acme.desk(by), "rol_" + "0" * 26), name
        assert "Canary" not in str(foreign)
        assert beta.id not in str(foreign)

    assert (state(acme), state(beta)) == (before, there)


def test_a_role_of_each_tenant_is_the_holders_own(acme: Company, beta: Company) -> None:
    """TI-04: a change in one is no change in the other, though they look the same."""
    one, other = defined(acme, "Press", MEMBERS), defined(beta, "Press", MEMBERS, by=CAY)
    acme.add(BOB, one)
    beta.add(BOB, other)

    acme.desk().roles.update(one, permissions=[])

    assert held(acme, BOB) == frozenset()
    assert held(beta, BOB) == {MEMBERS}
    assert [role.id for role in beta.desk(CAY).roles.list()] == [other]
    assert one not in {column.key for column in beta.desk(CAY).roles.matrix().roles}
    assert acme.desk().roles.usage(one).members == beta.desk(CAY).roles.usage(other).members == 1


def test_a_stranger_finds_no_roles(acme: Company, beta: Company) -> None:
    key = defined(acme, "Press", MEMBERS)

    for name, act in verbs(acme, "tenant", key).items():
        if name != "at least":  # which asks, and so is a no
            assert "no such tenant" in str(told(act, acme.desk(CAY), key)[1]), name
    assert not acme.desk(CAY).access().at_least("member")
