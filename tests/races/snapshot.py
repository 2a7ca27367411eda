"""What a tenant looks like after a race, and what must hold of it whoever has won."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from tenantry import UNLIMITED, Invalid, Level, TenantStatus, schemes
from tenantry.access.custom import ROLES, CustomRole, settle
from tenantry.audit.model import AUDIT_EVENTS, AuditEvent
from tenantry.invitations.model import INVITATIONS, Invitation, InvitationStatus
from tenantry.members.model import GRANTS, MEMBERSHIPS, Grant, Membership
from tenantry.notices.model import NOTICES, Notice
from tenantry.plans.model import Limit
from tenantry.ports import Operator, Store
from tenantry.runtime.registry import COLLECTIONS
from tenantry.tenants.model import SLUGS, TENANTS, Tenant
from tenantry.workspaces.model import WORKSPACES, Workspace
from tests.races.plans import plan_of

_NAMED = {TENANTS, SLUGS, MEMBERSHIPS, GRANTS, WORKSPACES, ROLES, INVITATIONS, AUDIT_EVENTS, NOTICES}
_RANDOM_TAIL = re.compile(r"-[0-9a-f]{8}\b")
_JOINED, _GONE = {"member.added"}, {"member.removed", "member.left", "member.forgotten"}
_CLOSED = {"invitation.accepted", "invitation.declined", "invitation.revoked", "invitation.superseded"}


@frozen
class Snapshot:
    """Everything that is stored of one tenant."""

    tenant: Tenant
    memberships: tuple[Membership, ...]
    grants: tuple[Grant, ...]
    workspaces: tuple[Workspace, ...]
    roles: tuple[CustomRole, ...]
    invitations: tuple[Invitation, ...]
    trail: tuple[AuditEvent, ...]
    slug_holders: tuple[str, ...]
    notices: tuple[Notice, ...]
    others: tuple[tuple[str, Any], ...] = ()
    """What is in each collection that has no field here, with its noun."""
    outlived: tuple[str, ...] = ()
    slugs: frozenset[str] = frozenset()
    """The present one, and those that it keeps."""

    @classmethod
    def of(cls, store: Store, tenant_id: str) -> Snapshot:
        with store.query(tenant_id) as tx:
            tenant = tx.tenant()
            rows: dict[str, Any] = {
                "memberships": tuple(tx.records(MEMBERSHIPS).list()),
                "grants": tuple(tx.records(GRANTS).list()),
                "workspaces": tuple(tx.records(WORKSPACES).list()),
                "roles": tuple(tx.records(ROLES).list()),
                "invitations": tuple(tx.records(INVITATIONS).list()),
                "notices": tuple(tx.records(NOTICES).list()),
                "slugs": frozenset(each.slug for each in tx.records(SLUGS).list()),
                "trail": tuple(sorted(tx.records(AUDIT_EVENTS).list(), key=lambda event: event.sequence)),
            }
            if tenant.status is TenantStatus.PURGED:
                gone = [each for each in COLLECTIONS if not each.survives_purge]
                rows["outlived"] = tuple(each.name for each in gone if tx.records(each).count())
            others = [each for each in COLLECTIONS if each not in _NAMED and not each.job]
            rows["others"] = tuple((each.noun, row) for each in others for row in tx.records(each).list())
        with store.across(Operator()) as across:
            holders = tuple(slug.tenant_id for slug in across.records(SLUGS).list(slug=tenant.slug))
        return cls(tenant=tenant, slug_holders=holders, **rows)

    def broken(self, owner_role: str = "owner") -> Iterator[str]:
        """Each rule that does not hold."""
        yield from self._trail_broken()
        if self.tenant.status is TenantStatus.PURGED:
            if self.outlived:
                yield f"something that has outlived its tenant: {', '.join(self.outlived)}"
            return
        members = {member.id: member for member in self.memberships}
        workspaces = {workspace.id for workspace in self.workspaces}
        owning = [grant for grant in self.grants if grant.role == owner_role and grant.workspace_id is None]
        if not any(grant.membership_id in members and members[grant.membership_id].is_active for grant in owning):
            yield "no active owner"
        yield from _twice("membership of", (member.user_id for member in self.memberships))
        yield from _twice("grant", ((grant.membership_id, grant._held_as) for grant in self.grants))
        yield from _twice("slug of a workspace", (workspace.slug for workspace in self.workspaces))
        waiting = (each._email_key for each in self.invitations if each.status is InvitationStatus.PENDING)
        yield from _twice("pending invitation of", waiting)
        yield from _twice("end of", (event.target for event in self.trail if event.action in _CLOSED))
        for grant in self.grants:
            if grant.membership_id not in members or (grant.workspace_id and grant.workspace_id not in workspaces):
                yield f"a grant of {grant.role} that hangs in the air"
        yield from self._roles_broken()
        yield from self._limits_broken()
        if self.tenant.members != len(members) or self.tenant.workspaces != len(workspaces):
            yield "counters that do not count"
        joined = sum(event.action in _JOINED for event in self.trail)
        gone = sum(event.action in _GONE and "roles" in event.before for event in self.trail)  # not who was gone before
        if joined - gone != len(members):
            yield "a member that the trail does not know"
        if self.slug_holders != (self.tenant.id,):
            yield "a slug of two tenants"

    def _trail_broken(self) -> Iterator[str]:
        if [event.sequence for event in self.trail] != list(range(1, self.tenant._audit_sequence + 1)):
            yield "a trail with gaps, doubles or a loose end"

    def _roles_broken(self) -> Iterator[str]:
        known = {(role.level, role.key) for role in schemes.AGENCY.roles} | {
            (role.level, role.id) for role in self.roles
        }
        for grant in self.grants:
            if (Level.WORKSPACE if grant.workspace_id else Level.TENANT, grant.role) not in known:
                yield "a grant of a role that there is not"
        for each in self.invitations:
            offered = {(Level.TENANT, each.role), *((Level.WORKSPACE, role) for role in each.workspaces.values())}
            if each.status is InvitationStatus.PENDING and not offered <= known:
                yield "a pending invitation that offers a role that there is not"
        yield from _twice("role called", (role._name_key for role in self.roles))
        try:
            anew = settle(schemes.AGENCY, {}, *self.roles)
        except Invalid as fault:  # a circle, or one that is built on what there is not
            yield f"roles that contradict themselves: {fault}"
        else:
            if [*anew.values()] != [*self.roles]:
                yield "a role that does not know what it depends on"

    def _limits_broken(self) -> Iterator[str]:
        """I3; no plan shrinks in a race, and no invitation ends by itself."""
        plan = plan_of(self.tenant, None)
        waiting = sum(each.status is InvitationStatus.PENDING and not each.is_for_member for each in self.invitations)
        members = sum(member.is_active for member in self.memberships) + waiting * plan.counts_invitations
        yield from _above("members", members, plan.members)
        yield from _above("workspaces", sum(each.is_active for each in self.workspaces), plan.workspaces)
        for name, most in plan.counters.items():
            yield from _above(name, self.tenant.counters.get(name, 0), most)
        for name, most in plan.workspace_counters.items():
            for workspace in self.workspaces:
                yield from _above(name, workspace.counters.get(name, 0), most)

    def picture(self, tag: str) -> tuple[object, ...]:
        """The tenant without what is different each time: ids, times, the round's own `tag`."""
        made = {"role.defined", "workspace.created"}  # what a purged tenant had is known from its trail alone
        names = {each.target: each.after["name"] for each in self.trail if each.action in made}
        names |= {each.id: each.slug for each in self.workspaces} | {each.id: each.email for each in self.invitations}
        user_ids = {member.id: member.user_id for member in self.memberships}

        def told(fact: object) -> str:
            return _RANDOM_TAIL.sub("", repr(fact).replace(self.tenant.id, "tenant").replace(tag, ""))

        facts: tuple[Iterable[object], ...] = (
            [(self.tenant.name, self.tenant.slug, self.tenant.counters)],
            [(str(self.tenant.status), self.tenant.suspended_by)],
            [(member.user_id, str(member.status)) for member in self.memberships],
            [
                (
                    user_ids.get(grant.membership_id, "?"),
                    names.get(grant.role, grant.role),
                    names.get(grant.workspace_id or "", ""),
                )
                for grant in self.grants
            ],
            [(each.name, each.slug, str(each.status), sorted(each.counters.items())) for each in self.workspaces],
            [(role.name, role.permissions, [names.get(key, key) for key in role.inherits]) for role in self.roles],
            [_seen(each, names) for each in self.invitations],
        )
        trail = [
            told((event.action, event.principal, names.get(event.target, event.target)))
            for event in self.trail
            if event.action
            not in ("access.denied", "invitation.refused")  # noted in a command of its own, at some later time
        ]
        return (*(tuple(sorted(map(told, fact))) for fact in facts), tuple(trail))


def _seen(invitation: Invitation, names: Mapping[str, str]) -> tuple[object, ...]:
    return (
        invitation.email,
        str(invitation.status),
        invitation.sends,
        invitation.invited_by,
        invitation.accepted_by or "",
        [names.get(role, role) for role in (invitation.role, *invitation.workspaces.values())],
        [(names.get(part.workspace_id or "", ""), part.invited_by, part.message) for part in invitation.parts],
    )


def _above(what: str, used: int, most: Limit) -> Iterator[str]:
    if most is not UNLIMITED and used > most:
        yield f"{used} {what}, and {most} is the most"


def _twice(what: str, keys: Iterator[Any]) -> Iterator[str]:
    counted: Mapping[Any, int] = Counter(keys)
    yield from (f"{number}× {what} {key}" for key, number in counted.items() if number > 1)
