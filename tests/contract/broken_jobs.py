"""More stores that look right and are not: in what jobs do, and in what is read over all tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from attrs import evolve

from tenantry.audit.model import AUDIT_EVENTS, AuditEvent
from tenantry.memory import MemoryStore
from tenantry.memory.jobs import JobRecords, Jobs
from tenantry.memory.state import Claim
from tenantry.memory.store import Guest
from tenantry.memory.transaction import Across, Transaction
from tenantry.ports import FeedPosition, Gate, Open, Scope
from tenantry.storage.collection import Collection
from tenantry.tenants.model import TENANTS, written_in_of
from tests.contract.broken import TakesNoLock

E = TypeVar("E")

Found = Sequence[tuple[FeedPosition, AuditEvent]]


class WithJobs(MemoryStore):
    """A memory store with other jobs than its own."""

    kind: type[JobRecords[Any]] = JobRecords

    @contextmanager
    def jobs(self) -> Iterator[Jobs]:
        with super().jobs() as jobs:
            self._change(jobs)
            yield jobs

    def _change(self, jobs: Jobs) -> None:
        right = jobs.records

        def records(collection: Collection[E]) -> JobRecords[E]:
            found = right(collection)
            return self.kind(found._guest, found._parts, collection)

        setattr(jobs, "records", records)  # noqa: B010 - a method of one object


class _Loose(JobRecords[E]):
    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        right: Any = super().claim(limit, order, values, **where)
        return [evolve(row, **dict.fromkeys(values)) for row in right]


class TellsWhatWasThere(WithJobs):
    """What is claimed comes back without the new values."""

    kind = _Loose


class _Disordered(JobRecords[E]):
    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        return super().claim(limit, "newest", values, **where)


class ClaimsTheNewest(WithJobs):
    """What is due first waits for what was written last."""

    kind = _Disordered


class _Adding(JobRecords[E]):
    def put(self, *entities: E) -> None:
        super().put(*(each for each in entities if not self.count(**_place(each))))


class PutsOnlyWhatIsNew(WithJobs):
    """What is there already stays as it was."""

    kind = _Adding


class _Wide(JobRecords[E]):
    def put(self, *entities: E) -> None:
        for each in entities:
            self.remove(id=_place(each)["id"])
        super().put(*entities)


class PutsForAllTenants(WithJobs):
    """What is put takes the place of whatever has its key, in any tenant."""

    kind = _Wide


class _Hasty(JobRecords[E]):
    def put(self, *entities: E) -> None:
        for each in entities:
            super().put(each)


class KeepsHalfOfAPut(WithJobs):
    """What was put before one that is refused stays."""

    kind = _Hasty


class _First(JobRecords[E]):
    def put(self, *entities: E) -> None:
        super().put(*reversed(entities))


class KeepsTheFirst(WithJobs):
    """Of one that is put twice the first is kept."""

    kind = _First


class _Free(JobRecords[E]):
    def _held_but_by(self, mine: Transaction) -> Callable[[Claim], bool]:
        mine.writable(self._collection).taken = [{} for _ in self._collection.unique]
        return super()._held_but_by(mine)


class PutsWhatIsTaken(WithJobs):
    """No rule of uniqueness is asked by a job."""

    kind = _Free


class _Trusting(JobRecords[E]):
    def _require_referred(self, part: Transaction | None, row: E) -> None:
        pass


class PutsWhatRefersToNothing(WithJobs):
    """What a job refers to is taken to be there."""

    kind = _Trusting


class _Locking(JobRecords[E]):
    def put(self, *entities: E) -> None:
        super().put(*entities)
        for part in self._parts:
            if any(_place(each)["tenant_id"] == part.tenant_id for each in entities):
                part.enter(Open())
                self._guest.changed(part)


class LocksTenantsForJobs(WithJobs):
    """A put is a command like any other."""

    kind = _Locking


class _Sharing(JobRecords[E]):
    def _out(self, entity: E) -> E:
        return entity


class SharesWhatWasPut(WithJobs):
    """Whoever has put something can change it later on."""

    kind = _Sharing


def _place(entity: Any) -> dict[str, str]:
    return {"tenant_id": entity.tenant_id, "id": entity.id}


class ChangesCommandsRows(WithJobs):
    """Jobs may touch everything."""

    def _change(self, jobs: Jobs) -> None:
        def records(collection: Collection[E]) -> JobRecords[E]:
            return JobRecords(jobs._guest, jobs._parts, collection)

        setattr(jobs, "records", records)  # noqa: B010 - a method of one object


class ClaimsTwice(TakesNoLock):
    """Two who claim at the same time get the same."""


class KeepsFailedJobs(MemoryStore):
    """What a job has done before it failed stays."""

    @contextmanager
    def jobs(self) -> Iterator[Jobs]:
        guest = Guest(self._state, self._switch, self._number)
        try:
            yield Jobs(guest)
        finally:
            self._publish(guest)


class LetsGuestsDoJobs(MemoryStore):
    """A guest does jobs in its host's transaction."""

    @contextmanager
    def begin(self) -> Iterator[Guest]:
        with super().begin() as guest:
            setattr(guest, "jobs", self.jobs)  # noqa: B010 - a method of one object
            yield guest


class WithEvents(MemoryStore):
    """A memory store with another order of events than its own."""

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        with super().across(scope) as across:
            right = across.events

            def events(after: FeedPosition | None, limit: int) -> Found:
                return self._events(right, after, limit)

            setattr(across, "events", events)  # noqa: B010 - a method of one object
            yield across

    def _events(self, right: Any, after: FeedPosition | None, limit: int) -> Found:
        found: Found = right(after, limit)
        return found


class HoldsNothingBack(MemoryStore):
    """What is kept can be read, whoever has begun before and is still writing."""

    def _number(self) -> int:
        number = super()._number()
        self._state = evolve(self._state, writing=frozenset())
        return number


class NumbersByTheTransactionAlone(MemoryStore):
    """A command whose transaction is older gets a smaller number than the command that has passed it."""

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with super().command(tenant_id, gate=gate) as transaction:
            tenant = transaction.tenant()
            transaction.writable(TENANTS).put(evolve(tenant, written_in=-written_in_of(tenant)))
            yield transaction


class SkipsTheRestOfATransaction(WithEvents):
    """Who goes on from the middle of a transaction goes on with the next."""

    def _events(self, right: Any, after: FeedPosition | None, limit: int) -> Found:
        if after is None:
            return super()._events(right, after, limit)
        try:
            return super()._events(right, (after[0], "~", 0), limit)
        except Exception:  # noqa: BLE001 - there is none
            return super()._events(right, after, limit)


class TakesAnyPosition(WithEvents):
    """What is beyond everything looks like the end."""

    def _events(self, right: Any, after: FeedPosition | None, limit: int) -> Found:
        everything: Found = right(None, 10**9)
        return [each for each in everything if after is None or each[0] > after][:limit]


class TellsWhatWasErased(WithEvents):
    """An event is read as it was written, whatever has become of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, AuditEvent] = {}

    def _publish(self, guest: Guest) -> None:
        super()._publish(guest)
        for tenant_id in guest.touched:
            for id, event in self._state.tenants[tenant_id][AUDIT_EVENTS.name].rows.items():
                self._written.setdefault(id, event)

    def _events(self, right: Any, after: FeedPosition | None, limit: int) -> Found:
        return [(position, self._written[event.id]) for position, event in right(after, limit)]
