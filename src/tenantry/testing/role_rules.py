"""What is done with roles in a random history: they are made, changed, given for a time, moved and given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from .both import ANY_ROLE, ANYBODY, NAMES, PERSONS, TENANT_ROLES, WORKSPACE_ROLES, Both, Place
from .sides import Side

__all__ = ["RoleRules"]

_BY = st.sampled_from(["ada", "bob", "system"]) | ANYBODY
_USERS = st.sampled_from(["bob", "cyd"]) | PERSONS
_NAMED = st.sampled_from(["Clerk", "C1erk", "C H I E F", "Deputy", "DEPUTY", "Member"]) | NAMES
_LEVELS = st.sampled_from(["tenant", "workspace"])

_ODD = st.sampled_from([["tenant-api:tenant:own"], ["a-api:b:c"], ["*:*:*"], ["tenant-api:member:read"]])
_HELD, _HELD_THERE = (
    st.lists(st.sampled_from([f"{level}-api:{name}" for name in names]), max_size=3) | _ODD
    for level, names in {
        "tenant": ["*:read", "member:*", "role:*", "billing:read"],
        "workspace": ["*:read", "member:*", "settings:update"],
    }.items()
)
_SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "permissions": _HELD,
        "inherits": st.lists(TENANT_ROLES, max_size=2),
        "acts_as": st.none() | st.just("") | WORKSPACE_ROLES,
    },
)
_SHAPES_THERE = st.fixed_dictionaries(
    {}, optional={"permissions": _HELD_THERE, "inherits": st.lists(WORKSPACE_ROLES, max_size=2)}
)

_TIMES = [timedelta(seconds=-1), timedelta(0), timedelta(microseconds=1), timedelta(hours=1), timedelta(days=6)]
_WINDOWS = st.tuples(
    st.none() | st.sampled_from(_TIMES), st.none() | st.sampled_from(_TIMES[2:]) | st.sampled_from(_TIMES)
)

_ASKED = st.sampled_from(["tenant-api:member:read", "tenant-api:role:update", "tenant-api:tenant:own"])
_ASKED_THERE = st.sampled_from(["workspace-api:member:read", "workspace-api:settings:update"])

_Shape = dict[str, Any]
_Window = tuple[timedelta | None, timedelta | None]


class RoleRules(Both):
    """The rules about roles."""

    # --- how they are

    @rule(
        target=Both.tenant_roles,
        tenant=Both.tenants,
        by=_BY,
        name=_NAMED,
        shape=_SHAPES,
    )
    def define(self, tenant: str, by: str, name: str, shape: _Shape) -> Any:
        """Make a role to be held at the tenant, perhaps on others."""
        return self._defined(tenant, by, name, "tenant", shape)

    @rule(
        target=Both.workspace_roles,
        tenant=Both.tenants,
        by=_BY,
        name=_NAMED,
        shape=_SHAPES_THERE,
    )
    def define_there(self, tenant: str, by: str, name: str, shape: _Shape) -> Any:
        """Make a role to be held in workspaces, perhaps on others."""
        return self._defined(tenant, by, name, "workspace", shape)

    @rule(target=Both.tenant_roles, tenant=Both.tenants, by=_BY, name=st.none() | _NAMED)
    def adopt(self, tenant: str, by: str, name: str | None) -> Any:
        """Make a role from a template."""
        made = self._tenant(tenant, by, lambda context: context.roles.adopt("auditor", name=name))
        return _place(tenant, made)

    @rule(at=Both.tenant_roles, by=_BY, shape=_SHAPES)
    def reshape(self, at: Place, by: str, shape: _Shape) -> None:
        """Change what a tenant role holds."""
        self._reshaped(at, by, shape)

    @rule(at=Both.workspace_roles, by=_BY, shape=_SHAPES_THERE)
    def reshape_there(self, at: Place, by: str, shape: _Shape) -> None:
        """Change what a workspace role holds."""
        self._reshaped(at, by, shape)

    @rule(at=Both.tenant_roles | Both.workspace_roles, by=_BY, name=_NAMED, description=st.none() | NAMES)
    def rename(self, at: Place, by: str, name: str, description: str | None) -> None:
        """Change how a role is called."""
        self._about(at, by, lambda context, id: context.roles.update(id, name=name, description=description))

    # --- who has them

    @rule(at=Both.tenant_roles, by=_BY, to=st.none() | st.sampled_from(["admin", "member"]) | TENANT_ROLES)
    def delete(self, at: Place, by: str, to: str | None) -> None:
        """Give a tenant role up, perhaps for another."""
        self._deleted(at, by, to)

    @rule(at=Both.workspace_roles, by=_BY, to=st.none() | st.sampled_from(["admin", "viewer"]) | WORKSPACE_ROLES)
    def delete_there(self, at: Place, by: str, to: str | None) -> None:
        """Give a workspace role up, perhaps for another."""
        self._deleted(at, by, to)

    @rule(tenant=Both.tenants, by=_BY, role=ANY_ROLE, to=ANY_ROLE, level=st.none() | _LEVELS)
    def move(self, tenant: str, by: str, role: str, to: str, level: str | None) -> None:
        """Give everybody another role instead."""

        def work(side: Side) -> object:
            return side.context(tenant, by).roles.move(side.real(role), to=side.real(to), level=level)

        self._both(work, tenant=tenant, by=by)

    @rule(tenant=Both.tenants, by=_BY, user=_USERS, role=TENANT_ROLES, window=_WINDOWS)
    def give(self, tenant: str, by: str, user: str, role: str, window: _Window) -> None:
        """Give one more tenant role, perhaps for a time."""
        self._given((tenant, None), by, user, role, window)

    @rule(at=Both.workspaces, by=_BY, user=_USERS, role=WORKSPACE_ROLES, window=_WINDOWS)
    def give_there(self, at: Place, by: str, user: str, role: str, window: _Window) -> None:
        """Give one more role in a workspace, perhaps for a time."""
        self._given(at, by, user, role, window)

    @rule(tenant=Both.tenants, by=_BY, user=_USERS, role=ANY_ROLE, at=st.none() | Both.workspaces)
    def take(self, tenant: str, by: str, user: str, role: str, at: Place | None) -> None:
        """Take a role away again."""

        def work(side: Side) -> object:
            workspace = at and side.real(at[1])
            return side.context(tenant, by).members.remove_role(user, role=side.real(role), workspace=workspace)

        self._both(work, tenant=tenant, by=by)

    # --- what is told of them

    @rule(tenant=Both.tenants, by=_BY, role=ANY_ROLE, level=st.none() | _LEVELS, asked=_ASKED)
    def ask(self, tenant: str, by: str, role: str, level: str | None, asked: str) -> None:
        """See what refers to a role, who has it, and who may do something."""
        self._both(lambda side: side.context(tenant, by).roles.get(side.real(role)))
        self._both(lambda side: side.context(tenant, by).roles.usage(side.real(role), level=level))
        self._both(lambda side: side.context(tenant, by).members.list(role=side.real(role), total=True))
        self._both(lambda side: side.context(tenant, by).who_can(asked, total=True, order="name"))

    @rule(at=Both.workspaces, by=_BY, asked=_ASKED_THERE)
    def ask_there(self, at: Place, by: str, asked: str) -> None:
        """See who may do something in a workspace, and whether oneself may."""
        tenant, place = at
        self._both(lambda side: side.context(tenant, by).who_can(asked, workspace=side.real(place), total=True))
        self._both(lambda side: side.context(tenant, by).check_many([(asked, side.real(place)), (asked, "ws_unknown")]))
        self._both(lambda side: side.context(tenant, by).workspaces_where(asked))

    # --- the same at both levels

    def _defined(self, tenant: str, by: str, name: str, level: str, shape: _Shape) -> Any:
        def work(side: Side) -> object:
            given: _Shape = {"permissions": []} | side.shape(shape)
            return side.context(tenant, by).roles.define(name, level=level, **given)

        return _place(tenant, self._both(work, tenant=tenant, by=by))

    def _reshaped(self, at: Place, by: str, shape: _Shape) -> None:
        tenant, role = at

        def plan(side: Side) -> object:
            return side.context(tenant, by).roles.plan_update(side.real(role), total=True, **side.shape(shape))

        def update(side: Side) -> object:
            return side.context(tenant, by).roles.update(side.real(role), **side.shape(shape))

        planned, done = self._both(plan), self._both(update, tenant=tenant, by=by)
        refused = [each if "error" in each else None for each in (planned, done)]
        # Of what is left of a tenant, a plan says that the role is not there, and a command that the tenant is not.
        unknown = all(each and each["error"] == "not_found" for each in refused)
        # Eve's account is off, which a command tells members only.
        if refused[0] != refused[1] and not unknown and by != "eve":
            raise AssertionError(f"A plan refuses what the update would.\n  plan:   {planned!r}\n  update: {done!r}")

    def _deleted(self, at: Place, by: str, to: str | None) -> None:
        tenant, role = at

        def work(side: Side) -> object:
            return side.context(tenant, by).roles.delete(side.real(role), replacement=side.real(to))

        self._both(work, tenant=tenant, by=by)

    def _given(self, at: tuple[str, str | None], by: str, user: str, role: str, window: _Window) -> None:
        tenant, place = at
        starts_at, ends_at = (None if span is None else self.clock() + span for span in window)

        def work(side: Side) -> object:
            return side.context(tenant, by).members.add_role(
                user, role=side.real(role), workspace=side.real(place), starts_at=starts_at, ends_at=ends_at
            )

        self._both(work, tenant=tenant, by=by)


def _place(tenant: str, made: Any) -> Any:
    return multiple() if "error" in made else (tenant, made["id"])
