"""The races about the life of a tenant: suspended, deleted, restored or purged while something is done in it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from tenantry import SYSTEM, Conflict, NotFound, Principal, Tenantry
from tenantry.kernel.clock import Clock, system_clock
from tenantry.runtime.runner import Runner
from tenantry.tenants.service.purge import Purging
from tests.races.race import Contender, Round, Scenario
from tests.races.scenarios import ADA, BOB, CARL, ZOE, Stage, invited, stage

LATER: Final = timedelta(days=60)
"""So far ahead is the clock of who purges, where the others can restore still."""


def does(here: Stage, verb: str, *args: object, by: Principal = ADA, **kwargs: object) -> Contender:
    """Somebody does this to the tenant, such as `suspend`."""
    return lambda t: getattr(t.tenant(here.tenant_id, by=by), verb)(*args, **kwargs)


def suspends(here: Stage, by: Principal = ADA) -> Contender:
    return does(here, "suspend", "Unpaid.", by=by)


def deletes(here: Stage) -> Contender:
    return does(here, "delete", confirm="Acme")


def purges(tenant_id: str, clock: Clock | None = None) -> Contender:
    """The purge, as it is run for each tenant that is due."""

    def contend(tenancy: Tenantry) -> object:
        settings = evolve(tenancy._settings, clock=clock or tenancy._settings.clock)
        due = False
        with suppress(NotFound):
            due = Purging(Runner(tenancy._store, settings, tenant_id, SYSTEM.job("purge"))).purge()
        if not due:
            raise Conflict("It is not due any more.")
        return True

    return contend


def suspended(tenancy: Tenantry) -> Stage:
    here = stage(tenancy)
    suspends(here)(tenancy)
    return here


def deleted(tenancy: Tenantry) -> Stage:
    here = stage(tenancy, bob="member")
    deletes(here)(tenancy)
    return here


def ahead() -> datetime:
    return system_clock() + LATER


# --- closed, while somebody works in it


def suspended_while_accepted(tenancy: Tenantry) -> Round:
    """RC-07."""
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(suspends(here), lambda t: t.person(ZOE).accept(token))


def deleted_while_accepted(tenancy: Tenantry) -> Round:
    """RC-07."""
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(deletes(here), lambda t: t.person(ZOE).accept(token))


def suspended_while_a_workspace_is_created(tenancy: Tenantry) -> Round:
    """RC-07."""
    here = stage(tenancy, carl="admin")
    return here.round(
        suspends(here),
        lambda t: t.tenant(here.tenant_id, by=CARL).workspaces.create("Press"),
    )


def deleted_while_a_member_is_added(tenancy: Tenantry) -> Round:
    """RC-07."""
    here = stage(tenancy, carl="admin")
    return here.round(
        deletes(here),
        lambda t: t.tenant(here.tenant_id, by=CARL).members.add(BOB.user_id),
    )


# --- two who decide on its life


def two_owners_resume(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="owner")
    suspends(here)(tenancy)
    return here.round(does(here, "resume"), does(here, "resume", by=BOB))


def deleted_while_resumed(tenancy: Tenantry) -> Round:
    here = suspended(tenancy)
    return here.round(deletes(here), does(here, "resume"))


def the_host_suspends_while_the_owner_deletes(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    return here.round(suspends(here, by=SYSTEM), deletes(here))


def two_owners_restore(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="owner")
    deletes(here)(tenancy)
    return here.round(does(here, "restore"), does(here, "restore", by=BOB))


# --- purged


def purged_while_restored(tenancy: Tenantry) -> Round:
    """RC-07, CR-05: it is gone, or it is back whole."""
    here = deleted(tenancy)
    return here.round(purges(here.tenant_id, ahead), does(here, "restore"))


def purged_while_a_member_is_added(tenancy: Tenantry) -> Round:
    """RC-07: only the host works in a deleted tenant."""
    here = deleted(tenancy)
    return here.round(
        purges(here.tenant_id, ahead),
        lambda t: t.tenant(here.tenant_id, by=SYSTEM).members.add(CARL.user_id),
    )


def purged_while_a_workspace_is_created(tenancy: Tenantry) -> Round:
    """RC-07."""
    here = deleted(tenancy)
    return here.round(
        purges(here.tenant_id, ahead),
        lambda t: t.tenant(here.tenant_id, by=SYSTEM).workspaces.create("Press"),
    )


def two_workers_purge(tenancy: Tenantry) -> Round:
    here = deleted(tenancy)
    return here.round(purges(here.tenant_id, ahead), purges(here.tenant_id, ahead))


LIFE_SCENARIOS: Final[Sequence[Scenario]] = (
    suspended_while_accepted,
    deleted_while_accepted,
    suspended_while_a_workspace_is_created,
    deleted_while_a_member_is_added,
    two_owners_resume,
    deleted_while_resumed,
    the_host_suspends_while_the_owner_deletes,
    two_owners_restore,
    purged_while_restored,
    purged_while_a_member_is_added,
    purged_while_a_workspace_is_created,
    two_workers_purge,
)
