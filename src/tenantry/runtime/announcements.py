"""What participants are told because of what a command has written, so that no command can forget to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..audit.model import AuditEvent
from ..members.model import GRANTS, MEMBERSHIPS, Grant, is_over
from ..storage.ports import OneOf
from ..workspaces.model import WORKSPACES
from .participants import Change
from .writes import Watched

if TYPE_CHECKING:
    from .unit_of_work import UnitOfWork

__all__ = ["ANNOUNCED", "announce"]

ANNOUNCED = (WORKSPACES, MEMBERSHIPS, GRANTS)
"""Where something is added or removed if there is something to tell."""

_AT_ONCE = 1_000  # members of whom one statement asks

Held = Mapping[str, Sequence[Grant]]
"""Grants, by the id of the membership that has them."""


def announce(uow: UnitOfWork, writes: Watched, events: Sequence[AuditEvent]) -> None:
    """Tell the participants of workspaces that were made, of those who have joined, and of those whose roles changed.

    Args:
        uow: The unit of work, when all is written.
        writes: What it has written.
        events: What it has recorded, of which the first about a subject says what was done to it.
    """
    actions = {event.target: event.action for event in reversed(events)}

    def change(subject: str, **about: Any) -> Change:
        kind = actions.get(subject, events[0].action)
        return Change(kind=kind, tenant_id=uow.tx.tenant_id, by=uow.by, at=uow.now, **about)

    given, taken = (
        _held(each for each in grants if not is_over(each, uow.now))  # to tidy up what has ended changes nothing
        for grants in (writes.added(GRANTS), writes.removed(GRANTS))
    )
    joined = writes.added(MEMBERSHIPS)
    staying = {*given, *taken}.difference(each.id for each in (*joined, *writes.removed(MEMBERSHIPS)))
    for workspace in writes.added(WORKSPACES):
        uow.participants.tell("workspace_made", change(workspace.id, workspace_id=workspace.id))
    if joined:
        told = [
            change(each.user_id, user_id=each.user_id, roles=_roles(uow, given.get(each.id, ()))) for each in joined
        ]
        uow.participants.tell("joined", told)
    if staying and uow.participants.listen("roles_changed"):
        changed = _changed(uow, sorted(staying), given, taken)
        told = [change(id, user_id=id, roles=roles, previous=previous) for id, roles, previous in changed]
        uow.participants.tell("roles_changed", told)


def _changed(
    uow: UnitOfWork, membership_ids: Sequence[str], given: Held, taken: Held
) -> Iterator[tuple[str, Mapping[str | None, tuple[str, ...]], Mapping[str | None, tuple[str, ...]]]]:
    """Of each member the `user_id`, and the roles that they have and had where something was given or taken."""
    for some in (membership_ids[first : first + _AT_ONCE] for first in range(0, len(membership_ids), _AT_ONCE)):
        members = uow.members.records.list(id=OneOf(some))
        held = _held(uow.grants.of(members))
        for member in members:
            new, lost = given.get(member.id, ()), taken.get(member.id, ())
            has = held.get(member.id, ())
            had = [*lost, *(each for each in has if each not in new)]
            places = {each.workspace_id for each in (*new, *lost)}
            yield member.user_id, _roles(uow, has, places), _roles(uow, had, places)


def _held(grants: Iterable[Grant]) -> Held:
    held: dict[str, list[Grant]] = {}
    for grant in grants:
        held.setdefault(grant.membership_id, []).append(grant)
    return held


def _roles(
    uow: UnitOfWork, grants: Iterable[Grant], places: Iterable[str | None] = ()
) -> Mapping[str | None, tuple[str, ...]]:
    """The roles that these give by place, now or later; in these places only, or in all where there are some."""
    found: dict[str | None, set[str]] = {place: set() for place in places}
    for grant in grants:
        if not is_over(grant, uow.now) and (not places or grant.workspace_id in found):
            found.setdefault(grant.workspace_id, set()).add(grant.role)
    return {place: tuple(sorted(roles)) for place, roles in found.items()}
