"""Who acts, what they may do, and what every command has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from .state import (
    ADMIN,
    EMAILS,
    INACTIVE,
    PLACES,
    RANKS,
    UNVERIFIED,
    Invitation,
    Member,
    Notice,
    Refused,
    Tenant,
    World,
)

__all__ = ["Actor"]


@dataclass
class Actor:
    """Somebody at a tenant."""

    world: World
    id: str
    by: str

    @property
    def tenant(self) -> Tenant:
        return self.world.tenants[self.id]

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def is_person(self) -> bool:
        return self.by != "system" and not self.by.startswith("service:")

    @property
    def rank(self) -> int:
        return 9 if self.by == "system" else RANKS[self.tenant.members[self.by].role]

    def rank_in(self, place: str) -> int:
        if self.rank >= ADMIN:
            return PLACES["admin"]
        return PLACES.get(self.tenant.members[self.by].places.get(place, ""), 0)

    # --- who is let in

    def enter(self, rank: int = 0, *, closed: bool = False) -> Iterator[str]:
        """A stranger finds nothing; whoever is switched off may do nothing; the rest is a matter of rank.

        Args:
            rank: What it takes.
            closed: Whether it can be done in a tenant that is suspended or deleted.
        """
        if self.tenant.status == "purged" or (self.by != "system" and self.by not in self.tenant.members):
            raise Refused("not_found")
        if self.by != "system" and (
            self.by in INACTIVE
            or (self.tenant.status != "active" and not closed)
            or not self.tenant.members[self.by].active
        ):
            raise Refused("denied")
        if self.rank < rank:
            yield "denied"

    def enter_workspace(self, place: str, rank: int) -> Iterator[str]:
        yield from self.enter()
        if not self.tenant.live({place: ""}):
            raise Refused("not_found")
        if self.rank_in(place) < rank:
            yield "denied"

    def member(self, user: str) -> Member:
        if user not in self.tenant.members:
            raise Refused("not_found")
        return self.tenant.members[user]

    def may_give(self, role: str, places: Mapping[str, str]) -> Iterator[str]:
        """Nobody gives more than they have."""
        if RANKS[role] > self.rank or any(PLACES[there] > self.rank_in(id) for id, there in places.items()):
            yield "denied"

    def in_use(self, places: dict[str, str]) -> Iterator[str]:
        if len(self.tenant.live(places)) < len(places):
            yield "not_found"

    def may_invite(self, role: str, places: dict[str, str]) -> Iterator[str]:
        """An admin invites; who runs a workspace invites into it, and into the tenant with the lowest role."""
        into = places if role == "member" else {}
        if self.rank < ADMIN and not (into and all(self.rank_in(id) == PLACES["admin"] for id in into)):
            yield "denied"
        yield from self.may_give(role, places)

    def may_offer(self, offers: Mapping[str | None, str]) -> set[str | None]:
        """The places in which they may invite with these roles; into all of some workspaces, also the lowest beside."""
        there = {place: role for place, role in offers.items() if place is not None}
        may: set[str | None] = {
            place for place, role in there.items() if not [*self.may_invite("member", {place: role})]
        }
        into_tenant = not [*self.may_invite(offers[None], {})] if None in offers else False
        if into_tenant or (None in offers and offers[None] == "member" and there and may >= there.keys()):
            may.add(None)
        return may

    def room(self, more: int, closing: int = 0) -> Iterator[str]:
        """No more members, and places held for them, than the plan allows."""
        limits = self.world.limits
        freed = closing if limits.counts_invitations else 0
        if limits.members is not None and self.world.places_taken(self.tenant) + more - freed > limits.members:
            yield "limit_reached"

    def needs_owner(self, but: str) -> Iterator[str]:
        """A tenant always has an active owner."""
        if list(self.tenant.owners()) == [but]:
            yield "last_owner"

    def stays(self, invitation: Invitation) -> set[str | None]:
        """The places of it that they can end neither as the invited person nor by revoking it."""
        if self.by == "system":
            return set()
        if self.by not in UNVERIFIED and EMAILS[self.by].lower() == invitation.email.lower():
            return set()
        live = self.tenant.live(invitation.places)
        used = {place: role for place, role in invitation.offers.items() if place is None or place in live}
        mine = self.may_offer(used) | {place for place in used if invitation.behind[place] == self.by}
        if not mine and (used or self.rank < ADMIN):
            return {*invitation.behind}
        if self.rank >= ADMIN:
            mine |= {place for place in invitation.behind if place not in used}
        return {*invitation.behind} - mine if used.keys() - mine else set()

    def waits_beyond(self, email: str | None) -> bool:
        """Whether something waits for this address that they could not end."""
        waiting = self.tenant.waiting_for(email) if email else ()
        return any(self.stays(each) for _, each in waiting if each.stands(self.now) == "pending")

    # --- what is left of it

    def note(self, action: str) -> None:
        self.tenant.trail[action] += 1

    def tell(self, kind: str, user: str, *, themselves: bool = False) -> None:
        """Tell a member, if they have an address, and do not act themselves."""
        member = self.tenant.members[user]
        if member.email and member.verified and (themselves or user != self.by):
            self.tenant.outbox.append(Notice(kind, member.email, self.now, user=user))

    def tell_invited(self, id: str, invitation: Invitation, *, again: bool = True) -> None:
        """Send the invitation, where it is not only about its end; and a reminder some time before that."""
        sends, remind_at = len(invitation.sent), self.world.remind_at(invitation)
        if not again or sends > 1:
            theirs = [each for each in self.tenant.outbox if (each.kind, each.about) == ("reminder", id)]
            for each in theirs:
                if each.status == "waiting":
                    self.tenant.outbox.remove(each)
        if again:
            self.tenant.outbox.append(Notice("invitation", invitation.email, self.now, None, id, sends))
        if remind_at is not None:
            ends_at = invitation.expires_at
            self.tenant.outbox.append(Notice("reminder", invitation.email, remind_at, None, id, sends, ends_at))

    def tell_backers(self, kind: str, invitation: Invitation) -> None:
        for user in {*invitation.behind.values()}:
            member = self.tenant.members.get(user)
            if member is not None and member.active:
                self.tell(kind, user)

    # --- what several commands do

    def supersede(self, email: str | None, *, by: str | None = None) -> None:
        """What waits for an address is closed; by whoever is made a member with it, what could be accepted is."""
        for _, invitation in list(self.tenant.waiting_for(email)) if email else ():
            if by is not None and invitation.stands(self.now) == "pending":
                invitation.status, invitation.accepted_by = "accepted", by
                self.note("invitation.accepted")
            else:
                invitation.status = "revoked"
                self.note("invitation.superseded")

    def join(
        self,
        user: str,
        role: str,
        places: dict[str, str],
        email: str | None,
        name: str | None = None,
        *,
        verified: bool = False,
    ) -> None:
        number = next(self.world.numbers)
        self.tenant.members[user] = Member(number, role, dict(places), name, email, verified=verified)
        self.note("member.added")

    def end(self, user: str, action: str) -> None:
        """A membership ends, and with it what its member offers, and what waits at their address."""
        member = self.tenant.members[user]
        for invitation in self.tenant.pending(self.now).values():
            mine = member.email is not None and member.email.lower() == invitation.email.lower()
            stays = self.stays(invitation) if mine else {*invitation.behind}
            others = [id for id, by in invitation.behind.items() if by != user and id in stays]
            if not others:
                invitation.status = "revoked"
                self.note("invitation.revoked")
            elif len(others) < len(invitation.behind):
                invitation.offer(invitation.parts(others))
                self.note("invitation.updated")
        if action == "member.removed":
            self.tell("removed", user)
        if action != "member.forgotten" and (member.name or member.email):
            self.tenant.known.add(user)
        del self.tenant.members[user]
        self.note(action)

    def called(self, user: str) -> set[str]:
        member = self.tenant.members[user]
        return {each.lower() for each in (member.name, member.email) if each} or {user}
