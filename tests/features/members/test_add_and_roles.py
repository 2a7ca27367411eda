"""Members are added, given roles, and seen with them."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, AlreadyMember, Conflict, Denied, Invalid, MembershipStatus, NotFound, Tenantry
from tenantry.kernel.clock import Clock
from tests.features.people import ADA, BOB, CAY, EVE, Company


def test_a_user_is_added_without_an_invitation(acme: Company, clock: Clock) -> None:
    justice = acme.workspace("Justice")

    added = acme.context().members.add(
        BOB.user_id, role="admin", workspaces={justice: "viewer"}, name="Bob B.", email="Bob@Acme.test"
    )

    assert acme.context().members.get(BOB.user_id) == added
    assert (added.user_id, added.name, added.email) == (BOB.user_id, "Bob B.", "Bob@Acme.test")
    assert (added.roles, added.workspaces) == (("admin",), {justice: ("viewer",)})
    assert (added.status, added.joined_at) == (MembershipStatus.ACTIVE, clock())


def test_who_is_added_without_a_role_gets_the_lowest(acme: Company) -> None:
    assert acme.context().members.add(BOB.user_id).roles == ("member",)


def test_nobody_is_added_twice(acme: Company) -> None:
    acme.add(BOB, "admin")

    with pytest.raises(AlreadyMember):
        acme.context().members.add(BOB.user_id, role="member")

    assert acme.member(BOB).roles == ("admin",)


def test_who_is_added_to_an_unknown_workspace_is_not_added(acme: Company) -> None:
    archived = acme.workspace("Justice")
    acme.context().workspaces.archive(archived)

    for workspace in ("ws_unknown", archived):
        with pytest.raises(NotFound):
            acme.context().members.add(BOB.user_id, workspaces={acme.general: "viewer", workspace: "viewer"})

    assert acme.user_ids() == [ADA.user_id]


def test_a_role_is_changed(acme: Company) -> None:
    bob = acme.add(BOB)

    assert acme.context().members.change_role(BOB.user_id, role="admin").roles == ("admin",)
    assert acme.member(BOB).roles == ("admin",)
    assert bob.can("tenant-api:member:invite")


def test_a_member_has_several_roles(acme: Company) -> None:
    acme.add(BOB)
    members = acme.context().members

    assert sorted(members.add_role(BOB.user_id, role="admin").roles) == ["admin", "member"]
    assert acme.context(BOB).can("tenant-api:member:invite")
    assert members.remove_role(BOB.user_id, role="admin").roles == ("member",)
    assert not acme.context(BOB).can("tenant-api:member:invite")


def test_a_role_that_they_have_changes_nothing(acme: Company) -> None:
    acme.add(BOB)
    before = acme.trail()

    assert acme.context().members.add_role(BOB.user_id, role="member").roles == ("member",)
    assert acme.context().members.change_role(BOB.user_id, role="member").roles == ("member",)

    assert acme.trail() == before


def test_the_only_role_is_not_taken(acme: Company) -> None:
    acme.add(BOB)

    with pytest.raises(Conflict) as refused:
        acme.context().members.remove_role(BOB.user_id, role="member")
    assert refused.value.rule == "only_role"
    with pytest.raises(Invalid):
        acme.context().members.remove_role(BOB.user_id, role="admin")


def test_roles_in_workspaces_survive_a_change_of_role(acme: Company) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})

    assert acme.context().members.change_role(BOB.user_id, role="admin").workspaces == {acme.general: ("viewer",)}
    assert acme.member(BOB).workspaces == {acme.general: ("viewer",)}


def test_everybody_sees_themselves_and_not_everybody_others(acme: Company) -> None:
    bob = acme.add(BOB, workspaces={acme.general: "viewer"})

    assert bob.members.get(BOB.user_id) == acme.member(BOB)
    with pytest.raises(Denied):
        bob.members.get(ADA.user_id)
    with pytest.raises(Denied):
        bob.members.get(EVE.user_id)
    with pytest.raises(NotFound):
        acme.context().members.get(EVE.user_id)


def test_the_host_records_what_it_knows(acme: Company) -> None:
    acme.add(BOB)

    recorded = acme.context(SYSTEM).members.update(BOB.user_id, name="Robert")

    assert (recorded.name, recorded.email) == ("Robert", BOB.email)
    assert acme.member(BOB) == recorded
    assert acme.context().members.update(BOB.user_id, email="Robert@acme.test").email == "Robert@acme.test"
    assert acme.member(BOB).name == "Robert"


def test_recording_the_same_again_leaves_no_trace(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.update(BOB.user_id, name="Robert")
    before = acme.trail()

    acme.context().members.update(BOB.user_id, name="Robert")

    assert acme.trail() == before


def test_a_removed_member_who_is_added_again_has_nothing_of_before(acme: Company) -> None:
    """E18"""
    acme.add(BOB, "admin", workspaces={acme.general: "admin"})
    old = acme.member(BOB)

    acme.context().members.remove(BOB.user_id)
    new = acme.context().members.add(BOB.user_id)

    assert new.id != old.id
    assert (new.roles, new.workspaces, new.name) == (("member",), {}, None)


def test_memberships_in_two_tenants_know_nothing_of_each_other(tenancy: Tenantry, acme: Company) -> None:
    """LC-07"""
    beta = Company(tenancy, tenancy.person(CAY).create_tenant("Beta"))
    acme.add(BOB, "admin")
    beta.context(CAY).members.add(BOB.user_id)

    acme.context().members.remove(BOB.user_id)

    assert beta.member(BOB).roles == ("member",)


def test_who_invites_into_a_workspace_adds_nobody_to_the_tenant(acme: Company) -> None:
    """An invitation asks the invited person, and to add somebody does not."""
    bob = acme.add(BOB, workspaces={acme.general: "admin"})

    with pytest.raises(Denied) as refused:
        bob.members.add(CAY.user_id, workspaces={acme.general: "viewer"})

    assert refused.value.decision.code == "permission_missing"
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_who_holds_as_much_as_another_may_still_not_change_them(acme: Company) -> None:
    bob = acme.add(BOB).members
    acme.add(CAY)

    for act in (bob.change_role, bob.add_role, bob.remove_role):
        with pytest.raises(Denied) as refused:
            act(CAY.user_id, role="member")
        assert refused.value.decision.code == "permission_missing"


def test_an_address_that_was_recorded_is_that_of_a_member(acme: Company) -> None:
    """I6"""
    acme.add(BOB)
    acme.context().members.update(BOB.user_id, email="Robert@acme.test")

    with pytest.raises(AlreadyMember):
        acme.context().invitations.send("robert@acme.test")
    acme.invite(BOB)


@pytest.mark.parametrize("user_id", ["system", "system:cron", "service"])
def test_the_system_is_no_member(acme: Company, user_id: str) -> None:
    with pytest.raises(Invalid):
        acme.context().members.add(user_id)

    assert acme.user_ids() == [ADA.user_id]
