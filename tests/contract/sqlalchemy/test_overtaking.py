"""A host has done something else first, and a command passes it: the events of a tenant keep the order of its trail."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.orm import Session

from tenantry import SYSTEM, Principal, Tenantry, schemes
from tenantry.audit.model import AUDIT_EVENTS, AuditEvent
from tenantry.ports import FeedPosition, Open, Operator
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore, statements
from tenantry.sqlalchemy.numbering import own_number
from tenantry.testing.contract import feed
from tenantry.testing.contract.world import World, event, founded, noted
from tests.contract.sqlalchemy.host import Note
from tests.scale import seeds

ADA = Principal("ada", email="ada@acme.test", email_verified=True)
WRITERS, TURNS = 4, 6


@pytest.fixture
def naive(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The gate gives the number of the transaction, and does not look at what the tenant has."""
    monkeypatch.setattr(statements, "raised_number", own_number)
    statements.enter.cache_clear()
    yield
    statements.enter.cache_clear()


@pytest.mark.parametrize("kind", [Session, Connection], ids=["Session", "Connection"])
@pytest.mark.parametrize("savepoint", [False, True], ids=["plainly", "in a savepoint"])
def test_a_host_that_wrote_first_does_not_overtake(
    postgresql: Engine, kind: type[Session | Connection], *, savepoint: bool
) -> None:
    tenancy = Tenantry(store=SQLAlchemyStore(postgresql), scheme=schemes.AGENCY, secret_keys=["k" * 32])
    acme = tenancy.person(ADA).create_tenant("Acme")
    tenancy.tenant(acme.id, by=ADA).members.add("bob", role="member")
    _, start = followed(tenancy, None, 4)

    with kind(postgresql) as host:
        host.execute(insert(Note).values(text="This has a number already."))
        tenancy.tenant(acme.id, by=ADA).members.change_role("bob", role="admin")
        ours = tenancy.using(SessionStore(host)).tenant(acme.id, by=ADA)
        if savepoint:
            with host.begin_nested():
                ours.members.change_role("bob", role="member")
        else:
            ours.members.change_role("bob", role="member")
        host.commit()

    found, _ = followed(tenancy, start, 2)
    trail = list(tenancy.tenant(acme.id, by=SYSTEM).audit.list(order="oldest"))[-2:]
    assert [each.after["roles"] for each in trail] == [["admin"], ["member"]]
    assert [each.sequence for each in found] == [each.sequence for each in trail]
    assert tenancy.tenant(acme.id, by=SYSTEM).audit.verify().intact


def followed(tenancy: Tenantry, after: str | None, number: int) -> tuple[list[AuditEvent], str | None]:
    """The next so many events, and where one goes on; other tests on the same server may hold them back for a while."""
    found: list[AuditEvent] = []
    until = time.monotonic() + 30
    while len(found) < number and time.monotonic() < until:
        page = tenancy.jobs.events(after=after, limit=1)
        found, after = [*found, *page], page.next
    return found, after


@pytest.mark.usefixtures("naive")
def test_the_suite_catches_who_numbers_by_the_transaction_alone(postgresql: Engine) -> None:
    with pytest.raises(AssertionError, match="the gate never gives a tenant a smaller number than before"):
        feed.Feed().test_who_wrote_first_does_not_overtake_who_passed_them(SQLAlchemyStore(postgresql))


class Race:
    """Hosts with transactions of any length write to the same tenants, and a reader follows them."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.seed = seed
        self.store = SQLAlchemyStore(engine)
        self.worlds = [founded(self.store) for _ in range(2)]
        self.tenants = {world.tenant.id for world in self.worlds}
        self.kept = [world.event.id for world in self.worlds]
        self.found: list[AuditEvent] = []
        self.position: FeedPosition | None = None

    def run(self) -> None:
        with ThreadPoolExecutor(WRITERS) as threads:
            writers = [threads.submit(self._write, number) for number in range(WRITERS)]
            while not all(writer.done() for writer in writers):
                self._read()
            self.kept += [id for writer in writers for id in writer.result()]
        until = time.monotonic() + 30
        while len(self.found) < len(self.kept) and time.monotonic() < until:
            self._read()
        self._read()

    def _write(self, number: int) -> list[str]:
        chance, kept = random.Random(f"{self.seed} {number}"), list[str]()
        for _ in range(TURNS):
            with self.engine.connect() as host:
                if chance.random() < 0.7:
                    host.execute(insert(Note).values(text="This has a number already."))
                    time.sleep(chance.random() * 0.01)
                worlds = sorted(chance.sample(self.worlds, chance.choice([1, 1, 2])), key=lambda w: w.tenant.id)
                written = [self._note(host, world) for world in worlds]
                time.sleep(chance.random() * 0.005)
                if chance.random() < 0.2:
                    host.rollback()
                else:
                    host.commit()
                    kept += written
        return kept

    def _note(self, host: Connection, world: World) -> str:
        with SessionStore(host).command(world.tenant.id, gate=Open()) as tx:
            [one] = noted(tx, event(world.tenant, tx.records(AUDIT_EVENTS).count() + 1))
        return one.id

    def _read(self) -> None:
        with self.store.across(Operator()) as across:
            page = across.events(self.position, 3)
        self.found += [each for _, each in page if each.tenant_id in self.tenants]
        self.position = page[-1][0] if page else self.position


def in_order(race: Race) -> bool:
    """Whether the events of each tenant have come as 1, 2, 3."""
    theirs = [[each.sequence for each in race.found if each.tenant_id == id] for id in sorted(race.tenants)]
    return all(each == list(range(1, len(each) + 1)) for each in theirs)


@pytest.mark.parametrize("seed", seeds(40, everyday=2))
def test_nothing_is_missed_and_nothing_comes_twice_however_hosts_overlap(postgresql: Engine, seed: int) -> None:
    race = Race(postgresql, seed)
    race.run()
    assert sorted(each.id for each in race.found) == sorted(race.kept)
    assert in_order(race)


@pytest.mark.usefixtures("naive")
def test_the_race_catches_who_numbers_by_the_transaction_alone(postgresql: Engine) -> None:
    def caught(seed: int) -> bool:
        race = Race(postgresql, seed)
        race.run()
        return not in_order(race)

    assert any(caught(seed) for seed in range(20))
