"""What is done with workspaces in a random history: they are made, changed, hidden, and who works in them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from . import strategies
from .both import ANYBODY, NAMES, PERSONS, SLUGS, WORKSPACE_ROLES, Both, Place
from .sides import PEOPLE, Side

__all__ = ["WorkspaceRules"]


class _Undo(Exception):
    """Ends a transaction that shall leave nothing."""


class WorkspaceRules(Both):
    """The rules about workspaces."""

    @rule(target=Both.workspaces, tenant=Both.tenants, by=ANYBODY, name=NAMES, slug=SLUGS, admin=st.none() | PERSONS)
    def create_workspace(self, tenant: str, by: str, name: str, slug: str | None, admin: str | None) -> Any:
        """Make one."""
        made = self._tenant(tenant, by, lambda context: context.workspaces.create(name, slug=slug, admin=admin))
        return multiple() if "error" in made else (tenant, made["id"])

    @rule(at=Both.workspaces, by=ANYBODY, name=NAMES, slug=SLUGS, document=strategies.documents())
    def update_workspace(self, at: Place, by: str, name: str, slug: str | None, document: dict[str, Any]) -> None:
        """Change how it is called and set up."""
        self._about(at, by, lambda context, id: context.workspaces.update(id, name=name, slug=slug, settings=document))

    @rule(at=Both.workspaces, by=ANYBODY, verb=st.sampled_from(["archive", "restore", "get", "members"]))
    def change_workspace(self, at: Place, by: str, verb: str) -> None:
        """Hide it, bring it back, or look at it."""
        self._about(at, by, lambda context, id: getattr(context.workspaces, verb)(id))

    @rule(at=Both.workspaces, by=ANYBODY, figure=st.integers(0, 9))
    def count(self, at: Place, by: str, figure: int) -> None:
        """Set a figure of it."""
        self._about(at, by, lambda context, id: context.workspaces.record_counters(id, {"figure": figure}))

    @rule(
        at=Both.workspaces,
        by=ANYBODY,
        user=PERSONS,
        role=WORKSPACE_ROLES,
        verb=st.sampled_from(["add_member", "change_member_role"]),
    )
    def place_member(self, at: Place, by: str, user: str, role: str, verb: str) -> None:
        """Give somebody a role in it, or another."""

        def work(side: Side) -> object:
            place = getattr(side.context(at[0], by).workspaces, verb)
            return place(side.real(at[1]), user, role=side.real(role))

        self._both(work, tenant=at[0], by=by)

    @rule(at=Both.workspaces, by=ANYBODY, user=PERSONS)
    def displace_member(self, at: Place, by: str, user: str) -> None:
        """Take somebody's roles in it."""
        self._about(at, by, lambda context, id: context.workspaces.remove_member(id, user))

    @rule(target=Both.workspaces, tenant=Both.tenants, by=ANYBODY, name=NAMES, user=PERSONS, undo=st.booleans())
    def do_together(self, tenant: str, by: str, name: str, user: str, undo: bool) -> Any:
        """Make one and add somebody to it, in one transaction that is perhaps undone."""

        def work(side: Side) -> object:
            with suppress(_Undo), side.tenancy.transaction() as tx:
                context = tx.tenant(side.real(tenant), by=PEOPLE[by])
                place = context.workspaces.create(name)
                context.members.add(user, workspaces={place.id: "viewer"})
                if undo:
                    raise _Undo
                return place
            return {"error": "undone"}

        made = self._both(work, tenant=tenant, by=by)
        return multiple() if "error" in made else (tenant, made["id"])
