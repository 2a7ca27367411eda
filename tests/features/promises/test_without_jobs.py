"""Nothing has to run for an answer to be right: times are read, and never swept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tenantry import SYSTEM, Conflict, NotFound, Plan, Tenantry, TenantryError, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company

A_YEAR, A_WEEK = 52, timedelta(days=7)


class Life:
    """A year in two tenants, one of which is given up in the course of it."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.clock = clock
        self.tenancy = Tenantry(
            store=store,
            scheme=schemes.AGENCY,
            secret_keys=[SECRET],
            clock=clock,
            notices=True,
            plan=Plan("Small", members=5),
        )
        self.acme = Company(self.tenancy, self.tenancy.person(ADA).create_tenant("Acme"))
        self.beta = Company(self.tenancy, self.tenancy.person(EVE).create_tenant("Beta"))
        self.tokens: list[str] = []

    def week(self, number: int) -> None:
        """What people do in this week."""
        acme, now = self.acme, self.clock()
        match number:
            case 0:
                acme.add(DAN, workspaces={acme.general: "viewer"})
                start, end = now + A_WEEK, now + 9 * A_WEEK
                acme.context().members.add_role(DAN.user_id, role="admin", starts_at=start, ends_at=end)
                self.tokens.append(acme.invite(BOB).token)
                self.tokens.append(acme.context().invitations.send("cay@acme.test", expires_in=10 * A_WEEK).token)
            case 3 | 40:
                self.tokens.append(acme.invite(BOB, "admin").token)
            case 12:
                self.tenancy.person(BOB).accept(acme.invite(BOB).token)
                acme.context().members.remove(BOB.user_id)
            case 20:
                self.beta.context(EVE).suspend("Nobody is here.")
            case 30:
                self.beta.context(SYSTEM).delete()

    def jobs(self) -> None:
        """All that a host may run."""
        jobs = self.tenancy.jobs
        jobs.dispatch_notices(Postbox(), limit=1_000)
        jobs.purge(limit=100)
        jobs.events(limit=1_000)

    def answers(self) -> Mapping[str, Any]:
        """What everybody is told."""
        context, person, offers = self.acme.context(), self.tenancy.person, self.acme.context().invitations
        dan = self.acme.context(DAN).access()
        return {
            "offers": [(each.email, each.role, each.status.value, each.expires_at) for each in offers.list()],
            "by status": [offers.list(status=each, total=True).total for each in ("pending", "expired", "accepted")],
            "received": [len(person(who).invitations()) for who in (BOB, CAY)],
            "links": [told(self.tenancy.inspect_invitation, token) for token in self.tokens],
            "members": [(each.user_id, each.status.value, each.roles) for each in context.members.list()],
            "admins": [each.user_id for each in context.members.list(role="admin")],
            "readers": [each.user_id for each in context.who_can("tenant-api:member:read")],
            "tenants": [len(person(who).tenants()) for who in (ADA, BOB, DAN)],
            "dan": (
                dan.can("tenant-api:member:read"),
                dan.can("workspace-api:member:read", workspace=self.acme.general),
            ),
            "usage": [(each.name, each.used) for each in context.plan.usage()],
            "beta": self.beta.context(EVE).can("tenant-api:tenant:read"),
            "its slug": told(lambda slug: context.update(slug=slug), "beta"),
        }


def told(ask: Callable[[str], Any], asked: str) -> str:
    """The role on offer, or the code of the refusal."""
    try:
        return str(ask(asked).role)
    except TenantryError as error:
        return error.code


def test_a_year_without_any_job_gives_the_same_answers(store: Store, clock: FrozenClock) -> None:
    """TM-08: as one in which every job runs each week."""
    with_jobs, without = Life(store, clock), Life(MemoryStore(), clock)

    for number in range(A_YEAR):
        for life in (with_jobs, without):
            life.week(number)
        with_jobs.jobs()
        assert with_jobs.answers() == without.answers(), number
        clock.advance(A_WEEK)

    for life, error in ((with_jobs, NotFound), (without, Conflict)):  # what was purged is not even found
        with pytest.raises(error):
            life.beta.context(SYSTEM).restore()
        issued = life.acme.invite(BOB, "admin")
        assert life.tenancy.person(BOB).accept(issued.token).membership.roles == ("admin",)
    assert with_jobs.answers() == without.answers()
    assert len(set(map(str, without.answers()["links"]))) > 1
