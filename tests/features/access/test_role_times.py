"""What becomes of the times for which members have a role, when everybody who has it gets another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import Conflict, RoleUsage
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import EXPORT, SHOW, defined, opened, state
from tests.features.people import BOB, CAY, DAN, Company


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def test_members_are_moved_with_their_times(acme: Company, clock: FrozenClock) -> None:
    """R5"""
    soon, later = clock() + timedelta(days=1), clock() + timedelta(days=2)
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    acme.add(BOB, old, workspaces={acme.general: "viewer"})
    acme.add(CAY)
    acme.context().members.add_role(CAY.user_id, role=old, starts_at=soon, ends_at=later)
    acme.add(DAN)

    assert acme.context().roles.move(old, to=new) == 2

    assert (acme.member(BOB).roles, acme.member(BOB).workspaces) == ((new,), {acme.general: ("viewer",)})
    assert [(g.role, g.starts_at, g.ends_at) for g in acme.member(CAY).grants] == [
        ("member", None, None),
        (new, soon, later),
    ]
    assert acme.member(DAN).roles == ("member",)
    assert acme.context().roles.usage(old) == RoleUsage()
    assert acme.context().roles.move(old, to=new) == 0


def test_who_has_both_keeps_the_longer(acme: Company, clock: FrozenClock) -> None:
    """Nobody loses time, and nobody has one role twice in a place."""
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    day = timedelta(days=1)
    now = clock()
    times = {
        "for good, and for good": ((None, None), (None, None), (None, None)),
        "for good, and for a time": ((None, None), (now, now + day), (None, None)),
        "for a time, and for good": ((now, now + day), (None, None), (None, None)),
        "one after the other": ((None, now + day), (now + day, now + 2 * day), (None, now + 2 * day)),
        "one into the other": ((now, now + 2 * day), (now + day, None), (now, None)),
        "the other first": ((now + day, None), (now, now + 2 * day), (now, None)),
    }
    for name, (first, second, _) in times.items():
        acme.context().members.add(name)
        for key, (start, end) in ((old, first), (new, second)):
            acme.context().members.add_role(name, role=key, starts_at=start, ends_at=end)

    assert acme.context().roles.move(old, to=new) == len(times)

    for name, (_, _, expected) in times.items():
        grants = [grant for grant in acme.context().members.get(name).grants if grant.role != "member"]
        assert [(g.role, g.starts_at, g.ends_at) for g in grants] == [(new, *expected)], name


def test_times_that_do_not_meet_are_not_made_one(acme: Company, clock: FrozenClock) -> None:
    """What lies between was promised by nobody, and what comes later must not be lost."""
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role=old, ends_at=clock() + timedelta(days=1))
    acme.context().members.add_role(BOB.user_id, role=new, starts_at=clock() + timedelta(days=2))
    before = state(acme)

    for act in (
        lambda: acme.context().roles.move(old, to=new),
        lambda: acme.context().roles.delete(old, replacement=new),
    ):
        with pytest.raises(Conflict, match="do not meet") as refused:
            act()
        assert (refused.value.rule, refused.value.data) == ("times_apart", {"user_id": BOB.user_id})

    assert state(acme) == before


def test_what_has_ended_is_not_moved_and_stands_in_no_ones_way(acme: Company, clock: FrozenClock) -> None:
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    for who, ended in ((BOB, new), (CAY, old)):
        acme.add(who)
        acme.context().members.add_role(who.user_id, role=ended, ends_at=clock() + timedelta(days=1))
    acme.context().members.add_role(BOB.user_id, role=old)
    clock.advance(timedelta(days=1))

    assert acme.context().roles.move(old, to=new) == 1

    assert [(grant.role, grant.ends_at) for grant in acme.member(BOB).grants] == [("member", None), (new, None)]
    assert acme.member(CAY).roles == ("member",)
