"""Stores that are wrong in the same way on both sides, so that only what must always hold can find it."""

from __future__ import annotations

from typing import TypeVar

from tenantry.access.custom import ROLES
from tenantry.memory.records import Records
from tests.contract.broken import WithRecords

E = TypeVar("E")


class _Hurried(Records[E]):
    def save(self, *entities: E) -> None:
        super().save(*(entities[:1] if self._collection.name == ROLES.name else entities))


class LeavesDependents(WithRecords):
    """Of several roles that are saved only the first is; what is built on it does not know of it."""

    kind = _Hurried
