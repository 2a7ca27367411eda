"""What the frame of a page shows, to whom, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from tenantry import SYSTEM, UNLIMITED, Denied, NotFound, Plan, Principal, Tenantry, Usage, schemes, to_dict
from tenantry.overview import OwnWorkspace
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone
from tests.features.test_statements import counting

BUDGET = 4


def names(workspaces: tuple[OwnWorkspace, ...]) -> list[str]:
    return [workspace.name for workspace in workspaces]


def test_an_owner_sees_it_all(acme: Company) -> None:
    justice = acme.workspace("Justice")
    acme.context().workspaces.archive(acme.workspace("Hidden"))
    acme.add(BOB)
    acme.add(CAY)
    acme.context().members.deactivate(CAY.user_id)
    acme.invite(DAN, workspaces={justice: "viewer"})

    shown = acme.context().overview()

    assert shown.tenant == acme.context().get()
    assert shown.role_labels == ("Owner",)
    assert [(each.id, each.name, each.slug, each.role_labels) for each in shown.workspaces] == [
        (acme.general, "General", "general", ("Admin",)),
        (justice, "Justice", "justice", ("Admin",)),
    ]
    assert (shown.workspace_count, shown.member_count, shown.invitation_count) == (2, 2, 1)
    assert shown.limits == (Usage("workspaces", 2, UNLIMITED), Usage("members", 3, UNLIMITED))
    assert shown.inbox == 0


def test_a_member_sees_what_is_theirs(acme: Company) -> None:
    """Built-in roles and the tenant's own, several of them, and no role that is to come or over."""
    justice, health = acme.workspace("Justice"), acme.workspace("Health")
    acme.workspace("Works")
    bob = acme.add(BOB, workspaces={justice: "viewer", health: "admin"})
    context = acme.context()
    press = context.roles.define("Press officer", level="tenant", permissions=[]).id
    clerk = context.roles.define("Clerk", level="workspace", permissions=["workspace-api:workspace:read"]).id
    context.members.add_role(BOB.user_id, role=press)
    context.members.add_role(BOB.user_id, role=clerk, workspace=justice)
    later = bob.access().as_of + timedelta(days=1)
    context.members.add_role(BOB.user_id, role="admin", starts_at=later)
    context.members.add_role(BOB.user_id, role="admin", workspace=justice, starts_at=later)

    shown = acme.context(BOB).overview()

    assert shown.role_labels == ("Member", "Press officer")
    assert [(each.name, each.role_labels) for each in shown.workspaces] == [
        ("Health", ("Admin",)),
        ("Justice", ("Clerk", "Viewer")),
    ]
    assert shown.workspace_count == 2
    assert (shown.member_count, shown.invitation_count) == (None, None)


def test_the_workspaces_are_the_first_by_name_of_all_that_there_are(acme: Company) -> None:
    for number in range(60, 0, -1):
        acme.workspace(f"Client {number:02}")
    acme.context(SYSTEM).workspaces.archive(acme.context(SYSTEM).workspaces.find("client-07").id)
    seen = {each.id: "viewer" for each in acme.context(SYSTEM).workspaces.list(search="client", limit=200)}
    acme.add(BOB, workspaces=seen)

    for who, count in ((ADA, 60), (SYSTEM, 60), (BOB, 59)):
        shown = acme.context(who).overview()
        assert names(shown.workspaces) == [f"Client {number:02}" for number in range(1, 52) if number != 7]
        assert shown.workspace_count == count


def test_the_figures_are_those_of_the_lists(acme: Company) -> None:
    """Whoever may list the members is told how many there are, and so it is with invitations and limits."""
    reader = acme.context().roles.define("Reader", level="tenant", permissions=["tenant-api:member:read"]).id
    acme.add(BOB, reader)
    acme.add(CAY, workspaces={acme.general: "admin"})
    acme.invite(DAN)

    for who in (ADA, BOB, CAY):
        context = acme.context(who)
        shown = context.overview()
        lists = context.can("tenant-api:member:read")
        assert shown.member_count == (context.members.list(status="active", total=True).total if lists else None)
        waiting = context.invitations.list(status="pending", total=True).total if lists else None
        assert shown.invitation_count == waiting
        assert shown.workspace_count == context.workspaces.list(total=True).total


def test_the_limits_are_those_that_the_usage_shows(acme: Company) -> None:
    tenancy = Tenantry(
        store=acme.tenancy._store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        plan=Plan("Starter", workspaces=5, members=9, counters={"sites": 3}),
    )
    starter = Company(tenancy, tenancy.tenant(acme.id, by=ADA).get())
    starter.add(BOB, "admin")
    starter.add(CAY, workspaces={acme.general: "admin"})
    starter.add(DAN, workspaces={acme.general: "viewer"})

    for who in (SYSTEM, ADA, BOB, CAY):
        assert starter.context(who).overview().limits == tuple(starter.context(who).plan.usage())
    assert [str(usage) for usage in starter.context(CAY).overview().limits] == ["4 of 9 members used"]
    assert starter.context(DAN).overview().limits == ()


def test_the_inbox_is_that_of_the_person(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """Of all tenants in use, and by a verified address alone."""
    acme.add(BOB)
    for name in ("Beta", "Gamma", "Delta"):
        other = Company(tenancy, tenancy.person(EVE).create_tenant(name))
        other.context(SYSTEM).invitations.send("BOB@acme.test", expires_in=timedelta(days=1 if name == "Beta" else 5))
        if name == "Delta":
            other.context(SYSTEM).suspend("Unpaid")

    assert acme.context(BOB).overview().inbox == len(tenancy.person(BOB).invitations()) == 2
    clock.advance(timedelta(days=2))
    assert acme.context(BOB).overview().inbox == 1
    assert acme.context(evolve(BOB, email_verified=False)).overview().inbox == 0
    assert acme.context(evolve(BOB, email=None)).overview().inbox == 0
    assert acme.context(ADA).overview().inbox == 0


def test_what_is_no_person_has_no_inbox(acme: Company) -> None:
    importer = Principal.service("importer")
    acme.add(importer)

    assert acme.context(importer).overview().inbox is None
    assert acme.context(SYSTEM).overview().inbox is None
    assert acme.context(SYSTEM.job("nightly")).overview().role_labels == ()


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_nothing_in_it_is_a_denial(acme: Company, role: str) -> None:
    """Law 10: it asks what the principal may see, and leaves out the rest."""
    acme.add(BOB, role)
    support = evolve(BOB, impersonated_by="support_7")
    before = acme.trail()

    shown = acme.context(BOB).overview()
    assert acme.context(support).overview() == shown

    assert acme.trail() == before


def test_who_is_deactivated_is_denied_and_a_stranger_finds_nothing(acme: Company) -> None:
    acme.add(BOB, "admin")
    acme.context().members.deactivate(BOB.user_id)
    before = acme.trail()

    with pytest.raises(NotFound, match="There is no such tenant"):
        acme.context(EVE).overview()
    assert acme.trail() == before
    for who, code in ((BOB, "member_deactivated"), (evolve(ADA, active=False), "principal_inactive")):
        with pytest.raises(Denied) as denied:
            acme.context(who).overview()
        assert denied.value.decision.code == code


def test_of_a_tenant_that_is_closed_it_shows_the_tenant(acme: Company) -> None:
    acme.add(BOB, "admin", workspaces={acme.general: "viewer"})
    acme.context(SYSTEM).suspend("Unpaid")
    before = acme.trail()

    shown = acme.context(BOB).overview()

    assert (shown.tenant.is_suspended, shown.tenant.reason, shown.role_labels) == (True, "Unpaid", ("Admin",))
    assert (shown.workspaces, shown.workspace_count, shown.member_count, shown.invitation_count, shown.limits) == (
        (),
        0,
        None,
        None,
        (),
    )
    assert acme.trail() == before
    assert acme.context(SYSTEM).overview().workspace_count == 1


def test_it_becomes_plain_data(acme: Company) -> None:
    plain = to_dict(acme.context().overview())
    assert list(plain) == [
        "tenant",
        "role_labels",
        "workspaces",
        "workspace_count",
        "member_count",
        "invitation_count",
        "limits",
        "inbox",
    ]
    assert plain["workspaces"] == [{"id": acme.general, "name": "General", "slug": "general", "role_labels": ["Admin"]}]


def test_nothing_is_counted_for_whoever_sees_no_figure(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB, workspaces={acme.general: "viewer"})
    with counting(sql_store.engine) as executed:
        assert acme.context(evolve(BOB, email_verified=False)).overview().workspace_count == 1
    *others, inbox = executed
    assert not [statement for statement in others if "count(" in statement]
    assert "tenantry_invitations" in inbox


@pytest.mark.parametrize("role", ["owner", "admin", "member", None])
def test_it_keeps_to_its_budget_whoever_looks(sql_store: SQLAlchemyStore, role: str | None) -> None:
    """With roles of the tenant's own, many workspaces, a plan and an inbox; a stranger costs one statement."""
    tenancy = Tenantry(
        store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], plan=Plan("Starter", workspaces=99, members=9)
    )
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    places = [acme.workspace(f"Client {number}") for number in range(55)]
    reader = ["workspace-api:workspace:read", "workspace-api:member:invite"]
    own = acme.context().roles.define("Press officer", level="workspace", permissions=reader)
    if role is not None:
        acme.add(BOB, role, workspaces=dict.fromkeys(places, own.id))
    other = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    other.invite(BOB, by=EVE)

    with counting(sql_store.engine) as executed:
        if role is None:
            with pytest.raises(NotFound):
                acme.context(someone("gus")).overview()
        else:
            assert acme.context(BOB).overview().inbox == 1

    assert len(executed) <= (1 if role is None else BUDGET), executed
