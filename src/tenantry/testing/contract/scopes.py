"""A reader over all tenants shows what its scope shows, whatever conditions it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from ...access.custom import ROLES, CustomRole
from ...audit.model import AUDIT_EVENTS
from ...invitations.model import INVITATIONS, Invitation, InvitationStatus, invited_email_key
from ...kernel.values import frozen
from ...members.model import GRANTS, MEMBERSHIPS, Grant, Membership
from ...members.sign_ins import SIGN_INS
from ...notices.model import NOTICES
from ...storage.collection import Collection
from ...storage.ports import (
    Across,
    Among,
    AnyOf,
    Creating,
    HasKey,
    Located,
    OneOf,
    Open,
    Operator,
    Person,
    Scope,
    Slug,
    StartsWith,
    Store,
)
from ...tenants.model import SLUGS, TENANTS, TenantStatus
from ...workspaces.model import WORKSPACES, Workspace
from .expect import mistaken, same
from .world import World, custom, everything, founded, grant, invitation, member, new_tenant, workspace

__all__ = ["Scopes"]

_COLLECTIONS: Sequence[Collection[Any]] = (
    TENANTS,
    SLUGS,
    WORKSPACES,
    MEMBERSHIPS,
    ROLES,
    GRANTS,
    INVITATIONS,
    AUDIT_EVENTS,
    NOTICES,
    SIGN_INS,
)
_LOCATED: Sequence[Collection[Any]] = (WORKSPACES, INVITATIONS)


@frozen
class _Neighbours:
    """One person among four tenants: a member of one, invited to the second, once invited to the third."""

    home: World
    inviting: World
    former: World
    strange: World
    granted: CustomRole
    grant: Grant
    beside: Membership
    offer: Invitation
    revoked: Invitation
    offered: Workspace
    roles: tuple[CustomRole, CustomRole]

    @property
    def person(self) -> Person:
        return Person(self.home.member.user_id, invited_email_key(self.offer))

    @property
    def seen(self) -> Mapping[Collection[Any], Sequence[Any]]:
        """All that the person sees."""
        return {
            TENANTS: [self.home.tenant, self.inviting.tenant],
            MEMBERSHIPS: [self.home.member, self.inviting.member, self.beside],
            GRANTS: [self.home.grant, self.grant],
            INVITATIONS: [self.offer, self.revoked],
            WORKSPACES: [self.home.workspace, self.offered],
            ROLES: [self.granted, *self.roles],
        }


def _neighbours(store: Store) -> _Neighbours:
    home, inviting, former, strange = (founded(store) for _ in range(4))
    granted = custom(home.tenant)
    mine = grant(home.member, granted.id)
    offered = workspace(inviting.tenant)
    roles = custom(inviting.tenant), custom(inviting.tenant)
    beside = member(inviting.tenant)
    offer = invitation(
        inviting.tenant,
        role=roles[0].id,
        workspaces={offered.id: roles[1].id},
        invited_by=inviting.member.user_id,
        backers={inviting.tenant.id: inviting.member.user_id, offered.id: beside.user_id},
    )
    revoked = invitation(
        former.tenant,
        email_key=invited_email_key(offer),
        status=InvitationStatus.REVOKED,
        role=former.role.id,
        workspaces={former.workspace.id: former.role.id},
        invited_by=former.member.user_id,
    )
    with store.command(home.tenant.id, gate=Open()) as tx:
        tx.records(ROLES).add(granted)
        tx.records(GRANTS).add(mine)
        another = member(home.tenant, user_id=inviting.member.user_id)  # elsewhere the inviter; here nobody's concern
        tx.records(MEMBERSHIPS).add(another)
        tx.records(WORKSPACES).add(workspace(home.tenant))
        tx.records(GRANTS).add(grant(another, home.role.id))
    with store.command(inviting.tenant.id, gate=Open()) as tx:
        tx.records(WORKSPACES).add(offered)
        tx.records(ROLES).add(*roles)
        tx.records(INVITATIONS).add(offer)
        tx.records(MEMBERSHIPS).add(beside, member(inviting.tenant, email_key=invited_email_key(offer)))
    with store.command(former.tenant.id, gate=Open()) as tx:
        tx.records(INVITATIONS).add(revoked)
    twin = new_tenant()
    with store.command(twin.id, gate=Creating(twin)) as tx:  # the ids of what is seen, in a tenant that is not
        tx.records(WORKSPACES).add(*(evolve(each, tenant_id=twin.id) for each in (home.workspace, offered)))
        tx.records(ROLES).add(*(evolve(each, tenant_id=twin.id) for each in (granted, *roles)))
        tx.records(MEMBERSHIPS).add(evolve(home.member, tenant_id=twin.id, user_id="another"))
        tx.records(GRANTS).add(evolve(home.grant, tenant_id=twin.id))
    return _Neighbours(home, inviting, former, strange, granted, mine, beside, offer, revoked, offered, roles)


class Scopes:
    """What is seen over all tenants, and by whom."""

    def test_a_person_sees_what_concerns_them(self, store: Store) -> None:
        """A member sees their memberships, an invited person their invitations, and both what these name."""
        here = _neighbours(store)
        with store.across(here.person) as across:
            same(across.scope, here.person, "a reader knows its scope")
            _sees(across, here.seen)
        closed = Person(here.home.member.user_id)
        mine: Mapping[Collection[Any], Sequence[Any]] = {
            TENANTS: [here.home.tenant],
            MEMBERSHIPS: [here.home.member],
            GRANTS: [here.home.grant, here.grant],
            INVITATIONS: [],
            WORKSPACES: [here.home.workspace],
            ROLES: [here.granted],
        }
        with store.across(closed) as across:
            _sees(across, mine)
        nobody = Person("nobody", "nobody@example.test")
        with store.across(nobody) as across:
            _sees(across, dict.fromkeys(mine, ()))

    def test_no_condition_widens_a_scope(self, store: Store) -> None:
        """Rows outside the scope are not found by any condition, nor are they what another row is asked about."""
        here = _neighbours(store)
        with store.across(here.person) as across:
            for world in (here.home, here.inviting, here.former, here.strange):
                for collection, entity in [(TENANTS, world.tenant), *everything(world)]:
                    if collection not in here.seen or entity in here.seen[collection]:
                        continue
                    records, key = across.records(collection), getattr(entity, collection.key)
                    asked: list[Mapping[str, Any]] = [
                        {collection.key: key},
                        {collection.key: OneOf([key])},
                        {collection.key: key, "id": key},
                    ]
                    if collection is not TENANTS:
                        asked.append({"tenant_id": world.tenant.id, collection.key: key})
                    for where in asked:
                        hidden = f"{collection.name}: what the scope does not show is not found by {where}"
                        same(records.find(**where), None, hidden)
                        same(records.count(**where), 0, hidden)
                        same(records.count_by(collection.key, "id", **where), {}, hidden)
            tenants, workspaces = across.records(TENANTS), across.records(WORKSPACES)
            unseen = Among(MEMBERSHIPS, "tenant_id", {"user_id": here.inviting.member.user_id})
            same(tenants.list(id=unseen), [here.inviting.tenant], "a condition speaks of what the scope shows only")
            strange = Among(WORKSPACES, "id", {"slug": here.strange.workspace.slug})
            same(across.records(GRANTS).count(workspace_id=strange), 0, "what is not shown is not asked about")
            named = Among(INVITATIONS, "workspaces", {"id": here.inviting.invitation.id}, part="keys")
            same(workspaces.list(id=named), [], "an invitation to another address names nothing")
            deep = Among(GRANTS, "membership_id", {"workspace_id": Among(WORKSPACES, "id")})
            found = across.records(MEMBERSHIPS).list(id=deep)
            same(found, [here.home.member], "conditions within conditions stay within the scope")

    def test_what_a_scope_does_not_know_is_refused(self, store: Store) -> None:
        """To ask for a collection of which a scope shows nothing is a mistake in the program, not an empty list."""
        here = _neighbours(store)
        known: list[tuple[Scope, set[Collection[Any]]]] = [
            (here.person, {*here.seen, SIGN_INS}),
            (Slug(here.home.slug.slug), {SLUGS}),
            (Located(here.offered.id, here.person.user_id), {WORKSPACES, INVITATIONS}),
            (Operator(), set(_COLLECTIONS)),
        ]
        for scope, shown in known:
            with store.across(scope) as across:
                for collection in _COLLECTIONS:
                    if collection in shown:
                        across.records(collection).count(**{collection.key: "unknown"})
                    else:
                        unknown = f"{type(scope).__name__} shows nothing of {collection.name}"
                        mistaken(lambda c=collection: across.records(c), unknown)  # type: ignore[misc]
        with store.across(here.person) as across:
            told = Among(AUDIT_EVENTS, "tenant_id", {"target": here.strange.tenant.id})
            tenants = across.records(TENANTS)
            mistaken(lambda: tenants.list(id=told), "a condition on a collection that the scope does not know")
            mistaken(lambda: tenants.count(id=told), "a count by a collection that the scope does not know")
            either = {AnyOf.NAME: AnyOf([{}])}
            mistaken(lambda: tenants.list(**either), "alternatives in a question that a scope narrows")
            mistaken(lambda: across.events(None, 1), "the events of all tenants are shown to the operator only")
        mistaken(lambda: self._opened(store, None), "a reader over all tenants is opened with a scope")

    def test_a_slug_leads_to_its_tenant(self, store: Store) -> None:
        """One slug is shown, with the tenant that has it; of the tenant only the state can be asked about."""
        here = _neighbours(store)
        slug = here.home.slug
        with store.across(Slug(slug.slug)) as across:
            slugs = across.records(SLUGS)
            same(slugs.list(), [slug], "a slug shows itself alone")
            same(slugs.find(slug=here.strange.slug.slug), None, "a slug does not show another")
            same(slugs.count(tenant_id=OneOf([here.strange.tenant.id])), 0, "nor those of another tenant")
            active = Among(TENANTS, "id", {"status": TenantStatus.ACTIVE})
            same(slugs.find(tenant_id=active), slug, "the state of its tenant can be asked about")
            closed = Among(TENANTS, "id", {"status": TenantStatus.DELETED})
            same(slugs.find(tenant_id=closed), None, "and tells one state from another")
        with store.across(Slug("unknown slug")) as across:
            same(across.records(SLUGS).list(), [], "a slug that nobody has shows nothing")

    def test_an_id_is_located_in_the_persons_tenants_only(self, store: Store) -> None:
        """A workspace or an invitation is found by its id where the person is a member or invited, and nowhere else."""
        here = _neighbours(store)
        user_id, key = here.person.user_id, invited_email_key(here.offer)
        found: list[tuple[Any, Collection[Any]]] = [
            (here.home.workspace, WORKSPACES),
            (here.inviting.workspace, WORKSPACES),
            (here.home.invitation, INVITATIONS),
            (here.offer, INVITATIONS),
        ]
        live = Among(TENANTS, "id", {"status": TenantStatus.ACTIVE})
        for entity, collection in found:
            with store.across(Located(entity.id, user_id, key)) as across:
                [other] = (each for each in _LOCATED if each is not collection)
                same(across.records(collection).list(), [entity], "an id in one of the person's tenants is found alone")
                same(across.records(collection).list(tenant_id=live), [entity], "the tenant's state can be asked about")
                same(across.records(other).list(), [], "an id is that of one kind")
        hidden = [here.former.workspace.id, here.revoked.id, here.strange.workspace.id, here.strange.invitation.id]
        unproven = [here.offered.id, here.offer.id]
        for located in (
            *(Located(id, user_id, key) for id in (*hidden, "ws_unknown")),
            *(Located(id, user_id) for id in (*hidden, *unproven)),
        ):
            with store.across(located) as across:
                for collection in _LOCATED:
                    same(across.records(collection).list(), [], f"{located} shows nothing of another's tenant")
                    same(across.records(collection).count(id=OneOf(hidden)), 0, f"{located} shows no other id")

    def test_the_operator_may_ask_for_alternatives(self, store: Store) -> None:
        """A question that no scope narrows may have alternatives; the other conditions hold for each of them."""
        one, two, three = (founded(store).tenant for _ in range(3))
        alternatives = AnyOf([{"slug": StartsWith(one.slug)}, {"id": two.id, "slug": two.slug}, {"id": "unknown"}])
        with store.across(Operator()) as across:
            tenants = across.records(TENANTS)
            asked = {AnyOf.NAME: alternatives}
            same(tenants.list(**asked), [one, two], "what one alternative speaks of is found")
            same(tenants.count(**asked), 2, "what one alternative speaks of is counted")
            same(tenants.list(id=OneOf([two.id, three.id]), **asked), [two], "the other conditions hold too")

    def test_alternatives_hold_within_a_tenant(self, store: Store) -> None:
        """A question about one tenant may have alternatives as well; they find nothing of another."""
        ours, theirs = founded(store), founded(store)
        extra = workspace(ours.tenant)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(extra)
        either = AnyOf([{"slug": extra.slug}, {"id": theirs.workspace.id}])
        with store.query(ours.tenant.id) as tx:
            found = tx.records(WORKSPACES).list(**{AnyOf.NAME: either})
            same(found, [extra], "within a tenant, alternatives find what one of them speaks of")

    def test_a_scope_holds_within_a_transaction_too(self, store: Store) -> None:
        """A guest's reader sees what its transaction has written, as far as its scope shows it."""
        world = founded(store)
        extra, other = workspace(world.tenant), workspace(world.tenant)
        with store.begin() as guest:
            with guest.command(world.tenant.id, gate=Open()) as tx:
                tx.records(WORKSPACES).add(extra, other)
                tx.records(GRANTS).add(grant(world.member, "editor", extra))
            with guest.across(Person(world.member.user_id)) as across:
                found = across.records(WORKSPACES).list()
                same(found, [world.workspace, extra], "a guest's reader sees its own transaction, within the scope")
                hidden = across.records(WORKSPACES).count(settings=HasKey("anything"))
                same(hidden, 0, "and nothing else by any condition")

    def _opened(self, store: Store, scope: Any) -> None:
        with store.across(scope):
            pass


def _sees(across: Across, seen: Mapping[Collection[Any], Sequence[Any]]) -> None:
    """Exactly these, however they are asked for."""
    for collection, entities in seen.items():
        wanted = sorted(entities, key=collection.order(None).position)
        records, name = across.records(collection), collection.name
        same(records.list(), wanted, f"{name}: a scope shows what it promises, and no more")
        same(records.count(), len(wanted), f"{name}: a scope counts what it shows")
        by_key = dict.fromkeys((getattr(each, collection.key) for each in wanted), 1)
        same(records.count_by(collection.key, "id"), by_key, f"{name}: a scope counts by a field what it shows")
        for entity in wanted:
            found = records.find(**{collection.key: getattr(entity, collection.key)})
            same(found, entity, f"{name}: what a scope shows is found")
