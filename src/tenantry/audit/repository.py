"""The audit trail as it is stored."""

from __future__ import annotations

from ..ports import Transaction
from .model import AUDIT_EVENTS, AuditEvent

__all__ = ["AuditRepository"]


class AuditRepository:
    """The audit events of one tenant. There is no way to change one."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(AUDIT_EVENTS)

    def append(self, *events: AuditEvent) -> None:
        """Keep new events, in one statement."""
        self.records.add(*events)
