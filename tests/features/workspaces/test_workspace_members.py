"""Who works in a workspace, and as what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tenantry import AlreadyMember, Denied, Invalid, Level, NotFound, Role, TenantContext, Tenantry, schemes
from tenantry.ports import Store
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_a_member_of_the_tenant_is_given_a_role(acme: Company, justice: str) -> None:
    acme.add(BOB)

    added = acme.context().workspaces.add_member(justice, BOB.user_id, role="member")

    assert added.workspaces == {justice: ("member",)}
    assert [member.user_id for member in acme.context().workspaces.members(justice)] == [BOB.user_id]


def test_the_list_shows_the_roles_here_and_those_in_the_tenant(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "member", acme.general: "admin"})

    [member] = acme.context().workspaces.members(justice)

    assert (member.name, member.email, member.roles) == ("Bob", BOB.email, ("member",))
    assert member.workspaces == {justice: ("member",)}


RIGHTS: Mapping[str, Callable[[TenantContext, str], object]] = {
    "workspace-api:member:invite": lambda context, id: context.workspaces.add_member(id, DAN.user_id, role="viewer"),
    "workspace-api:member:update": lambda context, id: context.workspaces.change_member_role(
        id, CAY.user_id, role="viewer"
    ),
    "workspace-api:member:delete": lambda context, id: context.workspaces.remove_member(id, CAY.user_id),
}


@pytest.mark.parametrize("right", RIGHTS)
def test_each_verb_takes_its_own_right_and_no_other(acme: Company, justice: str, right: str) -> None:
    acme.add(CAY, workspaces={justice: "viewer"})
    acme.add(DAN)
    for who, permissions in ((BOB, [other for other in RIGHTS if other != right]), (EVE, [right])):
        name = f"Role of {who.name}"
        role = acme.context().roles.define(name, permissions=permissions, level="workspace", inherits=["viewer"])
        acme.add(who, workspaces={justice: role.id})

    with pytest.raises(Denied) as refused:
        RIGHTS[right](acme.context(BOB), justice)

    assert refused.value.data == {"permission": right, "workspace": justice}
    RIGHTS[right](acme.context(EVE), justice)


def test_nobody_is_added_twice(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "viewer"})

    with pytest.raises(AlreadyMember):
        acme.context().workspaces.add_member(justice, BOB.user_id, role="admin")

    assert acme.member(BOB).workspaces == {justice: ("viewer",)}


def test_an_outsider_is_invited_and_not_added(acme: Company, justice: str) -> None:
    with pytest.raises(NotFound):
        acme.context().workspaces.add_member(justice, BOB.user_id, role="viewer")


def test_a_role_is_changed(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "viewer"})

    changed = acme.context().workspaces.change_member_role(justice, BOB.user_id, role="admin")

    assert changed.workspaces == acme.member(BOB).workspaces == {justice: ("admin",)}


def test_who_has_no_role_here_has_none_to_change_or_lose(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={acme.general: "admin"})

    with pytest.raises(NotFound):
        acme.context().workspaces.change_member_role(justice, BOB.user_id, role="viewer")
    with pytest.raises(NotFound):
        acme.context().workspaces.remove_member(justice, BOB.user_id)


def test_who_is_removed_stays_in_the_tenant_and_elsewhere(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"})
    assert bob.can("workspace-api:member:invite", workspace=justice)

    acme.context().workspaces.remove_member(justice, BOB.user_id)

    assert acme.member(BOB).workspaces == {acme.general: ("viewer",)}
    assert not acme.context(BOB).can("workspace-api:workspace:read", workspace=justice)


def test_anybody_leaves_a_workspace_by_themselves(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "viewer"})

    bob.workspaces.remove_member(justice, BOB.user_id)

    assert acme.member(BOB).workspaces == {}


def test_a_workspace_admin_acts_in_their_workspace_alone(acme: Company, justice: str) -> None:
    """AC-06, R6"""
    bob = acme.add(BOB, workspaces={justice: "admin"})
    acme.add(CAY, workspaces={acme.general: "viewer"})

    bob.workspaces.add_member(justice, CAY.user_id, role="admin")
    with pytest.raises(Denied):
        bob.workspaces.add_member(acme.general, BOB.user_id, role="viewer")
    with pytest.raises(Denied):
        bob.workspaces.remove_member(acme.general, CAY.user_id)
    with pytest.raises(Denied):
        bob.members.change_role(CAY.user_id, role="admin")


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_who_is_no_admin_here_manages_nobody(acme: Company, justice: str, role: str) -> None:
    bob = acme.add(BOB, workspaces={justice: role})
    acme.add(CAY, workspaces={justice: "viewer"})
    acme.add(DAN)

    with pytest.raises(Denied):
        bob.workspaces.add_member(justice, DAN.user_id, role="viewer")
    with pytest.raises(Denied):
        bob.workspaces.change_member_role(justice, CAY.user_id, role="viewer")
    with pytest.raises(Denied):
        bob.workspaces.remove_member(justice, CAY.user_id)


def test_nobody_raises_themselves(acme: Company, justice: str) -> None:
    """PE-21"""
    bob = acme.add(BOB, workspaces={justice: "admin"})

    with pytest.raises(Denied) as refused:
        bob.workspaces.change_member_role(justice, BOB.user_id, role="viewer")
    assert refused.value.decision.code == "own_membership"
    with pytest.raises(Denied):
        acme.context().workspaces.add_member(justice, ADA.user_id, role="admin")


@pytest.mark.parametrize("role", ["owner", "editor", "ADMIN", "admin ", ""])
def test_a_role_is_one_of_the_schemes_workspace_roles(acme: Company, justice: str, role: str) -> None:
    """AC-26, PE-14"""
    acme.add(BOB)

    with pytest.raises(Invalid):
        acme.context().workspaces.add_member(justice, BOB.user_id, role=role)

    assert acme.member(BOB).workspaces == {}


def test_viewers_see_the_members_of_their_workspace(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "viewer"})

    assert [member.user_id for member in bob.workspaces.members(justice)] == [BOB.user_id]
    with pytest.raises(Denied):
        bob.workspaces.members(acme.general)


def test_nobody_hands_on_or_takes_away_more_than_they_hold_there(store: Store) -> None:
    """Law 5: in a scheme in which who keeps the members of a workspace does not run it."""
    lead = Role("lead", Level.WORKSPACE, ["workspace-api:member:*"], inherits=["viewer"])
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[lead]), secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    here = company.general
    bob = company.add(BOB, workspaces={here: "lead"}).workspaces
    company.add(CAY)
    company.add(DAN, workspaces={here: "viewer"})
    company.add(EVE, workspaces={here: "admin"})

    for act in (
        lambda: bob.add_member(here, CAY.user_id, role="admin"),
        lambda: bob.change_member_role(here, DAN.user_id, role="admin"),
        lambda: bob.change_member_role(here, EVE.user_id, role="viewer"),
        lambda: bob.remove_member(here, EVE.user_id),
    ):
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.decision.code == "beyond_own_rights"
    bob.add_member(here, CAY.user_id, role="viewer")
    bob.change_member_role(here, DAN.user_id, role="lead")


def test_who_sees_a_workspace_need_not_see_who_works_there(store: Store) -> None:
    """The two are two permissions."""
    passer_by = Role("passer-by", Level.WORKSPACE, ["workspace-api:workspace:read"])
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[passer_by]), secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    bob = company.add(BOB, workspaces={company.general: "passer-by"}).workspaces

    assert bob.get(company.general).id == company.general
    with pytest.raises(Denied):
        bob.members(company.general)


def test_what_they_are_in_the_tenant_stays_as_it_was(acme: Company, justice: str) -> None:
    acme.add(BOB, "admin", workspaces={justice: "viewer"})

    acme.context().workspaces.change_member_role(justice, BOB.user_id, role="member")
    assert acme.member(BOB).roles == ("admin",)
    acme.context().workspaces.remove_member(justice, BOB.user_id)
    assert (acme.member(BOB).roles, acme.member(BOB).workspaces) == (("admin",), {})


def test_who_runs_one_workspace_is_not_told_of_another(acme: Company, justice: str) -> None:
    bob = acme.add(BOB, workspaces={justice: "admin"}).workspaces
    acme.add(CAY, workspaces={acme.general: "admin"})

    assert bob.add_member(justice, CAY.user_id, role="viewer").workspaces == {justice: ("viewer",)}
    assert bob.change_member_role(justice, CAY.user_id, role="member").workspaces == {justice: ("member",)}
    assert acme.member(CAY).workspaces == {acme.general: ("admin",), justice: ("member",)}
