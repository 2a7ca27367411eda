"""Who manages members for a time only: they hand on nothing for longer than they hold it, and not to themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tenantry import Conflict, Denied, InvitationRevoked, InviterLostAuthority, TenantContext
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company, someone

NOW = FrozenClock()()
FRIDAY = NOW + timedelta(days=6)
A_MICROSECOND = timedelta(microseconds=1)
INVITE = "tenant-api:member:invite"
MANAGING = ["tenant-api:member:*"]

Act = Callable[[TenantContext, Company, str], object]


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


@pytest.fixture
def bob(acme: Company, justice: str) -> TenantContext:
    """A member for good, who is an admin of the tenant and of a workspace until Friday."""
    acme.add(BOB)
    for workspace in (None, justice):
        acme.context().members.add_role(BOB.user_id, role="admin", workspace=workspace, ends_at=FRIDAY)
    return acme.context(BOB)


FOR_THEMSELVES: dict[str, Act] = {
    "without an end": lambda bob, acme, there: bob.members.add_role(BOB.user_id, role="admin"),
    "for longer": lambda bob, acme, there: bob.members.add_role(
        BOB.user_id, role="admin", ends_at=FRIDAY + timedelta(1)
    ),
    "from Friday on": lambda bob, acme, there: bob.members.add_role(BOB.user_id, role="admin", starts_at=FRIDAY),
    "for as long": lambda bob, acme, there: bob.members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY),
    "by a change": lambda bob, acme, there: bob.members.change_role(BOB.user_id, role="admin"),
    "in their workspace": lambda bob, acme, there: bob.members.add_role(BOB.user_id, role="admin", workspace=there),
    "in another": lambda bob, acme, there: bob.workspaces.add_member(acme.general, BOB.user_id, role="admin"),
    "by a change there": lambda bob, acme, there: bob.workspaces.change_member_role(there, BOB.user_id, role="admin"),
    "in a new one": lambda bob, acme, there: bob.workspaces.create("Mine", admin=BOB.user_id),
    "by a move": lambda bob, acme, there: bob.roles.move("admin", to="member", level="tenant"),
    "by a custom role": lambda bob, acme, there: bob.roles.define("Mine", permissions=MANAGING, level="tenant"),
    "at another address": lambda bob, acme, there: bob.invitations.send("bob-too@acme.test", role="admin"),
    "at another address, here": lambda bob, acme, there: bob.invitations.send(
        "bob-too@acme.test", workspaces={there: "admin"}
    ),
    "at another address, there": lambda bob, acme, there: bob.invitations.send(
        "bob-too@acme.test", workspaces={acme.general: "viewer"}
    ),
}


@pytest.mark.parametrize("act", FOR_THEMSELVES.values(), ids=FOR_THEMSELVES)
def test_nobody_prolongs_their_own_time(acme: Company, justice: str, bob: TenantContext, act: Act) -> None:
    """E28, PE-21"""
    before = acme.member(BOB)

    with pytest.raises(Denied) as refused:
        act(bob, acme, justice)

    assert refused.value.decision.code in ("own_membership", "beyond_own_rights")
    assert acme.member(BOB) == before


FOR_OTHERS: dict[str, Act] = {
    "add": lambda bob, acme, there: bob.members.add(EVE.user_id, role="admin"),
    "add to a workspace": lambda bob, acme, there: bob.members.add(EVE.user_id, workspaces={there: "viewer"}),
    "change_role": lambda bob, acme, there: bob.members.change_role(CAY.user_id, role="admin"),
    "add_role": lambda bob, acme, there: bob.members.add_role(CAY.user_id, role="admin"),
    "add_role until later": lambda bob, acme, there: bob.members.add_role(
        CAY.user_id, role="admin", ends_at=FRIDAY + A_MICROSECOND
    ),
    "add_role from Friday": lambda bob, acme, there: bob.members.add_role(
        CAY.user_id, role="admin", starts_at=FRIDAY, ends_at=FRIDAY + timedelta(1)
    ),
    "add_role here": lambda bob, acme, there: bob.members.add_role(CAY.user_id, role="viewer", workspace=there),
    "add_member": lambda bob, acme, there: bob.workspaces.add_member(there, CAY.user_id, role="viewer"),
    "change_member_role": lambda bob, acme, there: bob.workspaces.change_member_role(there, DAN.user_id, role="member"),
    "create": lambda bob, acme, there: bob.workspaces.create("New", admin=CAY.user_id),
    "send": lambda bob, acme, there: bob.invitations.send("eve@acme.test", role="admin"),
    "send for a workspace": lambda bob, acme, there: bob.invitations.send(
        "eve@acme.test", workspaces={there: "viewer"}
    ),
    "define": lambda bob, acme, there: bob.roles.define("New", permissions=["*:*:read"], level="workspace"),
    "move": lambda bob, acme, there: bob.roles.move("viewer", to="member", level="workspace"),
}


@pytest.mark.parametrize("act", FOR_OTHERS.values(), ids=FOR_OTHERS)
def test_nobody_gives_for_longer_than_they_hold(acme: Company, justice: str, bob: TenantContext, act: Act) -> None:
    """Law 5: what has no end is longer than any."""
    acme.add(CAY)
    acme.add(DAN, workspaces={justice: "viewer"})
    before = [acme.member(who) for who in (CAY, DAN)]

    with pytest.raises(Denied) as refused:
        act(bob, acme, justice)

    assert refused.value.decision.code == "beyond_own_rights"
    assert refused.value.data["missing"]
    assert [acme.member(who) for who in (CAY, DAN)] == before


def test_for_as_long_as_they_hold_it_they_give_it(
    acme: Company, justice: str, bob: TenantContext, clock: FrozenClock
) -> None:
    acme.add(CAY)
    for workspace in (None, justice):
        bob.members.add_role(CAY.user_id, role="admin", workspace=workspace, ends_at=FRIDAY)
    bob.members.add_role(CAY.user_id, role="member", ends_at=FRIDAY + timedelta(1))  # as which Bob stays
    assert acme.context(CAY).can(INVITE)

    clock.set(FRIDAY)

    assert not acme.context(CAY).can(INVITE)
    assert not acme.context(BOB).can(INVITE)


def test_what_they_take_they_take_for_good(acme: Company, justice: str, bob: TenantContext) -> None:
    """Taking is no giving: who holds as much now may end what others hold without an end."""
    acme.add(CAY, "admin")
    acme.add(DAN, workspaces={justice: "viewer"})

    bob.members.add_role(CAY.user_id, role="admin", ends_at=NOW + A_MICROSECOND)
    bob.members.change_role(CAY.user_id, role="member")
    bob.workspaces.remove_member(justice, DAN.user_id)

    assert (acme.member(CAY).roles, acme.member(DAN).workspaces) == (("member",), {})


def test_two_of_them_prolong_nothing_by_turns(acme: Company, bob: TenantContext) -> None:
    """E28"""
    acme.add(CAY)
    acme.context().members.add_role(CAY.user_id, role="admin", ends_at=FRIDAY - timedelta(days=1))

    bob.members.add_role(CAY.user_id, role="admin", ends_at=FRIDAY)
    with pytest.raises(Denied):
        acme.context(CAY).members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY + A_MICROSECOND)


def test_what_they_will_hold_again_does_not_bridge_the_gap(acme: Company, bob: TenantContext) -> None:
    """E28: whoever held it in between could prolong the giver's time."""
    roles, members = acme.context().roles, acme.context().members
    deputy, later = (roles.define(name, permissions=MANAGING, level="tenant").id for name in ("Deputy", "Later"))
    members.add_role(BOB.user_id, role=later, starts_at=FRIDAY + A_MICROSECOND)
    acme.add(CAY)

    for ends_at in (None, FRIDAY + timedelta(days=30)):
        with pytest.raises(Denied) as refused:
            bob.members.add_role(CAY.user_id, role=deputy, ends_at=ends_at)
        assert refused.value.decision.code == "beyond_own_rights"
    members.add_role(BOB.user_id, role=later, starts_at=FRIDAY)
    bob.members.add_role(CAY.user_id, role=deputy, ends_at=FRIDAY + timedelta(days=30))
    bob.members.add_role(CAY.user_id, role=deputy)


def test_stepping_down_is_for_good(acme: Company, justice: str, bob: TenantContext) -> None:
    """E28, PE-21"""
    assert bob.members.change_role(BOB.user_id, role="member").roles == ("member",)
    bob.members.remove_role(BOB.user_id, role="admin", workspace=justice)

    assert all(grant.is_open_ended for grant in acme.member(BOB).grants)
    for act in ("change_role", "add_role"):
        with pytest.raises(Denied):
            getattr(acme.context(BOB).members, act)(BOB.user_id, role="admin")


def test_stepping_down_is_not_staying_longer(acme: Company) -> None:
    """E28: who is there until Friday only is no plain member after Friday."""
    acme.add(BOB, "admin")
    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY)
    bob = acme.context(BOB).members

    with pytest.raises(Denied) as refused:
        bob.change_role(BOB.user_id, role="member")
    assert refused.value.data["missing"] == ["tenant-api:tenant:read"]
    with pytest.raises(Conflict):
        bob.remove_role(BOB.user_id, role="admin")
    bob.leave()


def test_who_leaves_comes_back_by_somebody_elses_leave(acme: Company, bob: TenantContext) -> None:
    """E28: re-adding oneself."""
    issued = bob.invitations.send("bob-too@acme.test")
    bob.members.leave()

    with pytest.raises(InvitationRevoked):
        acme.tenancy.person(someone("bob", email="bob-too@acme.test")).accept(issued.token)
    assert acme.user_ids() == [ADA.user_id]


def test_a_custom_role_does_not_widen_who_has_it_for_a_time(acme: Company, bob: TenantContext) -> None:
    """E28, E40"""
    roles = acme.context().roles
    own = roles.define("Own", permissions=["tenant-api:tenant:read"], level="tenant").id
    other = roles.define("Other", permissions=["tenant-api:tenant:read"], level="tenant").id
    acme.context().members.add_role(BOB.user_id, role=own)

    for key, code in ((own, "own_role"), (other, "beyond_own_rights")):
        with pytest.raises(Denied) as refused:
            bob.roles.update(key, permissions=MANAGING)
        assert refused.value.decision.code == code
    bob.roles.update(other, description="What Bob holds for good")


@pytest.mark.parametrize(
    ("at", "accepted"), [(FRIDAY - A_MICROSECOND, True), (FRIDAY, False)], ids=["just before the end", "at the end"]
)
def test_an_invitation_is_good_while_who_sent_it_may_invite(
    acme: Company, bob: TenantContext, clock: FrozenClock, at: datetime, accepted: bool
) -> None:
    """TM-02, law 5"""
    issued = bob.invitations.send("eve@acme.test", expires_in=timedelta(days=30))
    clock.set(at)
    eve = acme.tenancy.person(EVE)

    if accepted:
        assert eve.accept(issued.token).membership.roles == ("member",)
    else:
        with pytest.raises(InviterLostAuthority):
            eve.accept(issued.token)
        assert eve.accept(acme.context().invitations.resend(issued.invitation.id).token).membership.roles == ("member",)


def test_an_invitation_falls_with_what_was_shortened(acme: Company, justice: str, clock: FrozenClock) -> None:
    """Law 5: it was sent by an admin without an end, who has one now."""
    acme.add(BOB, "admin")
    issued = acme.invite(EVE, workspaces={justice: "viewer"}, by=BOB)

    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY)

    with pytest.raises(InviterLostAuthority):
        acme.tenancy.person(EVE).accept(issued.token)


def test_a_role_in_a_workspace_has_its_own_end(acme: Company, justice: str, clock: FrozenClock) -> None:
    """R6, E28: who runs a workspace until Friday."""
    acme.add(BOB, workspaces={justice: "viewer"})
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice, ends_at=FRIDAY)
    acme.add(CAY)
    bob = acme.context(BOB)

    bob.members.add_role(CAY.user_id, role="viewer", workspace=justice)  # as which Bob stays
    bob.members.add_role(CAY.user_id, role="admin", workspace=justice, ends_at=FRIDAY)
    acts: list[Callable[[], object]] = [
        lambda: bob.members.add_role(CAY.user_id, role="admin", workspace=justice),
        lambda: bob.workspaces.change_member_role(justice, CAY.user_id, role="admin"),
        lambda: bob.invitations.send("eve@acme.test", workspaces={justice: "admin"}),
    ]
    for act in acts:
        with pytest.raises(Denied):
            act()
    clock.set(FRIDAY)
    with pytest.raises(Denied):
        acme.context(BOB).members.add_role(CAY.user_id, role="viewer", workspace=justice)
