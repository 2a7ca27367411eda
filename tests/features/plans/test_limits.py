"""A plan limits what is taken in, never what is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tenantry import (
    SYSTEM,
    AlreadyMember,
    InvitationStatus,
    LimitReached,
    NewMember,
    NotFound,
    Plan,
    Principal,
    Tenantry,
    schemes,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company


class Host:
    """A host that can change the plan of its tenants."""

    def __init__(self) -> None:
        self.plan = Plan("Free")

    def __call__(self, tenant: object, session: object) -> Plan:
        return self.plan

    def sells(self, **limits: object) -> None:
        self.plan = Plan("Starter", **limits)  # type: ignore[arg-type]


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def acme(store: Store, clock: FrozenClock, host: Host) -> Company:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, plan=host)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def refused(act: Callable[[], object]) -> str:
    """What the limit says that is reached."""
    with pytest.raises(LimitReached) as reached:
        act()
    return str(reached.value)


# --- workspaces


def test_no_more_workspaces_are_in_use_than_the_plan_says(acme: Company, host: Host) -> None:
    """T7."""
    host.sells(workspaces=3)
    context = acme.context()
    context.workspaces.create("Justice")
    context.workspaces.create("Health")
    assert refused(lambda: context.workspaces.create("Works")) == "3 of 3 workspaces are used."
    assert len(context.workspaces.list()) == 3
    assert acme.trail().count("workspace.created") == 3


def test_archiving_frees_a_workspace_and_restoring_asks_again(acme: Company, host: Host) -> None:
    """T7."""
    host.sells(workspaces=2)
    context = acme.context()
    justice = context.workspaces.create("Justice")
    context.workspaces.archive(justice.id)
    context.workspaces.create("Health")
    assert refused(lambda: context.workspaces.restore(justice.id)) == "2 of 2 workspaces are used."
    assert [workspace.id for workspace in context.workspaces.list(status="archived")] == [justice.id]
    host.sells(workspaces=3)
    assert context.workspaces.restore(justice.id).is_active


# --- members


def test_no_more_members_join_than_the_plan_says(acme: Company, host: Host) -> None:
    """T7, I3."""
    host.sells(members=2)
    acme.add(BOB)
    assert refused(lambda: acme.add(CAY)) == "2 of 2 members are used."
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]


def test_who_is_a_member_already_hears_that_also_where_nothing_is_free(acme: Company, host: Host) -> None:
    host.sells(members=2)
    acme.add(BOB)
    with pytest.raises(AlreadyMember):
        acme.add(BOB)


def test_a_deactivated_member_has_no_place_and_asks_for_one_when_reactivated(acme: Company, host: Host) -> None:
    """E20."""
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    host.sells(members=2)
    acme.add(CAY)
    assert refused(lambda: acme.context().members.reactivate(BOB.user_id)) == "2 of 2 members are used."
    assert not acme.member(BOB).is_active
    acme.context().members.remove(CAY.user_id)
    acme.context().members.reactivate(BOB.user_id)
    assert acme.member(BOB).is_active


def test_reactivating_who_is_active_asks_for_nothing(acme: Company, host: Host) -> None:
    acme.add(BOB)
    host.sells(members=1)
    acme.context().members.reactivate(BOB.user_id)
    assert acme.member(BOB).is_active


def test_an_invitation_holds_a_place_until_it_is_closed(acme: Company, host: Host) -> None:
    """RX-10, I3."""
    host.sells(members=2)
    issued = acme.invite(BOB)
    assert refused(lambda: acme.invite(CAY)) == "2 of 2 members are used."
    assert refused(lambda: acme.add(CAY)) == "2 of 2 members are used."
    acme.context().invitations.revoke(issued.invitation.id)
    token = acme.invite(CAY).token
    acme.tenancy.person(CAY).decline(token)
    acme.add(DAN)


def test_who_accepts_takes_the_place_that_the_invitation_held(acme: Company, host: Host) -> None:
    """RX-10."""
    host.sells(members=2)
    token = acme.invite(BOB).token
    assert not acme.tenancy.person(BOB).accept(token).already_member
    assert acme.tenancy.person(BOB).accept(token).already_member
    assert refused(lambda: acme.invite(CAY)) == "2 of 2 members are used."


def test_an_invitation_past_its_time_holds_no_place(acme: Company, host: Host, clock: FrozenClock) -> None:
    """E74, IT-23."""
    host.sells(members=2)
    issued = acme.context().invitations.send("bob@acme.test", expires_in=timedelta(hours=1))
    clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
    assert refused(lambda: acme.add(CAY)) == "2 of 2 members are used."
    clock.advance(timedelta(microseconds=1))
    assert acme.context().invitations.get(issued.invitation.id).status is InvitationStatus.EXPIRED
    acme.add(CAY)


def test_an_invitation_past_its_time_that_is_sent_again_asks_for_a_place(
    acme: Company, host: Host, clock: FrozenClock
) -> None:
    """E58, E74."""
    host.sells(members=2)
    bob = acme.invite(BOB).invitation.id
    acme.context().invitations.resend(bob)
    clock.advance(timedelta(days=7))
    cay = acme.invite(CAY).invitation.id
    assert refused(lambda: acme.context().invitations.resend(bob)) == "2 of 2 members are used."
    acme.context().invitations.revoke(cay)
    acme.context().invitations.resend(bob)
    assert refused(lambda: acme.add(DAN)) == "2 of 2 members are used."


def test_where_invitations_hold_no_places_the_last_one_goes_to_who_comes_first(acme: Company, host: Host) -> None:
    """RX-10, I3."""
    host.sells(members=2, counts_invitations=False)
    bob, cay = acme.invite(BOB), acme.invite(CAY)
    acme.tenancy.person(CAY).accept(cay.token)
    assert refused(lambda: acme.tenancy.person(BOB).accept(bob.token)) == "2 of 2 members are used."
    assert acme.context().invitations.get(bob.invitation.id).status is InvitationStatus.PENDING
    acme.context().members.remove(CAY.user_id)
    acme.tenancy.person(BOB).accept(bob.token)


def test_where_invitations_hold_no_places_they_are_sent_also_where_none_is_free(acme: Company, host: Host) -> None:
    """T7."""
    host.sells(members=1, counts_invitations=False)
    token = acme.invite(BOB).token
    assert refused(lambda: acme.tenancy.person(BOB).accept(token)) == "1 of 1 members are used."
    host.sells(members=2, counts_invitations=False)
    acme.tenancy.person(BOB).accept(token)


def test_after_a_plan_has_shrunk_nobody_is_removed_and_nobody_taken_in(acme: Company, host: Host) -> None:
    """E76."""
    acme.add(BOB)
    issued = acme.invite(CAY)
    host.sells(members=2)
    assert refused(lambda: acme.tenancy.person(CAY).accept(issued.token)) == "3 of 2 members are used."
    assert acme.context().invitations.get(issued.invitation.id).status is InvitationStatus.PENDING
    assert acme.user_ids() == [ADA.user_id, BOB.user_id]
    host.sells(members=3)
    assert acme.tenancy.person(CAY).accept(issued.token).membership.user_id == CAY.user_id
    host.sells(members=0, workspaces=0)
    assert len(acme.user_ids()) == 3
    assert acme.context().members.change_role(BOB.user_id, role="admin").roles == ("admin",)
    acme.context().members.deactivate(BOB.user_id)
    assert acme.context().workspaces.update(acme.general, name="Main").name == "Main"


def test_who_is_added_while_invited_takes_the_place_that_the_invitation_held(acme: Company, host: Host) -> None:
    """RX-10, I3."""
    host.sells(members=3)
    acme.invite(BOB)
    acme.invite(CAY)
    acme.add(BOB)
    assert refused(lambda: acme.add(DAN)) == "3 of 3 members are used."
    rows = [NewMember(who.user_id, email=who.email) for who in (CAY, DAN)]
    assert "used" in refused(lambda: acme.context().members.add_many(rows))
    acme.context().members.add_many(rows[:1])
    assert len(acme.user_ids()) == 3


def test_an_invitation_that_gives_way_to_a_direct_add_is_no_way_around_a_plan_that_shrank(
    acme: Company, host: Host
) -> None:
    """E76, I3."""
    acme.add(BOB)
    issued = acme.invite(CAY)
    host.sells(members=2)
    refused(lambda: acme.add(CAY))
    assert acme.context().invitations.get(issued.invitation.id).status is InvitationStatus.PENDING


def test_a_member_who_accepts_takes_no_other_place(acme: Company, host: Host) -> None:
    issued = acme.invite(DAN, workspaces={acme.general: "viewer"})
    acme.add(EVE)
    host.sells(members=0)
    account = Principal(EVE.user_id, email=DAN.email, email_verified=True)
    assert acme.tenancy.person(account).accept(issued.token).already_member


def test_a_limit_is_a_rule_also_for_the_system(acme: Company, host: Host) -> None:
    """E09: nothing is bypassed."""
    host.sells(members=1, workspaces=1)
    context = acme.context(SYSTEM)
    assert refused(lambda: context.members.add(BOB.user_id)) == "1 of 1 members are used."
    assert refused(lambda: context.workspaces.create("Justice")) == "1 of 1 workspaces are used."


def test_zero_means_zero_and_a_new_tenant_has_its_owner_and_workspace_all_the_same(acme: Company, host: Host) -> None:
    """T7, E09."""
    host.sells(members=0, workspaces=0)
    beta = acme.tenancy.person(BOB).create_tenant("Beta")
    assert (beta.members, beta.workspaces) == (1, 1)
    context = acme.tenancy.tenant(beta.id, by=BOB)
    assert refused(lambda: context.members.add(CAY.user_id)) == "1 of 0 members are used."
    assert refused(lambda: context.workspaces.create("Justice")) == "1 of 0 workspaces are used."


def test_who_may_not_is_told_nothing_of_the_plan(acme: Company, host: Host) -> None:
    host.sells(members=0)
    with pytest.raises(NotFound):
        acme.context(EVE).members.add(BOB.user_id)
