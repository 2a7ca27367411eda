"""What becomes of deleted tenants that nobody can restore any more: they go, one transaction for each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from ...audit.service.erasing import erase_everything
from ...kernel import text
from ...kernel.errors import NotFound
from ...kernel.principal import SYSTEM
from ...runtime.here import require_outside
from ...runtime.participants import Change
from ...runtime.registry import COLLECTIONS
from ...runtime.runner import Runner
from ...runtime.service import Service, command
from ...runtime.unit_of_work import Settings, UnitOfWork
from ...storage.ports import Before, Open, Operator, Records, Slice, Store, require_own_transactions
from ..model import PURGE_MARGIN, TENANTS, Purged, TenantStatus, is_due, purge

__all__ = ["Purging", "purge_due"]

logger = logging.getLogger("tenantry")

_AT_ONCE = 1_000
"""So many rows are held in memory, and no more."""


def purge_due(store: Store, settings: Settings, *, limit: int) -> Purged:
    """Purge tenants that are due; one that cannot be purged stays as it was, and keeps no other from it."""
    require_outside()
    text.integer(limit, "limit", low=1, high=1_000)
    require_own_transactions(store)
    due_since = settings.now() - PURGE_MARGIN
    gone: list[str] = []
    failed: dict[str, str] = {}
    for tenant_id in _due(store, due_since):
        try:
            purging = Purging(Runner(store, settings, tenant_id, SYSTEM.job("purge"), gate=Open()))
            with suppress(NotFound):  # another worker has purged it meanwhile
                if purging.purge():
                    gone.append(tenant_id)
        except Exception as error:  # a participant of the host may raise anything
            failed[tenant_id] = type(error).__name__
            logger.warning("Tenant %s could not be purged.", tenant_id, exc_info=True)
        if len(gone) == limit:
            break
    with store.across(Operator()) as across:
        remaining = across.records(TENANTS).count(status=TenantStatus.DELETED, purge_at=Before(due_since))
    return Purged(tuple(gone), failed, remaining)


class Purging(Service):
    """The end of one tenant."""

    name = "jobs"
    __slots__ = ()

    @command
    def purge(self, uow: UnitOfWork) -> bool:
        """Remove everything but the tenant's tombstone, slugs and trail; False if it is not due now."""
        before = uow.tenant
        if not is_due(before, uow.now):  # it was restored meanwhile
            return False
        change = Change(kind="tenant.purged", tenant_id=before.id, by=uow.by, at=uow.now)
        resources = uow.participants.delete_tenant(change)
        for collection in reversed(COLLECTIONS):  # what refers to something else goes first
            if not collection.survives_purge:
                _clear(uow.tx.records(collection))
        erase_everything(uow)
        uow.tenant = purge(before)
        uow.record(
            "tenant.purged",
            before.id,
            before={"status": before.status.value},
            after={"status": uow.tenant.status.value, "resources": dict(resources)},
        )
        return True


def _clear(records: Records[Any]) -> None:
    while rows := records.list(Slice(limit=_AT_ONCE)):
        records.remove(*rows)


def _due(store: Store, since: datetime) -> Iterator[str]:
    """The ids of the tenants that are due, read page by page, since those before a page may be gone by then."""
    last: tuple[str, ...] | None = None
    more = True
    while more:
        with store.across(Operator()) as across:
            page = Slice(limit=_AT_ONCE, after=last)
            found = across.records(TENANTS).list(page, status=TenantStatus.DELETED, purge_at=Before(since))
        yield from (tenant.id for tenant in found)
        more = len(found) == _AT_ONCE
        last = (found[-1].id,) if more else None
