"""All or nothing, and seen by nobody before the end."""

from __future__ import annotations

from attrs import evolve

from ...kernel.errors import Conflict, NotFound, SlugTaken
from ...members.model import GRANTS, MEMBERSHIPS
from ...storage.ports import Among, Creating, Open, Operator, Store
from ...tenants.model import TENANTS, rename, version_of
from ...workspaces.model import WORKSPACES
from .expect import holds, interrupt, interrupted, refused, same
from .world import everything, founded, grant, member, new_tenant, version, workspace

__all__ = ["AllOrNothing"]


class AllOrNothing:
    """What a transaction keeps, and who sees it."""

    def test_what_a_command_has_written_is_kept(self, store: Store) -> None:
        """A command that ends well is kept whole."""
        world = founded(store)
        with store.query(world.tenant.id) as tx:
            same(tx.tenant(), world.tenant, "a tenant that was created is there afterwards")
            for collection, entity in everything(world):
                found = tx.records(collection).get(getattr(entity, collection.key))
                same(found, entity, f"{collection.name}: what was added is there afterwards")

    def test_nothing_is_kept_of_a_command_that_ends_by_an_exception(self, store: Store) -> None:
        """An exception that leaves the block undoes everything, and comes out as it is."""
        world = founded(store)
        extra = workspace(world.tenant)
        with interrupted(), store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(extra)
            tx.records(WORKSPACES).save(evolve(world.workspace, name="Changed"))
            tx.records(GRANTS).remove(world.grant)
            tx.save_tenant(rename(tx.tenant(), name="Changed", slug="changed"))
            interrupt()
        with store.query(world.tenant.id) as tx:
            same(tx.tenant(), world.tenant, "nothing is kept of the tenant's row when a command fails")
            same(tx.records(WORKSPACES).list(), [world.workspace], "nothing is kept of what a failed command wrote")
            same(tx.records(GRANTS).list(), [world.grant], "nothing is gone that a failed command removed")

    def test_a_tenant_whose_creation_fails_never_was(self, store: Store) -> None:
        """Creating a tenant is all or nothing too."""
        tenant = new_tenant()
        with interrupted(), store.command(tenant.id, gate=Creating(tenant)) as tx:
            tx.records(WORKSPACES).add(workspace(tenant))
            interrupt()
        with store.query(tenant.id) as tx:
            with refused(NotFound, "a tenant whose creation failed is not there"):
                tx.tenant()
            same(tx.records(WORKSPACES).count(), 0, "a tenant whose creation failed has nothing")

    def test_nested_undoes_itself_alone(self, store: Store) -> None:
        """An exception that leaves `nested()` undoes what was done in it, and nothing else."""
        world = founded(store)
        before, within, deeper, after = (workspace(world.tenant) for _ in range(4))
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            records.add(before)
            with interrupted(), tx.nested():
                records.add(within)
                records.save(evolve(before, name="Changed"))
                with tx.nested():
                    records.add(deeper)
                tx.save_tenant(rename(tx.tenant(), name="Changed", slug="changed"))
                interrupt()
            same(records.list(), [world.workspace, before], "a nested part that failed is undone at once")
            same(tx.tenant().name, world.tenant.name, "a nested part that failed has not changed the tenant")
            with tx.nested():
                records.add(after)
        with store.query(world.tenant.id) as tx:
            kept = tx.records(WORKSPACES).list()
            same(kept, [world.workspace, before, after], "what is around a nested part that failed is kept")
            same(tx.tenant().name, world.tenant.name, "a nested part that failed leaves the tenant's row as it was")

    def test_what_follows_an_undone_part_is_undone_with_the_whole(self, store: Store) -> None:
        """A part that was undone leaves nothing behind that later writes could slip out by."""
        world = founded(store)
        with interrupted(), store.command(world.tenant.id, gate=Open()) as tx:
            with interrupted(), tx.nested():
                tx.records(GRANTS).save(world.grant)
                interrupt()
            tx.records(GRANTS).remove(world.grant)
            interrupt()
        with store.query(world.tenant.id) as tx:
            same(
                tx.records(GRANTS).list(),
                [world.grant],
                "what was removed after an undone part comes back with the rest",
            )

    def test_a_refused_write_leaves_everything_as_it_was(self, store: Store) -> None:
        """The caller may catch the refusal of a write, and go on."""
        world = founded(store)
        fine = workspace(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            with refused(SlugTaken, "a slug that is taken is refused"):
                records.add(workspace(world.tenant, slug=world.workspace.slug))
            same(records.list(), [world.workspace], "a refused write leaves everything as it was")
            records.add(fine)
            with refused(SlugTaken, "a slug that is taken is refused when an entity is saved"):
                records.save(evolve(fine, slug=world.workspace.slug, name="Changed"))
            same(records.get(fine.id), fine, "a refused write changes nothing")
        with store.query(world.tenant.id) as tx:
            kept = tx.records(WORKSPACES).list()
            same(kept, [world.workspace, fine], "a command goes on after a refused write, and is kept without it")

    def test_of_several_writes_all_or_none_are_done(self, store: Store) -> None:
        """`add`, `save` and `remove` of several entities are all or nothing."""
        world = founded(store)
        tenant, taken = world.tenant, world.workspace.slug
        one, two, three = (workspace(tenant) for _ in range(3))
        with store.command(tenant.id, gate=Open()) as tx:
            records, grants = tx.records(WORKSPACES), tx.records(GRANTS)
            with refused(SlugTaken, "one bad entity among several is refused"):
                records.add(one, workspace(tenant, slug=taken), two)
            same(records.list(), [world.workspace], "of several that are added with one refused, none is kept")
            records.add(one, two)
            with refused(SlugTaken, "one bad entity among several is refused when they are saved"):
                records.save(evolve(one, name="Changed"), evolve(two, slug=taken))
            with refused(NotFound, "one that does not exist among several is refused when they are saved"):
                records.save(evolve(one, name="Changed"), three)
            same(records.get(one.id), one, "of several that are saved with one refused, none is changed")
            with refused(Conflict, "one that is referred to among several is not removed", rule="reference"):
                records.remove(one, world.workspace)
            found = records.list()
            same(found, [world.workspace, one, two], "of several that are removed with one refused, none is gone")
            with refused(Conflict, "one bad grant among several is refused", rule="reference"):
                grants.add(grant(world.member, "admin"), grant(member(tenant), "admin"))
            same(grants.list(), [world.grant], "of several with one dangling, none is kept")

    def test_many_are_saved_in_their_order(self, store: Store) -> None:
        """`save` of several is one statement, in which each finds those before it saved and those after it not."""
        world = founded(store)
        one, two, *others = (workspace(world.tenant, slug=f"place-{number}") for number in range(40))
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            records.add(one, two, *others)
            before = tx.statements
            renamed = [evolve(place, name="Changed", settings={"n": n}) for n, place in enumerate([one, two, *others])]
            records.save(*renamed)
            same(tx.statements, before + 1, "to save many is one statement")
            same(records.list(name="Changed"), renamed, "all of many are saved, each with its own values")
            freed, taking = evolve(two, slug="free"), evolve(one, slug=two.slug)
            with refused(SlugTaken, "what one that comes later will give up is still taken"):
                records.save(taking, freed)
            same(records.list(name="Changed"), renamed, "of several that are saved with one refused, none is changed")
            records.save(freed, taking)
            same(records.get(one.id), taking, "what one that came before has given up is free")
            records.save(one, evolve(one, name="Twice"))
            same(records.get(one.id).name, "Twice", "of one that is given twice the last is kept")
        with store.query(world.tenant.id) as tx:
            same(tx.records(WORKSPACES).get(two.id), freed, "what was saved is kept")

    def test_writing_nothing_is_allowed(self, store: Store) -> None:
        """`add`, `save` and `remove` take any number of entities, also none, and cost nothing then."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            before = tx.statements
            records = tx.records(WORKSPACES)
            records.add()
            records.save()
            records.remove()
            same(tx.statements, before, "to write nothing is no statement")

    def test_a_discarded_command_leaves_no_trace(self, store: Store) -> None:
        """After `discard()` the block ends well and nothing of it is kept, not even the version."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(workspace(world.tenant))
            tx.save_tenant(rename(tx.tenant(), name="Changed", slug="changed"))
            tx.discard()
        with store.query(world.tenant.id) as tx:
            same(tx.tenant(), world.tenant, "a discarded command leaves the tenant's row as it was")
            same(tx.records(WORKSPACES).count(), 1, "nothing is kept of a discarded command")

    def test_a_command_sees_its_own_writes(self, store: Store) -> None:
        """What was written is found at once, by every kind of question."""
        world = founded(store)
        extra = workspace(world.tenant)
        bob = member(world.tenant)
        given = grant(bob, "admin", extra)
        with store.command(world.tenant.id, gate=Open()) as tx:
            workspaces, members = tx.records(WORKSPACES), tx.records(MEMBERSHIPS)
            workspaces.add(extra)
            members.add(bob)
            tx.records(GRANTS).add(given)
            same(workspaces.get(extra.id), extra, "a command gets what it has added")
            same(workspaces.find(slug=extra.slug), extra, "a command finds what it has added")
            same(workspaces.count(), 2, "a command counts what it has added")
            inside = Among(GRANTS, "membership_id", {"workspace_id": extra.id})
            same(members.list(id=inside), [bob], "a condition on another collection sees what was added to it")
            by_workspace = tx.records(GRANTS).count_by("workspace_id", "membership_id")
            same(by_workspace.get(extra.id), 1, "a command counts what it has added, by a field")
            standing = tx.standing(bob.user_id, [])
            same(standing.membership_id, bob.id, "a command sees a member whom it has added")
            same(standing.grants, (given,), "a command sees a grant that it has added")
            tx.save_tenant(rename(tx.tenant(), name="Changed", slug="changed"))
            same(tx.tenant().name, "Changed", "a command sees how it has changed the tenant")
            workspaces.save(evolve(extra, name="Changed"))
            same(workspaces.get(extra.id).name, "Changed", "a command gets what it has saved")
            tx.records(GRANTS).remove(given)
            workspaces.remove(extra)
            same(workspaces.find(id=extra.id), None, "a command does not find what it has removed")
            holds(tx.standing(bob.user_id, [extra.id]).workspaces == {}, "a workspace that was removed is unknown")

    def test_nobody_sees_a_command_before_it_has_ended(self, store: Store) -> None:
        """Neither a query of the tenant nor one over all tenants sees what a command has not finished."""
        world = founded(store)
        extra = workspace(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(extra)
            tx.records(GRANTS).remove(world.grant)
            tx.save_tenant(rename(tx.tenant(), name="Changed", slug=world.tenant.slug))
            with store.query(world.tenant.id) as other:
                same(other.tenant(), world.tenant, "a query does not see a row that a command is changing")
                same(other.records(WORKSPACES).count(), 1, "a query does not see what a command is adding")
                same(other.records(GRANTS).count(), 1, "a query still sees what a command is removing")
            with store.across(Operator()) as all_tenants:
                found = all_tenants.records(WORKSPACES).find(id=extra.id)
                same(found, None, "nobody sees over all tenants what a command is adding")
                tenant = all_tenants.records(TENANTS).find(id=world.tenant.id)
                same(tenant, world.tenant, "nobody sees over all tenants what a command is changing")
        with store.query(world.tenant.id) as other:
            same(other.records(WORKSPACES).count(), 2, "everybody sees what a command has added when it has ended")

    def test_the_version_is_the_stores_own(self, store: Store) -> None:
        """Each command that is kept makes the version greater by one; `save_tenant` does not set it."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            same(version_of(tx.tenant()), version_of(world.tenant) + 1, "in a command the version is the new one")
            tx.save_tenant(evolve(tx.tenant(), version=99, members=7))
            same(version_of(tx.tenant()), version_of(world.tenant) + 1, "saving the tenant does not set its version")
        same(version(store, world.tenant), version_of(world.tenant) + 1, "a command makes the version greater by one")
        with store.query(world.tenant.id) as tx:
            same(tx.tenant().members, 7, "saving the tenant keeps its other fields")
