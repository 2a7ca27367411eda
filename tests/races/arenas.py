"""Where races are held: on each kind of store, by threads that take turns or that run free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from attrs import field, frozen
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tenantry import Stale, Tenantry
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing.scheduler import Scheduler
from tests.races.naive import MEETING
from tests.races.race import Contender, attempt, new_tenancy


def together(works: Sequence[Callable[[], object]]) -> Sequence[object]:
    """What each returns, when all begin at once in threads of their own."""
    start = Barrier(len(works), timeout=30)

    def run(work: Callable[[], object]) -> object:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


@frozen
class Turns:
    """A new store in memory for each round; a seed decides who goes on at each of its steps."""

    store: type[MemoryStore] = MemoryStore
    scheduler: Scheduler = field(factory=Scheduler)

    def open(self) -> Tenantry:
        return new_tenancy(self.store(switch=self.scheduler.switch))

    def race(self, tenancy: Tenantry, contenders: Sequence[Contender], seed: int) -> Sequence[object]:
        return self.scheduler.run([partial(attempt, contender, tenancy) for contender in contenders], seed=seed)


@frozen
class Free:
    """Threads as they come."""

    open: Callable[[], Tenantry]

    def race(self, tenancy: Tenantry, contenders: Sequence[Contender], seed: int) -> Sequence[object]:
        MEETING.of(len(contenders))
        try:
            return together([partial(attempt, contender, tenancy) for contender in contenders])
        finally:
            MEETING.of(1)

    @classmethod
    def memory(cls) -> Free:
        return cls(lambda: new_tenancy(MemoryStore()))

    @classmethod
    def over(cls, store: SQLAlchemyStore) -> Free:
        return cls(lambda: new_tenancy(store))


@frozen
class Guests:
    """Each contender within a transaction of the host, who has read before, and begins again when told `Stale`."""

    store: SQLAlchemyStore
    isolation: str

    def open(self) -> Tenantry:
        return new_tenancy(self.store)

    def race(self, tenancy: Tenantry, contenders: Sequence[Contender], seed: int) -> Sequence[object]:
        engine = self.store.engine.execution_options(isolation_level=self.isolation)
        have_read = Barrier(len(contenders), timeout=30)
        return together([partial(as_guest, engine, contender, tenancy, have_read) for contender in contenders])


def as_guest(engine: Engine, contender: Contender, tenancy: Tenantry, have_read: Barrier) -> object:
    """What the contender returned or was refused with, in a host's transaction that was committed."""
    for tried in range(100):
        with Session(engine) as session:
            session.execute(text("SELECT count(*) FROM tenantry_tenants"))  # here a host's snapshot is taken
            if not tried:
                have_read.wait()
            outcome = attempt(contender, tenancy.using(SessionStore(session)))
            if not isinstance(outcome, Stale):
                session.commit()
                return outcome
    raise AssertionError("a host that begins again must come through some time")
