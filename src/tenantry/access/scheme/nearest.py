"""The name that somebody may have meant. Names come from anybody, so looking for one has a bounded cost."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Nearest"]

_LONGEST = 100
_COMPARED = 20  # in each of three places; to compare two names takes about 20 microseconds


class Nearest:
    """The names of permissions, by what is left of them without one segment.

    Args:
        names: The names.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._alike: dict[tuple[str | None, ...], list[str]] = {}
        for name in sorted(names):
            for rest in _without_each(name.split(":")):
                self._alike.setdefault(rest, []).append(name)

    def to(self, name: str) -> str | None:
        """The nearest name that differs in one segment, among those that are next to it in order; or None."""
        segments = name.split(":") if len(name) <= _LONGEST else []
        if len(segments) != 3:
            return None
        from difflib import get_close_matches  # which is slow to import, and right names need it not

        near = [each for rest in _without_each(segments) for each in _around(self._alike.get(rest, ()), name)]
        return next(iter(get_close_matches(name, near, n=1)), None)


def _without_each(segments: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """The segments without the first, the second, and so on."""
    for left_out in range(len(segments)):
        yield tuple(None if number == left_out else each for number, each in enumerate(segments))


def _around(names: Sequence[str], name: str) -> Sequence[str]:
    """Those of these, in order, between which the name would stand."""
    at = bisect(names, name)
    return names[max(at - _COMPARED // 2, 0) : at + _COMPARED // 2]
