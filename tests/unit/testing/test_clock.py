"""The frozen clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tenantry import Invalid
from tenantry.testing import FrozenClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_it_stands_still() -> None:
    clock = FrozenClock()
    assert clock() == clock()
    assert clock().tzinfo is UTC


def test_it_shows_the_time_it_was_given_in_utc() -> None:
    clock = FrozenClock(NOON.astimezone(timezone(timedelta(hours=9))))
    assert clock() == NOON
    assert clock().tzinfo is UTC


def test_it_goes_on_when_told_to() -> None:
    clock = FrozenClock(at=NOON)
    assert clock.advance(timedelta(days=1)) == NOON + timedelta(days=1)
    assert clock.advance(hours=2, microseconds=1) == NOON + timedelta(days=1, hours=2, microseconds=1)
    assert clock.advance(days=-1) == clock() == NOON + timedelta(hours=2, microseconds=1)


def test_it_can_be_set() -> None:
    clock = FrozenClock()
    assert clock.set(NOON) == clock() == NOON
    assert repr(clock) == "<FrozenClock at 2026-03-01T12:00:00+00:00>"


def test_it_refuses_a_time_without_a_zone() -> None:
    """TM-04."""
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(Invalid, match="time zone"):
        FrozenClock(naive)
    with pytest.raises(Invalid, match="time zone"):
        FrozenClock().set(naive)


def test_threads_can_share_it() -> None:
    clock = FrozenClock(NOON)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: clock.advance(seconds=1), range(1_000)))
    assert clock() == NOON + timedelta(seconds=1_000)
