"""The audit trail as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Collection as Values

from ..kernel.errors import Stale
from ..storage.ports import AnyOf, OneOf, Slice, Transaction
from .denials import DENIALS, Denial
from .model import AUDIT_EVENTS, AuditEvent, without_details, without_origin, without_personal

__all__ = ["PAGE", "AuditRepository", "DenialRepository"]

PAGE = 500
"""How many events are read at a time where all are: so many, and no more, are held in memory."""


class AuditRepository:
    """The audit events of one tenant. There is no way to change what one says; what it says of a person can go."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(AUDIT_EVENTS)

    def append(self, *events: AuditEvent) -> None:
        """Keep new events, in one statement."""
        self.records.add(*events)

    def pages(self, after: int | None = None, /, **where: object) -> Iterator[Sequence[AuditEvent]]:
        """The events as they are stored, oldest first, a bounded number at a time.

        Args:
            after: Only those of a greater sequence number.
            where: The conditions.
        """
        while True:
            position = None if after is None else (after,)
            page = self.records.list(Slice(limit=PAGE, after=position, order="oldest"), **where)
            yield page
            if len(page) < PAGE:
                return
            after = page[-1].sequence

    def erase(self, *, targets: Values[str] = (), principals: Values[str] = ()) -> int:
        """Drop personal values; the events stay, and so does what stands for the values in the chain.

        Args:
            targets: Of whom or what: the `user_id`s of members, the ids of invitations.
            principals: The `user_id`s of those whose network addresses and user agents go, wherever they acted.

        Returns:
            How many events had some.
        """
        about, acting = OneOf(targets), OneOf(principals)

        def erase(event: AuditEvent) -> AuditEvent:
            event = without_details(event) if event.target in about.values else event
            return without_origin(event) if event.principal in acting.values else event

        return self._erase(erase, **{AnyOf.NAME: AnyOf([{"target": about}, {"principal": acting}])})

    def erase_all(self) -> int:
        """Drop every personal value of the tenant.

        Returns:
            How many events had some.
        """
        return self._erase(without_personal)

    def _erase(self, erase: Callable[[AuditEvent], AuditEvent], **where: object) -> int:
        number = 0
        for page in self.pages(**where):
            changed = [after for before in page if (after := erase(before)) != before]
            self.records.save(*changed)
            number += len(changed)
        return number


class DenialRepository:
    """The denials of one tenant. They are changed only as they were read, since nothing locks them."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(DENIALS)

    def find_like(self, denial: Denial) -> Denial | None:
        """What is kept of the same principal and code, or None."""
        same = {name: getattr(denial, name) for name in ("principal", "on_behalf_of", "code")}
        return self.records.find(**same)

    def count(self, denial: Denial) -> bool:
        """Count one repeat; False where another was counted, or told of, since the denial was read."""
        return self._change(denial, count=denial.count + 1)

    def tell(self, denial: Denial, known: Denial | None) -> bool:
        """Keep the denial of which an event tells, in place of the known one; False as for `count`."""
        if known is not None:
            return self._change(known, count=0, target=denial.target, due_at=denial.due_at)
        try:
            self.records.add(denial)
        except Stale:  # another has added it since
            return False
        return True

    def forget(self, user_id: str) -> int:
        """Drop what is kept of a user; how many that were."""
        found = self.records.list(**{AnyOf.NAME: AnyOf([{"principal": user_id}, {"on_behalf_of": user_id}])})
        self.records.remove(*found)
        return len(found)

    def _change(self, denial: Denial, **values: object) -> bool:
        return self.records.change(values, id=denial.id, count=denial.count, due_at=denial.due_at) == 1
