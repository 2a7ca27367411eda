"""What the audit trail says happened, beside what is different: each event's target is a subject that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from tenantry import AuditEvent
from tenantry.audit import ACTIONS
from tenantry.audit.model import show
from tenantry.members.model import Grant, is_over
from tenantry.runtime.registry import COLLECTIONS
from tests.races.snapshot import Snapshot

__all__ = ["mistold"]

Subject = tuple[str, str]
Place = tuple[str, str | None]
"""A member, by `user_id`, and where they have a role."""

READINGS = {"audit.read", "access.denied", "invitation.refused"}
"""What is recorded and changes nothing."""

WHOLE = {"member.added", "member.removed", "member.left", "member.forgotten", "member.reactivated"}
"""What is said of a membership with all its roles, in whatever workspace."""

NOT_NAMED = {"workspace_member.role_changed"}
"""Where many members change at once, no workspace need have been read."""

FORGETTING = {"member.forgotten", "tenant.purged"}
"""One event stands for everything that is erased with it."""


def mistold(before: Snapshot | None, after: Snapshot) -> Iterator[str]:
    """Each change that no new event tells of, and each new event that tells of what has not changed or misnames it.

    Args:
        before: The tenant before a command; None where it came into being by it.
        after: The tenant after it.
    """
    seen = 0 if before is None else before.tenant._audit_sequence
    events = [event for event in after.trail if event.sequence > seen and event.action not in READINGS]
    said: dict[Subject, set[str | None]] = {}
    for event in events:
        kind = ACTIONS[event.action].target
        said.setdefault((kind, event.target), set()).add(event.workspace_id)
        noun = event.action.partition(".")[0]
        if noun == "workspace" and event.workspace_id != event.target:
            yield f"{event.action} of {event.target} names the workspace {event.workspace_id}"
        if (noun == "workspace_member") != (kind == "member" and event.workspace_id is not None):
            yield f"{event.action} of {event.target} names the workspace {event.workspace_id}"
    actions = {event.action for event in events}
    if not actions & FORGETTING:
        now = events[0].occurred_at if events else after.tenant.created_at
        changed = {*_changed(before, after)}
        moved = {*_moved(before, after, now)}
        whole = {event.target for event in events if event.action in WHOLE}
        yield from (f"{subject} has changed, and no event says so" for subject in changed - said.keys())
        for user, place in moved:
            if user not in whole and place not in said.get(("member", user), ()):
                yield f"the roles of {user} at {place} have changed, and no event says so"
        subjects = changed | {("member", user) for user, _ in moved}
        yield from (f"an event says that {subject} has changed" for subject in said.keys() - subjects)
        told = {(user, place) for (kind, user), there in said.items() if kind == "member" for place in there if place}
        yield from (f"an event says that the roles of {user} at {place} have changed" for user, place in told - moved)
        yield from _misnamed(events, {**_names(before), **_names(after)})


def _misnamed(events: Iterable[AuditEvent], names: Mapping[Subject, str | None]) -> Iterator[str]:
    """Each event that calls its subject, or its workspace, something else than it is called."""
    for event in map(show, events):
        if event.target_name != names.get((ACTIONS[event.action].target, event.target)):
            yield f"{event.action} of {event.target} names it {event.target_name}"
        may_be_unknown = event.workspace_name is None and event.action in NOT_NAMED
        if not may_be_unknown and event.workspace_name != names.get(("workspace", event.workspace_id or "")):
            yield f"{event.action} of {event.target} names its workspace {event.workspace_name}"


def _names(snapshot: Snapshot | None) -> Mapping[Subject, str | None]:
    """What every subject is called."""
    if snapshot is None:
        return {}
    return {
        ("tenant", snapshot.tenant.id): snapshot.tenant.name,
        **{("member", each.user_id): each.name or each.email for each in snapshot.memberships},
        **{("invitation", each.id): each.email for each in snapshot.invitations},
        **{("workspace", each.id): each.name for each in snapshot.workspaces},
        **{("role", each.id): each.name for each in snapshot.roles},
        **{key: name for noun, row in snapshot.others for key, name in _BY_NOUN[noun].names_of([row]).items()},
    }


_BY_NOUN = {collection.noun: collection for collection in COLLECTIONS}


def _changed(before: Snapshot | None, after: Snapshot) -> Iterator[Subject]:
    """Every subject, but for the roles of members, of which something is different."""
    old = {} if before is None else dict(_rows(before))
    new = dict(_rows(after))
    yield from (subject for subject in old.keys() | new.keys() if old.get(subject) != new.get(subject))


def _rows(snapshot: Snapshot) -> Iterator[tuple[Subject, Any]]:
    tenant = snapshot.tenant
    yield ("tenant", tenant.id), (evolve(tenant, members=0, workspaces=0), snapshot.slugs)
    for each in snapshot.memberships:  # a sign-in is the user's, and only shown with the membership
        yield ("member", each.user_id), evolve(each, epoch=1, last_sign_in_at=None)
    yield from ((("workspace", each.id), each) for each in snapshot.workspaces)
    yield from ((("invitation", each.id), each) for each in snapshot.invitations)
    yield from (((noun, each.id), each) for noun, each in snapshot.others)
    for role in snapshot.roles:  # its lineage is that of the roles that it builds on, and changes with them
        yield ("role", role.id), (role.name, role.description, role.permissions, role.inherits, role.acts_as)


def _moved(before: Snapshot | None, after: Snapshot, now: datetime) -> Iterator[Place]:
    """Every member and place where a role that counts, or will, was given, taken or changed."""
    old = {} if before is None else dict(_held(before, now))
    new = dict(_held(after, now))
    yield from (place for place in old.keys() | new.keys() if old.get(place) != new.get(place))


def _held(snapshot: Snapshot, now: datetime) -> Iterator[tuple[Place, Any]]:
    users: Mapping[str, str] = {member.id: member.user_id for member in snapshot.memberships}
    places: dict[Place, set[Any]] = {}
    for grant in snapshot.grants:
        if not is_over(grant, now):
            places.setdefault((users[grant.membership_id], grant.workspace_id), set()).add(_terms(grant))
    yield from places.items()


def _terms(grant: Grant) -> tuple[object, ...]:
    return (grant.role, grant.starts_at, grant.ends_at)
