"""Participants: host code that owns resources and takes part in our commands, inside the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from inspect import iscoroutinefunction
from typing import Any, Protocol

from ..kernel import text
from ..kernel.errors import Invalid
from ..kernel.principal import Principal
from ..kernel.values import frozen

__all__ = ["Change", "Participant", "Participants", "require_outside", "require_participants", "working"]

_METHODS = ("count", "reassign", "delete", "revoke")

# No tenant is ambient: this only says that host code is at work, so that it cannot wait for its own lock.
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
    returns how many resources it was about. Whatever it raises undoes everything and reaches the caller unchanged. It
    never ends the transaction, which is not its own: the command then fails with `Unavailable`.
    It must not call tenantry. A command that is repeated calls it again, after all that it did in the transaction was
    undone: so it works in the database, with this session, and nowhere else.
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


def require_participants(participants: object) -> tuple[Any, ...]:
    """The host's participants.

    Raises:
        Invalid: One has no name or none of the methods, or one that is to be awaited, or two have one name.
    """
    if isinstance(participants, str | bytes) or not isinstance(participants, Iterable):
        raise Invalid("participants must be a sequence of participants.", field="participants")
    checked = tuple(participants)
    names = [text.counter_name(getattr(each, "name", None), "participants") for each in checked]
    if len(set(names)) < len(names):
        raise Invalid("Two participants have the same name.", field="participants")
    for each in checked:
        methods = [method for name in _METHODS if callable(method := getattr(each, name, None))]
        if any(map(iscoroutinefunction, methods)):
            raise Invalid(f"Participant {each.name!r} is called synchronously, in `run_sync`.", field="participants")
        if not methods:
            raise Invalid(f"Participant {each.name!r} has none of: {', '.join(_METHODS)}.", field="participants")
    return checked


def require_outside() -> None:
    """Go on only if this is not called by host code that takes part in a command.

    Raises:
        Invalid: It is.
    """
    who = _at_work.get()
    if who is not None:
        raise Invalid(f"{who} calls tenantry from inside one of its commands.")


@frozen
class Participants:
    """The host's participants, within one transaction."""

    each: Sequence[Any]
    session: Any
    part: Callable[[], AbstractContextManager[None]] = nullcontext
    """Begins a part of the transaction; who ends the transaction within it is found out, and nothing goes on."""

    @property
    def can_reassign(self) -> bool:
        """Whether one of them can give something to somebody else."""
        return any(callable(getattr(each, "reassign", None)) for each in self.each)

    def count(self, change: Change) -> Mapping[str, int]:
        """What the change is about, by the names of the participants; nothing of those that cannot count."""
        return self._asked(change, "count")

    def revoke(self, change: Change) -> Mapping[str, int]:
        """End what lets the user in."""
        return self._asked(change, "revoke")

    def hand_over(self, change: Change) -> Mapping[str, int]:
        """Give what the user owned to somebody else, or remove what cannot be given."""
        return self._asked(change, "reassign", "delete")

    def delete(self, change: Change) -> Mapping[str, int]:
        """Remove everything that the change is about."""
        return self._asked(change, "delete")

    def _asked(self, change: Change, *methods: str) -> Mapping[str, int]:
        """What each of them answers that has one of these methods, by the first that it has."""
        asked: dict[str, int] = {}
        flush = getattr(self.session, "flush", lambda: None)  # what an ORM session holds back
        for each in self.each:
            asking = next((name for name in methods if callable(getattr(each, name, None))), None)
            if asking is not None:
                with working(f"Participant {each.name!r}"), self.part():
                    number = getattr(each, asking)(change, self.session)
                    flush()
                asked[each.name] = text.integer(number, f"number that {each.name}.{asking} returns", low=0, high=2**53)
        return asked


@contextmanager
def working(who: str) -> Iterator[None]:
    """Host code is at work in the block, and must not call tenantry.

    Args:
        who: What it is called in the error, if it does.
    """
    token = _at_work.set(who)
    try:
        yield
    finally:
        _at_work.reset(token)
