"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

from ..kernel.clock import utc

__all__ = ["FrozenClock"]

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FrozenClock:
    """A clock for `Tenantry(clock=…)` that stands still. Threads may share it.

    Args:
        at: Where it stands, with a time zone.

    Raises:
        Invalid: The time has no zone.

    Example:
        >>> clock = FrozenClock()
        >>> tomorrow = clock.advance(days=1)
        >>> clock() == tomorrow
        True
    """

    def __init__(self, at: datetime = _START) -> None:
        self._at = utc(at, "at")
        self._lock = Lock()

    def __call__(self) -> datetime:
        """The time it shows, in UTC."""
        with self._lock:
            return self._at

    def __repr__(self) -> str:
        return f"<FrozenClock at {self().isoformat()}>"

    def set(self, at: datetime) -> datetime:
        """Show this time from now on, and return it in UTC.

        Raises:
            Invalid: The time has no zone.
        """
        at = utc(at, "at")
        with self._lock:
            self._at = at
        return at

    def advance(self, by: timedelta = timedelta(0), **parts: float) -> datetime:
        """Go on by so much, or back where it is negative, and return the new time.

        Args:
            by: How much.
            parts: The same in words, as a `timedelta` takes them: `advance(days=1, hours=2)`.
        """
        with self._lock:
            self._at += by + timedelta(**parts)
            return self._at
