"""The rules about workspaces."""

from __future__ import annotations

from .actor import Actor
from .state import ADMIN, DONE, Place, Refused, Script

__all__ = ["Workspaces"]


class Workspaces(Actor):
    """What is done with workspaces."""

    def create(self, name: str, *, admin: str | None) -> Script:
        yield from self.enter(ADMIN)
        yield from self._room()
        if admin is not None and admin not in self.tenant.members:
            yield "not_found"
        made = yield DONE
        self.tenant.workspaces[made["id"]] = Place()
        self.note("workspace.created")
        if admin is not None:
            self._put(made["id"], admin, "admin")

    def archive(self, id: str) -> Script:
        yield from self.enter(ADMIN)
        if id == self.tenant.default or not self._known(id).live:
            yield "conflict"
        yield DONE
        self.tenant.workspaces[id].live = False
        self.note("workspace.archived")

    def restore(self, id: str) -> Script:
        yield from self.enter(ADMIN)
        if self._known(id).live:
            yield "conflict"
        yield from self._room()
        yield DONE
        self.tenant.workspaces[id].live = True
        self.note("workspace.restored")

    def add_member(self, id: str, user: str, *, role: str) -> Script:
        yield from self.enter_workspace(id, ADMIN)
        member = self.member(user)
        if user == self.by:
            yield "denied"
        if id in member.places:
            yield "already_member"
        yield DONE
        self._put(id, user, role)

    def change_member_role(self, id: str, user: str, *, role: str) -> Script:
        yield from self.enter_workspace(id, ADMIN)
        member = self.member(user)
        if user == self.by:
            yield "denied"
        if id not in member.places:
            yield "not_found"
        yield DONE
        self._put(id, user, role)

    def remove_member(self, id: str, user: str) -> Script:
        """Anybody leaves by themselves."""
        yield from self.enter_workspace(id, 0 if user == self.by else ADMIN)
        if id not in self.member(user).places:
            yield "not_found"
        yield DONE
        del self.tenant.members[user].places[id]
        self.note("workspace_member.removed")

    def _known(self, id: str) -> Place:
        if id not in self.tenant.workspaces:
            raise Refused("not_found")
        return self.tenant.workspaces[id]

    def _room(self) -> Script:
        most = self.world.limits.workspaces
        if most is not None and self.world.workspaces_used(self.tenant) >= most:
            yield "limit_reached"

    def _put(self, id: str, user: str, role: str) -> None:
        places = self.tenant.members[user].places
        if places.get(id) == role:
            return
        self.note("workspace_member.role_changed" if id in places else "workspace_member.added")
        places[id] = role
        self.tell("workspace_assigned", user)
