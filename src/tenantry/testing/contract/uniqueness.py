"""Declared uniqueness and references hold at every instant, and the refusal names the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from attrs import evolve

from ...access.custom import ROLES
from ...audit.model import AUDIT_EVENTS
from ...invitations.model import INVITATIONS, InvitationStatus, invited_email_key
from ...kernel import ids
from ...kernel.errors import AlreadyInvited, AlreadyMember, Conflict, NameTaken, SlugTaken, Stale
from ...members.model import GRANTS, MEMBERSHIPS
from ...storage.ports import Open, Operator, Store
from ...tenants.model import SLUGS, Tenant
from ...workspaces.model import WORKSPACES
from .expect import allowed, holds, refused, same
from .probes import DOMAINS, Domain, DomainStatus, domain
from .world import another_thread, custom, event, founded, grant, invitation, member, reservation, workspace

__all__ = ["Uniqueness"]

_PROVEN: Mapping[str, Any] = {"status": DomainStatus.VERIFIED}


class Uniqueness:
    """What a collection declares unique, and what it declares to refer to."""

    def test_what_is_unique_is_added_once(self, store: Store) -> None:
        """A second entity with the same values is refused by the error that the collection declares."""
        world = founded(store)
        tenant = world.tenant
        with store.command(tenant.id, gate=Open()) as tx:
            with refused(SlugTaken, "the slug of a workspace is unique"):
                tx.records(WORKSPACES).add(workspace(tenant, slug=world.workspace.slug))
            with refused(AlreadyMember, "the user of a membership is unique"):
                tx.records(MEMBERSHIPS).add(member(tenant, user_id=world.member.user_id))
            with refused(AlreadyInvited, "the address of a pending invitation is unique"):
                tx.records(INVITATIONS).add(invitation(tenant, email_key=invited_email_key(world.invitation)))
            with refused(Conflict, "a role in a place is given once"):
                tx.records(GRANTS).add(evolve(world.grant, id=ids.new("grt")))
            with refused(NameTaken, "the name of a role is unique"):
                tx.records(ROLES).add(custom(tenant, name=world.role.name))
            with refused(Stale, "the number of an audit event is unique"):
                tx.records(AUDIT_EVENTS).add(event(tenant, 1))

    def test_what_is_unique_is_saved_once(self, store: Store) -> None:
        """An entity cannot be changed into a second one; it can keep its own values, and take those that are free."""
        world = founded(store)
        extra, bob = workspace(world.tenant), member(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(extra)
            tx.records(MEMBERSHIPS).add(bob)
            with refused(SlugTaken, "a workspace cannot change to a slug that is taken"):
                tx.records(WORKSPACES).save(evolve(extra, slug=world.workspace.slug))
            with refused(AlreadyMember, "a membership cannot change to a user who is a member"):
                tx.records(MEMBERSHIPS).save(evolve(bob, user_id=world.member.user_id))
            tx.records(WORKSPACES).save(evolve(extra, name="Changed"))
            tx.records(WORKSPACES).save(evolve(world.workspace, slug="elsewhere"))
            tx.records(WORKSPACES).save(evolve(extra, slug=world.workspace.slug))
            found = tx.records(WORKSPACES).find(slug=world.workspace.slug)
            holds(found is not None and found.id == extra.id, "a slug that was given up is free")

    def test_what_is_unique_in_one_tenant_is_free_in_another(self, store: Store) -> None:
        """A rule that is not over all tenants says nothing of the values that another tenant has."""
        world, other = founded(store), founded(store)
        moved = evolve(world.workspace, slug=other.workspace.slug)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).save(moved)
            same(tx.records(WORKSPACES).get(moved.id), moved, "another tenant's slug is free in this one")

    def test_what_is_unique_among_some_binds_no_others(self, store: Store) -> None:
        """A rule for pending invitations says nothing of one that is closed, also when it is saved again."""
        world = founded(store)
        closed = evolve(world.invitation, status=InvitationStatus.REVOKED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            invitations = tx.records(INVITATIONS)
            invitations.save(closed)
            invitations.add(invitation(world.tenant, email_key=invited_email_key(closed)))
            invitations.save(evolve(closed, reason="no time"))
            same(invitations.get(closed.id).reason, "no time", "a closed invitation can be saved beside a pending one")

    def test_what_is_unique_is_free_after_a_removal(self, store: Store) -> None:
        """What was removed holds nothing back, in the tenant and over all tenants."""
        world, other = founded(store), founded(store)
        again = member(world.tenant, user_id=world.member.user_id)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(GRANTS).remove(world.grant)
            tx.records(MEMBERSHIPS).remove(world.member)
            tx.records(MEMBERSHIPS).add(again)
            tx.records(SLUGS).remove(world.slug)
        with store.command(other.tenant.id, gate=Open()) as tx:
            tx.records(SLUGS).add(reservation(other.tenant, world.slug.slug))
            same(tx.records(MEMBERSHIPS).find(user_id=again.user_id), None, "a user is free in every other tenant")

    def test_several_at_once_are_unique_among_themselves(self, store: Store) -> None:
        """Two entities of one call that exclude each other are refused both."""
        world = founded(store)
        one, same_slug = workspace(world.tenant, slug="new"), workspace(world.tenant, slug="new")
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            with refused(SlugTaken, "two entities of one call exclude each other"):
                records.add(one, same_slug)
            same(records.list(), [world.workspace], "of two that exclude each other none is kept")

    def test_an_id_is_there_once(self, store: Store) -> None:
        """An id that is there, or twice in one call, is refused, and overwrites nothing."""
        world = founded(store)
        fresh = workspace(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            records = tx.records(WORKSPACES)
            with refused(Conflict, "an id that is there is refused", rule="id"):
                records.add(workspace(world.tenant, id=world.workspace.id))
            with refused(Conflict, "an id twice in one call is refused", rule="id"):
                records.add(fresh, workspace(world.tenant, id=fresh.id))
            same(records.list(), [world.workspace], "an id that is refused overwrites nothing")

    def test_a_partial_rule_holds_among_those_it_speaks_of(self, store: Store) -> None:
        """One pending invitation for each address, and any number of closed ones."""
        world = founded(store)
        tenant, pending = world.tenant, world.invitation
        closed = [
            invitation(tenant, email_key=invited_email_key(pending), status=status)
            for status in (InvitationStatus.REVOKED, InvitationStatus.REVOKED, InvitationStatus.DECLINED)
        ]
        with store.command(tenant.id, gate=Open()) as tx:
            records = tx.records(INVITATIONS)
            records.add(*closed)
            with refused(AlreadyInvited, "a closed invitation cannot become a second pending one"):
                records.save(evolve(closed[0], status=InvitationStatus.PENDING))
            records.save(evolve(pending, status=InvitationStatus.ACCEPTED))
            records.save(evolve(closed[0], status=InvitationStatus.PENDING))
            same(records.count(email_key=invited_email_key(pending)), 4, "a partial rule lets all others be")

    def test_a_rule_over_all_tenants_reaches_over_all_tenants(self, store: Store) -> None:
        """A tenant's slug is refused to every other tenant."""
        ours, theirs = founded(store), founded(store)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            with refused(SlugTaken, "a slug of another tenant is taken"):
                tx.records(SLUGS).add(reservation(ours.tenant, theirs.slug.slug))
            mine = reservation(ours.tenant)
            with refused(SlugTaken, "a slug of another tenant is taken, among several"):
                tx.records(SLUGS).add(mine, reservation(ours.tenant, theirs.slug.slug))
            same(tx.records(SLUGS).list(), [ours.slug], "of several slugs with one taken, none is kept")
        with store.across(Operator()) as all_tenants:
            found = all_tenants.records(SLUGS).list(slug=theirs.slug.slug)
            same(found, [theirs.slug], "a slug that was refused stays with its tenant")

    def test_a_rule_over_all_tenants_holds_between_transactions(self, store: Store) -> None:
        """Of two open commands on different tenants that take one slug, one is refused or told `Stale`."""
        one, two = founded(store), founded(store)
        slug = _unused("wanted")

        def take(tenant: Tenant, then: Callable[[], object]) -> bool:
            try:
                with store.command(tenant.id, gate=Open()) as tx:
                    tx.records(SLUGS).add(reservation(tenant, slug))
                    then()
            except (SlugTaken, Stale):
                return False
            return True

        with another_thread() as meanwhile:
            others: list[Future[bool]] = []
            ours = take(one.tenant, lambda: others.append(meanwhile(lambda: take(two.tenant, int))))
            outcomes = [ours, *(other.result() for other in others)]
        same(outcomes.count(True), 1, "what is unique over all tenants goes to one of two commands")
        with store.across(Operator()) as all_tenants:
            same(all_tenants.records(SLUGS).count(slug=slug), 1, "what is unique over all tenants is there once")

    def test_a_partial_rule_over_all_tenants_holds_among_those_it_speaks_of(self, store: Store) -> None:
        """Any number of tenants have a domain pending, and one of them has it verified; the refusal names the rule."""
        ours, theirs = founded(store), founded(store)
        name = _unused("domain")
        pending, verified = domain(ours.tenant, name), domain(theirs.tenant, name, status=DomainStatus.VERIFIED)
        with store.command(theirs.tenant.id, gate=Open()) as tx:
            tx.records(DOMAINS).add(verified)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            domains = tx.records(DOMAINS)
            with allowed("a pending domain is kept next to another tenant's verified one"):
                domains.add(pending)
            same(domains.list(), [pending], "a pending domain is kept next to another tenant's verified one")
            free = [domain(ours.tenant, _unused("domain")) for _ in range(2)]
            with refused(NameTaken, "of several that are added, one that is taken is refused"):
                domains.add(*free, domain(ours.tenant, name, **_PROVEN))
            with refused(NameTaken, "a verified domain is refused where another tenant has it verified"):
                domains.save(evolve(pending, **_PROVEN))
            with refused(SlugTaken, "another rule that is broken is told by its own error"):
                domains.add(domain(ours.tenant, name))
            with refused(NameTaken, "of two rules that are broken the first declared is told"):
                domains.add(domain(ours.tenant, name, **_PROVEN))
            same(domains.list(), [pending], "what was refused over all tenants leaves everything as it was")
            noted = evolve(pending, note="asked")
            with allowed("a row of which the rule does not speak can be saved"):
                domains.save(noted)
            same(domains.list(), [noted], "a row of which the rule does not speak can be saved")
        with store.command(theirs.tenant.id, gate=Open()) as tx:
            domains = tx.records(DOMAINS)
            noted = evolve(verified, note="renewed")
            with allowed("a row of which the rule speaks can be saved, and does not trip on itself"):
                domains.save(noted)
            same(domains.list(), [noted], "a row of which the rule speaks can be saved, and does not trip on itself")
            other = domain(theirs.tenant, _unused("domain"), **_PROVEN)
            domains.add(other)
            with refused(NameTaken, "a rule over all tenants holds within one tenant too"):
                domains.save(evolve(other, name=name))
            domains.save(evolve(noted, status=DomainStatus.PENDING))
        with store.command(ours.tenant.id, gate=Open()) as tx:
            tx.records(DOMAINS).save(evolve(pending, **_PROVEN))
        with store.command(theirs.tenant.id, gate=Open()) as tx:
            with refused(NameTaken, "what one tenant gave up and another took is taken"):
                tx.records(DOMAINS).save(verified)
            same(tx.records(DOMAINS).count(name=name, **_PROVEN), 0, "a refused save changes nothing")

    def test_a_partial_rule_over_all_tenants_holds_between_transactions(self, store: Store) -> None:
        """Of two open commands on different tenants that verify one domain, one is refused or told `Stale`."""
        name = _unused("domain")
        claims = []
        for world in (founded(store), founded(store)):
            claims.append(domain(world.tenant, name))
            with store.command(world.tenant.id, gate=Open()) as tx:
                tx.records(DOMAINS).add(claims[-1])

        def verify(claim: Domain, then: Callable[[], object]) -> bool:
            try:
                with store.command(claim.tenant_id, gate=Open()) as tx:
                    tx.records(DOMAINS).save(evolve(claim, **_PROVEN))
                    then()
            except (NameTaken, Stale):
                return False
            return True

        with another_thread() as meanwhile:
            others: list[Future[bool]] = []
            ours = verify(claims[0], lambda: others.append(meanwhile(lambda: verify(claims[1], int))))
            outcomes = [ours, *(other.result() for other in others)]
        same(outcomes.count(True), 1, "a partial rule over all tenants lets one of two commands pass")
        with store.across(Operator()) as all_tenants:
            verified = all_tenants.records(DOMAINS).count(name=name, **_PROVEN)
            same(verified, 1, "what is unique among some of all tenants is there once")

    def test_text_is_compared_as_it_is(self, store: Store) -> None:
        """Two texts are one only if they are the same, character by character."""
        world = founded(store)
        keys = ["a", "A", "ä", "a\u0308", "\uff41", "a ", "ss", "ß", "\u0131", "i"]
        with store.command(world.tenant.id, gate=Open()) as tx:
            members = tx.records(MEMBERSHIPS)
            members.add(*(member(world.tenant, user_id=key) for key in keys))
            for key in keys:
                same(
                    [m.user_id for m in members.list(user_id=key)], [key], f"the user {key!r} is found as it is spelled"
                )
            by_user = members.count_by("user_id", "id")
            holds(all(by_user.get(key) == 1 for key in keys), "texts that differ are counted apart")

    def test_what_is_referred_to_is_there(self, store: Store) -> None:
        """A reference to what is not there, or to another tenant's, is refused; one to nothing is fine."""
        ours, theirs = founded(store), founded(store)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            grants = tx.records(GRANTS)
            at_tenant = grant(ours.member, "owner")
            wrong = {
                "an unknown member": grant(member(ours.tenant), "admin"),
                "an unknown workspace": grant(ours.member, "admin", workspace(ours.tenant)),
                "another tenant's member": evolve(grant(theirs.member, "admin"), tenant_id=ours.tenant.id),
                "another tenant's workspace": grant(ours.member, "admin", theirs.workspace),
            }
            for what, bad in wrong.items():
                with refused(Conflict, f"a reference to {what} is refused", rule="reference"):
                    grants.add(bad)
            grants.add(at_tenant)
            with refused(Conflict, "an entity cannot change to refer to what is not there", rule="reference"):
                grants.save(evolve(at_tenant, membership_id="mem_unknown"))
            same(grants.list(), [ours.grant, at_tenant], "what refers to what is not there is not kept")

    def test_what_is_referred_to_stays(self, store: Store) -> None:
        """What something refers to is not removed before that is; what is gone already is no error."""
        world = founded(store)
        with store.command(world.tenant.id, gate=Open()) as tx:
            members, workspaces = tx.records(MEMBERSHIPS), tx.records(WORKSPACES)
            with refused(Conflict, "a member with a grant is not removed", rule="reference"):
                members.remove(world.member)
            with refused(Conflict, "a workspace with a grant is not removed", rule="reference"):
                workspaces.remove(world.workspace)
            same(members.list(), [world.member], "what is referred to is there after the refusal")
            tx.records(GRANTS).remove(world.grant)
            members.remove(world.member)
            workspaces.remove(world.workspace)
            members.remove(world.member)
            same((members.count(), workspaces.count()), (0, 0), "what nothing refers to any more is removed")
        with store.query(world.tenant.id) as tx:
            same(tx.records(MEMBERSHIPS).count(), 0, "what was removed is gone")


def _unused(text: str) -> str:
    """A name that nobody has."""
    return f"{text}-{ids.new('ten')[-12:]}"
