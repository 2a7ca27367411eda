"""Several commands in one transaction: what `begin()` gives is a guest in it."""

from __future__ import annotations

from ...kernel.errors import NotFound, SlugTaken
from ...members.model import MEMBERSHIPS
from ...storage.ports import Creating, Open, Operator, Passes, Store
from ...tenants.model import version_of
from ...workspaces.model import WORKSPACES
from .expect import holds, interrupt, interrupted, refused, same
from .world import founded, new_tenant, version, workspace

__all__ = ["Guests"]


class Guests:
    """Several commands in one transaction."""

    def test_a_guest_repeats_nothing(self, store: Store) -> None:
        """The store says whose transactions they are; within one, nothing is repeated and nothing committed."""
        holds(store.tries >= 1, "a command is run once at least")
        with store.begin() as guest:
            same(guest.tries, 1, "a guest repeats nothing")
            same(guest.owns_transactions, False, "a guest's transaction is its host's")

    def test_several_commands_are_kept_together(self, store: Store) -> None:
        """Commands and queries of one transaction see one another; nobody else sees them before its end."""
        tenant = new_tenant()
        one, two = workspace(tenant), workspace(tenant)
        with store.begin() as guest:
            with guest.command(tenant.id, gate=Creating(tenant)) as tx:
                tx.records(WORKSPACES).add(one)
            with guest.command(tenant.id, gate=Open()) as tx:
                same(tx.records(WORKSPACES).list(), [one], "a command sees those before it in the transaction")
                tx.records(WORKSPACES).add(two)
            with guest.query(tenant.id) as tx:
                same(tx.records(WORKSPACES).list(), [one, two], "a query sees the commands of the transaction")
            with guest.across(Operator()) as all_tenants:
                found = all_tenants.records(WORKSPACES).list(tenant_id=tenant.id)
                same(found, [one, two], "a query over all tenants sees the commands of the transaction")
            with store.query(tenant.id) as outside:
                same(outside.records(WORKSPACES).count(), 0, "nobody else sees a transaction before its end")
        with store.query(tenant.id) as tx:
            same(tx.records(WORKSPACES).list(), [one, two], "commands of one transaction are kept together")
        same(version(store, tenant), version_of(tenant) + 1, "each command of a transaction counts")

    def test_several_commands_are_undone_together(self, store: Store) -> None:
        """An exception that leaves the transaction undoes every command in it."""
        world = founded(store)
        with interrupted(), store.begin() as guest:
            for _ in range(2):
                with guest.command(world.tenant.id, gate=Open()) as tx:
                    tx.records(WORKSPACES).add(workspace(world.tenant))
            interrupt()
        with store.query(world.tenant.id) as tx:
            same(tx.records(WORKSPACES).list(), [world.workspace], "a transaction that failed is undone as a whole")
        same(version(store, world.tenant), version_of(world.tenant), "a transaction that failed changes no version")

    def test_a_refused_command_leaves_the_others(self, store: Store) -> None:
        """A command that fails within a transaction is undone to where it began, and the transaction goes on."""
        world = founded(store)
        one, two, three = (workspace(world.tenant) for _ in range(3))
        with store.begin() as guest:
            with guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(one)
            taken = refused(SlugTaken, "a refusal comes out of a guest's command")
            with taken, guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(two)
                tx.records(WORKSPACES).add(workspace(world.tenant, slug=one.slug))
            shut = refused(NotFound, "a stranger is refused within a transaction too")
            with shut, guest.command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": "nobody"})):
                pass
            with guest.command(world.tenant.id, gate=Open()) as tx:
                same(tx.records(WORKSPACES).list(), [world.workspace, one], "a refused command is undone at once")
                tx.records(WORKSPACES).add(three)
        with store.query(world.tenant.id) as tx:
            kept = tx.records(WORKSPACES).list()
            same(kept, [world.workspace, one, three], "a transaction keeps all but its refused command")
        same(version(store, world.tenant), version_of(world.tenant) + 2, "a refused command changes no version")

    def test_a_discarded_command_leaves_the_others(self, store: Store) -> None:
        """`discard()` in a transaction of several undoes its own command only."""
        world = founded(store)
        one, two = workspace(world.tenant), workspace(world.tenant)
        with store.begin() as guest:
            with guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(one)
            with guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(two)
                tx.discard()
        with store.query(world.tenant.id) as tx:
            same(tx.records(WORKSPACES).list(), [world.workspace, one], "a discarded command takes no other along")
        same(version(store, world.tenant), version_of(world.tenant) + 1, "a discarded command changes no version")

    def test_a_transaction_within_a_transaction(self, store: Store) -> None:
        """`begin()` of a guest is all or nothing by itself, and kept or undone with what is around it."""
        world = founded(store)
        outer, lost, inner = (workspace(world.tenant) for _ in range(3))
        with store.begin() as guest:
            with guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(outer)
            with interrupted(), guest.begin() as within:
                with within.command(world.tenant.id, gate=Open()) as tx:
                    tx.records(WORKSPACES).add(lost)
                interrupt()
            with guest.begin() as within, within.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(inner)
            with store.query(world.tenant.id) as outside:
                same(outside.records(WORKSPACES).count(), 1, "what a guest begins is not committed by itself")
        with store.query(world.tenant.id) as tx:
            kept = tx.records(WORKSPACES).list()
            same(kept, [world.workspace, outer, inner], "a transaction within another is all or nothing by itself")

    def test_a_transaction_of_nothing(self, store: Store) -> None:
        """A transaction in which nothing happens, or something is only read, is fine."""
        world = founded(store)
        with store.begin():
            pass
        with store.begin() as guest, guest.query(world.tenant.id) as tx:
            same(tx.tenant(), world.tenant, "a transaction may only read")
        same(version(store, world.tenant), version_of(world.tenant), "reading changes nothing")
