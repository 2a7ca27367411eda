"""Law 5 for roles: nobody makes, changes, gives or takes away more than they hold, nor for longer, nor their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tenantry import SYSTEM, Denied, Principal
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import BILLING, DROP, MEMBERS, READ, SEND, SHOW, defined, held, opened, role, state
from tests.features.people import ADA, BOB, CAY, DAN, Company, someone

EVERYTHING_OF_ROLES = ("tenant-api:role:*", "tenant-api:member:*")


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    """Bob manages roles and members, and works everywhere as a viewer."""
    acme = opened(store, clock)
    manager = defined(acme, "Manager", *EVERYTHING_OF_ROLES, inherits=["member"], acts_as="viewer")
    acme.add(BOB, manager)
    return acme


def refused(acme: Company, act: Callable[[], object], code: str = "beyond_own_rights") -> Denied:
    """Why it was refused; nothing was changed by it."""
    before = state(acme)
    with pytest.raises(Denied) as refusal:
        act()
    assert refusal.value.decision.code == code
    assert state(acme) == before
    return refusal.value


def test_nobody_defines_more_than_they_hold(acme: Company) -> None:
    """E39, AC-04, AC-05: on expanded sets, also by what is inherited, acted as or taken from a template."""
    big = defined(acme, "Big", BILLING)
    wide = defined(acme, "Wide", DROP, level="workspace")
    defined(acme, "Actor", acts_as=wide)
    there = {"level": "workspace"}
    for act, missing in (
        (lambda: defined(acme, "New", BILLING, by=BOB), [BILLING]),
        (lambda: defined(acme, "New", "*:*:read", by=BOB), [BILLING, SHOW]),
        (lambda: defined(acme, "New", "*:*:*", by=BOB), [BILLING, SHOW, "tenant-api:tenant:delete"]),
        (lambda: defined(acme, "New", inherits=[big], by=BOB), [BILLING]),
        (lambda: defined(acme, "New", inherits=["admin"], by=BOB), ["workspace-api:settings:update"]),
        (lambda: defined(acme, "New", acts_as="admin", by=BOB), [DROP]),
        (lambda: defined(acme, "New", acts_as=wide, by=BOB), [DROP]),
        (lambda: defined(acme, "New", SEND, by=BOB, **there), [SEND]),
        (lambda: acme.context(BOB).roles.adopt("auditor"), ["tenant-api:audit:read"]),
        (lambda: acme.context(BOB).roles.adopt("client_manager"), ["workspace-api:member:invite"]),
    ):
        error = refused(acme, act)
        assert set(missing) <= set(error.data["missing"])
        assert all(name in str(error) for name in missing)

    defined(acme, "New", "tenant-api:member:*", MEMBERS, acts_as="viewer", by=BOB)
    defined(acme, "Newer", READ, by=BOB, **there)


def test_a_workspace_admin_makes_no_role_for_other_workspaces(acme: Company) -> None:
    """AC-06: a workspace role may be given anywhere, so what they hold here is not enough."""
    acme.add(CAY, defined(acme, "Local", *EVERYTHING_OF_ROLES), workspaces={acme.general: "admin"})

    refused(acme, lambda: defined(acme, "New", DROP, level="workspace", by=CAY))


def test_a_role_above_is_not_touched_by_whatever_change(acme: Company) -> None:
    """E39, E41: as it is now and as it would be; a new name, less, or nothing at all included."""
    big = defined(acme, "Big", BILLING, MEMBERS)
    small = defined(acme, "Small", MEMBERS)
    roles = acme.context(BOB).roles
    for act in (
        lambda: roles.update(big, name="Mine"),
        lambda: roles.update(big, description="Mine"),
        lambda: roles.update(big, permissions=[MEMBERS]),
        lambda: roles.update(big),
        lambda: roles.update(small, permissions=[MEMBERS, BILLING]),
        lambda: roles.update(small, inherits=[big]),
        lambda: roles.update(small, acts_as="admin"),
        lambda: roles.plan_update(big, permissions=[]),
        lambda: roles.plan_update(small, inherits=[big]),
        lambda: roles.delete(big),
        lambda: roles.delete(big, replacement="member"),
        lambda: roles.delete(small, replacement=big),
        lambda: roles.delete(small, replacement="admin"),
        lambda: acme.context(BOB).members.add("user_new", role=big),
        lambda: acme.context(BOB).invitations.send("new@acme.test", role=big),
    ):
        refused(acme, act)

    assert roles.update(small, name="Tiny").name == "Tiny"


def test_what_is_only_offered_is_not_replaced_by_more_either(acme: Company) -> None:
    """E39: nobody has the role, but the next to accept would have the other."""
    place, wide = (defined(acme, name, key, level="workspace") for name, key in (("Place", READ), ("Wide", DROP)))
    acme.invite(CAY, workspaces={acme.general: place})
    people = defined(acme, "People", "workspace-api:member:*", level="workspace", inherits=["viewer"])
    acme.add(DAN, defined(acme, "Chief", *EVERYTHING_OF_ROLES, acts_as=people))

    refused(acme, lambda: acme.context(DAN).roles.delete(place, replacement=wide))

    acme.context(DAN).roles.delete(place, replacement="viewer")


def test_who_gave_a_role_may_not_touch_it_once_it_is_above_them(acme: Company) -> None:
    """E41"""
    key = defined(acme, "Helper", MEMBERS, by=BOB)
    acme.context(BOB).members.add(DAN.user_id, role=key)
    acme.context().roles.update(key, permissions=[MEMBERS, BILLING])

    for act in (
        lambda: acme.context(BOB).members.change_role(DAN.user_id, role="member"),
        lambda: acme.context(BOB).members.remove(DAN.user_id),
        lambda: acme.context(BOB).roles.move(key, to="member"),
        lambda: acme.context(BOB).roles.update(key, permissions=[]),
    ):
        refused(acme, act)


def test_nobody_changes_a_role_that_they_have(acme: Company) -> None:
    """E40: directly, inherited, acted as, in a workspace, or from some time on."""
    held_as = acme.member(BOB).roles[0]
    base = defined(acme, "Base", MEMBERS)
    place, parent_place = (defined(acme, name, READ, level="workspace") for name in ("Place", "Parent place"))
    acme.context().roles.update(held_as, inherits=["member", base])
    acme.context().members.add_role(BOB.user_id, role=place, workspace=acme.general)
    acme.context().roles.update(place, inherits=[parent_place])
    acting = defined(acme, "Acting", READ, level="workspace")
    acme.context().roles.update(held_as, acts_as=acting)
    later = defined(acme, "Later", MEMBERS)
    soon = acme.tenancy._settings.now() + timedelta(days=1)
    acme.context().members.add_role(BOB.user_id, role=later, starts_at=soon)

    for key in (held_as, base, place, parent_place, acting, later):
        roles = acme.context(BOB).roles
        for act in (
            lambda k=key, r=roles: r.update(k, permissions=[]),
            lambda k=key, r=roles: r.update(k, name="Mine"),
            lambda k=key, r=roles: r.plan_update(k, permissions=[]),
            lambda k=key, r=roles: r.delete(k, replacement="member"),
            lambda k=key, r=roles: r.delete(k),
        ):
            refused(acme, act, "own_role")

    acme.context(BOB).members.remove_role(BOB.user_id, role=later)
    acme.context(BOB).roles.update(later, name="Free")


def test_a_role_that_somebody_had_until_it_ended_is_theirs_to_change(acme: Company, clock: FrozenClock) -> None:
    """E40: what is over widens nobody."""
    base = defined(acme, "Base", MEMBERS)
    former = defined(acme, "Former", inherits=[base])
    acme.context().members.add_role(BOB.user_id, role=former, ends_at=clock() + timedelta(days=1))
    refused(acme, lambda: acme.context(BOB).roles.update(base, name="Ground"), "own_role")

    clock.advance(timedelta(days=1))

    for key in (former, base):
        assert acme.context(BOB).roles.update(key, permissions=[]).permissions == ()


def test_a_temporary_admin_makes_nothing_that_lasts_longer(acme: Company, clock: FrozenClock) -> None:
    """E28 in kind: the ceiling over time."""
    end = clock() + timedelta(days=7)
    small = defined(acme, "Small", MEMBERS)
    acme.add(CAY)
    acme.context().members.add_role(CAY.user_id, role="admin", ends_at=end)
    acme.add(DAN)
    cay = acme.context(CAY)
    for act in (
        lambda: defined(acme, "New", MEMBERS, by=CAY),
        lambda: cay.roles.adopt("client_manager"),
        lambda: cay.roles.update(small, permissions=["tenant-api:member:update"]),
        lambda: cay.roles.update(small, name="Mine"),
        lambda: cay.roles.delete(small),
        lambda: cay.members.change_role(DAN.user_id, role=small),
        lambda: cay.members.add_role(DAN.user_id, role=small),
        lambda: cay.members.add_role(DAN.user_id, role=small, ends_at=end + timedelta(microseconds=1)),
        lambda: cay.invitations.send("new@acme.test", role=small),
    ):
        refused(acme, act)
    refused(acme, lambda: cay.roles.move("member", to=small, level="tenant"), "own_membership")

    assert cay.members.add_role(DAN.user_id, role=small, ends_at=end).roles == ("member", small)
    acme.context(CAY).invitations.send("new@acme.test", role="member")


def test_what_is_held_by_several_roles_together_is_held(acme: Company) -> None:
    """E31 in kind: the ceiling is about sets, whichever roles they come from."""
    acme.add(CAY, defined(acme, "Roles only", "tenant-api:role:*"))
    acme.context().members.add_role(CAY.user_id, role=defined(acme, "Bills", BILLING))

    assert role(acme, defined(acme, "New", BILLING, "tenant-api:role:read", by=CAY)).permissions == (
        BILLING,
        "tenant-api:role:read",
    )


def test_the_host_may_change_every_role(acme: Company) -> None:
    key = acme.member(BOB).roles[0]

    acme.context(SYSTEM).roles.update(key, permissions=[BILLING])

    assert BILLING in held(acme, BOB)


def test_an_account_or_membership_that_is_switched_off_does_nothing(acme: Company) -> None:
    """PE-11"""
    ghost: Principal = someone("ada", active=False)
    refused(acme, lambda: defined(acme, "New", by=ghost), "principal_inactive")
    acme.context().members.deactivate(BOB.user_id)
    refused(acme, lambda: defined(acme, "New", by=BOB), "member_deactivated")
    assert acme.context(ADA).roles.list(total=True).total == 1
