"""Who sees a plan and what is used of it: whoever a limit can stop, and whoever sees the billing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tenantry import (
    SYSTEM,
    UNLIMITED,
    Denied,
    Invalid,
    Level,
    LimitReached,
    NotFound,
    Permission,
    Plan,
    Tenantry,
    Usage,
    schemes,
)
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company
from tests.features.test_statements import counting

STARTER = Plan("Starter", workspaces=5, members=9, counters={"sites": 3}, workspace_counters={"applications": 2})
BUSINESS = Plan("Business", workspaces=20)

AGENCY = schemes.AGENCY.extend(
    permissions=[Permission("app-api:site:create", Level.TENANT), Permission("app-api:page:create", Level.WORKSPACE)],
)
OWN = Plan(
    "Own",
    workspaces=5,
    members=9,
    counters={"sites": 3, "seats": 4},
    counter_permissions={"sites": "app-api:site:create"},
)

USING_UP: dict[str, list[str]] = {
    "tenant-api:workspace:create": ["workspaces"],
    "tenant-api:workspace:archive": ["workspaces"],
    "tenant-api:member:invite": ["members"],
    "tenant-api:member:update": ["members"],
    "tenant-api:counter:update": ["seats"],
    "app-api:site:create": ["sites"],
    "workspace-api:member:invite": ["members"],
    "workspace-api:counter:update": [],
}
"""For each permission, the limits of the tenant that it shows."""


def company(store: Store, plan: object = STARTER) -> Company:
    tenancy = Tenantry(
        store=store,
        scheme=AGENCY,
        secret_keys=[SECRET],
        clock=FrozenClock(),
        plan=plan,  # type: ignore[arg-type]
    )
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def add_with(acme: Company, permission: str) -> None:
    """Make Bob a member who has this permission and no other, at the tenant or in the default workspace."""
    level = AGENCY.catalogue[permission].level
    acme.add(BOB)
    role = acme.context().roles.define("Only", permissions=[permission], level=level).id
    if level is Level.TENANT:
        acme.context().members.change_role(BOB.user_id, role=role)
    else:
        acme.context().members.add_role(BOB.user_id, role=role, workspace=acme.general)


def test_the_plan_is_named_with_its_limits(store: Store) -> None:
    """T7."""
    acme = company(store)
    assert acme.context().plan.get() == acme.context(SYSTEM).plan.get() == STARTER


def test_it_is_the_plan_of_this_tenant_by_now(store: Store) -> None:
    """T7."""
    sold: dict[str, Plan] = {}
    acme = company(store, lambda tenant, session: sold.get(tenant.name, STARTER))
    assert acme.context().plan.get() == STARTER
    sold["Acme"] = BUSINESS
    assert acme.context().plan.get() == BUSINESS


def test_without_plans_nothing_is_limited(store: Store) -> None:
    """T7."""
    plan = company(store, None).context().plan.get()
    assert (plan.workspaces, plan.members, plan.counters) == (UNLIMITED, UNLIMITED, {})


@pytest.mark.parametrize("permission", ["tenant-api:billing:read", *USING_UP])
def test_whoever_can_use_up_a_limit_sees_the_plan_and_so_does_the_billing(store: Store, permission: str) -> None:
    acme = company(store, OWN)
    add_with(acme, permission)
    assert acme.context(BOB).plan.get() == OWN


def test_an_admin_of_the_tenant_or_of_a_workspace_sees_the_plan(store: Store) -> None:
    acme = company(store)
    assert acme.add(BOB, "admin").plan.get() == STARTER
    assert acme.add(CAY, workspaces={acme.general: "admin"}).plan.get() == STARTER


def test_nobody_else_sees_the_plan(store: Store) -> None:
    acme = company(store)
    viewer = acme.add(BOB, workspaces={acme.general: "viewer"})
    with pytest.raises(Denied) as refused:
        viewer.plan.get()
    assert refused.value.decision.code == "permission_missing"
    assert refused.value.data == {"permission": "tenant-api:billing:read"}
    with pytest.raises(NotFound, match="There is no such tenant"):
        acme.context(EVE).plan.get()


def test_a_right_in_a_workspace_that_is_archived_is_none(store: Store) -> None:
    acme = company(store)
    justice = acme.workspace("Justice")
    acme.add(BOB, workspaces={justice: "admin"})
    acme.context().workspaces.archive(justice)
    with pytest.raises(Denied):
        acme.context(BOB).plan.get()


def test_a_stranger_costs_what_an_unknown_tenant_costs_and_asks_the_host_nothing(sql_store: SQLAlchemyStore) -> None:
    asked: list[str] = []

    def plan(tenant: object, session: object) -> Plan:
        asked.append("plan")
        return STARTER

    acme = company(sql_store, plan)
    asked.clear()
    costs = []
    for tenant_id in (acme.id, "ten_unknown"):
        with counting(sql_store.engine) as executed, pytest.raises(NotFound):
            acme.tenancy.tenant(tenant_id, by=EVE).plan.get()
        costs.append(len(executed))
    assert (costs, asked) == ([1, 1], [])


# --- what is used


def names(usages: Sequence[Usage]) -> list[str]:
    return [usage.name for usage in usages]


@pytest.mark.parametrize("permission", USING_UP)
def test_whoever_can_use_up_a_limit_sees_what_is_used_of_it_and_nothing_else(store: Store, permission: str) -> None:
    acme = company(store, OWN)
    add_with(acme, permission)
    before = acme.trail()

    shown = acme.context(BOB).plan.usage()

    assert names(shown) == USING_UP[permission]
    assert [usage for usage in acme.context().plan.usage() if usage in shown] == shown
    assert acme.trail() == before


def test_an_admin_who_creates_workspaces_sees_how_many_are_left(store: Store) -> None:
    """Also where they do not see the billing; and looking leaves no denial."""
    acme = company(store)
    admin = acme.add(BOB, "admin")
    for name in ("Justice", "Health", "Works"):
        admin.workspaces.create(name)
    before = acme.trail()

    assert not admin.can("tenant-api:billing:read")
    assert str(admin.plan.usage()[0]) == "4 of 5 workspaces used"
    assert acme.trail() == before


def test_whoever_sees_the_billing_sees_all_that_is_used(store: Store) -> None:
    acme = company(store, OWN)
    add_with(acme, "tenant-api:billing:read")
    assert names(acme.context(BOB).plan.usage()) == ["workspaces", "members", "sites", "seats"]


def test_an_admin_of_a_workspace_sees_how_many_members_can_still_be_invited(store: Store) -> None:
    acme = company(store)
    acme.add(BOB, workspaces={acme.general: "admin"})
    assert [str(usage) for usage in acme.context(BOB).plan.usage()] == ["2 of 9 members used"]


def test_whom_no_limit_concerns_is_denied_and_a_stranger_finds_nothing(store: Store) -> None:
    acme = company(store)
    viewer = acme.add(BOB, workspaces={acme.general: "viewer"})
    before = acme.trail()
    with pytest.raises(Denied) as refused:
        viewer.plan.usage()
    assert refused.value.data == {"permission": "tenant-api:billing:read"}
    with pytest.raises(NotFound, match="There is no such tenant"):
        acme.context(EVE).plan.usage()
    assert acme.trail() == [*before, "access.denied"]


def test_what_is_not_shown_is_not_counted(sql_store: SQLAlchemyStore) -> None:
    acme = company(sql_store)
    add_with(acme, "tenant-api:workspace:create")
    with counting(sql_store.engine) as executed:
        assert names(acme.context(BOB).plan.usage()) == ["workspaces"]
    assert len(executed) == 3  # the facts, the tenant, the workspaces


# --- counters that take a permission of their own


def test_a_counter_takes_the_permission_that_the_plan_names_for_it(store: Store) -> None:
    acme = company(store, OWN)
    add_with(acme, "app-api:site:create")
    bob, admin = acme.context(BOB), acme.add(CAY, "admin")

    assert bob.plan.use("sites", 2) == 2
    with pytest.raises(Denied) as refused:
        bob.plan.use("seats")
    assert refused.value.data == {"permission": "tenant-api:counter:update"}
    assert admin.plan.use("seats") == 1
    with pytest.raises(Denied) as refused:
        admin.plan.use("sites")
    assert refused.value.data == {"permission": "app-api:site:create"}
    assert names(admin.plan.usage()) == ["workspaces", "members", "seats"]
    with pytest.raises(LimitReached):
        bob.plan.use("sites", 2)


def test_it_is_on_record_who_used_it(store: Store) -> None:
    acme = company(store, OWN)
    add_with(acme, "app-api:site:create")
    acme.context(BOB).plan.use("sites")
    event = acme.context().audit.list(limit=1)[0]
    assert (event.action, event.principal, event.after) == (
        "tenant.counters_recorded",
        BOB.user_id,
        {"counters": {"sites": 1}},
    )


def test_a_counter_without_a_limit_can_take_a_permission_too(store: Store) -> None:
    acme = company(store, Plan("Free", counter_permissions={"sites": "app-api:site:create"}))
    add_with(acme, "app-api:site:create")
    assert acme.context(BOB).plan.usage() == []
    acme.context(BOB).plan.use("sites", 900)
    assert acme.context(BOB).plan.usage() == [Usage("sites", 900, UNLIMITED)]


def test_the_counter_of_a_workspace_takes_what_it_took(store: Store) -> None:
    acme = company(store, OWN)
    editor = acme.add(BOB, workspaces={acme.general: "admin"})
    assert editor.plan.use("sites", workspace=acme.general) == 1


def test_a_plan_that_names_an_unknown_permission_is_refused_when_the_tenantry_is_made(store: Store) -> None:
    for wrong in ("app-api:site:craete", "app-api:page:create"):
        with pytest.raises(Invalid, match=f"Plan 'Wrong' names '{wrong}' for sites"):
            company(store, Plan("Wrong", counter_permissions={"sites": wrong}))


def test_one_that_the_function_returns_is_refused_when_it_does(store: Store) -> None:
    wrong = Plan("Wrong", counter_permissions={"sites": "app-api:site:craete"})
    acme = company(store, lambda tenant, session: wrong)
    before = acme.trail()
    for act in (acme.context().plan.get, acme.context().plan.usage, lambda: acme.context().plan.use("sites")):
        with pytest.raises(Invalid, match="Did you mean 'app-api:site:create'"):
            act()
    assert acme.trail() == before


def test_the_host_is_asked_for_no_plan_where_a_member_is_switched_off(store: Store) -> None:
    asked: list[str] = []

    def plan(tenant: object, session: object) -> Plan:
        asked.append("plan")
        return OWN

    acme = company(store, plan)
    bob = acme.add(BOB, "admin").plan
    acme.context().members.deactivate(BOB.user_id)
    asked.clear()
    for act in (bob.get, bob.usage, lambda: bob.use("seats")):
        with pytest.raises(Denied) as refused:
            act()
        assert refused.value.decision.code == "member_deactivated"
    assert asked == []
