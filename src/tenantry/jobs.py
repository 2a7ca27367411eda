"""What `Tenantry` hands out for jobs. No logic lives here."""

from __future__ import annotations

from .ports import Store
from .unit_of_work import Settings

__all__ = ["JobsContext"]


class JobsContext:
    """What runs without a person, over all tenants. Get one from `Tenantry.jobs`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def __repr__(self) -> str:
        return "<JobsContext>"
