"""More stores that look right and are not: in what a reader over all tenants shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tenantry.memory import MemoryStore
from tenantry.memory.store import Guest
from tenantry.memory.transaction import Across
from tenantry.ports import AnyOf, Operator, Scope
from tenantry.runtime.sights import View
from tenantry.storage.collection import Collection


class _WithView(MemoryStore):
    """A memory store whose readers over all tenants look through another view."""

    kind: type[View] = View

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        with super().across(scope) as across:
            across._view = self.kind(scope)
            yield across


class _Wide(View):
    def narrowed(self, collection: Collection[Any], where: Mapping[str, Any]) -> Mapping[str, Any]:
        return where


class ShowsEverything(_WithView):
    """A scope is taken for a comment."""

    kind = _Wide


class _Shallow(View):
    def _within(self, condition: Any) -> Any:
        return condition


class AsksBeyondItsScope(_WithView):
    """What a condition speaks of is looked for everywhere."""

    kind = _Shallow


class _First(View):
    def narrowed(self, collection: Collection[Any], where: Mapping[str, Any]) -> Mapping[str, Any]:
        narrowed = dict(super().narrowed(collection, where))
        if AnyOf.NAME in narrowed:
            narrowed[AnyOf.NAME] = AnyOf(narrowed[AnyOf.NAME].alternatives[:1])
        return narrowed


class ShowsMembersOnly(_WithView):
    """Whoever is invited sees nothing of it."""

    kind = _First


class _OneWay(View):
    def narrowed(self, collection: Collection[Any], where: Mapping[str, Any]) -> Mapping[str, Any]:
        if isinstance(self.scope, Operator) and AnyOf.NAME in where:
            where = {**where, **where[AnyOf.NAME].alternatives[0]}
            del where[AnyOf.NAME]
        return super().narrowed(collection, where)


class TriesOneAlternative(_WithView):
    """Of the alternatives of a question only the first is tried."""

    kind = _OneWay


class _Forgiving(View):
    def narrowed(self, collection: Collection[Any], where: Mapping[str, Any]) -> Mapping[str, Any]:
        known = where if isinstance(self.scope, Operator) else {n: each for n, each in where.items() if n}
        return super().narrowed(collection, known)


class OverlooksAlternatives(_WithView):
    """Where a scope has alternatives, those of the question are left out."""

    kind = _Forgiving


class _Silent(View):
    def require(self, collection: Collection[Any]) -> None:
        pass


class AnswersWhatItDoesNotKnow(_WithView):
    """A collection that a scope does not know can be asked for."""

    kind = _Silent


class _Telling(View):
    def require_everything(self) -> None:
        pass


class TellsEventsToAnybody(_WithView):
    """Every scope reads the events of all tenants."""

    kind = _Telling


class ForgetsItsScope(MemoryStore):
    """Whatever a reader is opened for, it is the operator's."""

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        with super().across(Operator()) as across:
            yield across


class ShowsGuestsEverything(MemoryStore):
    """Within a transaction of several steps, a scope is taken for a comment."""

    @contextmanager
    def begin(self) -> Iterator[Guest]:
        with super().begin() as guest:
            right = guest.across
            setattr(guest, "across", lambda scope: right(Operator()))  # noqa: B010 - a method of one object
            yield guest
