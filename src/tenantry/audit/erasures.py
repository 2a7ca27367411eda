"""Erasures as the trail tells of them, by which a personal value that is gone is accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .model import AuditEvent, is_of_origin, lost_places

__all__ = ["ERASING", "MAX_NAMED", "Losses", "rules"]

ERASING = "audit.erased"
"""The action of an event that accounts for what is gone from those before it."""

MAX_NAMED = 500
"""So many targets, and no more, are named in one event."""

Part = tuple[str, str]
"""What an event says of its `target`, or of where its `principal` was; and whose that is."""


def rules(targets: Sequence[str], principals: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """What the events of an erasure say: of whom or what it has erased something, and where who was.

    A rule and no list of events: it is as short for a user in 100,000 of them.
    """
    for first in range(0, max(len(targets), len(principals)), MAX_NAMED):
        part = slice(first, first + MAX_NAMED)
        yield {"targets": [*targets[part]], "principals": [*principals[part]]}


class Losses:
    """The personal values that are gone from a trail, as far as no erasure has accounted for them yet.

    It remembers a number and a count for each target and principal that waits for an erasure, and so grows with the
    persons who were erased, not with the events.

    Attributes:
        erased: How many are gone and accounted for.
    """

    def __init__(self) -> None:
        self.erased = 0
        self._open: dict[Part, tuple[int, int]] = {}

    @property
    def first(self) -> int | None:
        """The number of the first event that has lost a value for which nothing accounts; None if none has."""
        return min((first for first, _ in self._open.values()), default=None)

    def take(self, event: AuditEvent) -> None:
        """The next event, in order of their numbers: it accounts for those before it, and may have lost some itself."""
        if event.action == ERASING:
            self._settle(event.after)
        for place in lost_places(event):
            part = ("principal", event.principal) if is_of_origin(place) else ("target", event.target)
            first, count = self._open.get(part, (event.sequence, 0))
            self._open[part] = first, count + 1

    def _settle(self, rule: Mapping[str, Any]) -> None:
        if rule.get("everything") is True:
            settled = [*self._open]
        else:
            settled = [("target", id) for id in _texts(rule.get("targets"))]
            settled += [("principal", id) for id in _texts(rule.get("principals"))]
        for part in settled:
            _, count = self._open.pop(part, (0, 0))
            self.erased += count


def _texts(named: Any) -> Iterator[str]:
    """Those that an event names; somebody may have written to the table."""
    if isinstance(named, list | tuple):
        yield from (each for each in named if isinstance(each, str))
