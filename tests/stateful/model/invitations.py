"""The rules about invitations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from .actor import Actor
from .state import ADMIN, DONE, EMAILS, INACTIVE, NAMES, RULES, UNVERIFIED, Invitation, Notice, Refused, Script

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
        """To a member, and where something waits already, it is about what is new to them."""
        yield from self.enter()
        yield from self.may_invite(role, workspaces)
        yield from self.in_use(workspaces)
        into_tenant = not workspaces or self.rank >= ADMIN
        offer: dict[str | None, str] = dict(workspaces.items())
        if into_tenant:
            offer[None] = role
        member = self._member_at(email)
        if member is not None:
            offer = {id: role for id, role in workspaces.items() if id not in self.tenant.members[member].places}
            if not self.tenant.members[member].active or role != "member" or not offer:
                yield "already_member"
            if member == self.by:
                yield "denied"
        former = [(id, each) for id, each in self.tenant.waiting_for(email) if each.stands(self.now) == "pending"]
        if former:
            offers = former[0][1].offers
            if any(offers.get(id, role) != role for id, role in offer.items()) or offer.keys() <= offers.keys():
                yield "already_invited"
        yield from self._quiet(email)
        if not former:
            yield from self._place(for_member=member is not None)
        elif former[0][1].for_member and member is None and self.world.limits.counts_invitations:
            yield from self.room(1)
        made = yield DONE
        expires_at = self.now + (expires_in or WEEK)
        id, token = made["invitation"]["id"], made["token"]
        behind = dict.fromkeys(offer, self.by)
        if former:
            invitation = former[0][1]
            invitation.for_member = invitation.for_member and member is not None
            invitation.by, invitation.expires_at = self.by, max(invitation.expires_at, expires_at)
            new = {place: (role, self.by) for place, role in offer.items() if place not in invitation.offers}
            invitation.offer({**invitation.parts(invitation.behind.keys()), **new})
            invitation.sent.append(self.now)
            self.note("invitation.extended")
        else:
            self.supersede(email)
            places = {place: role for place, role in offer.items() if place is not None}
            by, sent = self.by, [self.now]
            invitation = Invitation(
                email, offer.get(None, "member"), places, behind, member is not None, by, expires_at, token, sent
            )
            self.tenant.invitations[id] = invitation
            self.note("invitation.sent")
        self.world.tokens[token] = self.id, id
        self.tell_invited(id, invitation)

    def resend(self, id: str) -> Script:
        """One that is past its time lives again, with what the sender may offer of it."""
        invitation, mine = yield from self._managed(id, "pending", "expired")
        if not invitation.for_member and self._member_at(invitation.email) is not None:
            yield "already_member"
        yield from self._quiet(invitation.email)
        waits = invitation.stands(self.now) == "pending"
        if not waits:
            yield from self._place(for_member=invitation.for_member)
        made = yield DONE
        others = invitation.parts(invitation.behind.keys() - mine) if waits else {}
        ends = self.now + WEEK
        invitation.by, invitation.token = self.by, made["token"]
        invitation.expires_at = max(ends, invitation.expires_at) if others else ends
        invitation.offer({**others, **{place: (invitation.offers[place], self.by) for place in mine}})
        invitation.sent.append(self.now)
        self.world.tokens[invitation.token] = self.id, id
        self.note("invitation.resent")
        self.tell_invited(id, invitation)

    def update(
        self, id: str, *, role: str | None, workspaces: dict[str, str] | None, expires_in: timedelta | None
    ) -> Script:
        """It is judged like a new one; what somebody else offers stays."""
        invitation, mine = yield from self._managed(id, "pending")
        live = self.tenant.live(invitation.places)
        others = {place: role for place, role in self._used(invitation).items() if place not in mine}
        role = None if others.get(None) == role else role  # it stays as it is
        asked = invitation.role if role is None and None in mine else role
        given = {place: role for place, role in live.items() if place in mine} if workspaces is None else workspaces
        places = {place: role for place, role in given.items() if others.get(place) != role}
        yield from self.may_invite(asked or "member", places)
        yield from self.in_use(places)
        into_tenant = self.rank >= ADMIN or not places
        if invitation.for_member:
            into_tenant = False
            yield from [] if asked in (None, "member") else ["already_member"]
        elif role is None and None not in mine and (places or None in others):
            into_tenant = False
        if (None in others and (into_tenant or role is not None)) or others.keys() & places.keys():
            yield "denied"
        gone = {place for place in mine if place is not None and place not in live} if workspaces is None else set()
        if not (into_tenant or places or gone or others):
            yield "invalid"
        yield DONE
        before = (invitation.offers, dict(invitation.behind), invitation.by, invitation.expires_at)
        if expires_in is not None:
            ends = self.now + expires_in
            invitation.expires_at = max(ends, invitation.expires_at) if others else ends
        invitation.by = self.by
        revised: dict[str | None, str] = dict(places.items())
        if into_tenant:
            revised[None] = asked or "member"
        revised |= {place: invitation.places[place] for place in gone}
        kept = invitation.parts(invitation.behind.keys() - mine)
        invitation.offer({**{place: (role, self.by) for place, role in revised.items()}, **kept})
        after = (invitation.offers, dict(invitation.behind), invitation.by, invitation.expires_at)
        if after != before:
            self.note("invitation.updated")
        if invitation.expires_at != before[-1]:
            self.tell_invited(id, invitation, again=False)

    def revoke(self, id: str) -> Script:
        """What others offer stays."""
        invitation, mine = yield from self._managed(id, "pending", own=True)
        yield DONE
        used = self._used(invitation)
        if used.keys() - mine:
            left = {**invitation.parts(used.keys() - mine), **invitation.parts(invitation.behind.keys() - mine)}
            invitation.offer(left)
            self.note("invitation.updated")
            return
        invitation.status = "revoked"
        self.note("invitation.revoked")
        self.tenant.outbox.append(Notice("revoked", invitation.email, self.now))

    def _managed(self, id: str, *standing: str, own: bool = False) -> Any:
        """Who might have sent some of it may do something with that, while it stands so."""
        yield from self.enter()
        if id not in self.tenant.invitations:
            raise Refused("not_found")
        invitation = self.tenant.invitations[id]
        used = self._used(invitation)
        mine = self.may_offer(used)
        if own:
            mine |= {place for place in used if invitation.behind[place] == self.by}
        if not mine and (used or self.rank < ADMIN):
            yield "denied"
        if self.rank >= ADMIN:
            mine |= {place for place in invitation.behind if place is not None and place not in used}
        if (stands := invitation.stands(self.now)) not in standing:
            yield CLOSED[stands]
        return invitation, mine

    def _used(self, invitation: Invitation) -> dict[str | None, str]:
        """What it offers without what is archived."""
        live = self.tenant.live(invitation.places)
        return {place: role for place, role in invitation.offers.items() if place is None or place in live}

    def _member_at(self, email: str) -> str | None:
        """The member who has this address."""
        members = self.tenant.members.items()
        return next((user for user, each in members if each.email and each.email.lower() == email.lower()), None)

    def _quiet(self, email: str) -> Script:
        """So many an hour for one mailbox."""
        since = self.now - timedelta(hours=1)
        invitations = self.tenant.invitations.values()
        sent = [at for each in invitations if each.email.lower() == email.lower() for at in each.sent if at > since]
        if len(sent) >= RULES["max_sends_an_hour"]:
            yield "limit_reached"

    def _place(self, *, for_member: bool) -> Script:
        """So many wait, and no more; and each that is for no member holds a place of the plan."""
        if len(self.tenant.pending(self.now)) >= RULES["max_pending_invitations"]:
            yield "limit_reached"
        if self.world.limits.counts_invitations and not for_member:
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
        live = self.tenant.live(invitation.places)
        used = [place for place in invitation.offers if place is None or place in live]
        backed = self._backed(invitation, used)
        if not backed:
            yield "inviter_lost_authority"
        places = {place: live[place] for place in backed if place is not None}
        new = {id: role for id, role in places.items() if not member or id not in member.places}
        if not member:
            yield from self.room(1, closing=0 if invitation.for_member else 1)
        elif any(invitation.behind[id] == self.by for id in new):
            yield "denied"
        yield DONE
        invitation.status, invitation.accepted_by = "accepted", self.by
        if member:
            member.places |= new
            self.tenant.trail["workspace_member.added"] += len(new)
        else:
            role = invitation.role if None in backed else "member"
            self.join(self.by, role, places, EMAILS[self.by], NAMES.get(self.by), verified=True)
        self.note("invitation.accepted")
        self.tell_backers("accepted", invitation)
        for place in {*used} - backed:
            del invitation.behind[place]

    def decline(self, token: str, reason: str | None) -> Script:
        invitation = self._opened(token)
        if self.tenant.status == "suspended" or self.by in INACTIVE:
            raise Refused("denied")
        yield from self._open_to_me(invitation)
        yield DONE
        invitation.status = "declined"
        self.note("invitation.declined")
        self.tell_backers("declined", invitation)

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

    def _backed(self, invitation: Invitation, places: Collection[str | None]) -> set[str | None]:
        """An invitation is honoured in each place while whoever stands behind it there may offer it."""
        backed: set[str | None] = set()
        for by in {invitation.behind[place] for place in places}:
            member = self.tenant.members.get(by)
            if by == "system" or (member is not None and member.active):
                offers = invitation.offers
                backed |= Actor(self.world, self.id, by).may_offer(
                    {place: offers[place] for place in places if invitation.behind[place] == by}
                )
        return backed
