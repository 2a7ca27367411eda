"""Lists are totally ordered, and pages are stable."""

from __future__ import annotations

from itertools import count

from ...audit.model import AUDIT_EVENTS
from ...members.model import MEMBERSHIPS, Membership, MembershipStatus
from ...storage.ports import Open, Slice, Store
from .expect import holds, same
from .world import NAMES, crowd, event, founded, member

__all__ = ["Lists"]


class Lists:
    """Order and pages."""

    def test_every_order_is_by_code_points(self, store: Store) -> None:
        """Text is ordered by its characters' numbers in both directions, whatever the database's language."""
        world = crowd(store, len(NAMES))
        with store.query(world.tenant.id) as tx:
            members = tx.records(MEMBERSHIPS)
            everybody = list(members.list())
            same([m.id for m in everybody], sorted(m.id for m in everybody), "without an order, a list is by key")
            for name, order in MEMBERSHIPS.orders.items():
                wanted = sorted(everybody, key=order.position, reverse=order.descending)
                same(members.list(Slice(order=name)), wanted, f"the order {name!r} is by the declared fields")

    def test_pages_are_stable(self, store: Store) -> None:
        """Page by page, while others are added, each one that was there comes exactly once, in order."""
        world = crowd(store, 230)
        for name in (None, *MEMBERSHIPS.orders):
            order = MEMBERSHIPS.order(name)
            with store.query(world.tenant.id) as tx:
                expected = list(tx.records(MEMBERSHIPS).list(Slice(order=name)))
            seen: list[Membership] = []
            position = None
            for turn in count():
                with store.query(world.tenant.id) as tx:
                    page = tx.records(MEMBERSHIPS).list(Slice(limit=41, after=position, order=name))
                if not page:
                    break
                seen += page
                position = order.position(page[-1])
                holds(turn < 10, f"in the order {name!r} the pages come to an end")
                if turn < 4:
                    with store.command(world.tenant.id, gate=Open()) as tx:
                        tx.records(MEMBERSHIPS).add(member(world.tenant, name="anna"), member(world.tenant, name="zz"))
            positions = [order.position(each) for each in seen]
            ordered = sorted(positions, reverse=order.descending)
            same(positions, ordered, f"in the order {name!r} pages follow one another")
            same(len(set(positions)), len(positions), f"in the order {name!r} nothing comes twice")
            there = {each.id for each in expected}
            same([each for each in seen if each.id in there], expected, f"in the order {name!r} nothing is left out")

    def test_a_slice_is_cut_from_the_ordered_list(self, store: Store) -> None:
        """`limit` and `offset` count in the order of the list, and may reach beyond its end."""
        world = crowd(store, 10)
        with store.query(world.tenant.id) as tx:
            members = tx.records(MEMBERSHIPS)
            for name in (None, *MEMBERSHIPS.orders):
                whole = list(members.list(Slice(order=name)))
                after = MEMBERSHIPS.order(name).position(whole[2])
                same(members.list(Slice(limit=3, order=name)), whole[:3], "a limit cuts the end off")
                same(members.list(Slice(offset=4, order=name)), whole[4:], "an offset cuts the beginning off")
                same(members.list(Slice(limit=3, offset=4, order=name)), whole[4:7], "limit and offset go together")
                same(members.list(Slice(offset=100, order=name)), [], "beyond the end there is nothing")
                same(members.list(Slice(limit=100, order=name)), whole, "a limit may be larger than the list")
                same(members.list(Slice(after=after, order=name)), whole[3:], "a page begins after its position")
                same(members.list(Slice(limit=2, after=after, order=name)), whole[3:5], "a page has its limit")
            same(members.find(status=MembershipStatus.ACTIVE), members.list()[0], "find gives the first by key")

    def test_numbers_are_ordered_as_numbers(self, store: Store) -> None:
        """The audit trail is in order of its numbers, not of their digits."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(AUDIT_EVENTS).add(*(event(world.tenant, number) for number in (10, 2, 100, 11)))
        with store.query(world.tenant.id) as tx:
            events = tx.records(AUDIT_EVENTS)
            oldest = [e.sequence for e in events.list(Slice(order="oldest"))]
            same(oldest, [1, 2, 10, 11, 100], "numbers are ordered as numbers")
            newest = [e.sequence for e in events.list(Slice(order="newest", after=(11,)))]
            same(newest, [10, 2, 1], "a page begins after a number")
