"""Participants: host code that owns resources and takes part in our commands, inside the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from attrs import frozen

from . import text
from .errors import Invalid
from .principal import Principal

__all__ = ["Change", "Participant", "Participants", "checked_participants", "require_outside"]

_METHODS = ("count", "reassign", "delete", "revoke")

# No tenant is ambient: this only says that a participant is at work, so that it cannot wait for its own lock.
_at_work: ContextVar[str | None] = ContextVar("tenantry_participant", default=None)


@frozen(kw_only=True)
class Change:
    """What is about to happen, as a participant is told.

    Args:
        kind: The action that the audit trail will have, such as `member.removed` or `tenant.purged`.
        tenant_id: Where.
        user_id: Whose resources it is about; None where the whole tenant goes.
        to: The `user_id` of who is to have them, or None.
        by: Who does it.
        at: When, in UTC.
    """

    kind: str
    tenant_id: str
    user_id: str | None = None
    to: str | None = None
    by: Principal
    at: datetime


class Participant(Protocol):
    """Something of the host's that members own. A plain object: it has a `name`, and those of these methods it needs.

    Each is called inside the transaction, synchronously, with the host's session (or connection; None in memory), and
    returns how many resources it was about. Whatever it raises undoes everything and reaches the caller unchanged.
    It must not call tenantry.
    """

    name: str
    """What the resources are called in plans and in the audit trail: lower-case letters, digits, underscores."""

    def count(self, change: Change, session: Any) -> int:
        """How many resources the change is about; for plans. Changes nothing."""
        ...

    def reassign(self, change: Change, session: Any) -> int:
        """Give what belonged to `change.user_id` to `change.to`."""
        ...

    def delete(self, change: Change, session: Any) -> int:
        """Remove what belonged to `change.user_id`; of the whole tenant where that is None."""
        ...

    def revoke(self, change: Change, session: Any) -> int:
        """End what lets `change.user_id` in: sessions, tokens, keys. The membership may live on."""
        ...


def checked_participants(participants: object) -> tuple[Any, ...]:
    """The host's participants.

    Raises:
        Invalid: One has no name or none of the methods, or two have one name.
    """
    if isinstance(participants, str | bytes) or not isinstance(participants, Iterable):
        raise Invalid("participants must be a sequence of participants.", field="participants")
    checked = tuple(participants)
    names = [text.counter_name(getattr(each, "name", None), "participant name") for each in checked]
    if len(set(names)) < len(names):
        raise Invalid("Two participants have the same name.", field="participants")
    for each in checked:
        if not any(callable(getattr(each, method, None)) for method in _METHODS):
            raise Invalid(f"Participant {each.name!r} has none of: {', '.join(_METHODS)}.", field="participants")
    return checked


def require_outside() -> None:
    """Go on only if this is not called by a participant.

    Raises:
        Invalid: It is.
    """
    name = _at_work.get()
    if name is not None:
        raise Invalid(f"Participant {name!r} calls tenantry from inside one of its commands.", field="participants")


@frozen
class Participants:
    """The host's participants, within one transaction."""

    each: Sequence[Any]
    session: Any

    def count(self, change: Change) -> Mapping[str, int]:
        """What the change is about, by the names of the participants; nothing of those that cannot count."""
        return self._asked("count", change)

    def revoke(self, change: Change) -> Mapping[str, int]:
        """End what lets the user in."""
        return self._asked("revoke", change)

    def hand_over(self, change: Change) -> Mapping[str, int]:
        """Give what the user owned to somebody else, or remove what cannot be given."""
        return self._asked("reassign", change, otherwise="delete")

    def delete(self, change: Change) -> Mapping[str, int]:
        """Remove everything that the change is about."""
        return self._asked("delete", change)

    def _asked(self, method: str, change: Change, *, otherwise: str | None = None) -> Mapping[str, int]:
        asked: dict[str, int] = {}
        for each in self.each:
            call = getattr(each, method, None) or (otherwise and getattr(each, otherwise, None))
            if call:
                with _working(each.name):
                    number = call(change, self.session)
                    flush = getattr(self.session, "flush", None)  # what an ORM session still holds back
                    if flush:
                        flush()
                asked[each.name] = text.integer(number, f"what {each.name}.{method} returns", low=0, high=2**53)
        return asked


@contextmanager
def _working(name: str) -> Iterator[None]:
    token = _at_work.set(name)
    try:
        yield
    finally:
        _at_work.reset(token)
