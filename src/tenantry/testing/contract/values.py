"""What you get is what was put in, and it is yours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from ...invitations.model import INVITATIONS, InvitationStatus
from ...members.model import MEMBERSHIPS, MembershipStatus
from ...storage.ports import Open, Operator, Store
from ...tenants.model import TenantStatus, version_of
from ...workspaces.model import WORKSPACES, WorkspaceStatus
from .expect import holds, same
from .world import NOW, founded, invitation, member, version, workspace

__all__ = ["Values"]

_TEXTS = [
    "Ministry of Justice",
    "O'Brien; DROP TABLE tenants; --",
    'back\\slash "quotes" `ticks` %percent_ {brace} :name $1 ?',
    "naïve Ünïcode 東京 שלום مرحبا",
    "👩‍👩‍👧 and \U00020000 take four bytes",
    "a\u0308 is not ä",
    " blanks around ",
    "two\nlines\tand a tab",
    "\u0001 to \u0008",
    "",
]
_TIMES = [
    NOW,
    NOW.replace(microsecond=0),
    NOW.replace(microsecond=1),
    NOW.replace(microsecond=999_999),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1582, 10, 10, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
_DOCUMENT: dict[str, Any] = {
    "text": 'O\'Brien "👩‍👩‍👧" \\ 東京',
    "": "an empty key",
    "a.b['c']": "a key that looks like a path",
    "whole": 2**53,
    "negative": -(2**53),
    "fraction": 0.1,
    "one": 1,
    "one point zero": 1.0,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [1, [2, [3, {"deep": []}]], {}],
    "object": {"inner": {"innermost": ["a", None, False]}},
}


class Values:
    """What goes in comes out."""

    def test_every_text_comes_back_as_it_was(self, store: Store) -> None:
        """Nothing is cut, escaped, normalised or trimmed."""
        world = founded(store)
        added = [workspace(world.tenant, name=text or "-", description=text) for text in _TEXTS]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(*added)
        with store.query(world.tenant.id) as tx:
            for text, expected in zip(_TEXTS, added, strict=True):
                found = tx.records(WORKSPACES).get(expected.id)
                same(found, expected, f"the text {text!r} comes back as it was")
                same(tx.records(WORKSPACES).count(description=text), 1, f"the text {text!r} is found")

    def test_every_time_comes_back_to_the_microsecond(self, store: Store) -> None:
        """Times are aware and in UTC, from the first year to the last."""
        world = founded(store)
        added = [member(world.tenant, joined_at=time) for time in _TIMES]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(*added)
        with store.query(world.tenant.id) as tx:
            for time, expected in zip(_TIMES, added, strict=True):
                found = tx.records(MEMBERSHIPS).get(expected.id).joined_at
                same(found, time, f"the time {time} comes back to the microsecond")
                holds(found.utcoffset() == timedelta(0), f"the time {time} comes back in UTC")

    def test_every_document_comes_back_as_it_was(self, store: Store) -> None:
        """Text, numbers, booleans, None, lists and objects keep their values and types."""
        world = founded(store)
        documents = [_DOCUMENT, {}, {"document": _DOCUMENT}]
        added = [workspace(world.tenant, settings=document) for document in documents]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(*added)
        with store.query(world.tenant.id) as tx:
            for document, expected in zip(documents, added, strict=True):
                found = tx.records(WORKSPACES).get(expected.id).settings
                same(found, document, "a document comes back as it was")
                same(_types(found), _types(document), "the values in a document keep their types")

    def test_choices_and_numbers_keep_their_types(self, store: Store) -> None:
        """A status comes back as its enumeration, a flag as a boolean, a number whole, and None as None."""
        world = founded(store)
        place = workspace(world.tenant, status=WorkspaceStatus.ARCHIVED)
        idle = member(world.tenant, status=MembershipStatus.DEACTIVATED)
        closed = invitation(world.tenant, status=InvitationStatus.DECLINED, sends=2**53)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(place)
            tx.records(MEMBERSHIPS).add(idle)
            tx.records(INVITATIONS).add(closed)
            tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))
        with store.query(world.tenant.id) as tx:
            workspaces = tx.records(WORKSPACES)
            holds(workspaces.get(place.id).status is WorkspaceStatus.ARCHIVED, "a status is its enumeration")
            holds(workspaces.get(place.id).is_default is False, "a flag is a boolean")
            holds(workspaces.get(world.workspace.id).is_default is True, "a flag is a boolean")
            holds(workspaces.get(place.id).description is None, "None comes back as None")
            status = tx.records(MEMBERSHIPS).get(idle.id).status
            holds(status is MembershipStatus.DEACTIVATED, "a status is its enumeration")
            same(tx.records(INVITATIONS).get(closed.id), closed, "an invitation comes back whole")
            holds(tx.tenant().status is TenantStatus.SUSPENDED, "a tenant's status is its enumeration")
            holds(tx.standing(idle.user_id, []).membership_status is status, "standing has enumerations too")

    def test_what_you_gave_is_yours(self, store: Store) -> None:
        """Changing a document after it was added or saved changes nothing stored."""
        world = founded(store)
        settings: dict[str, Any] = {"list": [1]}
        place = workspace(world.tenant, settings=settings)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(place)
            settings["list"].append(2)
            settings["more"] = True
            found = tx.records(WORKSPACES).get(place.id).settings
            same(found, {"list": [1]}, "changing a document that was added changes nothing stored")
            saved = {"list": ["saved"]}
            tx.records(WORKSPACES).save(evolve(place, settings=saved))
            saved["list"].append("changed")
        with store.query(world.tenant.id) as tx:
            found = tx.records(WORKSPACES).get(place.id).settings
            same(found, {"list": ["saved"]}, "changing a document that was saved changes nothing stored")

    def test_what_you_got_is_yours(self, store: Store) -> None:
        """Changing a document that was read changes nothing stored, by whichever question it was read."""
        world = founded(store)
        place = workspace(world.tenant, settings={"list": [1]})
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(place)
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            for found in (records.get(place.id), records.find(id=place.id), *records.list(id=place.id)):
                mine: Any = found
                mine.settings["list"].append(2)
            same(records.get(place.id), place, "changing what was read changes nothing stored")
        with store.across(Operator()) as all_tenants:
            theirs: Any = all_tenants.records(WORKSPACES).find(id=place.id)
            theirs.settings["list"].append(2)
        with store.query(world.tenant.id) as tx:
            same(tx.records(WORKSPACES).get(place.id), place, "changing what was read changes nothing stored")

    def test_no_later_call_changes_what_you_got(self, store: Store) -> None:
        """Entities and lists stay as they were when they were read."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            before, all_before = records.get(world.workspace.id), records.list()
            records.save(evolve(before, name="Changed", settings={"changed": True}))
            records.add(workspace(world.tenant))
            same(before, world.workspace, "no later call changes an entity that was read")
            same(all_before, [world.workspace], "no later call changes a list that was read")
        same(all_before, [world.workspace], "a list can be used after its transaction")
        same(version(store, world.tenant), version_of(world.tenant) + 1, "reading changes nothing")


def _types(value: Any) -> Any:
    match value:
        case dict():
            return {key: _types(each) for key, each in value.items()}
        case list():
            return [_types(each) for each in value]
        case _:
            return type(value)
