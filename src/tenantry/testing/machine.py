"""Two stores agree: the same random history, through the front door of each, has the same outcome at every step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar
from unittest import TestCase

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, precondition, rule

from .. import PersonContext, TenantContext
from ..ports import Store
from . import strategies
from .clock import FrozenClock
from .sides import PEOPLE, Side

__all__ = ["agreement"]


def agreement(
    make_left: Callable[[], Store], make_right: Callable[[], Store], *, histories: int = 100, steps: int = 50
) -> type[TestCase]:
    """A test case that gives two stores the same random histories, and compares what they answer.

    After each command both must have had the same outcome, down to the rule of a refusal; and then the tenant with
    its members, workspaces, invitations and audit trail, and what the person may do, must look the same.

    Args:
        make_left: Makes an empty store, such as a `MemoryStore`. Called for each history.
        make_right: Makes an empty store of the other kind.
        histories: How many histories are tried.
        steps: How long one gets at most.

    Example:
        TestMyStoreAgrees = agreement(MemoryStore, make_an_empty_store_of_mine)
    """

    class StoresAgree(_StoresAgree):
        makers = (make_left, make_right)

    case = StoresAgree.TestCase
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    return case


# In the first tenant Ada is the owner, Bob an admin, Cyd a member, and Fay is invited; they are drawn more often.
_persons = st.sampled_from(["bob", "cyd", "fay", "bob", "cyd", "fay", "ada", "dan", "eve"])
_anybody = st.sampled_from(["ada", "ada", "ada", "bob", "cyd", "fay", "dan", "eve", "system"])
_roles = st.sampled_from(["owner", "admin", "member", "viewer"])
_names = st.sampled_from(["Acme", "acme", "Admin", "Ämter", "東京"]) | strategies.names()
_slugs = st.none() | st.sampled_from(["acme", "beta", "general", "admin"]) | strategies.slugs()
_lasting = st.sampled_from([None, timedelta(hours=1), timedelta(days=6), timedelta(seconds=1)])
_spans = st.sampled_from([timedelta(microseconds=1), timedelta(hours=1), timedelta(days=6), timedelta(days=7)])

_Place = tuple[str, str]
_Offer = tuple[str, str, str]


class _Undo(Exception):
    """Ends a transaction that shall leave nothing."""


class _StoresAgree(RuleBasedStateMachine):
    """Does everything on both sides, and compares. Tenants and all else are named by their labels."""

    makers: ClassVar[tuple[Callable[[], Store], Callable[[], Store]]]

    tenants: Bundle[str] = Bundle("tenants")
    workspaces: Bundle[_Place] = Bundle("workspaces")
    invitations: Bundle[_Offer] = Bundle("invitations")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.sides = [Side(make(), self.clock) for make in self.makers]
        self.founded = 0
        self.acme = self._person("ada", lambda person: person.create_tenant("Acme"))
        for user, role in {"bob": "admin", "cyd": "member"}.items():
            self._tenant(self.acme["id"], "ada", lambda desk: desk.members.add(user, role=role))  # noqa: B023 - run now
        self.sent = self._tenant(self.acme["id"], "bob", lambda desk: desk.invitations.send("Fay@example.test"))

    # --- tenants

    @initialize(target=tenants)
    def first_tenant(self) -> str:
        return str(self.acme["id"])

    @initialize(target=workspaces)
    def first_workspace(self) -> _Place:
        return self.acme["id"], self.acme["default_workspace_id"]

    @initialize(target=invitations)
    def first_invitation(self) -> _Offer:
        return self.acme["id"], self.sent["invitation"]["id"], self.sent["token"]

    @precondition(lambda self: self.founded < 1)
    @rule(target=tenants, by=_persons, name=_names, slug=_slugs)
    def create_tenant(self, by: str, name: str, slug: str | None) -> Any:
        self.founded += 1
        made = self._person(by, lambda person: person.create_tenant(name, slug=slug))
        return multiple() if "error" in made else made["id"]

    @rule(tenant=tenants, by=_anybody, name=st.none() | _names, slug=_slugs)
    def update_tenant(self, tenant: str, by: str, name: str | None, slug: str | None) -> None:
        self._tenant(tenant, by, lambda desk: desk.update(name=name, slug=slug))

    @rule(slug=_slugs)
    def resolve(self, slug: str | None) -> None:
        self._both(lambda side: side.tenancy.resolve(slug or "acme"))

    # --- members

    @rule(tenant=tenants, by=_anybody, user=_persons, role=st.none() | _roles, at=workspaces, placed=st.booleans())
    def add_member(self, *, tenant: str, by: str, user: str, role: str | None, at: _Place, placed: bool) -> None:
        def work(side: Side) -> object:
            places = {side.real(at[1]): "viewer"} if placed else None
            return side.desk(tenant, by).members.add(user, role=role, workspaces=places)

        self._both(work, tenant=tenant, by=by)

    @rule(tenant=tenants, by=_anybody, user=_persons, role=_roles, verb=st.sampled_from(["change", "add", "remove"]))
    def change_roles(self, tenant: str, by: str, user: str, role: str, verb: str) -> None:
        self._tenant(tenant, by, lambda desk: getattr(desk.members, f"{verb}_role")(user, role=role))

    @rule(tenant=tenants, by=_anybody, user=_persons, verb=st.sampled_from(["deactivate", "reactivate", "remove"]))
    def change_member(self, tenant: str, by: str, user: str, verb: str) -> None:
        self._tenant(tenant, by, lambda desk: getattr(desk.members, verb)(user))

    @rule(tenant=tenants, by=_persons)
    def leave(self, tenant: str, by: str) -> None:
        self._tenant(tenant, by, lambda desk: desk.members.leave())

    @rule(tenant=tenants, by=_anybody, user=_persons, name=st.none() | _names, email=st.none() | strategies.emails())
    def record(self, tenant: str, by: str, user: str, name: str | None, email: str | None) -> None:
        now = self.clock()
        self._tenant(tenant, by, lambda desk: desk.members.record(user, name=name, email=email, last_sign_in_at=now))

    # --- workspaces

    @rule(target=workspaces, tenant=tenants, by=_anybody, name=_names, slug=_slugs, admin=st.none() | _persons)
    def create_workspace(self, tenant: str, by: str, name: str, slug: str | None, admin: str | None) -> Any:
        made = self._tenant(tenant, by, lambda desk: desk.workspaces.create(name, slug=slug, admin=admin))
        return multiple() if "error" in made else (tenant, made["id"])

    @rule(at=workspaces, by=_anybody, name=_names, slug=_slugs, document=strategies.documents())
    def update_workspace(self, at: _Place, by: str, name: str, slug: str | None, document: dict[str, Any]) -> None:
        self._place(at, by, lambda desk, id: desk.workspaces.update(id, name=name, slug=slug, settings=document))

    @rule(at=workspaces, by=_anybody, verb=st.sampled_from(["archive", "restore", "get", "members"]))
    def change_workspace(self, at: _Place, by: str, verb: str) -> None:
        self._place(at, by, lambda desk, id: getattr(desk.workspaces, verb)(id))

    @rule(at=workspaces, by=_anybody, figure=st.integers(0, 9))
    def count(self, at: _Place, by: str, figure: int) -> None:
        self._place(at, by, lambda desk, id: desk.workspaces.record_counters(id, {"figure": figure}))

    @rule(
        at=workspaces,
        by=_anybody,
        user=_persons,
        role=_roles,
        verb=st.sampled_from(["add_member", "change_member_role"]),
    )
    def place_member(self, at: _Place, by: str, user: str, role: str, verb: str) -> None:
        self._place(at, by, lambda desk, id: getattr(desk.workspaces, verb)(id, user, role=role))

    @rule(at=workspaces, by=_anybody, user=_persons)
    def displace_member(self, at: _Place, by: str, user: str) -> None:
        self._place(at, by, lambda desk, id: desk.workspaces.remove_member(id, user))

    # --- invitations

    @rule(
        target=invitations,
        tenant=tenants,
        by=_anybody,
        invitee=_persons,
        role=st.none() | _roles,
        at=workspaces,
        placed=st.none() | _roles,
        lasting=_lasting,
    )
    def send(
        self,
        *,
        tenant: str,
        by: str,
        invitee: str,
        role: str | None,
        at: _Place,
        placed: str | None,
        lasting: timedelta | None,
    ) -> Any:
        def work(side: Side) -> object:
            places = None if placed is None else {side.real(at[1]): placed}
            email = f"{invitee.title()}@example.test"
            desk = side.desk(tenant, by)
            return desk.invitations.send(email, role=role, workspaces=places, expires_in=lasting)

        sent = self._both(work, tenant=tenant, by=by)
        return multiple() if "error" in sent else (tenant, sent["invitation"]["id"], sent["token"])

    @rule(target=invitations, offer=invitations, by=_anybody)
    def resend(self, offer: _Offer, by: str) -> Any:
        tenant, id, _ = offer
        sent = self._place((tenant, id), by, lambda desk, real: desk.invitations.resend(real))
        return multiple() if "error" in sent else (tenant, id, sent["token"])

    @rule(offer=invitations, by=_anybody, verb=st.sampled_from(["revoke", "get"]))
    def manage(self, offer: _Offer, by: str, verb: str) -> None:
        self._place(offer[:2], by, lambda desk, id: getattr(desk.invitations, verb)(id))

    @rule(offer=invitations, by=_persons, verb=st.sampled_from(["accept", "accept", "decline"]))
    def answer(self, offer: _Offer, by: str, verb: str) -> None:
        def work(side: Side) -> object:
            return getattr(side.person(by), verb)(side.real(offer[2]))

        self._both(lambda side: side.tenancy.inspect_invitation(side.real(offer[2])))
        self._both(work, tenant=offer[0], by=by)

    # --- what crosses all of these

    @rule(span=_spans)
    def wait(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule(tenant=tenants, at=workspaces, offer=invitations, by=_anybody)
    def reach_across(self, tenant: str, at: _Place, offer: _Offer, by: str) -> None:
        self._place((tenant, at[1]), by, lambda desk, id: desk.workspaces.update(id, description="reached"))
        self._place((tenant, offer[1]), by, lambda desk, id: desk.invitations.resend(id))

    @rule(target=workspaces, tenant=tenants, by=_anybody, name=_names, user=_persons, undo=st.booleans())
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

    # --- how it is done twice and compared

    def _person(self, by: str, work: Callable[[PersonContext], object]) -> Any:
        return self._both(lambda side: work(side.person(by)))

    def _tenant(self, tenant: str, by: str, work: Callable[[TenantContext], object]) -> Any:
        return self._both(lambda side: work(side.desk(tenant, by)), tenant=tenant, by=by)

    def _place(self, at: _Place, by: str, work: Callable[[TenantContext, str], object]) -> Any:
        tenant, id = at
        return self._both(lambda side: work(side.desk(tenant, by), side.real(id)), tenant=tenant, by=by)

    def _both(self, work: Callable[[Side], object], *, tenant: str | None = None, by: str = "system") -> Any:
        """The outcome on both sides; and then what there is to be seen of the tenant and of who acted."""
        outcome = self._agreed(work)
        if tenant is not None:
            self._agreed(lambda side: side.seen_by_host(tenant))
            if by != "system":
                self._agreed(lambda side: side.seen_by_person(tenant, by))
        return outcome

    def _agreed(self, work: Callable[[Side], object]) -> Any:
        left, right = (side.outcome(work) for side in self.sides)
        if left != right:
            raise AssertionError(f"The stores do not agree.\n  left:  {left!r}\n  right: {right!r}")
        return left
