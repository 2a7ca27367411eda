"""The audit events of all tenants, for a reader who lags behind: none is missed, and none comes twice."""

from __future__ import annotations

from collections.abc import Collection as Values
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from attrs import evolve

from ...audit.model import AUDIT_EVENTS, AuditEvent, position_of
from ...kernel.errors import InvalidCursor, Stale
from ...storage.ports import Creating, FeedPosition, Open, Operator, Slice, Store, Transaction
from .expect import holds, interrupt, interrupted, refused, same
from .world import World, another_thread, event, founded, new_tenant, noted, repeated

__all__ = ["Feed"]

_WRITERS, _TURNS = 4, 10
_PATIENCE = 30  # seconds for which others, on the same server, may hold events back


class Feed:
    """Events over all tenants."""

    def test_events_are_read_in_pages_that_follow_on_each_other(self, store: Store) -> None:
        """Whatever the size of the pages, each event comes once, and a tenant's in the order of its trail."""
        before = _end(store)
        worlds = [founded(store) for _ in range(3)]
        written = [world.event for world in worlds]
        for number in (2, 4):
            for world in worlds:
                with store.command(world.tenant.id, gate=Open()) as tx:
                    written += noted(tx, event(world.tenant, number), event(world.tenant, number + 1))
        found = {size: _followed(store, before, written, size) for size in (1, 2, 100)}
        same(found[100], written, "events are read in the order in which they were kept")
        for size in (1, 2):
            same(found[size], found[100], f"the order is the same in pages of {size}")
        with store.across(Operator()) as across:
            page = across.events(before, 1)
            same(len(page), 1, "no more are read than are asked for")
            same(across.events(before, 1), page, "reading changes nothing")

    def test_an_event_is_read_as_it_is_kept(self, store: Store) -> None:
        """What was taken out of an event is gone when it is read later; the event keeps its place, and comes once."""
        before = _end(store)
        world = founded(store)
        secret = event(world.tenant, 2, after={"email": "sha256:00"}, personal={"after.email": ("00", "bob@gov.test")})
        with store.command(world.tenant.id, gate=Open()) as tx:
            [secret] = noted(tx, secret)
        same(_followed(store, before, [world.event, secret]), [world.event, secret], "an event comes back whole")
        erased = evolve(secret, personal={})
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(AUDIT_EVENTS).save(erased)
            [last] = noted(tx, event(world.tenant, 3))
        found = _followed(store, before, [world.event, secret, last])
        same(found, [world.event, erased, last], "an event that was changed keeps its place, and is read as it is now")

    def test_what_was_undone_is_not_read(self, store: Store) -> None:
        """Neither a command that failed, nor one that was discarded, nor a part that was undone leaves an event."""
        before = _end(store)
        world = founded(store)
        lost = [event(world.tenant, 2) for _ in range(3)]
        with interrupted(), store.command(world.tenant.id, gate=Open()) as tx:
            noted(tx, lost[0])
            interrupt()
        with store.command(world.tenant.id, gate=Open()) as tx:
            noted(tx, lost[1])
            tx.discard()
        with store.command(world.tenant.id, gate=Open()) as tx:
            with interrupted(), tx.nested():
                noted(tx, lost[2])
                interrupt()
            [kept] = noted(tx, event(world.tenant, 2))
            with store.across(Operator()) as across:
                early = [each.id for _, each in across.events(before, 1_000)]
                holds(kept.id not in early, "an event is not read before its command has ended")
        found = _followed(store, before, [world.event, kept], others=lost)
        same(found, [world.event, kept], "only what was kept is read")

    def test_events_of_several_commands_in_one_transaction_keep_their_order(self, store: Store) -> None:
        """A transaction of several commands is read as a whole, or not yet."""
        before = _end(store)
        tenant = new_tenant()
        with store.begin() as guest:
            with guest.command(tenant.id, gate=Creating(tenant)) as tx:
                written = noted(tx, event(tenant, 1), event(tenant, 2))
            with guest.command(tenant.id, gate=Open()) as tx:
                written += noted(tx, event(tenant, 3), event(tenant, 4))
            with store.across(Operator()) as across:
                early = [each for _, each in across.events(before, 1_000) if each.tenant_id == tenant.id]
                same(early, [], "nothing of a transaction is read before its end")
        same(_followed(store, before, written, 3), written, "a transaction is read in the order of the trail")

    def test_what_was_begun_first_and_kept_last_is_not_missed(self, store: Store) -> None:
        """A reader who has seen what was kept meanwhile still gets what was begun before it; and both once."""
        slow, quick = founded(store), founded(store)
        before = _end(store)
        first, second = event(slow.tenant, 2), event(quick.tenant, 2)

        def write(tx: Transaction) -> None:
            noted(tx, second)

        with another_thread() as meanwhile:
            with store.command(slow.tenant.id, gate=Open()) as tx:
                noted(tx, first)
                meanwhile(lambda: repeated(store, quick.tenant.id, write))
                with store.across(Operator()) as across:
                    early = list(across.events(before, 1_000))
            seen = [each for _, each in early if each.id in (first.id, second.id)]
            position = early[-1][0] if early else before
        rest = [each for each in (first, second) if each.id not in map(_id, seen)]
        found = seen + _followed(store, position, rest, others=seen)
        same(
            sorted(map(_id, found)),
            [first.id, second.id],
            "what was begun first and kept last is read too, and nothing twice",
        )

    def test_a_reader_among_many_writers_gets_everything_once(self, store: Store) -> None:
        """While threads write to several tenants, and some of it is undone, a reader goes on from page to page."""
        before = _end(store)
        worlds = [founded(store) for _ in range(_WRITERS)]  # each with an event, of the number 1

        def write(world: World) -> list[AuditEvent]:
            kept: list[AuditEvent] = []
            for number in range(2, _TURNS + 2):
                with interrupted(), store.command(world.tenant.id, gate=Open()) as tx:
                    noted(tx, event(world.tenant, number))
                    interrupt()
                kept.append(event(world.tenant, number))
                repeated(store, world.tenant.id, lambda tx: noted(tx, kept[-1]))
            return kept

        tenants = {world.tenant.id for world in worlds}
        found: list[AuditEvent] = []
        with ThreadPoolExecutor(_WRITERS) as pool:
            writers = [pool.submit(write, world) for world in worlds]
            position = before
            while not all(writer.done() for writer in writers):
                position = _page(store, position, 3, tenants, found)
                store.pause(0.001)
            kept = [each for writer in writers for each in writer.result()]
        until = monotonic() + _PATIENCE
        while len(found) < len(kept) + len(worlds) and monotonic() < until:
            position = _page(store, position, 3, tenants, found)
        position = _page(store, position, 1_000, tenants, found)
        same(
            sorted(_id(each) for each in found if each.sequence > 1),
            sorted(map(_id, kept)),
            "among many writers, every event is read once",
        )
        for tenant_id in tenants:
            sequence = [each.sequence for each in found if each.tenant_id == tenant_id]
            same(sequence, sorted(sequence), "a tenant's events are read in the order of its trail")

    def test_who_wrote_first_does_not_overtake_who_passed_them(self, store: Store) -> None:
        """A tenant's events are read in the order of its trail, also where a later one is of an older transaction."""
        before = _end(store)
        other, world = founded(store), founded(store)
        ours = world.tenant

        def pass_by(tx: Transaction) -> None:
            noted(tx, event(ours, tx.records(AUDIT_EVENTS).count() + 1))

        def write_first() -> None:
            with store.begin() as guest:
                with guest.command(other.tenant.id, gate=Open()) as tx:
                    noted(tx, event(other.tenant, 2))
                meanwhile(lambda: repeated(store, ours.id, pass_by))
                with guest.command(ours.id, gate=Open()) as tx:
                    pass_by(tx)

        with another_thread() as meanwhile:
            try:
                write_first()
            except Stale:  # this store lets nobody who began before go on after another
                repeated(store, ours.id, pass_by)
        with store.query(ours.id) as tx:
            trail = list(tx.records(AUDIT_EVENTS).list(Slice(order="oldest")))
        same([each.sequence for each in trail], [1, 2, 3], "both have written to the trail")
        numbers = [written_in for written_in, _, _ in map(position_of, trail)]
        same(numbers, sorted(numbers), "the gate never gives a tenant a smaller number than before")
        for size in (1, 100):
            found = _followed(store, before, trail, size)
            same(found, trail, "a tenant's events are read in the order of its trail, whoever began first")

    def test_a_position_beyond_everything_is_refused(self, store: Store) -> None:
        """A position from another store, or from a later state of this one, must not pass for an end."""
        founded(store)
        number, _, _ = _end(store)
        for beyond in ((number + 2**40, "", 0), (2**62, "ten_unknown", 1)):
            with (
                refused(InvalidCursor, "a position beyond everything that was written is refused"),
                store.across(Operator()) as across,
            ):
                across.events(beyond, 10)


def _end(store: Store) -> FeedPosition:
    """A position after everything that can be read by now."""
    position: FeedPosition = (0, "", 0)
    while True:
        with store.across(Operator()) as across:
            found = across.events(position, 1_000)
        if not found:
            return position
        position = found[-1][0]


def _followed(
    store: Store, after: FeedPosition, wanted: Values[AuditEvent], size: int = 100, *, others: Values[AuditEvent] = ()
) -> list[AuditEvent]:
    """These events, and others of these, as they come after a position; all that come until all that are wanted did."""
    ids = {each.id for each in wanted}
    watched = ids | {each.id for each in others}
    found: list[AuditEvent] = []
    until = monotonic() + _PATIENCE
    while not ids <= {each.id for each in found} and monotonic() < until:
        with store.across(Operator()) as across:
            page = across.events(after, size)
        found += [each for _, each in page if each.id in watched]
        if page:
            after = page[-1][0]
        else:
            store.pause(0.01)
    return found


def _page(store: Store, after: FeedPosition, size: int, tenants: Values[str], found: list[AuditEvent]) -> FeedPosition:
    """Read one page on, and where it ended."""
    with store.across(Operator()) as across:
        page = across.events(after, size)
    found += [each for _, each in page if each.tenant_id in tenants]
    return page[-1][0] if page else after


def _id(each: AuditEvent) -> str:
    return each.id
