"""The outbox as it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from ..storage.ports import After, OneOf, Transaction
from .model import NOTICES, OFFERS, Notice, NoticeKind, NoticeStatus, mailbox_of

__all__ = ["NoticeRepository"]


class NoticeRepository:
    """The notices of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(NOTICES)

    def add(self, *notices: Notice, most: int, since: datetime) -> None:
        """Keep new notices, but those to a mailbox that was told as much as may be; none is no statement.

        Otherwise who may change a member could have the host write to anybody without end. Invitations are not left
        out: they are bounded when they are sent.

        Args:
            notices: Of this tenant.
            most: How many a mailbox may be told.
            since: From when on they are counted.
        """
        mailboxes = {mailbox_of(notice) for notice in notices if notice.kind not in OFFERS}
        told = Counter(self._told(mailboxes, since) if mailboxes else {})
        kept = []
        for notice in notices:
            if notice.kind in OFFERS or told[mailbox_of(notice)] < most:
                told[mailbox_of(notice)] += 1
                kept.append(notice)
        self.records.add(*kept)

    def withdraw_reminders(self, *invitation_ids: str) -> None:
        """Remove the reminders of these invitations that nobody has yet begun to deliver.

        One that a worker has is left to it: its delivery asks whether it is still needed.
        """
        about = OneOf(invitation_ids)
        waiting = {"kind": NoticeKind.REMINDER, "status": NoticeStatus.WAITING, "claim": None}
        self.records.remove(*self.records.list(invitation_id=about, **waiting))

    def _told(self, mailboxes: set[str], since: datetime) -> Mapping[str, int]:
        return self.records.count_by("mailbox", "id", mailbox=OneOf(mailboxes), created_at=After(since))
