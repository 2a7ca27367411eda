"""The audit trail: what was done, by whom, to what."""

from .actions import ACTIONS, Action
from .model import AuditEvent
from .verification import Verification

__all__ = ["ACTIONS", "Action", "AuditEvent", "Verification"]
