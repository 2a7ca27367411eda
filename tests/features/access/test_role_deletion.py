"""A role is given up: never while something refers to it, unless another takes its place everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import Denied, Invalid, InvitationRevoked, NotFound, RoleInUse, RoleUsage
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import (
    BILLING,
    EXPORT,
    MEMBERS,
    READ,
    SEND,
    SHOW,
    TENANT,
    defined,
    held,
    opened,
    role,
    state,
)
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, Company


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def test_a_role_that_nothing_refers_to_is_deleted(acme: Company) -> None:
    key = defined(acme, "Press", SHOW)

    acme.context().roles.delete(key)

    assert list(acme.context().roles.list()) == []
    for act in (acme.context().roles.get, acme.context().roles.delete):
        with pytest.raises(NotFound):
            act(key)


def test_a_role_in_use_stays_and_the_counts_say_why(acme: Company, clock: FrozenClock) -> None:
    """E36: members count once, also deactivated ones and those who will have it."""
    key = defined(acme, "Press", SHOW)
    defined(acme, "Chief", inherits=[key])
    acme.add(BOB, key)
    acme.context().members.deactivate(BOB.user_id)
    acme.add(CAY)
    acme.context().members.add_role(CAY.user_id, role=key, starts_at=clock() + timedelta(days=9))
    acme.invite(DAN, key)
    before = state(acme)

    with pytest.raises(RoleInUse, match=r"in use \(members: 2, invitations: 1, roles: 1\); name a replacement") as why:
        acme.context().roles.delete(key)

    assert (why.value.code, why.value.data) == ("role_in_use", {"members": 2, "invitations": 1, "roles": 1})
    assert acme.context().roles.usage(key) == RoleUsage(members=2, invitations=1, roles=1)
    assert state(acme) == before


@pytest.mark.parametrize("kind", ["member", "guest of a workspace", "tenant invitation", "offer", "heir", "actor"])
def test_each_kind_of_reference_is_enough(acme: Company, kind: str) -> None:
    """E36"""
    top = defined(acme, "Top", SHOW)
    place = defined(acme, "Place", READ, level="workspace")
    match kind:
        case "member":
            acme.add(BOB, top)
        case "guest of a workspace":
            acme.add(BOB, workspaces={acme.general: place})
        case "tenant invitation":
            acme.invite(BOB, top)
        case "offer":
            acme.invite(BOB, workspaces={acme.general: place})
        case "heir":
            defined(acme, "Heir", inherits=[top])
        case _:
            defined(acme, "Actor", acts_as=place)
    before = state(acme)

    used, free = (top, place) if acme.context().roles.usage(top) else (place, top)

    with pytest.raises(RoleInUse) as refused:
        acme.context().roles.delete(used)
    assert sum(refused.value.data.values()) == 1
    assert state(acme) == before
    acme.context().roles.delete(free)


def test_history_is_no_use(acme: Company, clock: FrozenClock) -> None:
    """E37, IT-19: accepted, revoked, declined and expired invitations, and grants that have ended."""
    key = defined(acme, "Press", SHOW)
    accepted, revoked, declined, expired = (acme.invite(who, key) for who in (BOB, CAY, DAN, EVE))
    acme.tenancy.person(BOB).accept(accepted.token)
    acme.context().members.change_role(BOB.user_id, role="member")
    acme.context().invitations.revoke(revoked.invitation.id)
    acme.tenancy.person(DAN).decline(declined.token)
    acme.add(FAY)
    acme.context().members.add_role(FAY.user_id, role=key, ends_at=clock() + timedelta(days=1))
    clock.advance(timedelta(days=8))
    assert acme.context().roles.usage(key) == RoleUsage()

    acme.context().roles.delete(key)

    assert acme.context().invitations.get(accepted.invitation.id).role == key
    assert [grant.role for grant in acme.member(FAY).grants] == ["member"]
    with pytest.raises(InvitationRevoked):  # it would have no role to offer
        acme.context().invitations.resend(expired.invitation.id)
    assert acme.trail()[-2:] == ["invitation.superseded", "role.deleted"]
    assert acme.invite(EVE).invitation.role == "member"


def test_a_replacement_takes_its_place_everywhere(acme: Company, clock: FrozenClock) -> None:
    """E36, E67, PE-18: members with their times, invitations pending and expired, and roles that build on it."""
    soon, later = clock() + timedelta(days=20), clock() + timedelta(days=30)
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    heir = defined(acme, "Heir", inherits=["member", old])
    expired = acme.invite(EVE, old)
    clock.advance(timedelta(days=8))
    acme.add(BOB, old)
    acme.add(CAY)
    acme.context().members.add_role(CAY.user_id, role=old, starts_at=soon, ends_at=later)
    acme.add(DAN, heir)
    pending = acme.invite(FAY, old)

    acme.context().roles.delete(old, replacement=new)

    assert acme.member(BOB).roles == (new,)
    [temporary] = [grant for grant in acme.member(CAY).grants if grant.role == new]
    assert (temporary.starts_at, temporary.ends_at) == (soon, later)
    assert role(acme, heir).inherits == ("member", new)
    assert held(acme, DAN) == {TENANT, EXPORT, SHOW}
    assert acme.tenancy.person(FAY).accept(pending.token).membership.roles == (new,)
    again = acme.context().invitations.resend(expired.invitation.id)
    assert acme.tenancy.person(EVE).accept(again.token).membership.roles == (new,)
    with pytest.raises(NotFound):
        acme.context().roles.get(old)


def test_a_replacement_in_workspaces(acme: Company) -> None:
    old, new = (defined(acme, name, *held, level="workspace") for name, held in (("Old", [READ]), ("New", [SEND])))
    actor = defined(acme, "Actor", acts_as=old)
    there = acme.workspace("There")
    acme.add(BOB, workspaces={acme.general: old, there: "viewer"})
    acme.add(CAY, actor)
    pending = acme.invite(DAN, workspaces={there: old, acme.general: "viewer"})
    acme.context().workspaces.archive(there)

    acme.context().roles.delete(old, replacement=new)

    acme.context().workspaces.restore(there)
    assert acme.member(BOB).workspaces == {acme.general: (new,), there: ("viewer",)}
    assert role(acme, actor).acts_as == new
    assert SEND in held(acme, CAY, there)
    joined = acme.tenancy.person(DAN).accept(pending.token).membership
    assert joined.workspaces == {there: (new,), acme.general: ("viewer",)}


def test_one_event_for_each_changed_subject(acme: Company) -> None:
    """E90"""
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    heir = defined(acme, "Heir", inherits=[old])
    acme.add(BOB, old)
    acme.add(CAY, old)
    issued = acme.invite(DAN, old)
    count = len(acme.trail())

    acme.context().roles.delete(old, replacement=new)

    events = acme.context().audit.list(order="oldest", limit=200)[count:]
    assert sorted((event.action, event.target) for event in events) == sorted(
        [
            ("member.role_changed", BOB.user_id),
            ("member.role_changed", CAY.user_id),
            ("role.updated", heir),
            ("invitation.updated", issued.invitation.id),
            ("role.deleted", old),
        ]
    )
    by_action = {event.action: event for event in events}
    changed = by_action["member.role_changed"]
    assert (dict(changed.before), dict(changed.after)) == ({"roles": [old]}, {"roles": [new]})
    assert dict(by_action["role.updated"].after) == {"inherits": [new]}
    assert dict(by_action["invitation.updated"].before) == {"role": old}
    assert {event.principal for event in events} == {ADA.user_id}


def test_a_refused_deletion_changes_nothing(acme: Company) -> None:
    """E36: whatever was wrong with the replacement."""
    old, place = defined(acme, "Old", MEMBERS), defined(acme, "Place", READ, level="workspace")
    big = defined(acme, "Big", BILLING)
    defined(acme, "Heir", inherits=[old])
    acme.add(BOB, old)
    acme.add(CAY, "admin")
    acme.invite(DAN, old)
    before = state(acme)

    for replacement in (old, place, "viewer", "owner", "rol_made_up", "", "Member", None):
        with pytest.raises((Invalid, RoleInUse)):
            acme.context().roles.delete(old, replacement=replacement)
    with pytest.raises(Denied):
        acme.context(CAY).roles.delete(old, replacement=big)

    assert state(acme) == before


def test_who_is_above_is_not_moved_by_a_deletion(acme: Company) -> None:
    """Law 5: with their present roles, all of them."""
    old = defined(acme, "Old", MEMBERS)
    acme.add(BOB, "owner")
    acme.context().members.add_role(BOB.user_id, role=old)
    acme.add(CAY, "admin")
    before = state(acme)

    with pytest.raises(Denied):
        acme.context(CAY).roles.delete(old, replacement="member")

    assert state(acme) == before


def test_a_role_of_the_same_name_is_another(acme: Company, clock: FrozenClock) -> None:
    """AC-24: nothing that named the old one comes back to life."""
    old = defined(acme, "Press", SHOW)
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role=old, ends_at=clock() + timedelta(days=1))
    acme.invite(CAY, old)
    acme.context().roles.delete(old, replacement="member")

    new = defined(acme, "Press", SHOW)

    assert new != old
    assert acme.context().roles.usage(new) == RoleUsage()
    assert held(acme, BOB) == {TENANT}
    assert acme.context().invitations.list(status="pending")[0].role == "member"
    for act in (
        lambda: acme.context().members.change_role(BOB.user_id, role=old),
        lambda: acme.context().invitations.send("new@acme.test", role=old),
    ):
        with pytest.raises(Invalid, match="no tenant role"):
            act()


def test_who_may_not_change_members_moves_none_by_deleting_a_role(acme: Company) -> None:
    roles = acme.context().roles
    keeper = roles.define("Keeper", permissions=["tenant-api:role:*"], level="tenant", inherits=["member"]).id
    clerk = roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant").id
    kay = acme.add(CAY, keeper)
    acme.add(BOB, clerk)
    with pytest.raises(Denied) as refused:
        kay.roles.delete(clerk, replacement="member")
    assert refused.value.data["permission"] == "tenant-api:member:update"
