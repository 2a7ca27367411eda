"""Two stores agree: the same random history, through the front door of each, has the same outcome at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest import TestCase

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import multiple, precondition, rule

from ..ports import Store
from . import strategies
from .both import ANY_ROLE, ANYBODY, NAMES, PERSONS, TENANT_ROLES, WORKSPACE_ROLES, Both, Check, Offer, Place
from .role_rules import RoleRules
from .sides import PEOPLE, Side

__all__ = ["agreement"]


def agreement(
    make_left: Callable[[], Store],
    make_right: Callable[[], Store],
    *,
    histories: int = 100,
    steps: int = 50,
    checks: Iterable[Check] = (),
) -> type[TestCase]:
    """A test case that gives two stores the same random histories, and compares what they answer.

    After each command both must have had the same outcome, down to the rule of a refusal; and then the tenant with
    its members, workspaces, roles, invitations and audit trail, and what the person may do, must look the same.

    Args:
        make_left: Makes an empty store, such as a `MemoryStore`. Called for each history.
        make_right: Makes an empty store of the other kind.
        histories: How many histories are tried.
        steps: How long one gets at most.
        checks: What else must hold: called after each command, for each side with its `Tenantry` and the id of the
            tenant; what it raises ends the history.

    Example:
        TestMyStoreAgrees = agreement(MemoryStore, make_an_empty_store_of_mine)
    """
    must_hold = tuple(checks)

    class StoresAgree(_StoresAgree):
        makers = (make_left, make_right)
        checks = must_hold

    case = StoresAgree.TestCase
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    return case


_slugs = st.none() | st.sampled_from(["acme", "beta", "general", "admin"]) | strategies.slugs()
_lasting = st.sampled_from([None, timedelta(hours=1), timedelta(days=6), timedelta(seconds=1)])
_spans = st.sampled_from([timedelta(microseconds=1), timedelta(hours=1), timedelta(days=6), timedelta(days=7)])


class _Undo(Exception):
    """Ends a transaction that shall leave nothing."""


class _StoresAgree(RoleRules):
    """The rules about everything but roles."""

    def __init__(self) -> None:
        super().__init__()
        self.founded = 0

    # --- tenants

    @precondition(lambda self: self.founded < 1)
    @rule(target=Both.tenants, by=PERSONS, name=NAMES, slug=_slugs)
    def create_tenant(self, by: str, name: str, slug: str | None) -> Any:
        self.founded += 1
        made = self._person(by, lambda person: person.create_tenant(name, slug=slug))
        return multiple() if "error" in made else made["id"]

    @rule(tenant=Both.tenants, by=ANYBODY, name=st.none() | NAMES, slug=_slugs)
    def update_tenant(self, tenant: str, by: str, name: str | None, slug: str | None) -> None:
        self._tenant(tenant, by, lambda desk: desk.update(name=name, slug=slug))

    @rule(slug=_slugs)
    def resolve(self, slug: str | None) -> None:
        self._both(lambda side: side.tenancy.resolve(slug or "acme"))

    # --- members

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        user=PERSONS,
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
    )
    def add_member(self, *, tenant: str, by: str, user: str, role: str | None, at: Place, placed: str | None) -> None:
        def work(side: Side) -> object:
            return side.desk(tenant, by).members.add(user, role=side.real(role), workspaces=_places(side, at, placed))

        self._both(work, tenant=tenant, by=by)

    @rule(
        tenant=Both.tenants,
        by=ANYBODY,
        user=PERSONS,
        role=TENANT_ROLES,
        verb=st.sampled_from(["change", "add", "remove"]),
    )
    def change_role(self, tenant: str, by: str, user: str, role: str, verb: str) -> None:
        self._about((tenant, role), by, lambda desk, real: getattr(desk.members, f"{verb}_role")(user, role=real))

    @rule(tenant=Both.tenants, by=ANYBODY, user=PERSONS, verb=st.sampled_from(["deactivate", "reactivate", "remove"]))
    def change_member(self, tenant: str, by: str, user: str, verb: str) -> None:
        self._tenant(tenant, by, lambda desk: getattr(desk.members, verb)(user))

    @rule(tenant=Both.tenants, by=PERSONS)
    def leave(self, tenant: str, by: str) -> None:
        self._tenant(tenant, by, lambda desk: desk.members.leave())

    @rule(tenant=Both.tenants, by=ANYBODY, user=PERSONS, name=st.none() | NAMES, email=st.none() | strategies.emails())
    def record(self, tenant: str, by: str, user: str, name: str | None, email: str | None) -> None:
        now = self.clock()
        self._tenant(tenant, by, lambda desk: desk.members.record(user, name=name, email=email, last_sign_in_at=now))

    # --- workspaces

    @rule(target=Both.workspaces, tenant=Both.tenants, by=ANYBODY, name=NAMES, slug=_slugs, admin=st.none() | PERSONS)
    def create_workspace(self, tenant: str, by: str, name: str, slug: str | None, admin: str | None) -> Any:
        made = self._tenant(tenant, by, lambda desk: desk.workspaces.create(name, slug=slug, admin=admin))
        return multiple() if "error" in made else (tenant, made["id"])

    @rule(at=Both.workspaces, by=ANYBODY, name=NAMES, slug=_slugs, document=strategies.documents())
    def update_workspace(self, at: Place, by: str, name: str, slug: str | None, document: dict[str, Any]) -> None:
        self._about(at, by, lambda desk, id: desk.workspaces.update(id, name=name, slug=slug, settings=document))

    @rule(at=Both.workspaces, by=ANYBODY, verb=st.sampled_from(["archive", "restore", "get", "members"]))
    def change_workspace(self, at: Place, by: str, verb: str) -> None:
        self._about(at, by, lambda desk, id: getattr(desk.workspaces, verb)(id))

    @rule(at=Both.workspaces, by=ANYBODY, figure=st.integers(0, 9))
    def count(self, at: Place, by: str, figure: int) -> None:
        self._about(at, by, lambda desk, id: desk.workspaces.record_counters(id, {"figure": figure}))

    @rule(
        at=Both.workspaces,
        by=ANYBODY,
        user=PERSONS,
        role=WORKSPACE_ROLES,
        verb=st.sampled_from(["add_member", "change_member_role"]),
    )
    def place_member(self, at: Place, by: str, user: str, role: str, verb: str) -> None:
        def work(side: Side) -> object:
            place = getattr(side.desk(at[0], by).workspaces, verb)
            return place(side.real(at[1]), user, role=side.real(role))

        self._both(work, tenant=at[0], by=by)

    @rule(at=Both.workspaces, by=ANYBODY, user=PERSONS)
    def displace_member(self, at: Place, by: str, user: str) -> None:
        self._about(at, by, lambda desk, id: desk.workspaces.remove_member(id, user))

    # --- invitations

    @rule(
        target=Both.invitations,
        tenant=Both.tenants,
        by=ANYBODY,
        invitee=PERSONS,
        role=st.none() | TENANT_ROLES,
        at=Both.workspaces,
        placed=st.none() | WORKSPACE_ROLES,
        lasting=_lasting,
    )
    def send(
        self,
        *,
        tenant: str,
        by: str,
        invitee: str,
        role: str | None,
        at: Place,
        placed: str | None,
        lasting: timedelta | None,
    ) -> Any:
        def work(side: Side) -> object:
            email, places = f"{invitee.title()}@example.test", _places(side, at, placed)
            desk = side.desk(tenant, by)
            return desk.invitations.send(email, role=side.real(role), workspaces=places, expires_in=lasting)

        sent = self._both(work, tenant=tenant, by=by)
        return multiple() if "error" in sent else (tenant, sent["invitation"]["id"], sent["token"])

    @rule(target=Both.invitations, offer=Both.invitations, by=ANYBODY)
    def resend(self, offer: Offer, by: str) -> Any:
        tenant, id, _ = offer
        sent = self._about((tenant, id), by, lambda desk, real: desk.invitations.resend(real))
        return multiple() if "error" in sent else (tenant, id, sent["token"])

    @rule(offer=Both.invitations, by=ANYBODY, verb=st.sampled_from(["revoke", "get"]))
    def manage(self, offer: Offer, by: str, verb: str) -> None:
        self._about(offer[:2], by, lambda desk, id: getattr(desk.invitations, verb)(id))

    @rule(offer=Both.invitations, by=PERSONS, verb=st.sampled_from(["accept", "accept", "decline"]))
    def answer(self, offer: Offer, by: str, verb: str) -> None:
        def work(side: Side) -> object:
            return getattr(side.person(by), verb)(side.real(offer[2]))

        self._both(lambda side: side.tenancy.inspect_invitation(side.real(offer[2])))
        self._both(work, tenant=offer[0], by=by)

    # --- what crosses all of these

    @rule(span=_spans)
    def wait(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule(tenant=Both.tenants, at=Both.workspaces, offer=Both.invitations, role=ANY_ROLE, by=ANYBODY)
    def reach_across(self, *, tenant: str, at: Place, offer: Offer, role: str, by: str) -> None:
        self._about((tenant, at[1]), by, lambda desk, id: desk.workspaces.update(id, description="reached"))
        self._about((tenant, offer[1]), by, lambda desk, id: desk.invitations.resend(id))
        self._about((tenant, role), by, lambda desk, id: desk.roles.update(id, description="reached"))

    @rule(target=Both.workspaces, tenant=Both.tenants, by=ANYBODY, name=NAMES, user=PERSONS, undo=st.booleans())
    def do_together(self, tenant: str, by: str, name: str, user: str, undo: bool) -> Any:
        def work(side: Side) -> object:
            with suppress(_Undo), side.tenancy.transaction() as tx:
                desk = tx.tenant(side.real(tenant), by=PEOPLE[by])
                place = desk.workspaces.create(name)
                desk.members.add(user, workspaces={place.id: "viewer"})
                if undo:
                    raise _Undo
                return place
            return {"error": "undone"}

        made = self._both(work, tenant=tenant, by=by)
        return multiple() if "error" in made else (tenant, made["id"])


def _places(side: Side, at: Place, role: str | None) -> dict[str, str] | None:
    return None if role is None else {side.real(at[1]): side.real(role)}
