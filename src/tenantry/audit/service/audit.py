"""What is done with the audit trail: it is read, and proven."""

from __future__ import annotations

from ...kernel.errors import TrailBroken
from ...runtime.pages import Page
from ...runtime.service import Service, list_page, query, watched
from ...runtime.unit_of_work import UnitOfWork
from ..checkpoints import Checkpoint
from ..model import AUDIT_EVENTS, AuditEvent, show
from ..verification import Verification, Walk

__all__ = ["Audit"]

_READ = "audit.read"


class Audit(Service):
    """The audit trail of the tenant."""

    name = "audit"
    __slots__ = ()

    @watched
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
        """What happened in the tenant. The reading is in the trail itself, after what was read, unless SYSTEM reads.

        It is written in the same transaction; a guest's is kept when the host commits.

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
        events = list_page(
            uow,
            uow.audit.records,
            AUDIT_EVENTS,
            {},
            present=lambda events: [*map(show, events)],
            filters={},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )
        _note_reading(uow, events)
        return events

    @query
    def verify(self, uow: UnitOfWork, *, checkpoint: str | None = None) -> Verification:
        """Whether the trail is what was written. Reads all of it, in pages.

        Args:
            checkpoint: From `checkpoint()`, kept where nobody who can write to the database reaches it. Without one
                the answer is never true.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not read the audit trail.
            Invalid: It is no checkpoint of this tenant, or its key is not among the audit keys.
        """
        uow.require("tenant-api:audit:read")
        return _walk(uow, checkpoint)[1]

    @query
    def checkpoint(self, uow: UnitOfWork, *, since: str | None = None) -> str:
        """How far the trail has come and what it is by now, signed with the newest audit key, to be kept elsewhere.

        Args:
            since: An earlier checkpoint; needed where a key is gone that has signed events before that one.

        Raises:
            TrailBroken: The trail does not verify.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not read the audit trail.
            Invalid: `since` is no checkpoint of this tenant, or its key is not among the audit keys.
        """
        uow.require("tenant-api:audit:read")
        walk, found = _walk(uow, since, field="since")
        if found.first_bad is not None:
            raise TrailBroken(f"The audit trail does not verify. {found.reason}", first_bad=found.first_bad)
        keys = uow.settings.audit_keys
        reached = Checkpoint(
            tenant_id=uow.tx.tenant_id,
            sequence=walk.sequence,
            head=walk.head,
            rolling=walk.rolling,
            key_id=keys.newest,
        )
        return reached.signed(keys, uow.now)


def _note_reading(uow: UnitOfWork, events: Page[AuditEvent]) -> None:
    """Not where there is nothing on the page but readings: or who reads to the end would never get there."""
    if uow.by.is_system or all(event.action == _READ for event in events):
        return
    numbers = [event.sequence for event in events]
    uow.record(_READ, uow.tx.tenant_id, after={"first": min(numbers), "last": max(numbers)})


def _walk(uow: UnitOfWork, checkpoint: str | None, *, field: str = "checkpoint") -> tuple[Walk, Verification]:
    keys, tenant_id = uow.settings.audit_keys, uow.tx.tenant_id
    passed = None if checkpoint is None else Checkpoint.read(checkpoint, tenant_id, keys, field=field)
    walk, known = Walk(keys, passed), 0
    while True:
        for page in uow.audit.pages(walk.position):
            for event in page:
                walk.take(event)
        sequence, head = uow.end_of_trail()
        if sequence <= max(walk.sequence, known):
            return walk, walk.end(sequence, head)
        known = sequence  # who wrote meanwhile has committed their events with it
