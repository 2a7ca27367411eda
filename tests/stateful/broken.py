"""Stores that are wrong in the same way on both sides, so that only what must always hold can find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import evolve

from tenantry.access.custom import ROLES
from tenantry.audit.model import AUDIT_EVENTS
from tenantry.invitations.model import INVITATIONS, InvitationStatus
from tenantry.members.model import GRANTS
from tenantry.memory import MemoryStore
from tenantry.memory.records import Records
from tenantry.memory.transaction import Across
from tenantry.notices.model import NOTICES
from tenantry.ports import Scope
from tenantry.storage.collection import Collection
from tests.contract.broken import WithRecords

E = TypeVar("E")


class _Hurried(Records[E]):
    def save(self, *entities: E) -> None:
        super().save(*(entities[:1] if self._collection.name == ROLES.name else entities))


class LeavesDependents(WithRecords):
    """Of several roles that are saved only the first is; what is built on it does not know of it."""

    kind = _Hurried


def _careless(collection: Collection[Any], writes: Callable[[Any], Any]) -> type[Records[Any]]:
    """Records that write something else, or nothing, where an entity of this collection is added or saved."""

    class Careless(Records[Any]):
        def _put(self, entities: Sequence[Any]) -> None:
            mine = self._collection.name == collection.name
            super()._put([now for each in entities if (now := writes(each))] if mine else entities)

    return Careless


class ForgetsToClose(WithRecords):
    """An invitation that was accepted can be accepted again."""

    kind = _careless(INVITATIONS, lambda each: each if each.status is not InvitationStatus.ACCEPTED else None)


class SkipsEvents(WithRecords):
    """Nothing tells that somebody was switched off."""

    kind = _careless(AUDIT_EVENTS, lambda event: event if event.action != "member.deactivated" else None)


class NamesAnother(WithRecords):
    """A role in a workspace is said to be that of whoever gave it."""

    kind = _careless(
        AUDIT_EVENTS,
        lambda event: evolve(event, target=event.principal) if event.action == "workspace_member.added" else event,
    )


class RoundsTimes(WithRecords):
    """An event is kept with its time to the second, which is not the time that is signed."""

    kind = _careless(AUDIT_EVENTS, lambda event: evolve(event, occurred_at=event.occurred_at.replace(microsecond=0)))


class ForgetsToTell(WithRecords):
    """Nobody hears that they were removed."""

    kind = _careless(NOTICES, lambda notice: notice if notice.kind.value != "removed" else None)


class _Clinging(Records[E]):
    def remove(self, *entities: E) -> None:
        there_alone = all(getattr(each, "workspace_id", None) for each in entities)
        super().remove(*(() if self._collection.name == GRANTS.name and there_alone else entities))


class ResurrectsRoles(WithRecords):
    """What somebody had in a workspace comes back."""

    kind = _Clinging


class _Generous(Records[E]):
    def count(self, **where: object) -> int:
        return super().count(**where) if self._collection.name == GRANTS.name else 0


class CountsOwnersOnly(WithRecords):
    """There is always room for one more."""

    kind = _Generous


class MissesEvents(MemoryStore):
    """Who reads the events of all tenants gets every other one, where there are several."""

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        with super().across(scope) as across:
            read = across.events
            setattr(across, "events", lambda after, limit: read(after, limit)[::2])  # noqa: B010 - a method of one object
            yield across
