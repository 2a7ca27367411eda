"""What jobs put: added or replaced, in bulk, for any tenants at once."""

from __future__ import annotations

from attrs import evolve

from ...kernel import ids
from ...kernel.errors import Conflict, NameTaken, SlugTaken
from ...storage.ports import OneOf, Open, Operator, Store
from ...tenants.model import version_of
from ...workspaces.model import WORKSPACES
from .expect import allowed, interrupt, interrupted, refused, same
from .probes import READINGS, Reading, reading
from .world import founded, new_tenant, version, workspace

__all__ = ["Puts"]


class Puts:
    """`put` over all tenants."""

    def test_what_is_put_is_added_or_replaced(self, store: Store) -> None:
        """Each entity takes the place of the one with its tenant and key; all others stay as they were."""
        ours, theirs = founded(store), founded(store)
        old = reading(ours.workspace, amount=1, source="first", figures={"a": 1})
        twin = evolve(old, tenant_id=theirs.tenant.id, device=f"{old.device}_twin", workspace_id=None, amount=5)
        spared = reading(theirs.workspace, amount=7)
        with store.jobs() as jobs:
            records = jobs.records(READINGS)
            records.put(old, twin, spared)
            records.put()
            for world, expected in ((ours, [old]), (theirs, _by_key(twin, spared))):
                found = records.list(tenant_id=world.tenant.id)
                same(found, expected, "what is put is kept for each tenant, and a job sees it")
        new = evolve(old, amount=None, source=None, figures={"b": [2]}, kind="another")
        added = reading(theirs.workspace, amount=2**53)
        with store.jobs() as jobs:
            jobs.records(READINGS).put(added, new)
        with store.query(ours.tenant.id) as tx:
            same(tx.records(READINGS).list(), [new], "what is put replaces all of what was there")
        with store.query(theirs.tenant.id) as tx:
            kept = tx.records(READINGS).list()
            same(kept, _by_key(twin, spared, added), "what has another tenant or key stays as it was")

    def test_of_one_that_is_put_twice_the_last_is_kept(self, store: Store) -> None:
        """One call may name an entity several times."""
        world = founded(store)
        one = reading(world.workspace, amount=1)
        with store.jobs() as jobs:
            jobs.records(READINGS).put(one, evolve(one, amount=2), reading(world.workspace), evolve(one, amount=3))
            same(
                jobs.records(READINGS).find(id=one.id),
                evolve(one, amount=3),
                "of one that is put twice the last is kept",
            )

    def test_many_are_put_at_once(self, store: Store) -> None:
        """Thousands of entities of several tenants are added, and then replaced."""
        worlds = [founded(store) for _ in range(3)]
        many = [reading(worlds[n % 3].workspace, amount=n) for n in range(2_500)]
        ours = OneOf(world.tenant.id for world in worlds)
        for _ in range(2):
            with store.jobs() as jobs:
                jobs.records(READINGS).put(*many)
            with store.across(Operator()) as across:
                same(across.records(READINGS).list(tenant_id=ours), _by_key(*many), "all of many are put")
            many = [evolve(each, amount=0, figures={"changed": True}) for each in reversed(many)]

    def test_what_is_put_is_unique(self, store: Store) -> None:
        """A rule of uniqueness refuses by the declared error; of the call nothing is kept, and the job goes on."""
        world, other = founded(store), founded(store)
        place = world.workspace
        visits, clicks = reading(place, kind="visits"), reading(place, kind="clicks")
        with store.jobs() as jobs:
            records = jobs.records(READINGS)
            records.put(visits, clicks)
            with allowed("what is put again does not trip on itself"):
                records.put(evolve(visits, amount=1))
            kept = _by_key(evolve(visits, amount=1), clicks)
            fine, first, second = reading(place), reading(place, kind="new"), reading(place, kind="new")
            for several in (
                [fine, reading(place, kind="visits")],
                [fine, evolve(clicks, kind="visits")],
                [fine, first, second],
                [fine, evolve(visits, amount=9), reading(place, kind="clicks")],
            ):
                with refused(NameTaken, "what is put and breaks a rule is refused by the declared error"):
                    records.put(*several)
                found = records.list(tenant_id=world.tenant.id)
                same(found, kept, "of a put that is refused nothing is kept")
            elsewhere = reading(other.workspace, kind="visits")
            with allowed("a rule of one tenant does not bind another"):
                records.put(elsewhere)
            records.put(fine)
        with store.across(Operator()) as across:
            both = OneOf([world.tenant.id, other.tenant.id])
            found = across.records(READINGS).list(tenant_id=both)
            same(found, _by_key(*kept, elsewhere, fine), "a job goes on after a refused put, and is kept without it")

    def test_what_is_put_is_unique_over_all_tenants(self, store: Store) -> None:
        """A rule over all tenants refuses what is put for another tenant, also within one call."""
        ours, theirs = founded(store), founded(store)
        kept = reading(ours.workspace)
        same_device = reading(theirs.workspace, device=kept.device)
        with store.jobs() as jobs:
            records = jobs.records(READINGS)
            for several in ([kept, same_device], [same_device, kept]):
                with refused(SlugTaken, "what is put for two tenants and breaks a rule over all is refused"):
                    records.put(*several)
            records.put(kept)
            with refused(SlugTaken, "what is put and breaks a rule over all tenants is refused"):
                records.put(same_device)
            with allowed("what is put again does not trip on itself"):
                records.put(evolve(kept, amount=1))
        with store.across(Operator()) as across:
            found = across.records(READINGS).list(device=kept.device)
            same(found, [evolve(kept, amount=1)], "a job goes on after a refused put, and is kept without it")

    def test_what_is_put_refers_to_what_is_there(self, store: Store) -> None:
        """A reference to what is not there, or to another tenant's, is refused, and so is an unknown tenant."""
        ours, theirs = founded(store), founded(store)
        fine = reading(ours.workspace)
        foreign = evolve(reading(theirs.workspace), tenant_id=ours.tenant.id)
        wrong = {
            "an unknown workspace": reading(workspace(ours.tenant)),
            "another tenant's workspace": foreign,
            "an unknown tenant": reading(workspace(new_tenant()), workspace_id=None),
        }
        with store.jobs() as jobs:
            records = jobs.records(READINGS)
            for what, bad in wrong.items():
                with refused(Conflict, f"what is put and refers to {what} is refused", rule="reference"):
                    records.put(fine, bad)
                same(records.count(id=fine.id), 0, f"of a put with {what} nothing is kept")
            with allowed("what is put may refer to nothing"):
                records.put(evolve(fine, workspace_id=None))
            records.put(fine)
            with refused(Conflict, "what is replaced cannot refer to what is not there", rule="reference"):
                records.put(evolve(fine, workspace_id="ws_unknown"))
            same(records.find(id=fine.id), fine, "a refused put changes nothing")

    def test_a_put_takes_no_tenants_lock(self, store: Store) -> None:
        """It changes neither a tenant's version nor its other rows; a command goes on before and after it."""
        world = founded(store)
        one = reading(world.workspace, amount=1)
        before = version(store, world.tenant)
        with store.jobs() as jobs:
            jobs.records(READINGS).put(one)
        same(version(store, world.tenant), before, "a put changes no tenant's version")
        with store.command(world.tenant.id, gate=Open()) as tx:
            same(version_of(tx.tenant()), before + 1, "a command after a put is the next version")
            same(tx.records(READINGS).get(one.id), one, "a command sees what was put")
            same(tx.records(WORKSPACES).list(), [world.workspace], "a put changes nothing else")

    def test_a_put_is_undone_with_its_job(self, store: Store) -> None:
        """Nobody sees it before the job has ended, and nothing is kept of a job that ends by an exception."""
        world = founded(store)
        old = reading(world.workspace, amount=1)
        with store.jobs() as jobs:
            jobs.records(READINGS).put(old)
        with interrupted(), store.jobs() as jobs:
            jobs.records(READINGS).put(evolve(old, amount=2), reading(world.workspace, id=ids.new("rdg")))
            with store.query(world.tenant.id) as tx:
                same(tx.records(READINGS).list(), [old], "nobody sees a put before its job has ended")
            interrupt()
        with store.query(world.tenant.id) as tx:
            same(tx.records(READINGS).list(), [old], "nothing is kept of a put whose job fails")

    def test_what_was_put_is_the_stores(self, store: Store) -> None:
        """Changing the documents of what was put changes nothing stored."""
        world = founded(store)
        figures = {"a": 1}
        one = reading(world.workspace, figures=figures)
        with store.jobs() as jobs:
            jobs.records(READINGS).put(one)
            figures["a"] = 2
            found = jobs.records(READINGS).find(id=one.id)
            same(found and found.figures, {"a": 1}, "changing what was put changes nothing stored")


def _by_key(*readings: Reading) -> list[Reading]:
    return sorted(readings, key=lambda each: each.id)
