"""Members are deactivated, reactivated and removed, and leave."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from tenantry import SYSTEM, Denied, Level, MembershipStatus, NotFound, Reactivated, Role, Tenantry, schemes, to_dict
from tenantry.ports import Store
from tests.features.people import ADA, BOB, CAY, SECRET, Company


def test_a_deactivated_member_has_no_access_and_keeps_the_record(acme: Company) -> None:
    """TI-10"""
    bob = acme.add(BOB, "admin", workspaces={acme.general: "admin"})
    assert bob.can("workspace-api:workspace:read", workspace=acme.general)

    deactivated = acme.context().members.deactivate(BOB.user_id)

    assert deactivated == acme.member(BOB)
    assert (deactivated.status, deactivated.roles) == (MembershipStatus.DEACTIVATED, ("admin",))
    now = acme.context(BOB)
    assert not now.can("tenant-api:tenant:read")
    assert not now.can("workspace-api:workspace:read", workspace=acme.general)
    assert now.check("tenant-api:tenant:read").code == "member_deactivated"
    with pytest.raises(Denied):
        now.get()
    with pytest.raises(Denied):
        now.members.leave()


def test_a_reactivated_member_has_the_roles_of_before(acme: Company) -> None:
    """E19"""
    acme.add(BOB, "admin", workspaces={acme.general: "viewer"})
    before = acme.member(BOB)
    acme.context().members.deactivate(BOB.user_id)

    assert acme.context().members.reactivate(BOB.user_id) == Reactivated(before)
    assert acme.context(BOB).can("tenant-api:member:invite")


def test_doing_it_twice_leaves_one_trace(acme: Company) -> None:
    """E21"""
    acme.add(BOB)
    for _ in range(2):
        acme.context().members.deactivate(BOB.user_id)
    for _ in range(2):
        acme.context().members.reactivate(BOB.user_id)

    assert acme.trail()[-2:] == ["member.deactivated", "member.reactivated"]
    assert acme.trail().count("member.deactivated") == 1


def test_a_removed_member_is_gone_and_the_trail_stays(acme: Company) -> None:
    """TI-10"""
    bob = acme.add(BOB, "admin", workspaces={acme.general: "admin"})

    acme.context().members.remove(BOB.user_id)

    assert acme.user_ids() == [ADA.user_id]
    assert not acme.context().workspaces.members(acme.general)
    assert not acme.context(BOB).can("workspace-api:workspace:read", workspace=acme.general)
    with pytest.raises(NotFound):
        bob.get()
    with pytest.raises(NotFound):
        acme.context().members.remove(BOB.user_id)
    assert acme.trail()[-2:] == ["member.added", "member.removed"]


def test_anybody_leaves(acme: Company, tenancy: Tenantry) -> None:
    bob = acme.add(BOB, workspaces={acme.general: "viewer"})

    bob.members.leave()

    assert acme.user_ids() == [ADA.user_id]
    assert not tenancy.person(BOB).tenants()
    assert acme.trail()[-1] == "member.left"
    with pytest.raises(NotFound):
        bob.members.leave()


def test_who_is_deactivated_sees_that_they_have_been_there_and_no_more(acme: Company, tenancy: Tenantry) -> None:
    """Law 4: neither what has become of it since, nor what they could do and may do again."""
    judge = acme.context().roles.define("Judge", level="tenant", permissions=["tenant-api:member:read"])
    acme.add(BOB, judge.id, workspaces={acme.general: "admin"})
    tenancy.person(BOB).signed_in()
    acme.context().members.deactivate(BOB.user_id)
    acme.context().update(slug="apex")

    [mine] = tenancy.person(BOB).tenants(total=True)

    told = {name: value for name, value in to_dict(mine.tenant).items() if value}
    assert told.keys() - {"is_active"} == {"id", "name", "status", "created_at"}
    assert (told["id"], told["name"]) == (acme.id, "Acme")
    assert mine.membership.status is MembershipStatus.DEACTIVATED
    assert (mine.membership.user_id, mine.membership.tenant_id) == (BOB.user_id, acme.id)
    hidden = {name: getattr(mine.membership, name) for name in ("name", "email", "last_sign_in_at", "grants", "roles")}
    assert not any(hidden.values())
    assert not mine.membership.workspaces
    assert tenancy.memberships_of(BOB.user_id, by=SYSTEM)[0].membership == acme.member(BOB)
    assert tenancy.person(evolve(BOB, name="Robert")).signed_in() == []
    assert not tenancy.person(evolve(BOB, active=False)).tenants()

    acme.context().members.reactivate(BOB.user_id)
    assert tenancy.person(BOB).tenants()[0].tenant == acme.context().get()


def test_the_tenant_counts_its_members(acme: Company) -> None:
    acme.add(BOB)
    acme.add(CAY)
    acme.context().members.deactivate(CAY.user_id)
    assert acme.context().get().members == 3

    acme.context().members.remove(CAY.user_id)
    acme.context(BOB).members.leave()

    assert acme.context().get().members == 1


def test_who_manages_members_manages_no_owner(acme: Company) -> None:
    """PE-02"""
    bob = acme.add(BOB, "admin")

    for act in (bob.members.deactivate, bob.members.reactivate, bob.members.remove):
        with pytest.raises(Denied) as refused:
            act(ADA.user_id)
        assert refused.value.decision.code == "beyond_own_rights"
    for role in ("admin", "owner"):
        with pytest.raises(Denied):
            bob.members.change_role(ADA.user_id, role=role)
        with pytest.raises(Denied):
            bob.members.add_role(ADA.user_id, role=role)
    with pytest.raises(Denied):
        bob.members.remove_role(ADA.user_id, role="owner")
    assert acme.member(ADA).roles == ("owner",)


def test_an_admin_mints_no_owner(acme: Company) -> None:
    """R6"""
    bob = acme.add(BOB, "admin")
    acme.add(CAY)

    minting: list[Callable[[], object]] = [
        lambda: bob.members.add("user_new", role="owner"),
        lambda: bob.members.change_role(CAY.user_id, role="owner"),
        lambda: bob.members.add_role(CAY.user_id, role="owner"),
        lambda: bob.members.change_role(BOB.user_id, role="owner"),
    ]
    for mint in minting:
        with pytest.raises(Denied) as denied:
            mint()
        assert "tenant-api:tenant:own" in str(denied.value)
    assert bob.members.change_role(CAY.user_id, role="admin").roles == ("admin",)


def test_a_stranger_learns_nothing_by_trying(acme: Company) -> None:
    cay = acme.context(CAY)
    for act in (cay.members.deactivate, cay.members.remove, cay.members.get):
        with pytest.raises(NotFound) as refused:
            act(ADA.user_id)
        assert refused.value.data == {"kind": "tenant"}


def test_who_changes_members_need_not_remove_them(store: Store) -> None:
    """The two are two permissions."""
    keeper = Role("keeper", Level.TENANT, ["tenant-api:member:update"], inherits=["member"])
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[keeper]), secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    bob = company.add(BOB, "keeper").members
    company.add(CAY)

    bob.deactivate(CAY.user_id)
    with pytest.raises(Denied) as refused:
        bob.remove(CAY.user_id)

    assert refused.value.decision.code == "permission_missing"
    assert not company.member(CAY).is_active
