"""What is done with tenants in a random history, and what runs over all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, precondition, rule

from ..kernel.principal import SYSTEM
from ..plans.model import UNLIMITED, Plan
from .both import ANYBODY, NAMES, PERSONS, SLUGS, Both, Place
from .sides import Side

__all__ = ["TenantRules"]

_MOST = st.sampled_from([UNLIMITED, UNLIMITED, 0, 1, 3, 5])
_SPANS = [timedelta(microseconds=1), timedelta(hours=1), timedelta(days=6), timedelta(days=7)]
_ACTS = st.sampled_from(["suspend", "resume", "delete", "restore", "owners", "get"])


class TenantRules(Both):
    """The rules about tenants."""

    @precondition(lambda self: self.founded < 1)
    @rule(target=Both.tenants, by=PERSONS, name=NAMES, slug=SLUGS)
    def create_tenant(self, by: str, name: str, slug: str | None) -> Any:
        """Bring another tenant into being."""
        self.founded += 1
        made = self._person(by, lambda person: person.create_tenant(name, slug=slug))
        if "error" in made:
            return multiple()
        self.known.append(made["id"])
        return made["id"]

    @rule(tenant=Both.tenants, by=ANYBODY, name=st.none() | NAMES, slug=SLUGS)
    def update_tenant(self, tenant: str, by: str, name: str | None, slug: str | None) -> None:
        """Call it something else."""
        self._tenant(tenant, by, lambda context: context.update(name=name, slug=slug))

    @rule(slug=SLUGS)
    def resolve(self, slug: str | None) -> None:
        """Find it by its slug, and those whose name or slug begins so."""
        self._both(lambda side: side.tenancy.resolve(slug or "acme"))
        self._both(lambda side: side.tenancy.tenants(by=SYSTEM, search=slug or "acme", order="name"))

    # --- its life

    @rule(tenant=Both.tenants, acts=st.lists(st.tuples(ANYBODY, _ACTS), max_size=4), stays=st.sampled_from(range(4)))
    def live(self, tenant: str, acts: list[tuple[str, str]], stays: int) -> None:
        """Close it and open it again; now and then it stays as it is by then."""
        given: dict[str, dict[str, str]] = {"suspend": {"reason": "To be looked at"}, "delete": {"confirm": " ACME"}}
        for by, act in [*acts, *[("system", "restore"), ("system", "resume")][: 2 if stays else 0]]:
            self._tenant(tenant, by, lambda context, act=act: getattr(context, act)(**given.get(act, {})))  # type: ignore[misc]

    @rule(days=st.sampled_from([0, 0, 31]))
    def purge(self, days: int) -> None:
        """Let go what was deleted long ago."""
        self.clock.advance(days=days)
        self._everywhere(lambda side: side.tenancy.jobs.purge())

    @rule(tenant=Both.tenants, by=ANYBODY)
    def verify(self, tenant: str, by: str) -> None:
        """Prove its trail."""
        self._tenant(tenant, by, lambda context: context.audit.verify())

    # --- its plan

    @rule(members=_MOST, workspaces=_MOST, counts=st.booleans())
    def replan(self, members: Any, workspaces: Any, counts: bool) -> None:
        """Sell another plan."""
        figures = {"sites": 2}
        self.plan = Plan(
            "Another",
            members=members,
            workspaces=workspaces,
            counts_invitations=counts,
            counters=figures,
            workspace_counters=figures,
        )

    @rule(tenant=Both.tenants, by=ANYBODY, at=st.none() | Both.workspaces, amount=st.integers(-1, 2))
    def use(self, tenant: str, by: str, at: Place | None, amount: int) -> None:
        """Take something of what the plan allows, or give it back."""

        def work(side: Side) -> object:
            plan, workspace = side.context(tenant, by).plan, at and side.real(at[1])
            return plan.use("sites", amount, workspace=workspace), plan.usage(workspace=workspace)

        self._both(work, tenant=tenant, by=by)

    # --- what runs over all of them

    @rule(failing=st.sampled_from(["nobody", "everybody", "fay"]))
    def deliver(self, failing: str) -> None:
        """Deliver the notices, but for those that the mailer fails with."""
        self._everywhere(lambda side: side.delivered(failing))
        self.clock.advance(hours=8)  # by then what has failed is to be tried again, for whatever time it was put off

    @rule()
    def try_again(self) -> None:
        """Deliver after all what was given up."""
        self._both(lambda side: side.retried())

    @rule(user=PERSONS, known=st.booleans())
    def forget(self, user: str, known: bool) -> None:
        """Forget a user, perhaps with the address that the host knows as theirs."""
        addresses = [f"{user}@example.test"] if known else []
        self._everywhere(lambda side: side.tenancy.forget(user, emails=addresses))

    @rule(span=st.sampled_from(_SPANS))
    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(span)
