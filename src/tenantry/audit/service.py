"""What is done with the audit trail: it is read."""

from __future__ import annotations

from ..pages import Page
from ..service import Service, listed, query
from ..unit_of_work import UnitOfWork
from .model import AUDIT_EVENTS, AuditEvent

__all__ = ["Audit"]


class Audit(Service):
    """The audit trail of the tenant."""

    name = "audit"
    __slots__ = ()

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = "newest",
        total: bool = False,
    ) -> Page[AuditEvent]:
        """What happened in the tenant.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: `newest` or `oldest` first.
            total: Whether to count the whole list.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not read the audit trail.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        uow.require("tenant-api:audit:read")
        return listed(
            uow,
            "audit.list",
            uow.audit.records,
            AUDIT_EVENTS,
            {},
            present=lambda events: [event.shown() for event in events],
            filters={},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )
