"""A transaction is bound to one tenant and cannot reach another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from ...access.model import Standing
from ...kernel.errors import NotFound, TenantMismatch
from ...members.model import GRANTS, MEMBERSHIPS, member_epoch
from ...storage.ports import Among, Creating, OneOf, Open, Operator, Store
from ...tenants.model import TENANTS
from ...workspaces.model import WORKSPACES, WorkspaceStatus
from .expect import refused, same
from .world import World, everything, founded, new_tenant, workspace

__all__ = ["OneTenant"]


class OneTenant:
    """What a transaction finds, counts and changes."""

    def test_nothing_of_another_tenant_is_found(self, store: Store) -> None:
        """Whatever ids it is given, a transaction reads its own tenant only."""
        ours, theirs = founded(store), founded(store)
        with store.query(ours.tenant.id) as tx:
            same(tx.tenant_id, ours.tenant.id, "a transaction knows its tenant")
            for collection, foreign in everything(theirs):
                key = getattr(foreign, collection.key)
                records = tx.records(collection)
                with refused(NotFound, f"{collection.name}: another tenant's entity is not to be got"):
                    records.get(key)
                same(records.find(**{collection.key: key}), None, f"{collection.name}: another tenant's is not found")
                asked = {collection.key: OneOf([key])}
                same(records.list(**asked), [], f"{collection.name}: another tenant's is not listed")
                same(records.count(**asked), 0, f"{collection.name}: another tenant's is not counted")
                same(records.count(), 1, f"{collection.name}: a count is of one tenant")
                same(
                    records.count_by(collection.key, "tenant_id", **asked),
                    {},
                    f"{collection.name}: nor counted by a field",
                )

    def test_one_id_in_two_tenants_is_two_entities(self, store: Store) -> None:
        """Ids, slugs, users and addresses of one tenant are free in every other, and are kept apart."""
        ours = founded(store)
        twins = [
            (collection, evolve(entity, tenant_id="?"))
            for collection, entity in everything(ours)
            if not any(rule.across_tenants for rule in collection.unique)
        ]
        other = new_tenant(default_workspace_id=ours.workspace.id)
        with store.command(other.id, gate=Creating(other)) as tx:
            for collection, twin in twins:
                tx.records(collection).add(evolve(twin, tenant_id=other.id))
        with store.command(other.id, gate=Open()) as tx:
            grants = tx.standing(ours.member.user_id, []).grants
            same([grant.tenant_id for grant in grants], [other.id], "a user stands on the grants of the tenant alone")
            tx.records(WORKSPACES).save(evolve(ours.workspace, tenant_id=other.id, name="Changed"))
            for collection, twin in reversed(twins):
                if collection is not WORKSPACES:
                    tx.records(collection).remove(evolve(twin, tenant_id=other.id))
                    same(tx.records(collection).count(), 0, f"{collection.name}: it is removed from its tenant")
        self._is_untouched(store, ours)

    def test_nothing_of_another_tenant_is_changed(self, store: Store) -> None:
        """An entity of another tenant is refused, and one that claims to be ours does not exist."""
        ours, theirs = founded(store), founded(store)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            for collection, foreign in everything(theirs):
                name, records = collection.name, tx.records(collection)
                writes: list[Callable[[Any], None]] = [records.add, records.save, records.remove]
                for write in writes:
                    with refused(TenantMismatch, f"{name}: an entity of another tenant is refused"):
                        write(foreign)
                disguised = evolve(foreign, tenant_id=ours.tenant.id)
                with refused(NotFound, f"{name}: another tenant's entity cannot be saved under our name"):
                    records.save(disguised)
                records.remove(disguised)
            with refused(TenantMismatch, "the row of another tenant is refused"):
                tx.save_tenant(theirs.tenant)
        self._is_untouched(store, theirs)
        self._is_untouched(store, ours)

    def test_a_tenant_is_created_under_its_own_id(self, store: Store) -> None:
        """The row that a creation begins with is that of the command's tenant."""
        ours, other = new_tenant(), new_tenant()
        foreign = refused(TenantMismatch, "a command on one tenant does not create another")
        with foreign, store.command(ours.id, gate=Creating(other)):
            pass

    def test_a_condition_on_another_collection_stays_in_the_tenant(self, store: Store) -> None:
        """`Among` looks at the entities of the same tenant only."""
        ours = founded(store)
        other = new_tenant(default_workspace_id=ours.workspace.id)
        with store.command(other.id, gate=Creating(other)) as tx:
            tx.records(WORKSPACES).add(evolve(ours.workspace, tenant_id=other.id))
            tx.records(MEMBERSHIPS).add(evolve(ours.member, tenant_id=other.id))
        with_grant = Among(GRANTS, "membership_id", {"role": ours.grant.role})
        with store.query(other.id) as tx:
            same(tx.records(MEMBERSHIPS).list(id=with_grant), [], "a grant of another tenant gives nothing here")
        with store.across(Operator()) as all_tenants:
            found = all_tenants.records(MEMBERSHIPS).list(user_id=ours.member.user_id, id=with_grant)
            same(found, [ours.member], "over all tenants, a condition on another collection compares within a tenant")

    def test_standing_is_of_one_tenant(self, store: Store) -> None:
        """What is known of a user in one tenant says nothing about them in another."""
        ours, theirs = founded(store), founded(store)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            archived = workspace(ours.tenant, status=WorkspaceStatus.ARCHIVED)
            tx.records(WORKSPACES).add(archived)
        with store.query(ours.tenant.id) as tx:
            asked = [theirs.workspace.id, archived.id, "ws_unknown"]
            mine = Standing(
                tenant_status=ours.tenant.status,
                membership_id=ours.member.id,
                membership_status=ours.member.status,
                grants=(ours.grant,),
                workspaces={ours.workspace.id: ours.workspace.status, archived.id: WorkspaceStatus.ARCHIVED},
                epoch=member_epoch(ours.member),
            )
            before = tx.statements
            same(tx.standing(ours.member.user_id, asked), mine, "standing tells what there is of a user, and no more")
            same(tx.statements - before, 1, "standing is one statement")
            names = tx.standing(ours.member.user_id, [*asked, ours.workspace.id]).workspace_names
            known = {each.id: each.name for each in (ours.workspace, archived)}
            same(dict(names), known, "standing has the names of the workspaces that are asked for")
            stranger = Standing(tenant_status=ours.tenant.status)
            same(tx.standing(theirs.member.user_id, []), stranger, "another tenant's member is a stranger")
        with store.query("ten_unknown") as tx:
            same(tx.standing(ours.member.user_id, [ours.workspace.id]), Standing(), "an unknown tenant has no standing")

    def test_standing_has_the_newer_epoch_of_member_and_tenant(self, store: Store) -> None:
        """Rights may have been taken away from a member alone, or from all of the tenant: the later one counts."""
        world = founded(store)
        for of_tenant, of_member, newest in ((2, 1, 2), (2, 9, 9), (10, 9, 10), (10, 10, 10), (2**53, 9, 2**53)):
            with store.command(world.tenant.id, gate=Open()) as tx:
                tx.save_tenant(evolve(tx.tenant(), epoch=of_tenant))
                tx.records(MEMBERSHIPS).save(evolve(world.member, epoch=of_member))
                before = tx.statements
                epoch = tx.standing(world.member.user_id, []).epoch
                same(epoch, newest, "standing has the greater of the two epochs, compared as numbers")
                same(tx.statements - before, 1, "standing is one statement")
        with store.query(world.tenant.id) as tx:
            same(tx.standing(world.member.user_id, []).epoch, 2**53, "standing has the epoch that was kept")
            same(tx.standing("nobody", []).epoch, 0, "who is no member has no epoch")

    def test_an_unknown_tenant_is_empty(self, store: Store) -> None:
        """A query of a tenant that does not exist finds nothing."""
        founded(store)
        with store.query("ten_unknown") as tx:
            with refused(NotFound, "a tenant that does not exist has no row"):
                tx.tenant()
            same(tx.records(WORKSPACES).list(), [], "a tenant that does not exist has nothing")

    def test_all_tenants_are_read_at_once(self, store: Store) -> None:
        """`across()` reads the entities of every tenant, by the same questions."""
        one, two = founded(store), founded(store)
        both = OneOf([one.tenant.id, two.tenant.id])
        with store.across(Operator()) as all_tenants:
            tenants = all_tenants.records(TENANTS)
            same(tenants.list(id=both), [one.tenant, two.tenant], "tenants are listed over all tenants")
            same(tenants.find(id=two.tenant.id), two.tenant, "a tenant is found over all tenants")
            for (collection, ours), (_, theirs) in zip(everything(one), everything(two), strict=True):
                records = all_tenants.records(collection)
                wanted = sorted([ours, theirs], key=collection.order(None).position)
                same(records.list(tenant_id=both), wanted, f"{collection.name}: all tenants' are listed in order")
                same(records.count(tenant_id=both), 2, f"{collection.name}: all tenants' are counted")
                by_tenant = records.count_by("tenant_id", collection.key, tenant_id=both)
                counted = {one.tenant.id: 1, two.tenant.id: 1}
                same(by_tenant, counted, f"{collection.name}: all tenants' are counted by a field")
            same(all_tenants.records(TENANTS).find(id="ten_unknown"), None, "what no tenant has is not found")

    def _is_untouched(self, store: Store, world: World) -> None:
        with store.query(world.tenant.id) as tx:
            for collection, entity in everything(world):
                same(tx.records(collection).list(), [entity], f"{collection.name}: another tenant's stays as it was")
            same(tx.tenant().name, world.tenant.name, "the row of another tenant stays as it was")
