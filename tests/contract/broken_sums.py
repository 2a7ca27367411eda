"""More stores that look right and are not: in what they add up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from tenantry.memory.jobs import JobRecords
from tenantry.memory.records import Records
from tenantry.ports import Sums
from tests.contract.broken import WithRecords
from tests.contract.broken_jobs import WithJobs

E = TypeVar("E")


class _Rough(JobRecords[E]):
    def sum_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        self._parts[0].step()
        sums: dict[Any, float] = {}
        for row in self._rows(where):
            sums[getattr(row, field)] = sums.get(getattr(row, field), 0.0) + (getattr(row, of) or 0)
        return {value: int(each) for value, each in sums.items()}


class AddsInFloats(WithJobs):
    """What is large is rounded."""

    kind = _Rough


class _Saturated(JobRecords[E]):
    def sum_of(self, document: str, /, **where: object) -> Sums:
        found = super().sum_of(document, **where)
        return Sums(found.entities, {key: min(each, 2**63 - 1) for key, each in found.by_key.items()})


class AddsUpTo64Bits(WithJobs):
    """A sum is as large as a number can be that is stored."""

    kind = _Saturated


class _Exact(Records[E]):
    def sum_of(self, document: str, /, **where: object) -> Sums:
        found = super().sum_of(document, **where)
        return found._replace(entities=Decimal(found.entities))  # type: ignore[arg-type]


class CountsInDecimals(WithRecords):
    """A count is what the database calls a number."""

    kind = _Exact


class _Eager(Records[E]):
    def sum_of(self, document: str, /, **where: object) -> Sums:
        found = super().sum_of(document, **where)
        sums = dict(found.by_key)
        for row in self._rows(where):
            for key, value in getattr(row, document).items():
                sums[key] = sums.get(key, 0) + (value is True)
        return Sums(found.entities, sums)


class AddsFlags(WithRecords):
    """What is true is one more."""

    kind = _Eager


class _Twice(Records[E]):
    def sum_of(self, document: str, /, **where: object) -> Sums:
        return Sums(self.count(**where), super().sum_of(document, **where).by_key)


class CountsAndThenAdds(WithRecords):
    """Between the count and the sums others may write."""

    kind = _Twice


class _Blind(Records[E]):
    def sum_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        return super().sum_by(field, of)


class AddsWhatWasNotAsked(WithRecords):
    """Conditions are for lists."""

    kind = _Blind


class _Doubled(Records[E]):
    def count_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        self._parts[0].step()
        seen: dict[Any, list[Any]] = {}
        for row in self._rows(where):
            seen.setdefault(getattr(row, field), []).append(getattr(row, of))
        return {value: len([each for each in several if each is not None]) for value, several in seen.items()}


class CountsTwice(WithRecords):
    """Two who are the same are counted as two."""

    kind = _Doubled
