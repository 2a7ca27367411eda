"""The slugs of tenants, which are never given to another."""

from __future__ import annotations

from datetime import datetime

from ..storage.ports import Across, Among, OneOf, Transaction
from .model import KEPT, SLUGS, TENANTS, SlugReservation

__all__ = ["SlugRepository", "tenant_of"]

_THERE = Among(TENANTS, "id", {"status": OneOf(KEPT)})


class SlugRepository:
    """The slugs that one tenant has or once had."""

    def __init__(self, tx: Transaction) -> None:
        self._tenant_id = tx.tenant_id
        self._slugs = tx.records(SLUGS)

    def all(self) -> frozenset[str]:
        """The present slug and the former ones; there are few, since a tenant keeps a limited number."""
        return frozenset(each.slug for each in self._slugs.list())

    def take(self, slug: str, at: datetime) -> None:
        """Reserve a slug that is new to this tenant.

        Raises:
            SlugTaken: Another tenant has it, or once had it.
        """
        self._slugs.add(SlugReservation(tenant_id=self._tenant_id, slug=slug, reserved_at=at))

    def release(self, slug: str) -> None:
        """Give a slug up, for any tenant to take.

        Raises:
            NotFound: This tenant never had it, or it was released already.
        """
        self._slugs.remove(self._slugs.get(slug))


def tenant_of(across: Across, slug: str) -> str:
    """The id of the tenant that has or once had this slug.

    Raises:
        NotFound: None ever had it, or the one that had it is purged.
    """
    reservation = across.records(SLUGS).find(slug=slug, tenant_id=_THERE)
    if reservation is None:
        raise TENANTS.missing()  # what the gate answers a stranger, who so does not learn which slugs there are
    return reservation.tenant_id
