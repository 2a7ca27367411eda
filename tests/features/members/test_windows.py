"""Roles for a time: they count from their start until just before their end, wherever one looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tenantry import SYSTEM, AlreadyMember, Conflict, Invalid, LastOwner, NotFound
from tenantry.members.model import EARLIEST, LATEST
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, Company

NOW = FrozenClock()()
MONDAY, FRIDAY = NOW + timedelta(days=2), NOW + timedelta(days=6)
A_MICROSECOND = timedelta(microseconds=1)
KATHMANDU = timezone(timedelta(hours=5, minutes=45))

AT_THE_TENANT, HERE = "tenant-api:member:read", "workspace-api:settings:update"

EDGES = {
    "long before": (NOW, False),
    "just before": (MONDAY - A_MICROSECOND, False),
    "at the start": (MONDAY, True),
    "in between": (MONDAY + timedelta(days=1), True),
    "just before the end": (FRIDAY - A_MICROSECOND, True),
    "at the end": (FRIDAY, False),
    "long after": (FRIDAY + timedelta(days=36_500), False),
}


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def listed(members: Any) -> bool:
    return BOB.user_id in [member.user_id for member in members]


@pytest.mark.parametrize(("at", "counts"), EDGES.values(), ids=EDGES)
def test_a_role_counts_from_its_start_until_just_before_its_end(
    acme: Company, justice: str, clock: FrozenClock, at: datetime, counts: bool
) -> None:
    """TM-02, TM-08: in a workspace, by every question and every list."""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice, starts_at=MONDAY, ends_at=FRIDAY)
    clock.set(at)
    ada, bob = acme.context(), acme.context(BOB)

    answers = {
        bob.can(HERE, workspace=justice),
        bob.check(HERE, workspace=justice).allowed,
        bob.check_many([(HERE, justice)])[0].allowed,
        bob.access().at_least("admin", workspace=justice),
        justice in bob.workspaces_where(HERE),
        bool(bob.workspaces.list()),
        listed(ada.who_can(HERE, workspace=justice)),
        listed(ada.members.list(workspace=justice)),
        listed(ada.workspaces.members(justice)),
        bool(ada.workspaces.members(justice, total=True).total),
        bool(ada.workspaces.get(justice).members),
        sum(workspace.members or 0 for workspace in ada.workspaces.list()) == 1,
        ada.members.get(BOB.user_id).workspaces == {justice: ("admin",)},
        listed([member for member in ada.members.list() if member.workspaces]),
    }

    assert answers == {counts}


@pytest.mark.parametrize(("at", "counts"), EDGES.values(), ids=EDGES)
def test_a_role_at_the_tenant_does_likewise(
    acme: Company, justice: str, clock: FrozenClock, at: datetime, counts: bool
) -> None:
    """TM-02, TM-08: it, and what it acts as in every workspace."""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", starts_at=MONDAY, ends_at=FRIDAY)
    clock.set(at)
    ada, bob = acme.context(), acme.context(BOB)

    answers = {
        bob.can(AT_THE_TENANT),
        bob.can(HERE, workspace=justice),
        bob.access().at_least("admin"),
        bob.workspaces_where(HERE) == "all",
        listed(ada.who_can(AT_THE_TENANT)),
        listed(ada.who_can(HERE, workspace=justice)),
        listed(ada.members.list(role="admin")),
        bool(ada.members.list(role="admin", total=True).total),
        "admin" in ada.members.get(BOB.user_id).roles,
        "admin" in acme.tenancy.person(BOB).tenants()[0].membership.roles,
    }

    assert answers == {counts}


@pytest.mark.parametrize(
    ("window", "before", "after"),
    [({"starts_at": MONDAY}, False, True), ({"ends_at": MONDAY}, True, False)],
    ids=["start only", "end only"],
)
def test_a_start_or_an_end_is_enough(
    acme: Company, clock: FrozenClock, window: dict[str, Any], before: bool, after: bool
) -> None:
    """TM-02"""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", **window)

    clock.set(MONDAY - A_MICROSECOND)
    assert acme.context(BOB).can(AT_THE_TENANT) is before
    clock.set(MONDAY)
    assert acme.context(BOB).can(AT_THE_TENANT) is after


def test_an_access_is_of_its_instant(acme: Company, clock: FrozenClock) -> None:
    """AC-38: a request that began in the window ends in it; the next one does not."""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY)
    clock.set(FRIDAY - A_MICROSECOND)
    access = acme.context(BOB).access()

    clock.set(FRIDAY)

    assert access.can(AT_THE_TENANT)
    assert not acme.context(BOB).access().can(AT_THE_TENANT)


def test_times_are_instants_whatever_their_zone(acme: Company, clock: FrozenClock) -> None:
    """TM-04"""
    acme.add(BOB)
    start, end = MONDAY + A_MICROSECOND, FRIDAY + timedelta(microseconds=999_999)
    there: dict[str, Any] = {
        "starts_at": start.astimezone(KATHMANDU),
        "ends_at": end.astimezone(timezone(timedelta(hours=-9))),
    }

    added = acme.context().members.add_role(BOB.user_id, role="admin", **there)
    [grant] = [grant for grant in acme.member(BOB).grants if grant.role == "admin"]
    trail = acme.trail()
    again = acme.context().members.add_role(BOB.user_id, role="admin", starts_at=start, ends_at=end)

    assert again == added == acme.member(BOB)
    assert (grant.starts_at, grant.ends_at) == (start, end)
    assert [at and at.tzinfo for at in (grant.starts_at, grant.ends_at)] == [UTC, UTC]
    assert acme.trail() == trail


REFUSED: dict[str, dict[str, Any]] = {
    "naive start": {"starts_at": MONDAY.replace(tzinfo=None)},
    "naive end": {"ends_at": FRIDAY.replace(tzinfo=None)},
    "end before start": {"starts_at": FRIDAY, "ends_at": MONDAY},
    "end at the start": {"starts_at": MONDAY, "ends_at": MONDAY},
    "end in the past": {"ends_at": NOW - A_MICROSECOND},
    "end now": {"ends_at": NOW},
    "both in the past": {"starts_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=1)},
    "end in the past elsewhere": {"ends_at": NOW.astimezone(KATHMANDU)},
    "a day": {"ends_at": FRIDAY.date()},
    "a text": {"ends_at": FRIDAY.isoformat()},
    "a number": {"starts_at": MONDAY.timestamp()},
    "beyond the calendar": {"ends_at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))},
    "the end of the calendar": {"ends_at": datetime.max.replace(tzinfo=UTC)},
    "what is taken for no end": {"ends_at": LATEST},
    "a start at no end": {"starts_at": LATEST},
    "what is taken for no start": {"starts_at": EARLIEST},
    "before the calendar": {"starts_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
}


@pytest.mark.parametrize("window", REFUSED.values(), ids=REFUSED)
def test_times_that_are_not_in_order_are_refused(acme: Company, justice: str, window: dict[str, Any]) -> None:
    """TM-04, IN-08"""
    acme.add(BOB)
    before, trail = acme.member(BOB), acme.trail()

    for workspace in (None, justice):
        with pytest.raises(Invalid) as refused:
            acme.context().members.add_role(BOB.user_id, role="admin", workspace=workspace, **window)
        assert refused.value.field in window
    assert (acme.member(BOB), acme.trail()) == (before, trail)


def test_a_window_is_changed_by_giving_the_role_again(acme: Company, clock: FrozenClock) -> None:
    """A role is there once: it becomes longer, shorter, and endless."""
    acme.add(BOB)
    members = acme.context().members
    members.add_role(BOB.user_id, role="admin", ends_at=MONDAY)

    longer = members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY)
    assert len(longer.grants) == 2
    clock.set(MONDAY)
    assert acme.context(BOB).can(AT_THE_TENANT)
    members.add_role(BOB.user_id, role="admin", ends_at=MONDAY + A_MICROSECOND)
    clock.advance(A_MICROSECOND)
    assert not acme.context(BOB).can(AT_THE_TENANT)
    members.add_role(BOB.user_id, role="admin")
    clock.set(FRIDAY)
    assert acme.context(BOB).can(AT_THE_TENANT)
    later = members.add_role(BOB.user_id, role="admin", starts_at=FRIDAY + A_MICROSECOND)
    assert not acme.context(BOB).can(AT_THE_TENANT)
    assert later == acme.member(BOB)


def test_a_role_that_has_ended_is_none_and_can_be_given_again(acme: Company, justice: str, clock: FrozenClock) -> None:
    acme.add(BOB)
    members, workspaces = acme.context().members, acme.context().workspaces
    for workspace in (None, justice):
        members.add_role(BOB.user_id, role="admin", workspace=workspace, ends_at=FRIDAY)
    clock.set(FRIDAY)
    over, trail = acme.member(BOB), acme.trail()

    for unheld in (None, justice):
        with pytest.raises(Invalid):
            members.remove_role(BOB.user_id, role="admin", workspace=unheld)
    with pytest.raises(NotFound):
        workspaces.remove_member(justice, BOB.user_id)
    with pytest.raises(NotFound):
        workspaces.change_member_role(justice, BOB.user_id, role="viewer")
    assert members.change_role(BOB.user_id, role="member") == over == acme.member(BOB)
    assert acme.trail() == trail

    assert workspaces.add_member(justice, BOB.user_id, role="admin").workspaces == {justice: ("admin",)}
    assert members.add_role(BOB.user_id, role="admin").roles == ("member", "admin")
    assert all(grant.is_open_ended for grant in acme.member(BOB).grants)


def test_a_role_that_is_to_begin_is_one_already(acme: Company, justice: str) -> None:
    acme.add(BOB)
    members, workspaces = acme.context().members, acme.context().workspaces
    for workspace in (None, justice):
        members.add_role(BOB.user_id, role="admin", workspace=workspace, starts_at=MONDAY)

    assert (acme.member(BOB).roles, acme.member(BOB).workspaces) == (("member",), {})
    with pytest.raises(AlreadyMember):
        workspaces.add_member(justice, BOB.user_id, role="viewer")
    workspaces.remove_member(justice, BOB.user_id)
    assert len(members.remove_role(BOB.user_id, role="admin").grants) == 1


def test_what_is_to_begin_can_be_given_up(acme: Company, justice: str) -> None:
    """PE-21: nobody needs to hold already what they do not want."""
    acme.add(BOB)
    for workspace in (None, justice):
        acme.context().members.add_role(BOB.user_id, role="admin", workspace=workspace, starts_at=MONDAY)
    bob = acme.context(BOB)

    bob.members.remove_role(BOB.user_id, role="admin", workspace=justice)
    assert bob.members.change_role(BOB.user_id, role="member").grants == acme.member(BOB).grants[:1]
    assert len(acme.member(BOB).grants) == 1


def test_the_only_role_that_counts_is_not_taken(acme: Company, clock: FrozenClock) -> None:
    """One that has ended stands in for none."""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=FRIDAY)
    clock.set(FRIDAY)

    for by in (BOB, ADA, SYSTEM):
        with pytest.raises(Conflict) as refused:
            acme.context(by).members.remove_role(BOB.user_id, role="member")
        assert refused.value.rule == "only_role"


def test_the_only_role_may_end_and_then_they_are_a_member_without_one(acme: Company, clock: FrozenClock) -> None:
    """LC-09"""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="member", ends_at=FRIDAY)
    clock.set(FRIDAY)

    bob = acme.member(BOB)
    assert (bob.is_active, bob.roles, len(bob.grants)) == (True, (), 1)
    assert acme.context(BOB).check("tenant-api:tenant:read").code == "permission_missing"
    assert acme.context(BOB).members.get(BOB.user_id) == bob
    assert acme.context().members.change_role(BOB.user_id, role="member").roles == ("member",)
    assert acme.context(BOB).can("tenant-api:tenant:read")


def test_a_deactivated_members_time_goes_by(acme: Company, justice: str, clock: FrozenClock) -> None:
    """AC-33, E19"""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice, ends_at=FRIDAY)
    acme.context().members.deactivate(BOB.user_id)
    assert acme.context(BOB).check(HERE, workspace=justice).code == "member_deactivated"
    assert acme.context().workspaces.get(justice).members == 0

    clock.set(FRIDAY)
    acme.context().members.reactivate(BOB.user_id)

    assert acme.context(BOB).check(HERE, workspace=justice).code == "permission_missing"


def test_who_comes_back_has_no_window_of_before(acme: Company, justice: str, clock: FrozenClock) -> None:
    """E18"""
    acme.add(BOB)
    for workspace in (None, justice):
        acme.context().members.add_role(BOB.user_id, role="admin", workspace=workspace, starts_at=MONDAY)
    acme.context().members.remove(BOB.user_id)
    acme.add(BOB)

    clock.set(MONDAY)

    assert len(acme.member(BOB).grants) == 1
    assert not acme.context(BOB).can(AT_THE_TENANT)


@pytest.mark.parametrize("by", [ADA, SYSTEM], ids=["owner", "system"])
@pytest.mark.parametrize(
    "window",
    [{"ends_at": FRIDAY}, {"starts_at": MONDAY}, {"starts_at": NOW - timedelta(days=1)}],
    ids=["ending", "beginning", "begun"],
)
def test_nobody_owns_for_a_time(acme: Company, window: dict[str, Any], by: Any) -> None:
    """Law 6, E11: neither a new owner nor one who is."""
    acme.add(BOB)
    acme.add(CAY, "owner")
    before = [acme.member(who) for who in (BOB, CAY)]

    for who in (BOB, CAY):
        with pytest.raises(Invalid):
            acme.context(by).members.add_role(who.user_id, role="owner", **window)

    assert [acme.member(who) for who in (BOB, CAY)] == before
    acme.context(CAY).members.leave()
    with pytest.raises(LastOwner):
        acme.context().members.leave()


def test_an_owner_for_good_may_be_something_else_for_a_time(acme: Company, clock: FrozenClock) -> None:
    """E11: what ends is not what makes them an owner."""
    acme.context(SYSTEM).members.add_role(ADA.user_id, role="admin", ends_at=FRIDAY)
    clock.set(FRIDAY)

    assert acme.member(ADA).roles == ("owner",)
    acts: list[Callable[[], object]] = [
        lambda: acme.context().members.change_role(ADA.user_id, role="admin"),
        acme.context().members.leave,
        lambda: acme.context(SYSTEM).members.remove(ADA.user_id),
    ]
    for act in acts:
        with pytest.raises(LastOwner):
            act()
    with pytest.raises(Conflict):
        acme.context().members.remove_role(ADA.user_id, role="owner")


def test_the_trail_has_the_times(acme: Company, justice: str, clock: FrozenClock) -> None:
    """AU-10"""
    acme.add(BOB)
    give: Callable[..., Any] = acme.context().members.add_role
    give(BOB.user_id, role="admin", starts_at=MONDAY.astimezone(KATHMANDU), ends_at=FRIDAY)
    give(BOB.user_id, role="admin", workspace=justice, ends_at=MONDAY)
    give(BOB.user_id, role="admin", workspace=justice, ends_at=FRIDAY)
    clock.set(FRIDAY)
    give(BOB.user_id, role="viewer", workspace=justice, starts_at=FRIDAY)
    acme.context().members.change_role(BOB.user_id, role="admin")

    *_, given, added, longer, anew, changed = acme.context().audit.list(order="oldest", limit=200)

    monday, friday = MONDAY.isoformat(), FRIDAY.isoformat()
    assert given.after == {"roles": [f"admin from {monday} until {friday}", "member"]}
    assert (added.action, added.after) == ("workspace_member.added", {"roles": [f"admin until {monday}"]})
    assert (longer.before, longer.after) == ({"roles": [f"admin until {monday}"]}, {"roles": [f"admin until {friday}"]})
    assert (anew.action, anew.after) == ("workspace_member.added", {"roles": [f"viewer from {friday}"]})
    assert (changed.before, changed.after) == ({"roles": ["member"]}, {"roles": ["admin"]})
