"""Every condition on a field means the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ...audit.model import AUDIT_EVENTS
from ...invitations.model import INVITATIONS
from ...members.model import GRANTS, MEMBERSHIPS, Grant, Membership, MembershipStatus
from ...storage.ports import (
    After,
    Among,
    Before,
    Contains,
    HasKey,
    HasValue,
    OneOf,
    Open,
    Operator,
    Reader,
    StartsWith,
    Store,
    Transaction,
)
from ...workspaces.model import WORKSPACES
from .expect import holds, same
from .world import NOW, World, crowd, founded, grant, invitation, member, workspace

__all__ = ["Conditions"]

_MICROSECOND = timedelta(microseconds=1)


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
        world = crowd(store, 5)
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

    def test_text_at_the_beginning(self, store: Store) -> None:
        """`StartsWith` looks at the beginning of a text: no pattern, no other case, and whatever comes after it."""
        last, before_surrogates = "\U0010ffff", "\ud7ff"
        users = ["a", "a%", "aB", "a_", "ab", "abc", f"a{last}", f"a{last}{last}x", "b", "B", "ä", before_surrogates]
        users += [f"{before_surrogates}x", "\ue000", last, f"{last}{last}"]
        world = founded(store)
        others = [user for user in users if user != world.member.user_id]
        with store.command(world.tenant.id, gate=Open()) as tx:
            members = tx.records(MEMBERSHIPS)
            members.add(*(member(world.tenant, user_id=user) for user in others))
            everybody = [each.user_id for each in members.list()]
            for part in ("a", "ab", "A", "B", "a%", "a_", "aB", f"a{last}", before_surrogates, last, "ä", "none", ""):
                found = [each.user_id for each in members.list(user_id=StartsWith(part))]
                wanted = [user for user in everybody if user.startswith(part)]
                same(found, wanted, f"the beginning of a text is looked for as it is: {part!r}")
            same(members.count(email_key=StartsWith("")), 0, "what has no text does not begin with anything")

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

    def test_texts_in_documents(self, store: Store) -> None:
        """`HasValue` looks for a whole text beside an outer key. No number, list or object is taken for its text."""
        world = founded(store)
        texts = [
            "plain",
            "",
            "1",
            "true",
            "null",
            "1.5",
            '"',
            'quo"ted',
            "a'b",
            "%",
            "_",
            "back\\slash",
            "ä",
            "a\u0308",
        ]
        texts += ["two\nlines", "東京 \U00020000", "[1]", "[]", '{"a": 1}', '{"a":1}', '"1"']
        others: list[Any] = [1, 1.5, True, False, None, [1], [], {"a": 1}, {}, ["plain"], {"plain": "plain"}]
        with store.command(world.tenant.id, gate=Open()) as tx:
            workspaces = tx.records(WORKSPACES)
            having = {text: workspace(world.tenant, settings={"a.b": text, "other": "else"}) for text in texts}
            workspaces.add(*having.values())
            workspaces.add(workspace(world.tenant, settings={str(n): other for n, other in enumerate(others)}))
            for text, expected in having.items():
                same(workspaces.list(settings=HasValue(text)), [expected], f"the text {text!r} in a document is found")
            for part in ("plai", "PLAIN", "a.b", "0", "false", "t", "f", "1.50", "{}"):
                same(workspaces.count(settings=HasValue(part)), 0, f"{part!r} is no text in any of the documents")
            same(workspaces.count(settings=HasValue("else")), len(texts), "a document has any number of texts")
            offer = invitation(world.tenant, workspaces={world.workspace.id: "editor", "ws_gone": "viewer"})
            tx.records(INVITATIONS).add(offer)
            offering = tx.records(INVITATIONS).list
            viewers = [world.invitation, offer]
            same(offering(workspaces=HasValue("viewer")), viewers, "an invitation is found by a role that it offers")
            same(offering(workspaces=HasValue("editor")), [offer], "an invitation is found by each role that it offers")

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

    def test_what_the_documents_of_another_collection_hold(self, store: Store) -> None:
        """`Among` with a part of a document: its outer keys, or the texts next to them; no number passes for a text."""
        world = founded(store)
        one, two, three = (workspace(world.tenant, slug=slug) for slug in ("1", "true", "three"))
        names: Mapping[str, Any] = {
            "three": "1",
            "n": 1,
            "flag": True,
            "null": None,
            "list": ["three"],
            "o": {"1": "x"},
        }
        with store.command(world.tenant.id, gate=Open()) as tx:
            workspaces = tx.records(WORKSPACES)
            workspaces.add(one, two, three, workspace(world.tenant, name="naming", settings=names))
            naming = {"name": "naming"}
            keys = Among(WORKSPACES, "settings", naming, part="keys")
            same(workspaces.list(slug=keys), [three], "an entity is found by the keys of another's document")
            texts = Among(WORKSPACES, "settings", naming, part="texts")
            same(workspaces.list(slug=texts), [one], "an entity is found by the texts of another's document")
            offered = Among(INVITATIONS, "workspaces", {"id": world.invitation.id}, part="keys")
            same(
                workspaces.list(id=offered), [world.workspace], "a workspace is found by the invitation that offers it"
            )
            none = Among(INVITATIONS, "workspaces", {"id": "unknown"}, part="keys")
            same(workspaces.list(id=none), [], "the documents of no entity hold nothing")

    def test_conditions_within_conditions_on_the_same_collection(self, store: Store) -> None:
        """`Among` may ask again of the collection that is asked already; each speaks of an entity of its own."""
        world = founded(store)
        bob, cay = member(world.tenant), member(world.tenant, status=MembershipStatus.DEACTIVATED)
        given = [grant(bob, "admin"), grant(bob, "viewer", world.workspace), grant(cay, "admin"), grant(cay, "member")]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(bob, cay)
            tx.records(GRANTS).add(*given)
            self._within(tx.records(GRANTS), tx.records(MEMBERSHIPS), world.grant, given)
        with store.across(Operator()) as all_tenants:
            grants, members = all_tenants.records(GRANTS), all_tenants.records(MEMBERSHIPS)
            self._within(grants, members, world.grant, given, tenant_id=world.tenant.id)

    def _within(
        self, grants: Reader[Grant], members: Reader[Membership], first: Grant, given: Sequence[Grant], **tenant: str
    ) -> None:
        admins = Among(GRANTS, "membership_id", {"role": "admin"})
        viewing_admins = Among(GRANTS, "membership_id", {"role": "viewer", "membership_id": admins})
        active = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE})
        active_admins = Among(MEMBERSHIPS, "id", {"status": MembershipStatus.ACTIVE, "id": admins})
        beside = Among(GRANTS, "membership_id", {"membership_id": active_admins})
        listed = [
            (admins, given, "a question may be about the other grants of who has one"),
            (viewing_admins, given[:2], "and that about others again"),
            (active, [first, *given[:2]], "a condition on another collection speaks of the grant's own member"),
            (active_admins, given[:2], "with a condition in it on the collection that is asked"),
            (beside, given[:2], "however deep it goes"),
        ]
        for condition, expected, promise in listed:
            same(grants.list(membership_id=condition, **tenant), list(expected), promise)
        same(grants.list(membership_id=admins, role="viewer", **tenant), [given[1]], "conditions do not mix")
        itself = Among(MEMBERSHIPS, "id", {"id": viewing_admins})
        owner = [given[0].membership_id]
        same([each.id for each in members.list(id=itself, **tenant)], owner, "a member is asked about by way of grants")

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
