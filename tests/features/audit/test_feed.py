"""The events of all tenants, for a reader who lags behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from tenantry import SYSTEM, AuditEvent, Denied, Invalid, InvalidCursor, Origin, TenantContext, Tenantry, schemes
from tenantry.audit.repository import AuditRepository
from tenantry.memory import MemoryStore
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.audit.vault import Vault
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, EVE, SECRET, Company
from tests.scale import rounds

PATIENCE = 60  # seconds for which other tests, on the same server, may hold events back


class Follower:
    """A host's reader, who keeps its place and what it has read."""

    def __init__(self, tenancy: Tenantry, *, limit: int = 100) -> None:
        self.tenancy = tenancy
        self.limit = limit
        self.after: str | None = None
        self.events: list[AuditEvent] = []

    def step(self) -> int:
        page = self.tenancy.jobs.events(after=self.after, limit=self.limit)
        self.after = page.next
        self.events += page
        return len(page)

    def until(self, reached: Callable[[], bool]) -> list[AuditEvent]:
        end = time.monotonic() + PATIENCE
        while not reached() and time.monotonic() < end:
            if not self.step():
                time.sleep(0.005)
        return self.events

    def actions(self, number: int) -> list[tuple[str, str]]:
        return [(e.tenant_id, e.action) for e in self.until(lambda: len(self.events) >= number)]


def trails(tenancy: Tenantry, *tenant_ids: str) -> list[str]:
    """The ids of all events of these tenants, by asking each."""
    found = []
    for id in tenant_ids:
        cursor = None
        while True:
            page = tenancy.tenant(id, by=SYSTEM).audit.list(order="oldest", limit=200, after=cursor)
            found += [event.id for event in page]
            if (cursor := page.next) is None:
                break
    return found


def both(context: TenantContext, number: int) -> None:
    context.workspaces.create(f"Client {number}")
    context.update(name=f"Name {number}")


def undone(tx: Tenantry, acme: Company) -> None:
    tx.tenant(acme.id, by=ADA).workspaces.create("Lost")
    raise LookupError


def test_a_tenant_that_gets_another_slug_than_its_name_gives_is_followed_too(tenancy: Tenantry) -> None:
    """Its row is changed before the first event is written."""
    acme = tenancy.person(ADA).create_tenant("Acme")
    follower = Follower(tenancy)
    follower.actions(3)
    second = tenancy.person(BOB).create_tenant("Acme")
    assert second.slug != acme.slug
    assert [id for id, _ in follower.actions(6)] == [acme.id] * 3 + [second.id] * 3


def test_everything_that_happened_is_read_page_by_page_over_all_tenants(tenancy: Tenantry, acme: Company) -> None:
    other = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    acme.add(BOB)
    other.context(EVE).update(name="Gamma")

    for limit in (1, 2, 100):
        assert Follower(tenancy, limit=limit).actions(8) == [
            (acme.id, "tenant.created"),
            (acme.id, "workspace.created"),
            (acme.id, "member.added"),
            (other.id, "tenant.created"),
            (other.id, "workspace.created"),
            (other.id, "member.added"),
            (acme.id, "member.added"),
            (other.id, "tenant.updated"),
        ]


def test_there_is_always_a_cursor_to_go_on_from(tenancy: Tenantry) -> None:
    nothing = tenancy.jobs.events()
    assert list(nothing) == []
    assert nothing.total is None
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    reader = Follower(tenancy)
    reader.after = nothing.next
    assert {tenant_id for tenant_id, _ in reader.actions(3)} == {acme.id}

    end = reader.after
    page = tenancy.jobs.events(after=end)
    assert (list(page), page.next) == ([], end)

    acme.add(BOB)
    assert reader.actions(4)[-1] == (acme.id, "member.added")


def test_an_event_is_shown_as_its_own_tenant_sees_it(tenancy: Tenantry, acme: Company) -> None:
    """AU-10: with personal values in their places, as long as they are kept, and nothing that seals them."""
    tenancy.tenant(acme.id, by=ADA, origin=Origin(address="192.0.2.7")).invitations.send("bob@gov.test")
    reader = Follower(tenancy)
    last = reader.until(lambda: len(reader.events) >= 4)[-1]
    [listed] = acme.context(SYSTEM).audit.list(limit=1)
    assert last == listed
    assert (last.address, last.after["email"], dict(last._personal)) == ("192.0.2.7", "bob@gov.test", {})

    with tenancy._store.command(acme.id, gate=Open()) as tx:
        AuditRepository(tx).erase_all()
    again = Follower(tenancy)
    erased = again.until(lambda: len(again.events) >= 4)[-1]
    assert erased.id == last.id
    assert (erased.address, erased.after["email"]) == ("(erased)", "(erased)")


def test_what_is_undone_is_never_read(tenancy: Tenantry, acme: Company) -> None:
    """AU-14."""
    acme.add(BOB)
    with pytest.raises(LookupError):
        tenancy.retry(lambda tx: undone(tx, acme))
    with pytest.raises(Denied):
        tenancy.retry(lambda tx: [both(tx.tenant(acme.id, by=who), 1) for who in (ADA, BOB)])  # type: ignore[func-returns-value]
    acme.add(EVE)

    found = Follower(tenancy).actions(len(trails(tenancy, acme.id)))

    done = {action for _, action in found}
    assert sorted(done) == ["access.denied", "member.added", "tenant.created", "workspace.created"]
    assert [action for _, action in found].count("workspace.created") == 1


@pytest.mark.parametrize("store", ["memory", "postgresql"], indirect=True)  # on SQLite, who comes second waits
def test_a_slow_transaction_that_began_first_is_not_missed(tenancy: Tenantry, acme: Company) -> None:
    """What is kept while it is open is read now or later; and what it did, after it was kept."""
    other = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    reader = Follower(tenancy)
    reader.until(lambda: len(reader.events) >= 6)
    begun, read = threading.Event(), threading.Event()

    def slowly() -> None:
        with tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).workspaces.create("Slow")
            begun.set()
            assert read.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slowly)
        assert begun.wait(PATIENCE)
        other.context(EVE).workspaces.create("Quick")
        for _ in range(5):
            reader.step()
        assert (acme.id, "workspace.created") not in [(e.tenant_id, e.action) for e in reader.events[6:]]
        read.set()
        slow.result()

    assert sorted(reader.actions(8)[6:]) == sorted([(acme.id, "workspace.created"), (other.id, "workspace.created")])
    assert len({event.id for event in reader.events}) == 8


def test_a_reader_beside_many_writers_misses_nothing_and_reads_nothing_twice(tenancy: Tenantry) -> None:
    """AU-09: over several tenants, some of whose transactions are undone."""
    companies = [Company(tenancy, tenancy.person(ADA).create_tenant(f"Company {n}")) for n in range(4)]
    reader = Follower(tenancy, limit=3)

    def write(acme: Company) -> None:
        for number in range(rounds(200) // 2):
            tenancy.retry(lambda tx, number=number: both(tx.tenant(acme.id, by=ADA), number))  # type: ignore[misc]
            with pytest.raises(LookupError):
                tenancy.retry(lambda tx: undone(tx, acme))

    with ThreadPoolExecutor(len(companies)) as pool:
        writing = [pool.submit(write, acme) for acme in companies]
        while not all(each.done() for each in writing):
            reader.step()
        for each in writing:
            each.result()
    written = trails(tenancy, *(acme.id for acme in companies))
    reader.until(lambda: len(reader.events) >= len(written))
    reader.step()

    assert sorted(event.id for event in reader.events) == sorted(written)
    for acme in companies:
        theirs = [event.sequence for event in reader.events if event.tenant_id == acme.id]
        assert theirs == list(range(1, len(theirs) + 1))


def test_a_cursor_is_good_for_this_reading_alone(tenancy: Tenantry, acme: Company) -> None:
    """TI-06."""
    page = tenancy.jobs.events(limit=1)
    listed = acme.context().audit.list(limit=1)
    assert page.next is not None
    assert listed.next is not None
    foreign = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET[::-1]]).jobs.events().next
    for cursor in (listed.next, foreign, page.next[:-1], page.next + "A", "", "cursor", "é", 7, b"x"):
        with pytest.raises(InvalidCursor):
            tenancy.jobs.events(after=cursor)  # type: ignore[arg-type]
    with pytest.raises(InvalidCursor):
        acme.context().audit.list(after=page.next)


def test_a_cursor_from_a_store_that_knows_more_is_refused(tenancy: Tenantry) -> None:
    """Otherwise what comes next would be passed over in silence."""
    elsewhere = tenancy.using(MemoryStore())
    for number in range(3):
        elsewhere.person(ADA).create_tenant(f"Company {number}")
    cursor = elsewhere.jobs.events().next

    with pytest.raises(InvalidCursor, match="another store"):
        tenancy.using(MemoryStore()).jobs.events(after=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1_001, True, 1.0, "5", None])
def test_limits_are_bounded(tenancy: Tenantry, limit: object) -> None:
    with pytest.raises(Invalid, match="limit"):
        tenancy.jobs.events(limit=limit)  # type: ignore[arg-type]


def test_a_guest_cannot_know_what_will_be_committed(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    with sql_store.engine.connect() as connection, pytest.raises(Invalid, match="owns its transactions"):
        tenancy.using(SessionStore(connection)).jobs.events()
    with tenancy.transaction() as tx, pytest.raises(Invalid, match="owns its transactions"):
        tx.jobs.events()


@awaited
async def test_it_is_awaited_by_hosts_that_await(database: Database) -> None:
    tenancy = database.owned
    acme = await tenancy.person(ADA).create_tenant("Acme")
    found: list[str] = []
    cursor = None
    end = time.monotonic() + PATIENCE
    while len(found) < 3 and time.monotonic() < end:
        page = await tenancy.jobs.events(after=cursor, limit=2)
        found += [event.action for event in page if event.tenant_id == acme.id]
        cursor = page.next

    assert found == ["tenant.created", "workspace.created", "member.added"]


class TestHiding:
    """Whoever can write to the database moves an event to where a reader has been."""

    @pytest.mark.parametrize("moved", [0, 1, -1])
    def test_an_event_that_was_moved_is_found(self, acme: Company, store: Store, moved: int) -> None:
        """Law 10: its place among the events of all tenants is in the chain."""
        follower = Follower(acme.tenancy)
        follower.actions(3)
        acme.workspace("Justice")
        kept = acme.context().audit.checkpoint()
        vault = Vault(store)
        *others, last = vault.events(acme.id)
        place = others[-1]._written_in if moved == 0 else last._written_in + moved * 1_000
        vault.replace(acme.id, [*others, evolve(last, written_in=place)])

        found = acme.context().audit.verify(checkpoint=kept)

        assert (bool(found), found.intact, found.first_bad) == (False, False, last.sequence)

    def test_what_is_to_come_cannot_be_put_out_of_sight(self, acme: Company, store: Store) -> None:
        """The tenant's row says where its events go on; a number that nobody has reached yet is no quiet end."""
        follower = Follower(acme.tenancy)
        follower.actions(3)
        Vault(store).set_row(acme.id, written_in=10**15)
        acme.workspace("Justice")
        assert acme.context().audit.verify().intact

        if isinstance(store, SQLAlchemyStore) and store.engine.dialect.name == "sqlite":
            assert len(follower.actions(4)) == 4  # there is nothing between two numbers
        else:
            with pytest.raises(InvalidCursor, match="of another time"):
                follower.step()
