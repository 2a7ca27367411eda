"""A notice: a message owed to a person, kept in the outbox until it is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import field

from ..kernel import emails
from ..kernel.values import frozen
from ..storage.collection import Collection, Order

__all__ = ["NOTICES", "OFFERS", "Notice", "NoticeKind", "NoticeStatus", "claim_of", "mailbox_of"]


class NoticeKind(StrEnum):
    """What a notice is about."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    ROLE_CHANGED = "role_changed"
    WORKSPACE_ASSIGNED = "workspace_assigned"
    DEACTIVATED = "deactivated"
    REMOVED = "removed"
    OWNERSHIP = "ownership"
    SUSPENSION = "suspension"


class NoticeStatus(StrEnum):
    """How a notice stands.

    It waits, was sent, is needed by nobody any more, could not be delivered, or was more than its mailbox is sent.
    """

    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"
    EXCESS = "excess"


@frozen(kw_only=True)
class Notice:
    """A message owed to a person.

    Args:
        tenant_id: The tenant it comes from.
        id: `ntc_…`; the stable key under which it is delivered, once or, after a crash, again.
        kind: What it is about.
        email: Where it goes, as it was when the notice was written.
        name: What the person is called, or None.
        user_id: The person, where they are known; None for somebody who is invited.
        data: What it tells, as plain values. Never a secret.
        invitation_id: The invitation that it is about, or None.
        sends: Which sending of that invitation; when it was sent again, this notice is dropped.
        status: How it stands.
        attempts: How many times its delivery was begun.
        due_at: Not to be delivered before. Once it is settled, since when.
        created_at: When it was written.
        sent_at: When it was delivered.
        failure: The name of the error that the last try ended with, `Unfinished` where no worker came back from it,
            `max_mails_an_hour` where its mailbox was sent enough, or None.
    """

    tenant_id: str
    id: str
    kind: NoticeKind
    email: str
    name: str | None = None
    user_id: str | None = None
    data: Mapping[str, Any] = field(factory=dict, hash=False)
    invitation_id: str | None = None
    sends: int | None = None
    status: NoticeStatus = NoticeStatus.WAITING
    attempts: int = 0
    due_at: datetime
    created_at: datetime
    _claim: str | None = field(default=None, alias="claim", repr=False)  # the worker who has it until `due_at`
    sent_at: datetime | None = None
    failure: str | None = None

    @property
    def _mailbox(self) -> str:
        """What is counted by, to tell nobody too much: one for all spellings of an address."""
        return emails.mailbox(emails.key_or_none(self.email) or self.email)


def mailbox_of(notice: Notice) -> str:
    """The mailbox that notices are counted by."""
    return notice._mailbox


def claim_of(notice: Notice) -> str | None:
    """The worker who has the notice; None where nobody has."""
    return notice._claim


OFFERS = frozenset({NoticeKind.INVITATION, NoticeKind.REMINDER})
"""The kinds of notices that have a link by which an invitation is accepted."""

NOTICES: Collection[Notice] = Collection(
    "notices",
    "notice",
    Notice,
    prefix="ntc",
    made=("mailbox",),
    documents=frozenset({"data"}),
    orders={"due": Order(("due_at", "id")), "newest": Order(("id",), descending=True)},
    job=True,
)
