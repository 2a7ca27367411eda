"""The roles that a tenant made for itself, and what a principal's standing tells of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from ...access.custom import ROLES, as_role, lineage_of
from ...access.model import Level, Standing
from ...access.scheme.inheritance import merge
from ...kernel import ids
from ...kernel.errors import NameTaken
from ...members.model import GRANTS, MEMBERSHIPS
from ...storage.ports import OneOf, Open, Slice, Store
from ...workspaces.model import WORKSPACES
from .expect import holds, refused, same
from .world import NOW, custom, founded, grant, member, workspace

__all__ = ["Roles"]

_ODD = ['O\'Brien; "DROP" \\ TABLE', "Роль 東京 שלום", "👩‍👩‍👧 \U00020000", "</script>", "[]", "null", "%s :name $1 {}"]


class Roles:
    """Custom roles."""

    def test_a_role_comes_back_whole(self, store: Store) -> None:
        """Its permissions and what it inherits in their order, its level, and the roles that it depends on."""
        world = founded(store)
        first = custom(world.tenant, level=Level.TENANT, permissions=[], name="None", description=None)
        many: dict[str, Any] = {"permissions": [f"b-api:item:act-{n}" for n in (3, 1, 2, 30)], "template": "auditor"}
        second = custom(world.tenant, first, level=Level.TENANT, acts_as="viewer", **many)
        odd = [custom(world.tenant, world.role, name=name, description=name) for name in _ODD]
        roles = [first, second, *odd]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(ROLES).add(*roles)
        with store.query(world.tenant.id) as tx:
            for role in roles:
                found = tx.records(ROLES).get(role.id)
                same(found, role, "a role comes back whole")
                levels = [found.level, *(each.level for each in lineage_of(found))]
                holds(all(type(level) is Level for level in levels), "the level of a role is its enumeration")
        with store.command(world.tenant.id, gate=Open()) as tx:
            changed = evolve(
                second, permissions=["a-api:item:act"], inherits=[], acts_as=None, lineage=[as_role(first)]
            )
            tx.records(ROLES).save(changed)
            same(tx.records(ROLES).get(second.id), changed, "a role that was saved comes back as it is now")

    def test_no_two_roles_look_the_same(self, store: Store) -> None:
        """The names of a tenant's roles are unique by what they look like, also when one is changed."""
        ours, theirs = founded(store), founded(store)
        clerk, scribe = custom(ours.tenant, name="Clerk"), custom(ours.tenant, name="Scribe", level=Level.TENANT)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            roles = tx.records(ROLES)
            roles.add(clerk, scribe)
            for alike in ("Clerk", "CLERK", "c-l e r k", "C1erk", "\u0421lerk"):
                with refused(NameTaken, f"{alike!r} looks like a name that is taken"):
                    roles.add(custom(ours.tenant, name=alike))
                with refused(NameTaken, f"no role can be changed to {alike!r}, which looks like another"):
                    roles.save(evolve(scribe, name=alike))
            with refused(NameTaken, "two roles of one call that look the same are refused"):
                roles.add(custom(ours.tenant, name="Page"), custom(ours.tenant, name="PAGE"))
            same(roles.list(), [ours.role, clerk, scribe], "of roles that are refused nothing is kept")
            renamed = evolve(clerk, name="CLERK", description="Keeps its look")
            roles.save(renamed)
            same(roles.get(clerk.id), renamed, "a role can be spelled otherwise")
            roles.save(evolve(clerk, name="Notary"))
            roles.save(evolve(scribe, name="Clerk"))
            roles.remove(clerk)
            roles.add(custom(ours.tenant, name="Notary"))
            found = [role.name for role in roles.list(id=OneOf([clerk.id, scribe.id]))]
            same(found, ["Clerk"], "a name that was given up is free")
        with store.command(theirs.tenant.id, gate=Open()) as tx:
            tx.records(ROLES).add(custom(theirs.tenant, name="Clerk"))
            same(tx.records(ROLES).count(), 2, "what another tenant's roles are called is free in this one")

    def test_roles_are_listed_by_level_and_by_name(self, store: Store) -> None:
        """A level is compared; the order by name is that of the looks, by code points."""
        world = founded(store)
        levels = {"Zoo": Level.TENANT, "zebra": Level.WORKSPACE, "Ärger": Level.TENANT, "東京": Level.TENANT}
        added = [custom(world.tenant, name=name, level=level) for name, level in levels.items()]
        with store.command(world.tenant.id, gate=Open()) as tx:
            roles = tx.records(ROLES)
            roles.remove(world.role)
            roles.add(*added)
            at_tenant = [role for role in added if role.level is Level.TENANT]
            same(roles.list(level=Level.TENANT), at_tenant, "roles are found by their level")
            same(roles.count_by("level", "id"), {Level.TENANT: 3, Level.WORKSPACE: 1}, "roles are counted by level")
            by_name = sorted(added, key=ROLES.orders["name"].position)
            same(roles.list(Slice(order="name")), by_name, "roles are ordered by how their names look")
            after = ROLES.orders["name"].position(by_name[1])
            same(roles.list(Slice(order="name", after=after)), by_name[2:], "a page begins after a name")

    def test_standing_has_the_roles_of_the_grants(self, store: Store) -> None:
        """All that the user's custom roles depend on, each once and in order of key; nothing for a built-in role."""
        world = founded(store)
        base = custom(world.tenant, name=_ODD[0])
        one, two = custom(world.tenant, base), custom(world.tenant, base, name=_ODD[1])
        wide = custom(world.tenant, level=Level.TENANT, acts_as="viewer")
        idle = custom(world.tenant)
        place, hour = workspace(world.tenant), timedelta(hours=1)
        bob, cay = member(world.tenant), member(world.tenant)
        given = [
            grant(bob, "member"),
            grant(bob, wide.id, ends_at=NOW - hour),
            grant(bob, two.id, world.workspace, starts_at=NOW + hour),
            grant(bob, one.id, place),
            grant(bob, two.id, place),
            grant(bob, "rol_unknown", place),
        ]
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(place)
            tx.records(MEMBERSHIPS).add(bob, cay)
            tx.records(ROLES).add(base, one, two, wide, idle)
            tx.records(GRANTS).add(*given, grant(cay, idle.id, place))
        with store.query(world.tenant.id) as tx:
            before = tx.statements
            found = tx.standing(bob.user_id, [world.workspace.id, place.id, "ws_unknown"])
            same(tx.statements - before, 1, "standing is one statement, whatever roles there are")
            lineage = merge(map(as_role, (base, one, two, wide)))
            same(found.roles, lineage, "standing has what the roles of the grants depend on, each once and in order")
            same(found.grants, tuple(given), "standing has every grant, whenever it counts")
            same(set(found.workspaces), {world.workspace.id, place.id}, "standing has the workspaces beside the roles")
            same(tx.standing(world.member.user_id, []).roles, (), "for a built-in role there is nothing to tell")
            same(tx.standing("nobody", [place.id]).roles, (), "nobody has no roles")

    def test_standing_sees_how_a_role_was_changed(self, store: Store) -> None:
        """Also in the command that has changed it."""
        world = founded(store)
        role = custom(world.tenant)
        changed = custom(world.tenant, world.role, id=role.id, permissions=["workspace-api:member:read"])
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(ROLES).add(role)
            tx.records(GRANTS).add(grant(world.member, role.id, world.workspace))
            same(
                tx.standing(world.member.user_id, []).roles, lineage_of(role), "standing has a role that was just made"
            )
            tx.records(ROLES).save(changed)
            found = tx.standing(world.member.user_id, []).roles
            same(found, merge(lineage_of(changed)), "a command sees how it has changed a role that somebody has")
        with store.query(world.tenant.id) as tx:
            found = tx.standing(world.member.user_id, []).roles
            same(found, merge(lineage_of(changed)), "everybody sees how a role was changed")

    def test_another_tenants_role_brings_nothing(self, store: Store) -> None:
        """A grant that names the id of another tenant's role is one of a role that there is not."""
        ours, theirs = founded(store), founded(store)
        same_id = custom(ours.tenant, id=theirs.role.id, name="Ours", permissions=[])
        with store.command(ours.tenant.id, gate=Open()) as tx:
            given = grant(ours.member, theirs.role.id, ours.workspace)
            tx.records(GRANTS).add(given)
        with store.query(ours.tenant.id) as tx:
            found = tx.standing(ours.member.user_id, [])
            same(found.grants, (ours.grant, given), "a grant of another tenant's role is there")
            same(found.roles, (), "another tenant's role brings nothing")
        with store.command(ours.tenant.id, gate=Open()) as tx:
            tx.records(ROLES).add(same_id)
            standing: Standing = tx.standing(ours.member.user_id, [])
            same(standing.roles, lineage_of(same_id), "of two roles of one id a tenant has its own")
            tx.records(ROLES).remove(evolve(same_id, id=ids.new("rol")), same_id)
            same(tx.standing(ours.member.user_id, []).roles, (), "a role that was removed brings nothing")
        with store.query(theirs.tenant.id) as tx:
            same(tx.records(ROLES).list(), [theirs.role], "another tenant's role of the same id stays as it was")
