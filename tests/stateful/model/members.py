"""The rules about members."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from .actor import Actor
from .state import ADMIN, DENIED_ROW, DONE, OWNER, RANKS, Member, Refused, Script

__all__ = ["Members"]


class Members(Actor):
    """What is done with members."""

    def add(self, user: str, *, role: str, workspaces: dict[str, str], email: str | None) -> Script:
        yield from self.enter(ADMIN)
        yield from self.may_give(role, workspaces)
        yield from self.in_use(workspaces)
        if user in self.tenant.members:
            yield "already_member"
        if self.waits_beyond(email):
            yield "already_invited"
        yield from self.room(1, closing=self._freed([email]))
        yield DONE
        self.supersede(email, by=user)
        self.join(user, role, workspaces, email)

    def add_many(self, rows: Sequence[tuple[str, str, str]]) -> Script:
        """Rows of a user, a role and an address."""
        yield from self.enter(ADMIN)
        users = [user for user, _, _ in rows]
        if any(user in self.tenant.members or users.count(user) > 1 for user in users):
            yield "invalid_rows"
        if any(self.waits_beyond(email) for _, _, email in rows):
            yield "invalid_rows"
        if any(RANKS[role] > self.rank for _, role, _ in rows):
            yield "invalid_rows"
            yield DENIED_ROW
        if rows:
            yield from self.room(len(rows), closing=self._freed([email for _, _, email in rows]))
        yield DONE
        for user, role, email in rows:
            self.supersede(email, by=user)
            self.join(user, role, {}, email)

    def change_role(self, user: str, *, role: str) -> Script:
        """Anybody steps down by themselves."""
        yield from self.enter(0 if user == self.by else ADMIN)
        member = self.member(user)
        if user != self.by:
            yield from self.may_give(member.role, {})
        yield from self.may_give(role, {})
        if role != "owner":
            yield from self.needs_owner(but=user)
        yield DONE
        self._give(user, role)

    def deactivate(self, user: str) -> Script:
        member = yield from self._above(user)
        yield from self.needs_owner(but=user)
        yield DONE
        if member.active:
            member.active = False
            self.note("member.deactivated")
            self.tell("deactivated", user)

    def reactivate(self, user: str) -> Script:
        member = yield from self._above(user)
        if not member.active:
            yield from self.room(1)
        yield DONE
        if not member.active:
            member.active = True
            self.note("member.reactivated")

    def update(self, user: str, *, name: str, email: str) -> Script:
        member = yield from self._above(user)
        yield DONE
        if (member.name, member.email) != (name, email):
            member.verified = member.verified and (member.email or "").lower() == email.lower()
            member.name, member.email = name, email
            self.tenant.known.add(user)
            self.note("member.recorded")

    # --- how they go

    def plan_removal(self, user: str, *, reassign_to: str | None) -> Script:
        yield from self._above(user)
        yield from self._heir(user, reassign_to)
        yield from self.needs_owner(but=user)
        yield DONE
        self.world.plans[self.id, user] = self._plan(user, reassign_to)

    def remove(self, user: str, *, reassign_to: str | None, planned: bool, confirm: str | None) -> Script:
        yield from self._above(user)
        untyped = self.is_person if confirm is None else confirm.strip().lower() not in self.called(user)
        if untyped:
            yield "invalid"
        yield from self.needs_owner(but=user)
        yield from self._heir(user, reassign_to)
        if planned and self.world.plans[self.id, user] != self._plan(user, reassign_to):
            yield "plan_changed"
        yield DONE
        self.end(user, "member.removed")

    def leave(self) -> Script:
        yield from self.enter()
        yield from self.needs_owner(but=self.by)
        yield DONE
        self.end(self.by, "member.left")

    def transfer_ownership(self, *, to: str, role: str | None) -> Script:
        yield from self.enter(OWNER)
        if self.by == "system":
            raise Refused("invalid")
        if to == self.by or role == "owner":
            yield "invalid"
        heir = self.member(to)
        if not heir.active:
            yield "conflict"
        yield DONE
        if heir.role != "owner":
            self._give(to, "owner")
        self._give(self.by, role or "admin")
        self.tell("ownership", self.by, themselves=True)

    # --- in common

    def _above(self, user: str) -> Generator[str, Any, Member]:
        """Who has more, or is oneself, is not to be changed."""
        yield from self.enter(ADMIN)
        member = self.member(user)
        if user == self.by:
            yield "denied"
        yield from self.may_give(member.role, {})
        return member

    def _heir(self, user: str, to: str | None) -> Iterator[str]:
        if to is not None and (to == user or not self.member(to).active):
            yield "invalid"

    def _plan(self, user: str, to: str | None) -> object:
        member = self.tenant.members[user]
        sent = sorted(id for id, each in self.tenant.pending(self.now).items() if each.by == user)
        return member.number, member.role, sorted(member.places.items()), sent, to

    def _freed(self, emails: Sequence[str | None]) -> int:
        keys = {email.lower() for email in emails if email}
        return sum(each.email.lower() in keys for each in self.tenant.pending(self.now).values())

    def _give(self, user: str, role: str) -> None:
        member = self.tenant.members[user]
        if member.role != role:
            self.tell("ownership" if "owner" in (role, member.role) else "role_changed", user)
            member.role = role
            self.note("member.role_changed")
