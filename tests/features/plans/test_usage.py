"""What is used of a plan, in one call; and how more of it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tenantry import (
    SYSTEM,
    UNLIMITED,
    Conflict,
    Denied,
    Invalid,
    LimitReached,
    NotFound,
    Plan,
    Tenantry,
    Usage,
    schemes,
)
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.features.test_statements import counting

STARTER = Plan("Starter", workspaces=5, members=4, counters={"sites": 3}, workspace_counters={"applications": 2})


def company(store: Store, clock: FrozenClock, plan: Plan | None) -> Company:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, plan=plan)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return company(store, clock, STARTER)


def said(usages: Sequence[Usage]) -> list[str]:
    return [str(usage) for usage in usages]


def test_usage_tells_of_every_limit(acme: Company) -> None:
    """T7."""
    acme.workspace("Justice")
    acme.context().workspaces.archive(acme.workspace("Health"))
    acme.add(BOB)
    acme.invite(CAY)
    acme.context().plan.use("sites", 2)
    acme.context().plan.use("mails", 7)
    usages = acme.context().plan.usage()
    assert said(usages) == ["2 of 5 workspaces used", "3 of 4 members used", "2 of 3 sites used", "7 mails used"]
    assert [usage.left for usage in usages] == [3, 1, 1, UNLIMITED]


def test_usage_of_a_workspace_tells_of_its_counters(acme: Company) -> None:
    """T7."""
    justice = acme.workspace("Justice")
    context = acme.add(BOB, workspaces={justice: "viewer"})
    acme.context().plan.use("applications", workspace=justice)
    acme.context().workspaces.record_counters(justice, {"mails": 7})
    assert context.plan.usage(workspace=justice) == [
        Usage("applications", 1, 2, justice),
        Usage("mails", 7, UNLIMITED, justice),
    ]
    assert said(acme.context().plan.usage(workspace=acme.general)) == ["0 of 2 applications used"]


def test_without_plans_usage_tells_what_there_is(store: Store, clock: FrozenClock) -> None:
    """T7."""
    assert said(company(store, clock, None).context().plan.usage()) == ["1 workspaces used", "1 members used"]


def test_usage_of_a_workspace_is_for_who_sees_it(acme: Company) -> None:
    justice = acme.workspace("Justice")
    acme.add(BOB, "admin")
    acme.add(CAY)
    assert acme.context(BOB).plan.usage(workspace=justice)
    with pytest.raises(NotFound):
        acme.context(EVE).plan.usage()
    with pytest.raises(Denied):
        acme.context(CAY).plan.usage(workspace=justice)
    with pytest.raises(NotFound):
        acme.context().plan.usage(workspace="ws_nowhere")


def test_use_takes_up_to_the_limit_and_gives_back(acme: Company) -> None:
    """T7."""
    plan = acme.context().plan
    assert [plan.use("sites"), plan.use("sites", 2), plan.use("sites", -1), plan.use("sites")] == [1, 3, 2, 3]
    with pytest.raises(LimitReached, match=r"^3 of 3 sites are used\.$") as refused:
        plan.use("sites")
    assert refused.value.data == {"limit": 3, "used": 3, "plan": "Starter", "workspace": None}
    assert acme.context().get().counters == {"sites": 3}
    assert acme.trail().count("tenant.counters_recorded") == 4


def test_use_in_a_workspace_is_limited_in_each(acme: Company) -> None:
    """T7."""
    justice = acme.workspace("Justice")
    context = acme.add(BOB, workspaces={justice: "admin"})
    assert context.plan.use("applications", 2, workspace=justice) == 2
    with pytest.raises(LimitReached) as refused:
        context.plan.use("applications", workspace=justice)
    assert refused.value.data["workspace"] == justice
    assert acme.context().plan.use("applications", workspace=acme.general) == 1
    assert acme.context().workspaces.get(justice).counters == {"applications": 2}
    [*_, event] = acme.context().audit.list(order="oldest", limit=200)
    assert (event.action, event.workspace_id) == ("workspace.counters_recorded", acme.general)


def test_nothing_is_used_below_zero(acme: Company) -> None:
    acme.context().plan.use("sites")
    assert acme.context().plan.use("sites", -1) == 0
    acme.context().plan.use("sites")
    with pytest.raises(Conflict, match="1 are used; 2 cannot be given back") as refused:
        acme.context().plan.use("sites", -2)
    assert refused.value.rule == "counter_below_zero"
    assert acme.context().get().counters == {"sites": 1}


def test_using_nothing_leaves_no_trace(acme: Company) -> None:
    acme.context().plan.use("sites")
    before = acme.context().get(), acme.trail()
    assert acme.context().plan.use("sites", 0) == 1
    assert (acme.context().get(), acme.trail()) == before


@pytest.mark.parametrize(
    ("counter", "amount"),
    [
        ("", 1),
        ("Sites", 1),
        (None, 1),
        ("members", 1),
        ("workspaces", 1),
        ("sites", True),
        ("sites", 1.0),
        ("sites", None),
    ],
)
def test_what_is_no_counter_or_no_amount_is_refused(acme: Company, counter: str, amount: int) -> None:
    with pytest.raises(Invalid):
        acme.context().plan.use(counter, amount)
    assert acme.context().get().counters == {}


def test_figures_are_for_who_may_record_them(acme: Company) -> None:
    justice = acme.workspace("Justice")
    assert acme.add(BOB, "admin").plan.use("sites") == 1
    assert acme.context(SYSTEM).plan.use("sites") == 2
    member = acme.add(CAY, workspaces={justice: "member"})
    with pytest.raises(Denied):
        member.plan.use("sites")
    with pytest.raises(Denied):
        member.plan.use("applications", workspace=justice)
    with pytest.raises(NotFound):
        acme.context(DAN).plan.use("sites")


def test_recorded_figures_do_not_grow_above_the_limit(acme: Company) -> None:
    """T7."""
    workspaces = acme.context().workspaces
    workspaces.record_counters(acme.general, {"applications": 2, "mails": 900})
    with pytest.raises(LimitReached):
        workspaces.record_counters(acme.general, {"applications": 3, "mails": 1000})
    assert workspaces.get(acme.general).counters == {"applications": 2, "mails": 900}


def test_a_figure_above_a_limit_that_shrank_may_stay_and_become_less(store: Store, clock: FrozenClock) -> None:
    """E76."""
    before = company(store, clock, None)
    before.context().workspaces.record_counters(before.general, {"applications": 9})
    before.context().plan.use("sites", 9)
    after = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, plan=STARTER)
    context = after.tenant(before.id, by=ADA)
    context.workspaces.record_counters(before.general, {"applications": 9, "mails": 1})
    assert context.plan.use("applications", -2, workspace=before.general) == 7
    assert context.plan.use("sites", -1) == 8
    with pytest.raises(LimitReached, match=r"^8 of 3 sites are used\.$"):
        context.plan.use("sites")


def test_what_is_used_in_a_transaction_that_fails_is_not_used(acme: Company) -> None:
    """T7."""

    def work() -> None:
        with acme.tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).plan.use("sites")
            raise LookupError

    with pytest.raises(LookupError):
        work()
    assert acme.context().get().counters == {}


def test_usage_costs_the_same_however_much_there_is(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    """T7."""
    acme = company(sql_store, clock, STARTER)
    costs = []
    for name in ("Justice", "Health", "Works"):
        acme.context().plan.use("sites")
        acme.workspace(name)
        with counting(sql_store.engine) as executed:
            acme.context().plan.usage()
        costs.append(len(executed))
    assert costs == [5, 5, 5]
