"""Who sees a plan: whoever its limits can stop, and whoever sees the billing."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, UNLIMITED, Denied, Level, NotFound, Plan, Tenantry, schemes
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company
from tests.features.test_statements import counting

STARTER = Plan("Starter", workspaces=5, members=9, counters={"sites": 3}, workspace_counters={"applications": 2})
BUSINESS = Plan("Business", workspaces=20)

USING_UP = [
    "tenant-api:workspace:create",
    "tenant-api:workspace:archive",
    "tenant-api:member:invite",
    "tenant-api:member:update",
    "tenant-api:counter:update",
    "workspace-api:member:invite",
    "workspace-api:counter:update",
]


def company(store: Store, plan: object = STARTER) -> Company:
    tenancy = Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        clock=FrozenClock(),
        plan=plan,  # type: ignore[arg-type]
    )
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def add_with(acme: Company, permission: str) -> None:
    """Make Bob a member who has this permission and no other, at the tenant or in the default workspace."""
    level = Level.TENANT if permission.startswith("tenant-api") else Level.WORKSPACE
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
    acme = company(store)
    add_with(acme, permission)
    assert acme.context(BOB).plan.get() == STARTER


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
