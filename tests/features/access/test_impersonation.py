"""Support sees what a user sees and does what the user may do, except what requires the user in person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from sqlalchemy.orm import Session

from tenantry import (
    SYSTEM,
    AuditEvent,
    Denied,
    Invalid,
    Level,
    NotFound,
    Permission,
    Plan,
    Principal,
    Scheme,
    TenantContext,
    Tenantry,
    schemes,
)
from tenantry.access.compiled import answers_of
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.features.test_statements import counting

KEYS = schemes.AGENCY.extend(
    permissions=[
        Permission("app-api:key:create", Level.WORKSPACE, "Create API keys", in_person=True),
        Permission("app-api:key:read", Level.WORKSPACE, "List API keys"),
    ]
)


def impersonated(who: Principal) -> Principal:
    return evolve(who, impersonated_by="support_7")


def company(store: Store, scheme: Scheme = schemes.AGENCY, plan: Plan | None = None) -> Company:
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], plan=plan)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def newest(acme: Company) -> AuditEvent:
    return acme.context(SYSTEM).audit.list(limit=1)[0]


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Denied) as refused:
        act()
    return refused.value.decision.code


def test_what_support_does_names_both(acme: Company) -> None:
    """AU-15, E93."""
    acme.context(impersonated(ADA)).workspaces.create("Justice")

    assert (newest(acme).principal, newest(acme).on_behalf_of) == ("support_7", ADA.user_id)


def test_support_reads_the_trail_under_its_own_name(acme: Company) -> None:
    acme.context(impersonated(ADA)).audit.list()

    event = newest(acme)
    assert (event.action, event.principal, event.on_behalf_of) == ("audit.read", "support_7", ADA.user_id)


def test_support_has_the_rights_of_the_user_and_no_others(store: Store) -> None:
    acme = company(store, KEYS)
    justice = acme.workspace("Justice")
    acme.add(BOB, workspaces={justice: "viewer"})
    acme.add(CAY, "admin", workspaces={justice: "member"})
    personal = {each.name for each in KEYS.catalogue.values() if each.in_person}

    for who in (ADA, BOB, CAY):
        theirs, supports = (
            answers_of(acme.context(by).access(workspaces=[justice])) for by in (who, impersonated(who))
        )
        assert supports == {
            place: {name: yes and name not in personal for name, yes in answers.items()}
            for place, answers in theirs.items()
        }


def test_a_permission_that_takes_the_user_in_person_is_answered_no_and_why(store: Store) -> None:
    acme = company(store, KEYS)
    context = acme.context(impersonated(ADA))
    access = context.access(workspaces=[acme.general])

    for asked in (context, access):
        assert asked.can("app-api:key:read", workspace=acme.general)
        assert not asked.can("app-api:key:create", workspace=acme.general)
        assert asked.check("app-api:key:create", workspace=acme.general).code == "impersonated"
        assert asked.workspaces_where("app-api:key:create") == frozenset()
        assert asked.workspaces_where("app-api:key:read") == "all"
    assert refusal(lambda: context.require("app-api:key:create", workspace=acme.general)) == "impersonated"
    assert acme.context().can("app-api:key:create", workspace=acme.general)


def test_what_the_user_lacks_is_refused_to_support_as_to_the_user(acme: Company) -> None:
    acme.add(BOB)

    assert acme.context(impersonated(BOB)).check("tenant-api:member:invite").code == "permission_missing"


def test_where_the_user_is_a_stranger_so_is_support(acme: Company) -> None:
    """TI-10."""
    before = acme.trail()

    for act in (
        acme.context(impersonated(EVE)).get,
        lambda: acme.context(impersonated(EVE)).members.remove(ADA.user_id),
        acme.context(impersonated(EVE)).members.leave,
    ):
        with pytest.raises(NotFound, match="There is no such tenant"):
            act()
    assert acme.trail() == before


def test_a_user_who_is_switched_off_cannot_be_impersonated_past_it(acme: Company) -> None:
    acme.add(BOB, "admin")
    acme.context().members.deactivate(BOB.user_id)

    assert refusal(lambda: acme.context(impersonated(BOB)).workspaces.create("Late")) == "member_deactivated"
    assert refusal(lambda: acme.context(impersonated(evolve(ADA, active=False))).get()) == "principal_inactive"


OWN: dict[str, Callable[[TenantContext, str], object]] = {
    "step down": lambda context, workspace: context.members.change_role(BOB.user_id, role="member"),
    "give up a role": lambda context, workspace: context.members.remove_role(BOB.user_id, role="member"),
    "give up a role in a workspace": lambda context, workspace: context.members.remove_role(
        BOB.user_id, role="viewer", workspace=workspace
    ),
    "leave a workspace": lambda context, workspace: context.workspaces.remove_member(workspace, BOB.user_id),
    "leave": lambda context, workspace: context.members.leave(),
    "make somebody the admin of a workspace": lambda context, workspace: context.workspaces.create(
        "Health", admin=CAY.user_id
    ),
}


@pytest.mark.parametrize("act", OWN)
def test_what_a_user_does_to_their_own_roles_takes_them_in_person(acme: Company, act: str) -> None:
    """E93: none of it takes a permission that is marked."""
    justice = acme.workspace("Justice")
    acme.add(CAY)
    acme.add(BOB, "admin", workspaces={justice: "viewer"})
    acme.context().members.add_role(BOB.user_id, role="member")
    before, trail = acme.member(BOB), acme.trail()

    assert refusal(lambda: OWN[act](acme.context(impersonated(BOB)), justice)) == "impersonated"
    assert (acme.member(BOB), acme.trail()) == (before, [*trail, "access.denied"])
    OWN[act](acme.context(BOB), justice)


def test_support_makes_a_workspace_without_an_admin(acme: Company) -> None:
    assert acme.context(impersonated(ADA)).workspaces.create("Health").members == 0


def test_support_neither_accepts_nor_declines_for_a_user(acme: Company, tenancy: Tenantry) -> None:
    issued = acme.invite(DAN)
    before = acme.trail()

    assert refusal(lambda: tenancy.person(impersonated(DAN)).accept(issued.token)) == "impersonated"
    assert refusal(lambda: tenancy.person(impersonated(DAN)).decline(issued.token)) == "impersonated"
    assert [each.tenant_name for each in tenancy.person(impersonated(DAN)).invitations()] == ["Acme"]
    assert acme.trail() == before
    tenancy.person(DAN).accept(issued.token)


def test_support_makes_no_tenant_for_a_user(tenancy: Tenantry) -> None:
    assert refusal(lambda: tenancy.person(impersonated(ADA)).create_tenant("Beta")) == "impersonated"
    assert refusal(lambda: tenancy.create_tenant("Beta", owner=ADA, by=impersonated(BOB))) == "impersonated"
    with pytest.raises(NotFound):
        tenancy.resolve("beta")


def test_support_forgets_nobody(acme: Company, tenancy: Tenantry) -> None:
    with pytest.raises(Invalid, match="Only SYSTEM"):
        tenancy.forget(ADA.user_id, by=impersonated(ADA))


def test_a_refusal_is_recorded_under_the_name_of_support(acme: Company) -> None:
    """AU-01, E93."""
    assert refusal(lambda: acme.context(impersonated(ADA)).members.add(EVE.user_id)) == "impersonated"

    event = newest(acme)
    assert (event.action, event.principal, event.on_behalf_of) == ("access.denied", "support_7", ADA.user_id)
    assert event.after == {"code": "impersonated", "permission": "tenant-api:member:invite"}


def test_so_is_one_that_a_guest_records(sql_store: SQLAlchemyStore) -> None:
    """AU-01."""
    acme = company(sql_store)
    with Session(sql_store.engine) as session:
        guest = acme.tenancy.using(SessionStore(session))
        with pytest.raises(Denied) as refused:
            guest.tenant(acme.id, by=impersonated(ADA)).members.leave()
        session.rollback()
        guest.record_denial(refused.value)
        session.commit()

    assert (newest(acme).principal, newest(acme).on_behalf_of) == ("support_7", ADA.user_id)


def test_a_participant_is_told_of_both(store: Store) -> None:
    told: list[Principal] = []

    class Folders:
        name = "folders"

        def workspace_made(self, change: object, session: object) -> None:
            told.append(change.by)  # type: ignore[attr-defined]

    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], participants=[Folders()])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    told.clear()
    acme.context(impersonated(ADA)).workspaces.create("Justice")

    assert told == [impersonated(ADA)]


def test_support_sees_the_plan_as_the_user_sees_it(store: Store) -> None:
    acme = company(store, plan=Plan("Starter", workspaces=5, members=9, counters={"sites": 3}))
    for who in (acme.add(BOB, "admin"), acme.add(CAY, workspaces={acme.general: "admin"})):
        by = who.access().principal
        assert acme.context(impersonated(by)).plan.get() == who.plan.get()
        assert acme.context(impersonated(by)).plan.usage() == who.plan.usage()


def test_impersonation_costs_no_statement_more(sql_store: SQLAlchemyStore) -> None:
    acme = company(sql_store)
    costs = []
    for number, by in enumerate((ADA, impersonated(ADA))):
        with counting(sql_store.engine) as executed:
            acme.context(by).workspaces.create(f"Place {number}")
            acme.context(by).members.list()
            acme.context(by).plan.usage()
        costs.append(len(executed))
    assert costs[0] == costs[1]
