"""The audit trail: what was done, by whom, to what."""

from .model import AuditEvent

__all__ = ["AuditEvent"]
