"""The outbox as it is stored."""

from __future__ import annotations

from ..ports import Transaction
from .model import NOTICES, Notice

__all__ = ["NoticeRepository"]


class NoticeRepository:
    """The notices of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(NOTICES)

    def add(self, *notices: Notice) -> None:
        """Keep new notices, in one statement; none is no statement."""
        self.records.add(*notices)
