"""Every time is aware and in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from tenantry import Invalid
from tenantry.kernel.clock import system_clock, utc

BERLIN = ZoneInfo("Europe/Berlin")


class Lost(tzinfo):
    """A zone that does not know where it is, so its times are naive (as `datetime` documents)."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None


class TestUtc:
    def test_keeps_the_instant_to_the_microsecond_and_names_it_in_utc(self) -> None:
        """TM-04."""
        kept = utc(datetime(2026, 3, 1, 13, 0, 0, 123_456, tzinfo=BERLIN), "at")
        assert kept == datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
        assert kept.tzinfo is UTC

    def test_tells_the_two_hours_of_an_autumn_night_apart(self) -> None:
        """TM-04."""
        first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
        assert utc(second, "at") - utc(first, "at") == timedelta(hours=1)

    @pytest.mark.parametrize(
        "value",
        [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(1960, 1, 1, tzinfo=UTC),
        ],
    )
    def test_keeps_the_ends_of_the_calendar(self, value: datetime) -> None:
        """TM-04."""
        assert utc(value, "at") == value

    @pytest.mark.parametrize(
        "value",
        [
            datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1))),
        ],
    )
    def test_refuses_what_utc_cannot_express(self, value: datetime) -> None:
        """TM-04."""
        with pytest.raises(Invalid, match="outside the years"):
            utc(value, "at")

    @pytest.mark.parametrize("value", [datetime(2026, 3, 1), datetime(2026, 3, 1, tzinfo=Lost())], ids=count())  # noqa: DTZ001
    def test_refuses_naive_times(self, value: datetime) -> None:
        """TM-04."""
        with pytest.raises(Invalid, match="ends_at must be a datetime with a time zone"):
            utc(value, "ends_at")

    @pytest.mark.parametrize("value", [None, "2026-03-01T12:00:00Z", 0, 1.5, True, date(2026, 3, 1)], ids=count())
    def test_refuses_what_is_no_time(self, value: object) -> None:
        """IN-08."""
        with pytest.raises(Invalid, match="at must be a datetime, not"):
            utc(value, "at")


def test_the_system_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    told = system_clock()
    assert told.tzinfo is UTC
    assert before <= told <= datetime.now(UTC)
