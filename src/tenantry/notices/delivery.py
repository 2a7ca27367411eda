"""What a mailer is handed, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from attrs import field

from ..kernel.values import frozen
from .model import NoticeKind

__all__ = ["Delivery", "Dispatched", "Mailer", "Rendered"]


@frozen(kw_only=True)
class Delivery:
    """One message to one person, as a mailer gets it.

    Args:
        key: Stable: what is delivered twice, since a worker died, comes with the same key.
        kind: What it is about.
        tenant_id: The tenant it comes from.
        email: The one address that it goes to.
        name: What the person is called, or None.
        data: What it tells, as plain values; `tenant` is the name of the tenant, the rest depends on the kind.
        token: What goes into the link of an invitation or a reminder; None for others. Keep it nowhere.
    """

    key: str
    kind: NoticeKind
    tenant_id: str
    email: str
    name: str | None = None
    data: Mapping[str, Any] = field(factory=dict, hash=False)
    token: str | None = field(default=None, repr=False)


class Mailer(Protocol):
    """What delivers: an object of the host's, or an `SMTPMailer`."""

    def send(self, delivery: Delivery, /) -> Awaitable[None] | None:
        """Deliver it, or raise; then it is tried again later. For hosts that await it may be a coroutine function."""
        ...


@frozen
class Rendered:
    """A message as people read it.

    Args:
        subject: One line.
        text: The whole message as plain text.
        html: The same as HTML, or None.
    """

    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Dispatched:
    """What a call of `dispatch_notices` has done, and what is left.

    Args:
        sent: How many were delivered.
        failed: How many were not, and will be tried again.
        dropped: How many were needed by nobody any more.
        dead: How many were given up.
        excess: How many were dropped, since their mailboxes were sent as much as they may be within an hour.
        waiting: How many are due, or will be.
        oldest: For how long the first of them has been due; None where none is.
    """

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    dead: int = 0
    excess: int = 0
    waiting: int = 0
    oldest: timedelta | None = None
