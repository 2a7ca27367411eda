"""When a person has signed in: the one thing that is kept through a reader over all tenants."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from attrs import evolve

from ...kernel import ids
from ...members.model import MEMBERSHIPS, Membership, MembershipStatus
from ...members.sign_ins import SIGN_INS, SignIn
from ...storage.ports import Located, OneOf, Open, Operator, Person, Slug, Store
from ...tenants.model import TenantStatus
from .expect import allowed, interrupt, interrupted, mistaken, same
from .world import NOW, World, another_thread, founded, member, version

__all__ = ["SignIns"]

_EARLIER, _LATER = NOW - timedelta(days=1), NOW + timedelta(microseconds=1)


class SignIns:
    """One sign-in for each user, over all tenants."""

    def test_a_sign_in_is_read_along_with_every_membership(self, store: Store) -> None:
        """It is kept once for the user, and told by each of their memberships, whichever way that is read."""
        user_id, (one, other) = _employed(store)
        stranger = _person()
        with store.across(stranger) as across:
            across.keep_sign_in(_EARLIER, {})
        self._signs_in(store, user_id)
        with store.across(Operator()) as across:
            kept = across.records(SIGN_INS).list(user_id=OneOf([user_id, stranger.user_id]))
            wanted = [SignIn(user_id, NOW), SignIn(stranger.user_id, _EARLIER)]
            same(kept, sorted(wanted, key=lambda each: each.user_id), "one sign-in is kept for each user")
            read = across.records(MEMBERSHIPS).list(user_id=user_id)
            same(len(read), 2, "a sign-in takes no membership from a list, and adds none")
            same({each.last_sign_in_at for each in read}, {NOW}, "every membership tells the sign-in")
        with store.across(Person(user_id)) as across:
            same(across.records(SIGN_INS).list(), [SignIn(user_id, NOW)], "a person sees their own sign-in alone")
        for world in (one, other):
            with store.query(world.tenant.id) as tx:
                found = tx.records(MEMBERSHIPS).find(user_id=user_id)
                same(found and found.last_sign_in_at, NOW, "a membership that is found tells the sign-in")
                theirs = tx.records(MEMBERSHIPS).get(world.member.id)
                same(theirs.last_sign_in_at, None, "a user who never signed in has no sign-in")
        with store.command(one.tenant.id, gate=Open()) as tx:
            records = tx.records(MEMBERSHIPS)
            [mine] = records.list(user_id=user_id)
            records.save(evolve(mine, name="Zoë", last_sign_in_at=_EARLIER))
            expected = evolve(mine, name="Zoë")
            same(records.get(mine.id), expected, "to save a membership changes no sign-in")

    def test_of_two_sign_ins_the_later_stays(self, store: Store) -> None:
        """In whichever order they come."""
        user_id, _ = _employed(store)
        for at, expected in ((NOW, NOW), (_EARLIER, NOW), (NOW, NOW), (_LATER, _LATER), (NOW, _LATER)):
            self._signs_in(store, user_id, at)
            same(_kept(store, user_id), [SignIn(user_id, expected)], "of two sign-ins the later stays")

    def test_a_sign_in_tells_where_the_person_is_known_otherwise(self, store: Store) -> None:
        """Of their active memberships in active tenants, those that differ in one of the fields that are told."""
        known = {"name": "Zoë", "email": "Zoe@example.test"}
        user_id, worlds = _employed(
            store, *({}, known, {**known, "name": "Zoe"}, {**known, "email": "zoe@example.test"})
        )
        _, _, renamed, moved = worlds
        off = founded(store)
        with store.command(off.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(member(off.tenant, user_id=user_id, status=MembershipStatus.DEACTIVATED))
        closed = founded(store, status=TenantStatus.SUSPENDED)
        with store.command(closed.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(member(closed.tenant, user_id=user_id))
        unnamed = worlds[0].tenant.id
        cases: list[tuple[dict[str, str], list[str]]] = [
            ({}, []),
            ({"name": "Zoë"}, [unnamed, renamed.tenant.id]),
            ({"email": "Zoe@example.test"}, [unnamed, moved.tenant.id]),
            (known, [unnamed, renamed.tenant.id, moved.tenant.id]),
        ]
        for told, expected in cases:
            with store.across(Person(user_id)) as across:
                found = across.keep_sign_in(NOW, told)
                same([*found], sorted(expected), "told are the tenants in which the person is known otherwise")

    def test_a_sign_in_locks_no_tenant(self, store: Store) -> None:
        """It changes no version, and a command that is under way keeps what it writes."""
        user_id, (one, _) = _employed(store)
        before = version(store, one.tenant)
        with allowed("a sign-in and a command at the same time are both kept"), another_thread() as meanwhile:
            with store.command(one.tenant.id, gate=Open()) as tx:
                [mine] = tx.records(MEMBERSHIPS).list(user_id=user_id)
                tx.records(MEMBERSHIPS).save(evolve(mine, name="Zoë"))
                signing_in = meanwhile(lambda: self._signs_in(store, user_id))
            signing_in.result()
        with store.query(one.tenant.id) as tx:
            found = tx.records(MEMBERSHIPS).get(mine.id)
        expected = evolve(mine, name="Zoë", last_sign_in_at=NOW)
        same(found, expected, "a sign-in and a command at the same time are both kept")
        same(version(store, one.tenant), before + 1, "a sign-in changes no tenant's version")

    def test_a_sign_in_is_undone_with_its_transaction(self, store: Store) -> None:
        """A guest keeps it in the transaction of the host, sees it there, and loses it with it."""
        user_id, _ = _employed(store)
        with interrupted(), store.begin() as guest:
            with guest.across(Person(user_id)) as across:
                across.keep_sign_in(NOW, {})
                same(across.records(SIGN_INS).count(), 1, "a reader sees the sign-in that it has kept")
            with guest.across(Operator()) as across:
                same(across.records(SIGN_INS).count(user_id=user_id), 1, "a guest sees the sign-in it has kept")
            interrupt()
        same(_kept(store, user_id), [], "a sign-in is undone with its transaction")
        with store.begin() as guest, guest.across(Person(user_id)) as across:
            across.keep_sign_in(NOW, {})
        same(_kept(store, user_id), [SignIn(user_id, NOW)], "a sign-in is kept with its transaction")

    def test_a_sign_in_is_forgotten(self, store: Store) -> None:
        """Nothing is kept of it then, and of others everything."""
        user_id, (one, _) = _employed(store)
        other = _person()
        for each in (user_id, other.user_id):
            self._signs_in(store, each)
        for _ in range(2):
            with store.across(Person(user_id)) as across:
                across.drop_sign_in()
        same(_kept(store, user_id), [], "a sign-in that is dropped is kept no more")
        same(_kept(store, other.user_id), [SignIn(other.user_id, NOW)], "to drop a sign-in leaves that of others")
        with store.query(one.tenant.id) as tx:
            found = tx.records(MEMBERSHIPS).find(user_id=user_id)
            same(found and found.last_sign_in_at, None, "no membership tells a sign-in that was dropped")

    def test_a_sign_in_is_kept_by_its_person_only(self, store: Store) -> None:
        """Other scopes keep none; and it is no tenant's, so neither commands nor jobs reach it."""
        world = founded(store)
        for scope in (Operator(), Slug(world.slug.slug), Located(world.workspace.id, world.member.user_id)):
            with store.across(scope) as across:
                mistaken(partial(across.keep_sign_in, NOW, {}), f"{type(scope).__name__} keeps no sign-in")
                mistaken(across.drop_sign_in, f"{type(scope).__name__} drops no sign-in")
        with store.command(world.tenant.id, gate=Open()) as tx:
            mistaken(lambda: tx.records(SIGN_INS), "sign-ins are no tenant's")
        with store.jobs() as jobs:
            mistaken(lambda: jobs.records(SIGN_INS), "sign-ins are not open to jobs")

    def _signs_in(self, store: Store, user_id: str, at: Any = NOW) -> None:
        with store.across(Person(user_id)) as across:
            across.keep_sign_in(at, {})


def _person() -> Person:
    return Person(f"user-{ids.new('mem')[-12:]}")


def _employed(store: Store, *values: Any) -> tuple[str, list[World]]:
    """A user whom nobody knows, and the tenants of which they are a member: two, or one for each of these values."""
    user_id = _person().user_id
    worlds = [founded(store) for _ in values or (1, 2)]
    for world, given in zip(worlds, values or ({}, {}), strict=True):
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(MEMBERSHIPS).add(_of(world, user_id, given))
    return user_id, worlds


def _of(world: World, user_id: str, given: Any) -> Membership:
    return member(world.tenant, user_id=user_id, **given)


def _kept(store: Store, user_id: str) -> list[SignIn]:
    with store.across(Operator()) as across:
        return [*across.records(SIGN_INS).list(user_id=user_id)]
