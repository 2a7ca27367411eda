"""What jobs do over all tenants: they claim, change and remove what nobody's rights depend on."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from ...kernel import ids
from ...kernel.errors import Invalid, Stale
from ...notices.model import NOTICES, Notice, NoticeKind, NoticeStatus, claim_of
from ...storage.ports import Before, OneOf, Open, Operator, Store
from ...tenants.model import Tenant
from ...workspaces.model import WORKSPACES
from .expect import interrupt, interrupted, refused, same
from .world import NOW, another_thread, everything, founded, notice

__all__ = ["Jobs"]

_WORKERS, _ROWS = 4, 40


class Jobs:
    """Job tables, in bulk."""

    def test_a_claim_is_of_the_first_in_order_over_all_tenants(self, store: Store) -> None:
        """So many are claimed, in the order asked for, and come back and are kept with the new values."""
        ours, theirs = founded(store).tenant, founded(store).tenant
        batch = ids.new("ntc")
        late, first, second, never = (
            _due(tenant, batch, minutes) for tenant, minutes in ((ours, 9), (theirs, 1), (ours, 2), (theirs, 100))
        )
        self._keep(store, ours, late, second)
        self._keep(store, theirs, first, never)
        values: Mapping[str, Any] = {
            "claim": "me",
            "due_at": NOW + timedelta(days=1),
            "status": NoticeStatus.DEAD,
            "data": {"changed": [1]},
        }
        due = Before(NOW + timedelta(minutes=10))
        with store.jobs() as jobs:
            records = jobs.records(NOTICES)
            none = records.claim(5, "due", values, name=batch, due_at=due, status=NoticeStatus.SENT)
            same(none, [], "what the conditions leave out is not claimed")
            same(records.claim(0, "due", values, name=batch), [], "none are claimed when none are asked for")
            found = records.claim(2, "due", values, name=batch, due_at=due)
            expected = [_with(each, values) for each in (first, second)]
            same(found, expected, "the first of all tenants are claimed in order, with their new values")
            same(records.list(name=batch, claim="me"), sorted(expected, key=_id), "a job sees what it has claimed")
        with store.jobs() as jobs:
            records = jobs.records(NOTICES)
            same(records.claim(5, "due", values, name=batch, due_at=due), [_with(late, values)], "the others are left")
            newest = records.claim(9, "newest", values, name=batch)
            wanted = sorted(newest, key=_id, reverse=True)
            same(newest, wanted, "an order that descends is one for claims too")
            same(len(newest), 4, "as many are claimed as there are")
        with store.query(ours.id) as tx:
            kept = tx.records(NOTICES).list(name=batch)
            same(kept, sorted([_with(late, values), _with(second, values)], key=_id), "what was claimed is kept so")

    def test_changes_and_removals_are_over_all_tenants(self, store: Store) -> None:
        """All entities for which the conditions hold are changed or removed, whoever's they are, and counted."""
        ours, theirs = founded(store).tenant, founded(store).tenant
        batch = ids.new("ntc")
        mine, other, spared = _due(ours, batch, 1), _due(theirs, batch, 2), _due(theirs, batch, 3)
        self._keep(store, ours, mine)
        self._keep(store, theirs, other, spared)
        some = OneOf([mine.id, other.id])
        with store.jobs() as jobs:
            records = jobs.records(NOTICES)
            values = {"failure": "Timeout", "sent_at": None, "attempts": 3}
            same(records.change(values, id=some, name=batch), 2, "a change tells how many it changed")
            changed = [_with(each, values) for each in (mine, other)]
            same(records.list(id=some), sorted(changed, key=_id), "what fits is changed in every tenant")
            same(jobs.records(NOTICES).change({"attempts": 3}, name="nobody"), 0, "nothing is changed where none fits")
            same(jobs.records(NOTICES).count(attempts=3, name=batch), 2, "records asked for again see what was changed")
            same(jobs.records(NOTICES).remove(id=some, name=batch), 2, "a removal tells how many it removed")
            same(records.remove(id=some), 0, "what is gone is not removed again")
        with store.across(Operator()) as across:
            same(across.records(NOTICES).list(name=batch), [spared], "what does not fit stays as it was")

    def test_a_job_that_fails_has_done_nothing(self, store: Store) -> None:
        """An exception that leaves the block undoes all of it, and nobody sees any of it before its end."""
        world = founded(store)
        with interrupted(), store.jobs() as jobs:
            records = jobs.records(NOTICES)
            records.claim(1, "due", {"claim": "me"}, id=world.notice.id)
            records.change({"attempts": 7}, id=world.notice.id)
            with store.query(world.tenant.id) as tx:
                same(tx.records(NOTICES).list(), [world.notice], "nobody sees a job before it has ended")
            records.remove(id=world.notice.id)
            interrupt()
        with store.query(world.tenant.id) as tx:
            same(tx.records(NOTICES).list(), [world.notice], "nothing is kept of a job that ends by an exception")

    def test_two_claimers_never_get_the_same(self, store: Store) -> None:
        """Of many who claim at the same time, each gets what no other has, and nothing is left."""
        worlds = [founded(store) for _ in range(3)]
        batch = ids.new("ntc")
        for world in worlds:
            self._keep(store, world.tenant, *(_due(world.tenant, batch, number) for number in range(_ROWS // 3)))

        def work(name: str) -> list[str]:
            mine: list[str] = []
            while True:
                try:
                    with store.jobs() as jobs:
                        found = jobs.records(NOTICES).claim(2, "due", {"claim": name}, name=batch, claim=None)
                except Stale:
                    store.pause(0.001)
                    continue
                if not found:
                    return mine
                mine += [each.id for each in found]

        with ThreadPoolExecutor(_WORKERS) as pool:
            claimed = list(pool.map(work, [f"worker {number}" for number in range(_WORKERS)]))
        everyone = sorted(id for mine in claimed for id in mine)
        with store.across(Operator()) as across:
            records = across.records(NOTICES)
            same(everyone, [each.id for each in records.list(name=batch)], "each is claimed, and by one claimer")
            counts = {f"worker {number}": len(mine) for number, mine in enumerate(claimed) if mine}
            same(records.count_by("claim", "id", name=batch), counts, "each is kept as its claimer's")

    def test_a_claim_is_not_kept_by_two(self, store: Store) -> None:
        """Who claims while another has claimed and not yet ended gets something else, nothing, `Stale`, or waits."""
        world = founded(store)
        kept: list[str] = []

        def claim(name: str) -> None:
            try:
                with store.jobs() as jobs:
                    found = jobs.records(NOTICES).claim(1, "due", {"claim": name}, id=world.notice.id, claim=None)
                    if name == "first":
                        meanwhile(lambda: claim("second"))
            except Stale:
                return
            kept.extend([name] * len(found))

        with another_thread() as meanwhile:
            claim("first")
        same(len(kept), 1, "of two who claim the same at the same time, one gets it")
        with store.query(world.tenant.id) as tx:
            same([claim_of(tx.records(NOTICES).get(world.notice.id))], kept, "it is kept as the one's who got it")

    def test_jobs_change_what_is_theirs_only(self, store: Store) -> None:
        """What commands decide on is refused to jobs, before anything is asked."""
        world = founded(store)
        with store.jobs() as jobs:
            for collection, _ in everything(world):
                if not collection.job:
                    try:
                        jobs.records(collection)
                    except TypeError:
                        continue
                    raise AssertionError(f"Broken promise: {collection.name}: it is not open to jobs")

    def test_a_job_takes_no_tenants_lock(self, store: Store) -> None:
        """A job changes neither a tenant's version nor what a command has decided on."""
        world = founded(store)
        with store.jobs() as jobs:
            jobs.records(NOTICES).change({"attempts": 1}, id=world.notice.id)
        with store.query(world.tenant.id) as tx:
            same(tx.tenant(), world.tenant, "a job changes no tenant")
        with store.command(world.tenant.id, gate=Open()) as tx:
            same(tx.records(WORKSPACES).count(), 1, "a command goes on after a job")
            same(tx.records(NOTICES).get(world.notice.id).attempts, 1, "a command sees what a job has kept")

    def test_guests_do_no_jobs(self, store: Store) -> None:
        """Within a transaction of several steps there are no jobs: it is another's to end."""
        with (
            store.begin() as guest,
            refused(Invalid, "a guest does no jobs"),
            guest.jobs(),
        ):
            pass

    def _keep(self, store: Store, tenant: Tenant, *notices: Notice) -> None:
        with store.command(tenant.id, gate=Open()) as tx:
            tx.records(NOTICES).add(*notices)


def _due(tenant: Tenant, batch: str, minutes: int) -> Notice:
    at: datetime = NOW + timedelta(minutes=minutes)
    return notice(tenant, name=batch, due_at=at, kind=NoticeKind.INVITATION, sends=1)


def _with(each: Notice, values: Mapping[str, Any]) -> Notice:
    changed: Notice = evolve(each, **values)
    return changed


def _id(each: Notice) -> str:
    return each.id
