"""A plan of a removal names what it lists, and says who could get what the member leaves behind."""

from __future__ import annotations

import pytest

from tenantry import (
    SYSTEM,
    Denied,
    Heir,
    Invalid,
    NewMember,
    PlanChanged,
    Principal,
    Tenantry,
    to_dict,
)
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company

MOST = 20


def ids(heirs: tuple[Heir, ...]) -> list[str]:
    return [heir.user_id for heir in heirs]


def crowd(acme: Company, number: int) -> list[str]:
    """So many members, in the order of their names, all of which come before those of Ada and Bob."""
    rows = [NewMember(f"user_{at:02}", name=f"A {at:02}") for at in range(number)]
    acme.context(SYSTEM).members.add_many(rows)
    return [row.user_id for row in rows]


def test_a_plan_names_all_that_it_lists(acme: Company) -> None:
    justice = acme.workspace("Ministry of Justice")
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:*"], level="tenant").id
    acme.add(BOB, "admin", workspaces={acme.general: "viewer", justice: "admin"})
    acme.context().members.add_role(BOB.user_id, role=clerk)
    issued = acme.invite(DAN, by=BOB)

    plan = acme.context().members.plan_removal(BOB.user_id)

    assert plan.member.name == "Bob"
    assert dict(zip(plan.roles, plan.role_labels, strict=True)) == {"admin": "Admin", clerk: "Clerk"}
    assert plan.workspace_names == {acme.general: "General", justice: "Ministry of Justice"}
    assert plan.workspace_labels == {acme.general: ("Viewer",), justice: ("Admin",)}
    assert plan.invitation_emails == {issued.invitation.id: DAN.email}
    assert to_dict(plan)["heirs"] == [{"user_id": ADA.user_id, "name": "Ada", "email": "ada@acme.test"}]


def test_new_names_leave_a_plan_as_it_is(acme: Company) -> None:
    justice = acme.workspace("Justice")
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:*"], level="tenant").id
    acme.add(BOB, clerk, workspaces={justice: "admin"})
    context = acme.context()
    plan = context.members.plan_removal(BOB.user_id)

    context.members.update(BOB.user_id, name="Robert")
    context.workspaces.update(justice, name="Law")
    context.roles.update(clerk, name="Scribe")
    acme.add(CAY)

    present = context.members.plan_removal(BOB.user_id)
    assert (present.digest, present.workspace_names, present.role_labels) == (
        plan.digest,
        {justice: "Law"},
        ("Scribe",),
    )
    assert ids(present.heirs) == [ADA.user_id, CAY.user_id]
    context.members.remove(BOB.user_id, plan=plan)


def test_the_plan_that_a_refusal_carries_has_names_too(acme: Company) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})
    plan = acme.context().members.plan_removal(BOB.user_id)
    acme.context().members.add_role(BOB.user_id, role="admin")

    with pytest.raises(PlanChanged) as refused:
        acme.context().members.remove(BOB.user_id, plan=plan)

    present = refused.value.plan
    assert to_dict(present) == to_dict(acme.context().members.plan_removal(BOB.user_id))
    assert (present.role_labels, present.workspace_names) == (("Admin", "Member"), {acme.general: "General"})


def test_whoever_is_named_as_heir_is_accepted_and_nobody_else(acme: Company) -> None:
    acme.add(BOB, "admin")
    acme.add(CAY)
    acme.add(DAN)
    acme.context().members.deactivate(DAN.user_id)
    acme.invite(EVE)
    members = acme.context().members

    heirs = ids(members.plan_removal(BOB.user_id).heirs)

    assert sorted(heirs) == [ADA.user_id, CAY.user_id]
    for each in heirs:
        assert members.plan_removal(BOB.user_id, reassign_to=each).reassign_to == each
    for each in {*acme.user_ids()}.difference(heirs):
        with pytest.raises(Invalid) as refused:
            members.plan_removal(BOB.user_id, reassign_to=each)
        assert refused.value.field == "reassign_to"


@pytest.mark.parametrize(("others", "more"), [(MOST - 2, False), (MOST - 1, False), (MOST, True), (MOST + 9, True)])
def test_the_first_by_name_are_listed_and_whether_there_are_more(acme: Company, others: int, more: bool) -> None:
    acme.add(BOB)
    found = [*crowd(acme, others), ADA.user_id]

    plan = acme.context().members.plan_removal(BOB.user_id)

    assert ids(plan.heirs) == found[:MOST]
    assert plan.has_more_heirs is more


@pytest.mark.parametrize(("others", "more"), [(MOST, False), (MOST + 1, True)])
@pytest.mark.parametrize("leaves", ["a member of the list", "a member further down"])
def test_the_chosen_heir_is_among_them(acme: Company, others: int, more: bool, leaves: str) -> None:
    acme.add(BOB)
    found = crowd(acme, others + 1)
    gone = found.pop(0) if leaves == "a member of the list" else BOB.user_id
    if gone == BOB.user_id:
        acme.context().members.remove(found.pop())
    else:
        acme.context().members.remove(BOB.user_id)

    plan = acme.context().members.plan_removal(gone, reassign_to=ADA.user_id)

    assert ids(plan.heirs) == [*found[:MOST], ADA.user_id]
    assert plan.has_more_heirs is more


def test_a_plan_is_shown_only_to_a_member_who_may_see_members(acme: Company) -> None:
    """A plan names people; a removal without one shows nobody."""
    acme.add(BOB)
    remover = acme.context().roles.define(
        "Remover", permissions=["tenant-api:member:delete", "tenant-api:tenant:read"], level="tenant"
    )
    members = acme.add(CAY, remover.id).members
    digest = acme.context().members.plan_removal(BOB.user_id).digest

    for act in (
        lambda: members.plan_removal(BOB.user_id),
        lambda: members.remove(BOB.user_id, plan=digest),
        lambda: members.remove(BOB.user_id, plan="0" * 64),
    ):
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.data["permission"] == "tenant-api:member:read"
    members.remove(BOB.user_id)


def test_an_heir_is_of_the_same_tenant(acme: Company, tenancy: Tenantry) -> None:
    acme.add(BOB)
    beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    beta.add(CAY)

    assert ids(acme.context().members.plan_removal(BOB.user_id).heirs) == [ADA.user_id]


def test_a_role_plan_names_all_that_it_lists(acme: Company) -> None:
    justice = acme.workspace("Justice")
    roles = acme.context().roles
    reader = roles.define("Reader", permissions=["workspace-api:workspace:read"], level="workspace")
    chief = roles.define("Chief", permissions=[], level="workspace", inherits=[reader.id])
    acme.add(BOB, workspaces={justice: reader.id})
    issued = acme.invite(DAN, workspaces={justice: reader.id})

    for plan in (roles.plan_delete(reader.id), roles.plan_update(reader.id, permissions=[])):
        assert plan.role_names == {chief.id: "Chief"}
        assert plan.workspace_names == {justice: "Justice"}
        assert [affected.membership.name for affected in plan] == ["Bob"]
    assert roles.plan_delete(reader.id).invitation_emails == {issued.invitation.id: DAN.email}


def test_members_without_a_name_can_inherit(acme: Company) -> None:
    acme.add(BOB)
    acme.add(Principal("user_x"))

    [first, _] = acme.context().members.plan_removal(BOB.user_id).heirs

    assert first == Heir(user_id="user_x")
