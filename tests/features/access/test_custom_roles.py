"""Roles of a tenant's own are defined, adopted, and held; what cannot be a role is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import pytest

from tenantry import (
    Denied,
    Invalid,
    InvalidCursor,
    Level,
    LimitReached,
    NotFound,
    Options,
    Permission,
    UnknownPermission,
)
from tenantry.access.service.roles import Roles
from tenantry.kernel.clock import Clock
from tenantry.ports import Store
from tests.features.access.customs import (
    EXPORT,
    HOST,
    MEMBERS,
    READ,
    SEND,
    SHOW,
    TENANT,
    defined,
    held,
    opened,
    released,
    role,
    state,
)
from tests.features.people import ADA, BOB, CAY, Company


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock)


def test_a_role_is_defined_and_held(acme: Company, clock: Clock) -> None:
    """R5"""
    made = acme.context().roles.define(
        "Press", permissions=[SHOW, MEMBERS], level="tenant", description="Writes\nto all"
    )

    assert acme.context().roles.get(made.id) == made
    assert (made.id[:4], made.level, made.name, made.description) == ("rol_", Level.TENANT, "Press", "Writes\nto all")
    assert (made.permissions, made.inherits, made.acts_as, made.template) == ((SHOW, MEMBERS), (), None, None)
    assert (made.created_by, made.created_at) == (ADA.user_id, clock())
    bob = acme.add(BOB, made.id)
    assert held(acme, BOB) == {SHOW, MEMBERS}
    assert bob.check(SHOW).reasons == ("Role 'Press', granted at the tenant.",)


def test_a_role_of_a_workspace_is_held_there_alone(acme: Company) -> None:
    """R3"""
    sender = defined(acme, "Sender", SEND, level="workspace")
    there = acme.workspace("There")
    acme.add(BOB, workspaces={acme.general: sender})

    assert held(acme, BOB, acme.general) == {SEND, READ}
    assert held(acme, BOB, there) == frozenset()
    assert acme.context(BOB).workspaces_where(SEND) == frozenset({acme.general})


def test_patterns_are_expanded_when_the_role_is_defined(acme: Company) -> None:
    """AC-04, E43: what a later release adds is not among them."""
    every = defined(acme, "Everything", "*:*:*")
    reports = defined(acme, "Reports", "report-api:*:*", "tenant-api:*:read", SHOW)

    assert role(acme, every).permissions == tuple(sorted(HOST.names[Level.TENANT] - {"tenant-api:tenant:own"}))
    assert [name for name in role(acme, reports).permissions if "*" in name] == []
    assert {SHOW, EXPORT, MEMBERS, TENANT} < set(role(acme, reports).permissions)

    newer = released(acme, HOST.extend(permissions=[Permission("report-api:report:erase", Level.TENANT)]))
    acme.add(BOB, reports)
    assert "report-api:report:erase" not in held(newer, BOB)
    assert newer.context().can("report-api:report:erase")


def test_an_unknown_permission_is_told_with_the_nearest(acme: Company) -> None:
    """R1, AC-16"""
    before = state(acme)

    with pytest.raises(UnknownPermission, match=f"no permission 'report-api:report:reed'. Did you mean '{SHOW}'"):
        defined(acme, "Press", "report-api:report:reed")

    assert state(acme) == before


@pytest.mark.parametrize(
    ("permissions", "says"),
    [
        (["tenant-api:tenant:own"], "reserved for owners"),
        (["*:*:own"], "No tenant permission is of the form '\\*:\\*:own'"),
        ([SHOW, "page-api:*:*"], "No tenant permission is of the form 'page-api"),
        (["campaign-api:*:*"], "No tenant permission is of the form 'campaign-api"),
        ([SEND], "asked in a workspace"),
        (["tenant-api:mem*:read"], "neither service:entity:action nor that"),
        (["tenant.api:member:read"], "neither"),
        (["*"], "neither"),
        ([""], "must not be empty"),
        ([" "], "must not be empty or blank"),
        (SHOW, "sequence of texts"),
        ([SHOW, None], "must be text, not NoneType"),
        (iter([SHOW]), "sequence of texts"),
        (None, "sequence of texts"),
    ],
)
def test_what_is_no_permission_of_the_level_is_refused(acme: Company, permissions: Any, says: str) -> None:
    """E14, AC-11, AC-13, AC-22, IN-07"""
    before = state(acme)

    with pytest.raises(Invalid, match=says):
        acme.context().roles.define("Press", permissions=permissions, level="tenant")

    assert state(acme) == before


@pytest.mark.parametrize("level", ["", "Tenant", "tenant ", "namespace", None, 0, ["tenant"], Level])
def test_the_level_is_one_of_two(acme: Company, level: Any) -> None:
    """PE-14"""
    with pytest.raises(Invalid, match="must be one of: tenant, workspace"):
        acme.context().roles.define("Press", permissions=[SHOW], level=level)


def test_a_role_may_give_nothing_yet(acme: Company) -> None:
    acme.add(BOB, defined(acme, "Trainee"))

    assert held(acme, BOB) == frozenset()


def test_every_cap_is_refused_one_above(store: Store, clock: Clock) -> None:
    """RX-04"""
    acme = opened(store, clock, options=Options(max_roles=21))
    parents = [defined(acme, f"Parent {number}") for number in range(20)]
    made = acme.context().roles.define(
        "x" * 60, permissions=[], level="tenant", description="y" * 500, inherits=parents
    )
    before = state(acme)

    with pytest.raises(LimitReached, match="at most 21 roles") as refused:
        defined(acme, "One more")
    assert (refused.value.rule, refused.value.data["limit"]) == ("max_roles", 21)
    with pytest.raises(LimitReached):
        acme.context().roles.adopt("auditor")
    too_much: list[tuple[dict[str, Any], str]] = [
        ({"name": "x" * 61}, "60 characters"),
        ({"description": "y" * 501}, "500 characters"),
        ({"permissions": [f"a:b:c{number}" for number in range(1_001)]}, "at most 1,000 permissions"),
        ({"inherits": [f"rol_{number}" for number in range(21)]}, "at most 20 inherited roles"),
    ]
    for given, says in too_much:
        with pytest.raises(Invalid, match=says):
            acme.context().roles.update(made.id, **given)
    assert state(acme) == before

    acme.context().roles.delete(made.id)
    defined(acme, "One more")


def test_a_tenant_may_have_many_roles(store: Store, clock: Clock) -> None:
    """RX-04: no part of them is forgotten."""
    acme = opened(store, clock, options=Options(max_roles=230))
    with acme.tenancy.transaction() as tx:
        made = [
            tx.tenant(acme.id, by=ADA).roles.define(f"Role {n}", permissions=[SHOW], level="tenant") for n in range(230)
        ]

    matrix = acme.context().roles.matrix()
    assert {each.id for each in made} <= {column.key for column in matrix.roles}
    with pytest.raises(LimitReached):
        defined(acme, "One more")


def test_roles_are_listed(acme: Company) -> None:
    defined(acme, "Zeta")
    defined(acme, "alpha", level="workspace")
    defined(acme, "Beta")

    def names(**how: Any) -> list[str]:
        return [each.name for each in acme.context().roles.list(**how)]

    assert names() == ["Zeta", "alpha", "Beta"]
    assert names(order="name") == ["alpha", "Beta", "Zeta"]
    assert names(order="newest", limit=1) == ["Beta"]
    assert names(level="workspace") == ["alpha"]
    assert acme.context().roles.list(level="tenant", total=True).total == 2
    with pytest.raises(InvalidCursor):
        names(level="workspace", after=acme.context().roles.list(level="tenant", limit=1).next)


TAKES: Mapping[str, Sequence[Callable[[Roles, str], object]]] = {
    "tenant-api:role:read": [
        lambda roles, key: roles.get(key),
        lambda roles, key: roles.list(),
        lambda roles, key: roles.matrix(),
        lambda roles, key: roles.usage(key),
    ],
    "tenant-api:role:create": [
        lambda roles, key: roles.define("Own", permissions=[], level="tenant"),
        lambda roles, key: roles.adopt("auditor"),
    ],
    "tenant-api:role:update": [lambda roles, key: roles.update(key), lambda roles, key: roles.plan_update(key)],
    "tenant-api:role:delete": [lambda roles, key: roles.delete(key), lambda roles, key: roles.plan_delete(key)],
    "tenant-api:member:update": [lambda roles, key: roles.move("member", to=key, level="tenant")],
}


@pytest.mark.parametrize("right", TAKES)
def test_each_verb_takes_its_own_right(acme: Company, right: str) -> None:
    """PE-03: to have every other, or to run a workspace, is not enough."""
    clerk = defined(acme, "Clerk", MEMBERS)
    acme.add(BOB, defined(acme, "All but one", *(other for other in TAKES if other != right)))
    acme.add(CAY, workspaces={acme.general: "admin"})

    for who, verb in product((BOB, CAY), TAKES[right]):
        with pytest.raises(Denied) as refused:
            verb(acme.context(who).roles, clerk)
        assert (refused.value.decision.code, refused.value.data["permission"]) == ("permission_missing", right)


def test_a_built_in_role_is_no_role_of_the_tenants_own(acme: Company) -> None:
    """PE-20: it cannot be had, changed, planned for or deleted by any spelling of its key."""
    before = state(acme)
    roles = acme.context().roles
    for key in ("owner", "admin", "viewer", "Admin", "auditor", "rol_made_up"):
        for verb in (
            roles.get,
            roles.delete,
            partial(roles.delete, replacement="member"),
            roles.plan_delete,
            partial(roles.plan_delete, replacement="member"),
            partial(roles.update, name="Mine"),
            partial(roles.update, permissions=[MEMBERS]),
            partial(roles.plan_update, permissions=[MEMBERS]),
        ):
            with pytest.raises(NotFound, match="no such role"):
                verb(key)
    assert state(acme) == before
