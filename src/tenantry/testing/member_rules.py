"""What is done with members in a random history: they are added, changed, and go."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .. import NewMember
from . import strategies
from .both import ANYBODY, NAMES, PERSONS, TENANT_ROLES, WORKSPACE_ROLES, Both, Place
from .sides import Side

__all__ = ["MemberRules"]

_ADDRESSES = st.sampled_from([None, "@example.test", "@EXAMPLE.test"])


class MemberRules(Both):
    """The rules about members."""

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        user=PERSONS,
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
        at_host=_ADDRESSES,
    )
    def add_member(
        self, *, tenant: str, by: str, user: str, role: str | None, at: Place, placed: str | None, at_host: str | None
    ) -> None:
        """Add one, with an address or without."""
        email = at_host and f"{user}{at_host}"

        def work(side: Side) -> object:
            places = side.places(at[1], placed)
            return side.context(tenant, by).members.add(user, role=side.real(role), workspaces=places, email=email)

        self._both(work, tenant=tenant, by=by)

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        users=st.lists(PERSONS, max_size=3),
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
    )
    def add_many(
        self, *, tenant: str, by: str, users: list[str], role: str | None, at: Place, placed: str | None
    ) -> None:
        """Add several, or none of them."""

        def work(side: Side) -> object:
            given = {"role": side.real(role), "workspaces": side.places(at[1], placed)}
            rows = [NewMember(user, email=f"{user}@example.test", **given) for user in users]  # type: ignore[arg-type]
            return side.context(tenant, by).members.add_many(rows)

        self._both(work, tenant=tenant, by=by)

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        user=PERSONS,
        role=TENANT_ROLES,
        verb=st.sampled_from(["change", "add", "remove"]),
    )
    def change_role(self, tenant: str, by: str, user: str, role: str, verb: str) -> None:
        """Change a role, give one more, or take one."""
        self._about((tenant, role), by, lambda context, real: getattr(context.members, f"{verb}_role")(user, role=real))

    @rule(tenant=Both.tenants, by=ANYBODY, user=PERSONS, verb=st.sampled_from(["deactivate", "reactivate"]))
    def switch(self, tenant: str, by: str, user: str, verb: str) -> None:
        """Switch a membership off or on."""
        self._tenant(tenant, by, lambda context: getattr(context.members, verb)(user))

    @rule(tenant=Both.tenants, by=ANYBODY, user=PERSONS, name=st.none() | NAMES, email=st.none() | strategies.emails())
    def update_member(self, tenant: str, by: str, user: str, name: str | None, email: str | None) -> None:
        """Change what is known of one."""
        self._tenant(tenant, by, lambda context: context.members.update(user, name=name, email=email))

    @rule(by=PERSONS, ago=st.integers(0, 2), refreshing=st.booleans())
    def sign_in(self, by: str, ago: int, refreshing: bool) -> None:
        """Sign in, now or some days ago; and bring up to date what the tenants know."""
        at = self.clock() - timedelta(days=ago)
        self._person(by, lambda person: person.signed_in(at))
        if refreshing:
            self._person(by, lambda person: person.refresh_profile())
        for tenant in self.known:
            self._look(tenant)

    # --- how they go

    @rule(tenant=Both.tenants, by=ANYBODY, user=PERSONS, to=st.none() | PERSONS)
    def plan_removal(self, tenant: str, by: str, user: str, to: str | None) -> None:
        """See what a removal would touch, and keep that."""
        self._both(lambda side: side.planned(tenant, by, user, to))

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        user=PERSONS,
        to=st.none() | PERSONS,
        planned=st.booleans(),
        confirm=st.none() | PERSONS,
    )
    def remove_member(
        self, *, tenant: str, by: str, user: str, to: str | None, planned: bool, confirm: str | None
    ) -> None:
        """Remove one, perhaps as it was planned."""

        def work(side: Side) -> object:
            plan = side.plans.get((tenant, user)) if planned else None
            return side.context(tenant, by).members.remove(user, reassign_to=to, plan=plan, confirm=confirm)

        self._both(work, tenant=tenant, by=by)

    @rule(tenant=Both.tenants, by=PERSONS)
    def leave(self, tenant: str, by: str) -> None:
        """Go."""
        self._tenant(tenant, by, lambda context: context.members.leave())

    @rule(tenant=Both.tenants, by=ANYBODY, to=PERSONS, role=st.none() | TENANT_ROLES)
    def transfer_ownership(self, tenant: str, by: str, to: str, role: str | None) -> None:
        """Hand the tenant over."""
        self._both(
            lambda side: side.context(tenant, by).members.transfer_ownership(to=to, role=side.real(role)),
            tenant=tenant,
            by=by,
        )
