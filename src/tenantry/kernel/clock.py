"""Time comes from one injected function and is always aware UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from .errors import Invalid

__all__ = ["Clock", "past", "system_clock", "utc"]

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def utc(value: object, field: str) -> datetime:
    """The same instant in UTC.

    Args:
        value: An aware `datetime` of any zone.
        field: What the value is, for the message.

    Raises:
        Invalid: The value is no datetime, or a naive one, or does not exist in UTC (years 1 and 9999).
    """
    if not isinstance(value, datetime):
        raise Invalid(
            f"{field} must be a datetime, not {type(value).__name__}.",
            field=field,
            rule="wrong_type",
            expected="datetime",
        )
    if value.utcoffset() is None:
        raise Invalid(f"{field} must be a datetime with a time zone.", field=field, rule="no_time_zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise Invalid(
            f"{field} lies outside the years that UTC can express.",
            field=field,
            rule="out_of_range",
            low="0001-01-01T00:00:00+00:00",
            high="9999-12-31T23:59:59+00:00",
        ) from None


def past(value: object, field: str, now: datetime) -> datetime:
    """The same instant in UTC, if it is one at which something of the host's may have happened.

    Args:
        value: An aware `datetime` of any zone, from 1900 to the present.
        field: What the value is, for the message.
        now: The present.

    Raises:
        Invalid: The value is no datetime, or a naive one, or lies in the future or before 1900.
    """
    then = utc(value, field)
    if then.year < 1900 or then > now:
        raise Invalid(
            f"{field} must lie between the year 1900 and now.",
            field=field,
            rule="out_of_range",
            low="1900-01-01T00:00:00+00:00",
            high=now.isoformat(),
        )
    return then
