"""Lists are totally ordered, pages are stable, and every condition means the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import count

from attrs import evolve

from ...access.model import GRANTS
from ...audit.model import AUDIT_EVENTS
from ...invitations.model import INVITATIONS
from ...members.model import MEMBERSHIPS, Membership, MembershipStatus
from ...ports import After, Among, Before, Contains, HasKey, OneOf, Open, Slice, Store, Transaction
from ...workspaces.model import WORKSPACES
from .expect import holds, same
from .world import NOW, World, event, founded, grant, invitation, member, workspace

__all__ = ["Conditions", "Lists"]

_NAMES = [
    "Zoë",
    "anna",
    "Émile",
    "émile",
    "Anna",
    "_",
    "~",
    "東京",
    "ß",
    "ss",
    "\ufb01n",
    "\uffee",
    "\U00020000",
    "",
    "zoe",
]
_MICROSECOND = timedelta(microseconds=1)


class Lists:
    """Order and pages."""

    def test_every_order_is_by_code_points(self, store: Store) -> None:
        """Text is ordered by its characters' numbers in both directions, whatever the database's language."""
        world = _crowd(store, len(_NAMES))
        with store.query(world.tenant.id) as tx:
            members = tx.records(MEMBERSHIPS)
            everybody = list(members.list())
            same([m.id for m in everybody], sorted(m.id for m in everybody), "without an order, a list is by key")
            for name, order in MEMBERSHIPS.orders.items():
                wanted = sorted(everybody, key=order.position, reverse=order.descending)
                same(members.list(Slice(order=name)), wanted, f"the order {name!r} is by the declared fields")

    def test_pages_are_stable(self, store: Store) -> None:
        """Page by page, while others are added, each one that was there comes exactly once, in order."""
        world = _crowd(store, 230)
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
        world = _crowd(store, 10)
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


class Conditions:
    """What may be asked of a field."""

    def test_plain_values_and_none(self, store: Store) -> None:
        """A plain value must be equal, None means that there is none, and all conditions must hold."""
        world = founded(store)
        named = member(world.tenant, name="Anna", status=MembershipStatus.DEACTIVATED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(named)
            members = tx.records(MEMBERSHIPS)
            same(members.list(name="Anna"), [named], "a value must be equal")
            same(members.list(name="anna"), [], "a value in another case is another")
            same(members.list(name=None), [world.member], "None is where there is no value")
            same(members.list(name="Anna", status=MembershipStatus.ACTIVE), [], "all conditions must hold")
            same(members.count(status=MembershipStatus.DEACTIVATED), 1, "an enumeration is compared")
            same(tx.records(WORKSPACES).count(is_default=True), 1, "a flag is compared")
            same(tx.records(AUDIT_EVENTS).count(sequence=1), 1, "a number is compared")
            same(tx.records(INVITATIONS).count(expires_at=NOW), 1, "a time is compared")

    def test_one_of_several_values(self, store: Store) -> None:
        """`OneOf` takes any number of values; none of them matches nothing."""
        world = _crowd(store, 5)
        with store.query(world.tenant.id) as tx:
            members = tx.records(MEMBERSHIPS)
            everybody = list(members.list())
            some = [everybody[1], everybody[3]]
            same(members.list(id=OneOf(m.id for m in some)), some, "one of several values matches each")
            same(members.list(id=OneOf([])), [], "one of no values matches nothing")
            same(members.count(id=OneOf([])), 0, "one of no values counts nothing")
            many = OneOf([*(m.id for m in everybody), *(f"mem_{n}" for n in range(2_000))])
            same(members.count(id=many), len(everybody), "one of thousands of values matches those that are there")
            both = OneOf(MembershipStatus)
            same(members.count(status=both), len(everybody), "one of several choices matches each")

    def test_before_and_after_a_time(self, store: Store) -> None:
        """A time is before another or after it, to the microsecond, and at it is before."""
        world = founded(store)
        with store.query(world.tenant.id) as tx:
            count = tx.records(INVITATIONS).count
            asked = {"one earlier": NOW - _MICROSECOND, "the same": NOW, "one later": NOW + _MICROSECOND}
            before = {name: count(expires_at=Before(at)) for name, at in asked.items()}
            after = {name: count(expires_at=After(at)) for name, at in asked.items()}
            same(before, {"one earlier": 0, "the same": 1, "one later": 1}, "a time is at or before another, exactly")
            same(after, {"one earlier": 1, "the same": 0, "one later": 0}, "a time is later than another, exactly")
            closed = tx.records(INVITATIONS)
            neither = closed.count(closed_at=Before(NOW)) + closed.count(closed_at=After(NOW))
            same(neither, 0, "what has no time is neither before nor after")

    def test_text_within_text(self, store: Store) -> None:
        """`Contains` looks for the text itself: no pattern, no other case, no other accents."""
        names = {"100%": 1, "a_b": 2, "axb": 3, "back\\slash": 4, "quo'te": 5, "東京都": 6, "ÄRGER": 7}
        world = founded(store)
        people = {name: member(world.tenant, name=name) for name in names}
        expected: Mapping[str, list[str]] = {
            "%": ["100%"],
            "_": ["a_b"],
            "a_b": ["a_b"],
            "\\": ["back\\slash"],
            "'": ["quo'te"],
            "京": ["東京都"],
            "X": [],
            "x": ["axb"],
            "ärger": ["ÄRGER"],
            "arger": [],
        }
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(*people.values())
            for part, found in expected.items():
                wanted = [people[name] for name in found]
                same(
                    tx.records(MEMBERSHIPS).list(search_key=Contains(part)), wanted, f"{part!r} is looked for as it is"
                )
            same(tx.records(MEMBERSHIPS).count(name=Contains("a")), 3, "what has no text contains nothing")

    def test_keys_of_documents(self, store: Store) -> None:
        """`HasKey` looks at the outer keys of a document, whatever their values are."""
        world = founded(store)
        keys = ["plain", "a.b", 'a"b', "a'b", "$", "[0]", "%", "ä"]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(
                *(workspace(world.tenant, settings={key: None, "x": {"inner": 1}}) for key in keys)
            )
            for key in keys:
                same(tx.records(WORKSPACES).count(settings=HasKey(key)), 1, f"the key {key!r} of a document is found")
            same(tx.records(WORKSPACES).count(settings=HasKey("inner")), 0, "a key within a document is not its own")
            same(tx.records(WORKSPACES).count(settings=HasKey("a")), 0, "a part of a key is no key")
            offered = tx.records(INVITATIONS).list(workspaces=HasKey(world.workspace.id))
            same(offered, [world.invitation], "an invitation is found by a workspace that it offers")

    def test_values_of_another_collection(self, store: Store) -> None:
        """`Among` matches what another collection holds, also within a condition of its own."""
        world = founded(store)
        idle = member(world.tenant, status=MembershipStatus.DEACTIVATED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            members, grants = tx.records(MEMBERSHIPS), tx.records(GRANTS)
            members.add(idle)
            grants.add(grant(idle, "admin"), grant(idle, "viewer", world.workspace))
            viewers = Among(GRANTS, "membership_id", {"role": "viewer"})
            same(members.list(id=viewers), [world.member, idle], "what another collection holds matches")
            nobody = Among(GRANTS, "membership_id", {"role": "nothing"})
            same(members.list(id=nobody), [], "what another collection does not hold matches nothing")
            admins = Among(GRANTS, "membership_id", {"role": "admin", "membership_id": viewers})
            same(members.list(id=admins), [idle], "a condition on another collection has conditions itself")
            placed = Among(GRANTS, "workspace_id")
            same(tx.records(WORKSPACES).list(id=placed), [world.workspace], "what refers to nothing matches nothing")
            same(grants.count(workspace_id=placed), 2, "nor does None match, where something refers to nothing")
            active = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE})
            same(grants.count(membership_id=active), 1, "what another collection holds is counted")

    def test_counts_by_a_field(self, store: Store) -> None:
        """`count_by` counts different values, for each value of a field, and None is a value of the field only."""
        world = founded(store)
        bob = member(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            grants = tx.records(GRANTS)
            tx.records(MEMBERSHIPS).add(bob)
            grants.add(
                grant(world.member, "admin", world.workspace),
                grant(bob, "viewer", world.workspace),
                grant(bob, "owner"),
            )
            self._counts(tx, world)

    def _counts(self, tx: Transaction, world: World) -> None:
        grants = tx.records(GRANTS)
        by_place = grants.count_by("workspace_id", "membership_id")
        same(by_place, {world.workspace.id: 2, None: 1}, "different values are counted, each once")
        one_place = grants.count_by("workspace_id", "membership_id", workspace_id=OneOf([world.workspace.id]))
        same(one_place, {world.workspace.id: 2}, "only what the conditions allow is counted")
        none = grants.count_by("workspace_id", "membership_id", workspace_id=OneOf([]))
        same(none, {}, "what is not there is not counted")
        by_role = grants.count_by("role", "workspace_id")
        same(by_role, {"viewer": 1, "admin": 1, "owner": 0}, "None is no value to be counted")
        by_status = tx.records(MEMBERSHIPS).count_by("status", "id")
        same(by_status, {MembershipStatus.ACTIVE: 2}, "a choice is counted by")
        holds(
            all(type(status) is MembershipStatus for status in by_status), "a choice that is counted by keeps its type"
        )


def _crowd(store: Store, size: int) -> World:
    """A tenant with so many members, whose names are not in order and not all different."""
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(MEMBERSHIPS).add(
            *(member(world.tenant, name=_NAMES[number % len(_NAMES)] or None) for number in range(size - 1))
        )
        tx.records(INVITATIONS).save(evolve(world.invitation, message="unchanged"))
        tx.records(INVITATIONS).add(invitation(world.tenant))
    return world
