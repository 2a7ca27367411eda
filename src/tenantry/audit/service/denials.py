"""What was denied in vain again and again, once nobody asks any more: the trail tells how often, and it is dropped."""

from __future__ import annotations

import logging
from typing import Final

from attrs import evolve

from ...kernel.errors import NotFound, TenantryError
from ...kernel.principal import principal_of
from ...runtime.runner import Runner
from ...runtime.service import Service, command
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Before, OneOf, Open, Slice, Store
from ..denials import DENIALS, Denial

__all__ = ["tell_due"]

logger = logging.getLogger("tenantry")

_AT_ONCE: Final = 1_000
"""So many are looked at in one run; what is left is due in the next."""


def tell_due(store: Store, settings: Settings) -> None:
    """Tell of the repeats that no later denial has told of, in one command for each; then drop what is told."""
    since = Before(settings.now())
    with store.jobs() as jobs:
        due = jobs.records(DENIALS).list(Slice(limit=_AT_ONCE, order="due"), due_at=since)
    for denial in due:
        if denial.count:
            by = evolve(principal_of(denial.principal), on_behalf_of=denial.on_behalf_of or None)
            try:
                Telling(Runner(store, settings, denial.tenant_id, by, gate=Open())).purge(denial)
            except NotFound:  # the tenant is purged
                continue
            except TenantryError:
                logger.warning("The denials of tenant %s could not be told.", denial.tenant_id, exc_info=True)
    if due:
        tenants, ids = OneOf(each.tenant_id for each in due), OneOf(each.id for each in due)

        with store.jobs() as jobs:  # what comes to nothing here is dropped by the next run
            jobs.records(DENIALS).remove(tenant_id=tenants, id=ids, count=0, due_at=since)


class Telling(Service):
    """What one principal was denied."""

    name = "jobs"
    __slots__ = ()

    @command
    def purge(self, uow: UnitOfWork, denial: Denial) -> None:
        """Record how often it was denied again, unless a later denial has told so."""
        if uow.denials.tell(denial, denial):
            uow.record(denial.action, denial.target, after={"code": denial.code, "repeated": denial.count})
