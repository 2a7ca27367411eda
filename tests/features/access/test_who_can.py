"""Who may do that? Everybody of whom `can` is true, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tenantry import (
    SYSTEM,
    Denied,
    Invalid,
    InvalidCursor,
    Level,
    NotFound,
    Permission,
    Role,
    TenantContext,
    Tenantry,
    TenantStatus,
    UnknownPermission,
    schemes,
)
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company, someone
from tests.features.test_statements import counting

PUBLISH, READ = "site-api:page:publish", "workspace-api:member:read"
INVITE = "tenant-api:member:invite"
PEOPLE = (ADA, BOB, CAY, DAN, EVE, FAY)
SCHEME = schemes.AGENCY.extend(
    permissions=[Permission(PUBLISH, Level.WORKSPACE)],
    roles=[Role("publisher", Level.TENANT, inherits=["member"], acts_as="member")],
    workspace_roles={"member": [PUBLISH]},
)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], clock=clock)


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def who(context: TenantContext, permission: str, workspace: str | None = None, **paging: Any) -> list[str]:
    page = context.who_can(permission, workspace=workspace, total=True, **paging)
    assert page.total is not None
    assert page.total >= len(page)
    return [member.user_id.removeprefix("user_") for member in page]


def agreed(company: Company, people: Sequence[Any], permission: str, workspace: str | None = None) -> list[str]:
    """The answer, when it is that of everybody who is asked for themselves."""
    answer = who(company.context(SYSTEM), permission, workspace)
    may = [p for p in people if company.context(p).can(permission, workspace=workspace)]
    assert answer == [p.user_id.removeprefix("user_") for p in may]
    return answer


def test_at_the_tenant_it_is_those_whose_roles_there_hold_it(acme: Company, justice: str) -> None:
    """R7, AC-40"""
    acme.add(BOB, "admin")
    acme.add(CAY, workspaces={justice: "admin"})
    acme.add(DAN, "publisher")

    assert agreed(acme, PEOPLE, INVITE) == ["ada", "bob"]
    assert agreed(acme, PEOPLE, "tenant-api:tenant:own") == ["ada"]
    assert agreed(acme, PEOPLE, "tenant-api:tenant:read") == ["ada", "bob", "cay", "dan"]


def test_in_a_workspace_it_is_those_with_a_role_there_or_everywhere(acme: Company, justice: str) -> None:
    """R7, AC-40: by inheritance and through what a tenant role acts as."""
    acme.add(BOB, "admin")
    acme.add(CAY, workspaces={justice: "member", acme.general: "viewer"})
    acme.add(DAN, "publisher")
    acme.add(EVE, workspaces={justice: "viewer"})
    acme.add(FAY)

    assert agreed(acme, PEOPLE, PUBLISH, justice) == ["ada", "bob", "cay", "dan"]
    assert agreed(acme, PEOPLE, PUBLISH, acme.general) == ["ada", "bob", "dan"]
    assert agreed(acme, PEOPLE, READ, justice) == ["ada", "bob", "cay", "dan", "eve"]
    assert agreed(acme, PEOPLE, "workspace-api:settings:update", justice) == ["ada", "bob"]


def test_custom_roles_count_by_every_way(acme: Company, justice: str) -> None:
    """AC-40: what they name, what they inherit, and what they act as."""
    roles = acme.context().roles
    editor = roles.define("Editor", permissions=[PUBLISH], level="workspace").id
    chief = roles.define("Chief", permissions=[READ], level="workspace", inherits=[editor]).id
    roving = roles.define("Roving", permissions=["tenant-api:tenant:read"], level="tenant", acts_as=chief).id
    deputy = roles.define("Deputy", permissions=["tenant-api:audit:read"], level="tenant", inherits=[roving]).id
    acme.add(BOB, workspaces={justice: editor})
    acme.add(CAY, workspaces={justice: chief})
    acme.add(DAN, roving)
    acme.add(EVE, deputy)
    acme.add(FAY, workspaces={acme.general: chief})

    assert agreed(acme, PEOPLE, PUBLISH, justice) == ["ada", "bob", "cay", "dan", "eve"]
    assert agreed(acme, PEOPLE, READ, justice) == ["ada", "cay", "dan", "eve"]
    assert agreed(acme, PEOPLE, PUBLISH, acme.general) == ["ada", "dan", "eve", "fay"]
    assert agreed(acme, PEOPLE, "tenant-api:audit:read") == ["ada", "eve"]

    roles.update(editor, permissions=[READ])
    assert agreed(acme, PEOPLE, PUBLISH, justice) == ["ada"]
    roles.update(roving, acts_as="")
    assert agreed(acme, PEOPLE, READ, justice) == ["ada", "bob", "cay"]


def test_roles_of_the_past_and_of_the_future_give_nothing(acme: Company, justice: str, clock: FrozenClock) -> None:
    """TM-02, AC-40"""
    monday, friday = clock() + timedelta(days=2), clock() + timedelta(days=6)
    acme.add(BOB)
    acme.add(CAY)
    acme.context().members.add_role(BOB.user_id, role="publisher", ends_at=monday)
    acme.context().members.add_role(CAY.user_id, role="member", workspace=justice, starts_at=monday, ends_at=friday)

    for at, expected in (
        (clock(), ["ada", "bob"]),
        (monday - timedelta(microseconds=1), ["ada", "bob"]),
        (monday, ["ada", "cay"]),
        (friday, ["ada"]),
    ):
        clock.set(at)
        assert agreed(acme, PEOPLE, PUBLISH, justice) == expected


def test_who_is_deactivated_or_gone_may_nothing(acme: Company, justice: str) -> None:
    """AC-33, AC-40"""
    for person in (BOB, CAY, DAN):
        acme.add(person, "admin", workspaces={justice: "admin"})
    acme.context().members.deactivate(BOB.user_id)
    acme.context().members.remove(CAY.user_id)

    assert agreed(acme, PEOPLE, INVITE) == ["ada", "dan"]
    assert agreed(acme, PEOPLE, PUBLISH, justice) == ["ada", "dan"]


def test_the_roles_show_why_and_those_elsewhere_are_not_shown(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "member", acme.general: "admin"})
    acme.context().members.add_role(BOB.user_id, role="viewer", workspace=justice)

    [_, bob] = acme.context().who_can(PUBLISH, workspace=justice)
    assert (bob.roles, set(bob.workspaces)) == (("member",), {justice})
    assert sorted(bob.workspaces[justice]) == ["member", "viewer"]
    assert {grant.workspace_id for grant in bob.grants} == {None, justice}


def test_one_with_several_ways_is_there_once(acme: Company, justice: str) -> None:
    acme.add(BOB, "publisher", workspaces={justice: "member"})
    for role in ("admin", "member"):
        acme.context().members.add_role(BOB.user_id, role=role)
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice)

    assert who(acme.context(), PUBLISH, justice) == ["ada", "bob"]
    assert acme.context().who_can(PUBLISH, workspace=justice, total=True).total == 2


def test_the_answer_comes_in_pages(acme: Company) -> None:
    for name in ("gus", "bob", "fay", "cay", "eve", "dan"):
        acme.add(someone(name), "admin" if name != "eve" else "member")
    context = acme.context()

    first = context.who_can(INVITE, limit=4, total=True)
    assert (len(first), first.total) == (4, 6)
    assert who(context, INVITE, limit=4, after=first.next) == ["cay", "dan"]
    assert who(context, INVITE, limit=2, offset=4) == ["cay", "dan"]
    assert who(context, INVITE, order="name") == ["ada", "bob", "cay", "dan", "fay", "gus"]
    assert who(context, INVITE, order="newest", limit=2) == ["dan", "cay"]
    assert context.who_can(INVITE).total is None


def test_a_cursor_is_bound_to_its_question(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """TI-06"""
    for person in (BOB, CAY, DAN):
        acme.add(person, "admin")
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    tenant, here = (
        acme.context().who_can(INVITE, limit=1).next,
        acme.context().who_can(READ, workspace=justice, limit=1).next,
    )
    ada = acme.context()

    asks: list[Callable[[], object]] = [
        lambda: ada.who_can("tenant-api:member:update", after=tenant),
        lambda: ada.who_can(READ, workspace=justice, after=tenant),
        lambda: ada.who_can(INVITE, after=here),
        lambda: ada.who_can(READ, workspace=acme.general, after=here),
        lambda: ada.who_can(PUBLISH, workspace=justice, after=here),
        lambda: ada.who_can(INVITE, order="name", after=tenant),
        lambda: beta.context().who_can(INVITE, after=tenant),
        lambda: ada.members.list(after=tenant),
        lambda: ada.workspaces.members(justice, after=here),
        lambda: ada.who_can(INVITE, after=f"{tenant}x"),
    ]
    for ask in asks:
        with pytest.raises(InvalidCursor):
            ask()
    assert who(ada, INVITE, after=tenant) == ["bob", "cay", "dan"]


def test_it_is_for_who_may_see_the_members_there(acme: Company, justice: str) -> None:
    """PE-03, E45"""
    bob = acme.add(BOB, workspaces={justice: "viewer"})
    roles = acme.context().roles
    blind = roles.define("Blind", permissions=["workspace-api:workspace:read", PUBLISH], level="workspace").id
    cay = acme.add(CAY, workspaces={justice: blind})

    assert who(bob, PUBLISH, justice) == ["ada", "cay"]
    for context, workspace in ((bob, None), (bob, acme.general), (cay, None), (cay, justice)):
        with pytest.raises(Denied) as refused:
            context.who_can(INVITE if workspace is None else PUBLISH, workspace=workspace)
        assert refused.value.decision.code == "permission_missing"
    with pytest.raises(NotFound):
        acme.context(EVE).who_can(INVITE)


def test_a_question_is_of_its_level_and_known(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """E32, AC-12, AC-14, AC-29"""
    beta = tenancy.person(ADA).create_tenant("Beta")
    archived = acme.workspace("Archived")
    acme.context().workspaces.archive(archived)

    for context in (acme.context(), acme.context(SYSTEM)):
        for name in ("site-api:page:unpublish", "site-api:*:publish", "", " ", None, 5, ["tenant-api:member:read"]):
            with pytest.raises(UnknownPermission):
                context.who_can(name)  # type: ignore[arg-type]
        for name, workspace in ((PUBLISH, None), (INVITE, justice), (PUBLISH, ""), (PUBLISH, 5), (PUBLISH, [justice])):
            with pytest.raises(Invalid):
                context.who_can(name, workspace=workspace)  # type: ignore[arg-type]
        for workspace in (archived, beta.default_workspace_id, "ws_made_up"):
            with pytest.raises(NotFound):
                context.who_can(PUBLISH, workspace=workspace)


def test_in_a_suspended_tenant_nobody_may_anything(acme: Company, store: Store, justice: str) -> None:
    """E08, AC-40: and only SYSTEM is told so."""
    acme.add(BOB, "admin")
    with store.command(acme.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))

    for permission, workspace in ((INVITE, None), (PUBLISH, justice)):
        assert agreed(acme, (ADA, BOB), permission, workspace) == []
        with pytest.raises(Denied) as refused:
            acme.context().who_can(permission, workspace=workspace)
        assert refused.value.decision.code == "tenant_suspended"


def test_it_costs_the_same_however_many_they_are(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=SCHEME, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    costs = []

    for batch in range(2):
        with tenancy.transaction() as tx:
            context = tx.tenant(acme.id, by=SYSTEM)
            for number in range(30 * 10**batch):
                context.members.add(f"user_{batch}_{number}", role="publisher", workspaces={acme.general: "member"})
            for number in range(10):
                context.roles.define(f"Role {batch} {number}", permissions=[PUBLISH], level="workspace")
        with counting(sql_store.engine) as executed:
            assert len(acme.context().who_can(PUBLISH, workspace=acme.general, limit=30)) == 30
        costs.append(len(executed))

    assert costs[0] == costs[1] <= 5
