"""What members may do about themselves: leave, and step down. Nothing else."""

from __future__ import annotations

import pytest

from tenantry import Denied, Invalid
from tests.features.people import ADA, BOB, Company


@pytest.mark.parametrize("role", ["admin", "member"])
def test_a_member_changes_nothing_about_themselves(acme: Company, role: str) -> None:
    """PE-21"""
    bob = acme.add(BOB, role, workspaces={acme.general: "viewer"})
    before = acme.member(BOB)

    for act in (
        lambda: bob.members.deactivate(BOB.user_id),
        lambda: bob.members.reactivate(BOB.user_id),
        lambda: bob.members.remove(BOB.user_id),
        lambda: bob.members.update(BOB.user_id, name="Boss"),
        lambda: bob.members.add_role(BOB.user_id, role="member"),
        lambda: bob.members.add_role(BOB.user_id, role="owner"),
        lambda: bob.members.change_role(BOB.user_id, role="owner"),
        lambda: bob.workspaces.change_member_role(acme.general, BOB.user_id, role="admin"),
    ):
        with pytest.raises(Denied):
            act()

    assert acme.member(BOB) == before


def test_not_even_an_owner(acme: Company) -> None:
    """PE-21"""
    acme.add(BOB, "owner")

    for act in (acme.context().members.deactivate, acme.context().members.remove):
        with pytest.raises(Denied) as refused:
            act(ADA.user_id)
        assert refused.value.decision.code == "own_membership"


def test_stepping_down_is_possible_and_coming_back_is_not(acme: Company) -> None:
    """PE-21"""
    bob = acme.add(BOB, "admin")

    assert bob.members.change_role(BOB.user_id, role="member").roles == ("member",)
    with pytest.raises(Denied):
        bob.members.change_role(BOB.user_id, role="admin")
    assert not acme.context(BOB).can("tenant-api:member:read")


def test_an_owner_steps_down_while_there_is_another(acme: Company) -> None:
    """PE-21"""
    acme.add(BOB, "owner")

    acme.context().members.change_role(ADA.user_id, role="admin")

    assert not acme.context().can("tenant-api:tenant:own")
    with pytest.raises(Denied):
        acme.context().members.change_role(ADA.user_id, role="owner")


def test_one_of_several_roles_is_given_up(acme: Company) -> None:
    """PE-21"""
    bob = acme.add(BOB, "admin")
    acme.context().members.add_role(BOB.user_id, role="member")

    assert bob.members.remove_role(BOB.user_id, role="admin").roles == ("member",)


def test_who_is_deactivated_does_not_even_step_down(acme: Company) -> None:
    """LC-09"""
    bob = acme.add(BOB, "admin")
    acme.context().members.add_role(BOB.user_id, role="member")
    acme.context().members.deactivate(BOB.user_id)

    for act in (
        lambda: bob.members.change_role(BOB.user_id, role="member"),
        lambda: bob.members.remove_role(BOB.user_id, role="admin"),
        bob.members.leave,
    ):
        with pytest.raises(Denied) as refused:
            act()
        assert refused.value.decision.code == "member_deactivated"


@pytest.mark.parametrize("role", ["owner ", "OWNER", "Owner", "оwner", "ｏwner", "own\N{ZERO WIDTH SPACE}er", "*"])
def test_a_built_in_role_has_no_other_spelling(acme: Company, role: str) -> None:
    """PE-20, PE-14"""
    acme.add(BOB)

    for act in (
        lambda: acme.context().members.add("user_new", role=role),
        lambda: acme.context().members.change_role(BOB.user_id, role=role),
        lambda: acme.context().members.add_role(BOB.user_id, role=role),
        lambda: acme.context().invitations.send("new@acme.test", role=role),
    ):
        with pytest.raises(Invalid):
            act()
