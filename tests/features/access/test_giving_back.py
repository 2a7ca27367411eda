"""Law 5: what gives rights back is judged like what gives them, and for as long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tenantry import SYSTEM, Denied, Principal, TenantContext
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, Company

WEEK = timedelta(days=7)


@pytest.fixture
def friday(clock: FrozenClock) -> datetime:
    return clock() + timedelta(days=4)


def temporary_admin(acme: Company, who: Principal, ends_at: datetime) -> TenantContext:
    acme.add(who)
    acme.context().members.add_role(who.user_id, role="admin", ends_at=ends_at)
    return acme.context(who)


def missing(work: Callable[[], object]) -> list[str]:
    """What somebody lacks who is refused."""
    with pytest.raises(Denied) as refused:
        work()
    assert refused.value.decision is not None
    assert refused.value.decision.code == "beyond_own_rights"
    lacking: list[str] = refused.value.data["missing"]
    return lacking


class TestReactivating:
    def test_an_admin_until_friday_gives_nothing_back_for_longer(self, acme: Company, friday: datetime) -> None:
        bob = temporary_admin(acme, BOB, friday)
        acme.add(CAY, "admin")
        acme.context().members.deactivate(CAY.user_id)

        assert "tenant-api:member:invite" in missing(lambda: bob.members.reactivate(CAY.user_id))
        assert "reactivate" not in (bob.members.get(CAY.user_id, actions=True).actions or ())
        assert not acme.context(SYSTEM).members.get(CAY.user_id).is_active
        assert acme.context().members.reactivate(CAY.user_id).membership.is_active

    def test_what_ends_no_later_can_be_given_back(self, acme: Company, friday: datetime) -> None:
        bob = temporary_admin(acme, BOB, friday)
        acme.add(CAY)
        acme.context().members.add_role(CAY.user_id, role="admin", ends_at=friday)
        acme.context().members.deactivate(CAY.user_id)

        assert "reactivate" in (bob.members.get(CAY.user_id, actions=True).actions or ())
        assert bob.members.reactivate(CAY.user_id).membership.is_active

    def test_a_workspace_counts_as_well(self, acme: Company, friday: datetime) -> None:
        """Also a role that is still to begin."""
        bob = temporary_admin(acme, BOB, friday)
        acme.add(CAY)
        acme.context().members.add_role(CAY.user_id, role="viewer", workspace=acme.general, starts_at=friday + WEEK)
        acme.context().members.deactivate(CAY.user_id)

        assert missing(lambda: bob.members.reactivate(CAY.user_id))


class TestRestoringAWorkspace:
    def keeper(self, acme: Company, who: Principal) -> TenantContext:
        keeping = ["tenant-api:workspace:archive"]
        role = acme.context().roles.define("Keeper", level="tenant", permissions=keeping, inherits=["member"])
        return acme.add(who, role.id)

    def archived(self, acme: Company, name: str, **members: Principal) -> str:
        place = acme.workspace(name)
        for role, who in members.items():
            acme.context().workspaces.add_member(place, who.user_id, role=role)
        acme.context().workspaces.archive(place)
        return place

    def restorable(self, context: TenantContext) -> set[str]:
        page = context.workspaces.list(status="archived", actions=True)
        return {each.id for each in page if "restore" in (each.actions or ())}

    def test_nobody_gives_back_more_than_they_hold_there(self, acme: Company) -> None:
        bob = self.keeper(acme, BOB)
        acme.add(CAY)
        site, empty = self.archived(acme, "Site", admin=CAY), self.archived(acme, "Empty")

        assert "workspace-api:member:invite" in missing(lambda: bob.workspaces.restore(site))
        assert self.restorable(bob) == {empty}
        assert bob.workspaces.restore(empty).is_active
        assert acme.context().workspaces.restore(site).is_active

    def test_one_s_own_role_is_no_obstacle(self, acme: Company) -> None:
        bob = self.keeper(acme, BOB)
        site = self.archived(acme, "Site", admin=BOB)

        assert self.restorable(bob) == {site}
        assert bob.workspaces.restore(site).is_active

    def test_a_role_of_the_tenant_s_own_is_judged_too(self, acme: Company) -> None:
        bob = self.keeper(acme, BOB)
        acme.add(CAY)
        judge = acme.context().roles.define("Judge", level="workspace", permissions=["workspace-api:member:delete"])
        site = self.archived(acme, "Site")
        acme.context().workspaces.restore(site)
        acme.context().workspaces.add_member(site, CAY.user_id, role=judge.id)
        acme.context().workspaces.archive(site)

        assert missing(lambda: bob.workspaces.restore(site)) == ["workspace-api:member:delete"]
        assert not self.restorable(bob)

    def test_an_admin_until_friday_gives_nothing_back_for_longer(
        self, acme: Company, clock: FrozenClock, friday: datetime
    ) -> None:
        bob = temporary_admin(acme, BOB, friday)
        acme.add(CAY)
        acme.add(DAN)
        site, shop = self.archived(acme, "Site", viewer=CAY), acme.workspace("Shop")
        acme.context().members.add_role(DAN.user_id, role="admin", workspace=shop, ends_at=friday)
        acme.context().workspaces.archive(shop)

        assert missing(lambda: bob.workspaces.restore(site))
        assert self.restorable(bob) == {shop}
        assert bob.workspaces.restore(shop).is_active
        clock.advance(WEEK)
        acme.context().workspaces.archive(shop)
        assert self.restorable(acme.context()) == {site, shop}


class TestBringingATenantBack:
    """Its owners get their rights back, so whoever does it holds as much."""

    def deputy(self, acme: Company) -> TenantContext:
        closing = ["tenant-api:tenant:suspend", "tenant-api:tenant:delete", "tenant-api:tenant:read"]
        return acme.add(BOB, acme.context().roles.define("Deputy", level="tenant", permissions=closing).id)

    def test_who_may_suspend_and_owns_nothing_resumes_nothing(self, acme: Company) -> None:
        bob = self.deputy(acme)
        bob.suspend("To be looked at")

        assert "tenant-api:tenant:own" in missing(bob.resume)
        assert acme.context().resume().is_active

    def test_who_may_delete_and_owns_nothing_restores_nothing(self, acme: Company) -> None:
        bob = self.deputy(acme)
        bob.delete(confirm="Acme")

        assert "tenant-api:tenant:own" in missing(bob.restore)
        assert acme.context().restore().is_active


class TestRolesOfTheTenantsOwn:
    """Somebody who is an admin until Friday widens nothing that others have for good."""

    @pytest.fixture
    def bob(self, acme: Company, friday: datetime) -> TenantContext:
        chief = ["tenant-api:role:*", "tenant-api:member:*"]
        role = acme.context().roles.define("Chief", level="tenant", permissions=chief, inherits=["admin"])
        acme.add(BOB)
        acme.context().members.add_role(BOB.user_id, role=role.id, ends_at=friday)
        return acme.context(BOB)

    @pytest.fixture
    def clerk(self, acme: Company) -> str:
        role = acme.context().roles.define("Clerk", level="tenant", permissions=[])
        acme.add(CAY, role.id)
        return role.id

    def test_a_role_is_not_widened(self, bob: TenantContext, clerk: str) -> None:
        assert missing(lambda: bob.roles.update(clerk, permissions=["tenant-api:member:invite"]))

    def test_a_role_is_not_replaced_by_a_wider_one(self, bob: TenantContext, clerk: str) -> None:
        assert missing(lambda: bob.roles.delete(clerk, replacement="admin"))

    def test_nobody_is_moved_to_a_wider_role_for_longer(self, acme: Company, bob: TenantContext, clerk: str) -> None:
        assert missing(lambda: bob.roles.move(clerk, to="admin"))
        assert acme.member(CAY).roles == (clerk,)

    def test_ownership_goes_from_owners_alone(self, acme: Company, bob: TenantContext, clerk: str) -> None:
        with pytest.raises(Denied):
            bob.members.transfer_ownership(to=CAY.user_id)
        assert acme.member(ADA).roles == ("owner",)
