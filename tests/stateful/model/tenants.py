"""The rules about a tenant as a whole, and about what runs over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from .actor import Actor
from .invitations import Invitations
from .members import Members
from .state import (
    ADMIN,
    DONE,
    EMAILS,
    INACTIVE,
    NAMES,
    OWNER,
    RULES,
    UNVERIFIED,
    Member,
    Notice,
    Place,
    Refused,
    Script,
    Tenant,
    World,
)
from .workspaces import Workspaces

__all__ = ["Everywhere", "Plan", "Tenants"]

GRACE, MARGIN, WEEK = timedelta(days=30), timedelta(days=1), timedelta(days=7)


class Plan(Actor):
    """What is used of the plan."""

    def use(self, counter: str, amount: int, *, workspace: str | None) -> Script:
        yield from self.enter(ADMIN) if workspace is None else self.enter_workspace(workspace, ADMIN)
        figures = self.tenant.counters if workspace is None else self.tenant.workspaces[workspace].counters
        after, most = figures.get(counter, 0) + amount, self.world.limits.sites
        if after < 0:
            yield "conflict"
        if amount > 0 and most is not None and after > most:
            yield "limit_reached"
        yield DONE
        figures[counter] = after
        self.note(f"{'tenant' if workspace is None else 'workspace'}.counters_recorded")


class Tenants(Actor):
    """What is done with a tenant as a whole; its services are named as those of tenantry."""

    @property
    def members(self) -> Members:
        return Members(self.world, self.id, self.by)

    @property
    def invitations(self) -> Invitations:
        return Invitations(self.world, self.id, self.by)

    @property
    def workspaces(self) -> Workspaces:
        return Workspaces(self.world, self.id, self.by)

    @property
    def plan(self) -> Plan:
        return Plan(self.world, self.id, self.by)

    def suspend(self, reason: str) -> Script:
        yield from self.enter(OWNER)
        if self.tenant.status != "active":
            yield "conflict"
        yield DONE
        for owner in self.tenant.owners():
            self.tell("suspension", owner)
        self.tenant.suspended_by = self.by
        self._become("suspended", "tenant.suspended")

    def resume(self) -> Script:
        """Who was suspended by SYSTEM is resumed, deleted and restored by nobody else."""
        yield from self.enter(OWNER, closed=True)
        if self.tenant.status != "suspended":
            yield "conflict"
        yield from self._not_held()
        yield DONE
        self.tenant.suspended_by = None
        self._become("active", "tenant.resumed")

    def delete(self, *, confirm: str | None) -> Script:
        yield from self.enter(OWNER, closed=True)
        if self.tenant.status == "deleted":
            yield "conflict"
        yield from self._not_held()
        if self.by != "system" if confirm is None else confirm.strip().lower() != "acme":
            yield "invalid"
        yield DONE
        self.tenant.purge_at = self.now + GRACE
        self._become("deleted", "tenant.deleted")

    def restore(self) -> Script:
        yield from self.enter(OWNER, closed=True)
        if self.tenant.purge_at is None or self.now >= self.tenant.purge_at:
            yield "conflict"
        yield from self._not_held()
        yield DONE
        self.tenant.purge_at = None
        self._become("suspended" if self.tenant.suspended_by else "active", "tenant.restored")

    def _not_held(self) -> Script:
        if self.tenant.suspended_by == "system" != self.by:
            yield "denied"

    def _become(self, status: str, action: str) -> None:
        self.tenant.status = status
        self.note(action)


class Everywhere(World):
    """What concerns all tenants."""

    def create_tenant(self, by: str) -> Script:
        if by in INACTIVE:
            raise Refused("denied")
        made = yield DONE
        default = made["default_workspace_id"]
        owner = Member(next(self.numbers), "owner", {}, NAMES.get(by), EMAILS[by], verified=by not in UNVERIFIED)
        tenant = self.tenants[made["id"]] = Tenant(default, {by: owner}, {default: Place()})
        tenant.trail.update(["tenant.created", "workspace.created", "member.added"])

    def purge(self) -> Script:
        """What nobody can restore any more goes a day later; the trail stays."""
        yield DONE
        for id, tenant in self.tenants.items():
            if tenant.status == "deleted" and tenant.purge_at and tenant.purge_at + MARGIN <= self.now:
                gone = Tenant(tenant.default, trail=tenant.trail, status="purged", purge_at=tenant.purge_at)
                self.tenants[id] = gone
                gone.trail["tenant.purged"] += 1

    def signed_in(self, user: str, at: datetime) -> Script:
        yield DONE
        self.sign_ins[user] = max(at, self.sign_ins.get(user, at))

    def refresh_profile(self, user: str) -> Script:
        yield DONE
        for id, changed in self.outdated(user).items():
            member = self.tenants[id].members[user]
            member.name, member.email = changed
            member.verified = member.verified or user not in UNVERIFIED
            self.tenants[id].known.add(user)
            self.tenants[id].trail["member.recorded"] += 1

    def outdated(self, user: str) -> dict[str, tuple[str | None, str | None]]:
        """The tenants in which the user may act and is known otherwise, with what they should be known by."""
        found = {}
        for id, tenant in self.tenants.items():
            member = tenant.members.get(user)
            if member and member.active and tenant.status == "active" and user not in INACTIVE:
                email = member.email if user in UNVERIFIED else EMAILS[user]
                wanted = NAMES.get(user, member.name), email
                if (member.name, member.email) != wanted or not (member.verified or user in UNVERIFIED):
                    found[id] = wanted
        return found

    def forget(self, user: str) -> Script:
        """The user leaves everywhere but where nobody else owns the tenant, and nothing tells of them any more."""
        yield DONE
        self.sign_ins.pop(user, None)
        for id, tenant in self.tenants.items():
            if tenant.status != "purged" and list(tenant.owners()) != [user]:
                self._forget(Actor(self, id, "system"), tenant, user)

    def _forget(self, actor: Actor, tenant: Tenant, user: str) -> None:
        key, was_member = EMAILS[user].lower(), user in tenant.members
        known = user in tenant.known
        if was_member:
            actor.end(user, "member.forgotten")
        to_them = [
            each
            for each in tenant.invitations.values()
            if each.accepted_by in (None, user) and (each.accepted_by == user or each.email.lower() == key)
        ]
        for each in (each for each in to_them if each.email):
            if each.status == "pending":
                actor.note(f"invitation.{'revoked' if each.stands(self.now) == 'pending' else 'superseded'}")
                each.status = "revoked"
            known = True
            each.email = ""
        kept = [each for each in tenant.outbox if each.user != user and each.email.lower() != key]
        if (known or len(kept) < len(tenant.outbox)) and not was_member:
            actor.note("member.forgotten")
        tenant.outbox = kept
        tenant.known.discard(user)

    def dispatch(self, failing: str) -> tuple[Mapping[str, int], list[tuple[str, str, str]]]:
        """Deliver what is due and needed: how many came to which end, and what was sent."""
        counts: Counter[str] = Counter()
        sent: list[tuple[str, str, str]] = []
        for tenant in self.tenants.values():
            for notice in [each for each in tenant.outbox if each.status == "waiting" and each.due_at <= self.now]:
                fails = failing in ("everybody", notice.email.partition("@")[0].lower())
                notice.tries += 1
                if not self._needed(tenant, notice):
                    counts[self._settle(notice, "dropped")] += 1
                elif not fails:
                    counts[self._settle(notice, "sent")] += 1
                    token = tenant.invitations[notice.about].token if notice.about else ""
                    sent.append((notice.kind, notice.email, token))
                elif notice.tries < RULES["max_attempts"]:
                    notice.due_at = self.now + timedelta(hours=8)  # or earlier: nobody looks before
                    counts["failed"] += 1
                else:
                    counts[self._settle(notice, "dead")] += 1
            tenant.outbox = [each for each in tenant.outbox if not self._is_old(each)]
            counts["waiting"] += sum(each.status == "waiting" for each in tenant.outbox)
        return counts, sorted(sent)

    def _needed(self, tenant: Tenant, notice: Notice) -> bool:
        if tenant.status != "active":
            return notice.kind == "suspension"
        if notice.about is None:
            return True
        invitation = tenant.invitations[notice.about]
        same = len(invitation.sent) == notice.sends and notice.ends_at in (None, invitation.expires_at)
        return same and invitation.stands(self.now) == "pending"

    def _settle(self, notice: Notice, status: str) -> str:
        notice.status, notice.due_at = status, self.now
        return status

    def _is_old(self, notice: Notice) -> bool:
        return notice.status in ("sent", "dropped") and notice.due_at <= self.now - WEEK
