"""The rules about invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .actor import Actor
from .state import DONE, EMAILS, INACTIVE, NAMES, RULES, UNVERIFIED, Invitation, Notice, Refused, Script

__all__ = ["Invitations", "Person"]

WEEK = timedelta(days=7)
CLOSED = {
    "accepted": "invitation_accepted",
    "declined": "invitation_declined",
    "revoked": "invitation_revoked",
    "expired": "invitation_expired",
}


class Invitations(Actor):
    """What is done with invitations by those who send them."""

    def send(self, email: str, *, role: str, workspaces: dict[str, str], expires_in: timedelta | None) -> Script:
        yield from self.enter()
        yield from self.may_invite(role, workspaces)
        yield from self.in_use(workspaces)
        yield from self._no_member(email)
        if any(each.stands(self.now) == "pending" for _, each in self.tenant.waiting_for(email)):
            yield "already_invited"
        yield from self._quiet(email)
        yield from self._place()
        made = yield DONE
        self.supersede(email)
        expires_at = self.now + (expires_in or WEEK)
        id, token = made["invitation"]["id"], made["token"]
        invitation = Invitation(email, role, dict(workspaces), self.by, expires_at, token, [self.now])
        self.tenant.invitations[id] = invitation
        self.world.tokens[token] = self.id, id
        self.note("invitation.sent")
        self.tell_invited(id, invitation)

    def resend(self, id: str) -> Script:
        """One that is past its time lives again."""
        invitation = yield from self._managed(id, "pending", "expired")
        yield from self._no_member(invitation.email)
        yield from self._quiet(invitation.email)
        if invitation.stands(self.now) == "expired":
            yield from self._place()
        made = yield DONE
        invitation.by, invitation.token, invitation.expires_at = self.by, made["token"], self.now + WEEK
        invitation.sent.append(self.now)
        self.world.tokens[invitation.token] = self.id, id
        self.note("invitation.resent")
        self.tell_invited(id, invitation)

    def update(
        self, id: str, *, role: str | None, workspaces: dict[str, str] | None, expires_in: timedelta | None
    ) -> Script:
        """It is judged like a new one."""
        invitation = yield from self._managed(id, "pending")
        new_role = role or invitation.role
        places = invitation.places if workspaces is None else workspaces
        offered = self.tenant.live(places) if workspaces is None else places
        yield from self.may_invite(new_role, offered)
        yield from self.in_use(offered)
        yield DONE
        before = (invitation.role, invitation.places, invitation.by, invitation.expires_at)
        expires_at = invitation.expires_at if expires_in is None else self.now + expires_in
        after = (new_role, dict(places), self.by, expires_at)
        invitation.role, invitation.places, invitation.by, invitation.expires_at = after
        if after != before:
            self.note("invitation.updated")
        if expires_at != before[-1]:
            self.tell_invited(id, invitation, again=False)

    def revoke(self, id: str) -> Script:
        invitation = yield from self._managed(id, "pending")
        yield DONE
        invitation.status = "revoked"
        self.note("invitation.revoked")
        self.tenant.outbox.append(Notice("revoked", invitation.email, self.now))

    def _managed(self, id: str, *standing: str) -> Any:
        """Who might have sent it may do something with it, while it stands so."""
        yield from self.enter()
        if id not in self.tenant.invitations:
            raise Refused("not_found")
        invitation = self.tenant.invitations[id]
        yield from self.may_invite(invitation.role, self.tenant.live(invitation.places))
        if (stands := invitation.stands(self.now)) not in standing:
            yield CLOSED[stands]
        return invitation

    def _no_member(self, email: str) -> Script:
        if any(each.email and each.email.lower() == email.lower() for each in self.tenant.members.values()):
            yield "already_member"

    def _quiet(self, email: str) -> Script:
        """So many an hour for one mailbox."""
        since = self.now - timedelta(hours=1)
        invitations = self.tenant.invitations.values()
        sent = [at for each in invitations if each.email.lower() == email.lower() for at in each.sent if at > since]
        if len(sent) >= RULES["max_sends_an_hour"]:
            yield "limit_reached"

    def _place(self) -> Script:
        """So many wait, and no more; and each holds a place of the plan."""
        if len(self.tenant.pending(self.now)) >= RULES["max_pending_invitations"]:
            yield "limit_reached"
        if self.world.limits.counts_invitations:
            yield from self.room(1)


class Person(Actor):
    """What is done with an invitation by the person who got it."""

    def accept(self, token: str) -> Script:
        invitation = self._opened(token)
        member = self.tenant.members.get(self.by)
        if self.tenant.status == "suspended" or self.by in INACTIVE or (member and not member.active):
            raise Refused("denied")
        if member and invitation.status == "accepted" and invitation.accepted_by == self.by:
            yield DONE  # once more
            return
        yield from self._open_to_me(invitation)
        places = self.tenant.live(invitation.places)
        if self._lost_authority(invitation, places):
            yield "inviter_lost_authority"
        new = {id: role for id, role in places.items() if not member or id not in member.places}
        if not member:
            yield from self.room(1, closing=1)
        elif new and invitation.by == self.by:
            yield "denied"
        yield DONE
        invitation.status, invitation.accepted_by = "accepted", self.by
        if member:
            member.places |= new
            self.tenant.trail["workspace_member.added"] += len(new)
        else:
            self.join(self.by, invitation.role, places, EMAILS[self.by], NAMES.get(self.by))
        self.note("invitation.accepted")
        self.tell_inviter("accepted", invitation)

    def decline(self, token: str, reason: str | None) -> Script:
        invitation = self._opened(token)
        if self.tenant.status == "suspended" or self.by in INACTIVE:
            raise Refused("denied")
        yield from self._open_to_me(invitation)
        yield DONE
        invitation.status = "declined"
        self.note("invitation.declined")
        self.tell_inviter("declined", invitation)

    def _opened(self, token: str) -> Invitation:
        id = self.world.tokens[token][1]
        if self.tenant.status in ("deleted", "purged"):
            raise Refused("invalid_token")
        invitation = self.tenant.invitations[id]
        if token != invitation.token:
            raise Refused(CLOSED.get(invitation.status, "invitation_replaced"))
        return invitation

    def _open_to_me(self, invitation: Invitation) -> Script:
        stands = invitation.stands(self.now)
        if stands != "pending":
            yield CLOSED[stands]
        if self.by in UNVERIFIED or EMAILS[self.by].lower() != invitation.email.lower():
            yield "not_the_invitee"

    def _lost_authority(self, invitation: Invitation, places: dict[str, str]) -> bool:
        """An invitation is honoured while somebody who may grant it stands behind it."""
        sender = Actor(self.world, self.id, invitation.by)
        if invitation.by != "system":
            member = self.tenant.members.get(invitation.by)
            if member is None or not member.active:
                return True
        return any(sender.may_invite(invitation.role, places))
