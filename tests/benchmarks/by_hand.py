"""What a host would write without us: the statements that our commands execute, one for one.

Each function is a generator: it yields a statement with its values, and is sent the rows as dictionaries. So it is
written once, and runs on a connection that is awaited as well as on one that is not.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Executable

from tenantry.access import Level
from tenantry.members.model import EARLIEST, LATEST

from . import statements
from .statements import ADD, EVENTS, GRANTS, MEMBERS
from .world import SCHEME

__all__ = ["Row", "Steps", "accept", "allowed", "members"]

Row = dict[str, Any]
Steps = Generator[tuple[Executable, Any], list[Row], Any]

HELD = {(role.level, role.key): SCHEME.permissions_of(role.key, role.level) for role in SCHEME.roles}
EVERYWHERE = {role.key: SCHEME.acts_as(role.key) for role in SCHEME.roles if role.level is Level.TENANT}


# --- may this user do that here?


def allowed(tenant: str, user: str, permission: str, workspace: str) -> Steps:
    """Whether a user may do something in a workspace."""
    facts = yield statements.FACTS_AND_WORKSPACES, {"tenant": tenant, "user": user, "ids": [workspace]}
    return _allows(facts, permission, workspace)


def _allows(facts: Sequence[Row], permission: str, workspace: str | None) -> bool:
    now = datetime.now(UTC)
    live = allowed = False
    in_use = workspace is None
    for fact in facts:
        if fact["kind"] == 1:
            live = fact["role"] == fact["status"] == "active"
            continue
        if fact["workspace_id"] == workspace and fact["status"] == "active":
            in_use = True
        if fact["kind"] == 0 and _counts(fact, now):
            role = fact["role"]
            if fact["workspace_id"] == workspace:
                allowed |= permission in HELD[Level.TENANT if workspace is None else Level.WORKSPACE, role]
            elif fact["workspace_id"] is None and (everywhere := EVERYWHERE[role]):
                allowed |= permission in HELD[Level.WORKSPACE, everywhere]
    return live and in_use and allowed


def _counts(grant: Row, now: datetime) -> bool:
    starts_at, ends_at = grant["starts_at"], grant["ends_at"]
    return (starts_at is None or _aware(starts_at) <= now) and (ends_at is None or now < _aware(ends_at))


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)  # SQLite knows no time zones


# --- a page of members


def members(tenant: str, user: str, limit: int) -> Steps:
    """The first members of a tenant, each with the roles they have, for a user who may see them."""
    facts = yield statements.FACTS, {"tenant": tenant, "user": user}
    if not _allows(facts, "tenant-api:member:read", None):
        raise PermissionError
    page = yield statements.PAGE, {"tenant": tenant, "limit": limit + 1}
    del page[limit:]
    grants = yield statements.GRANTS_OF, {"tenant": tenant, "ids": [member["id"] for member in page]}
    found = {member["id"]: member for member in page}
    for member in page:
        member["roles"], member["workspaces"] = [], {}
    for grant in grants:
        member = found[grant["membership_id"]]
        if grant["workspace_id"] is None:
            member["roles"].append(grant["role"])
        else:
            member["workspaces"].setdefault(grant["workspace_id"], []).append(grant["role"])
    return page


# --- an invitation is accepted


def accept(dialect: str, tenant: str, invitation_id: str, guest: Mapping[str, str]) -> Steps:
    """Join a tenant; the token has been read."""
    now = datetime.now(UTC)
    user = guest["user_id"]
    here = {"tenant": tenant, "invitation": invitation_id}
    [home] = yield statements.ENTER[dialect], here
    [invitation] = yield statements.INVITATION, {**here, "limit": 1}
    present = yield statements.MEMBER, {"tenant": tenant, "user": user, "limit": 1}
    roles = invitation["workspaces"]
    workspaces = yield statements.OFFERED, {"tenant": tenant, "ids": list(roles)}
    places = [workspace["id"] for workspace in workspaces]
    behind = {"tenant": tenant, "user": invitation["invited_by"], "ids": places}
    if (
        present
        or home["status"] != "active"
        or invitation["status"] != "pending"
        or _aware(invitation["expires_at"]) <= now
        or invitation["email_key"] != guest["email"].lower()
        or not _allows((yield statements.FACTS_AND_WORKSPACES, behind), "tenant-api:member:invite", None)
    ):
        raise PermissionError
    member = _member(tenant, guest, now, epoch=home["version"])
    granted = [(None, invitation["role"]), *((place, roles[place]) for place in places)]
    joined = {"roles": [invitation["role"]], "workspaces": roles}
    done = [
        ("member.added", user, guest["name"], joined),
        ("invitation.accepted", invitation_id, guest["email"], {"status": "accepted", "accepted_by": user}),
    ]
    last = home["audit_sequence"]
    yield ADD[dialect, MEMBERS], member
    yield ADD[dialect, GRANTS], [_grant(member, place, role, now) for place, role in granted]
    made = {"mailbox": invitation["email_key"], "search_key": invitation["email"].lower()}
    yield statements.CLOSE, here | _new(invitation, status="accepted", closed_at=now, accepted_by=user, **made)
    yield ADD[dialect, EVENTS], [_event(member, home, now, n, *event) for n, event in enumerate(done, start=last + 1)]
    name_key = home["name"].lower()
    changed = _new(home, members=home["members"] + 1, audit_sequence=last + len(done), name_key=name_key)
    yield statements.LEAVE, {"tenant": tenant, **changed}
    return member | joined


def _new(row: Row, **changed: object) -> Row:
    return {f"new_{name}": value for name, value in {**row, **changed}.items()}


def _member(tenant: str, guest: Mapping[str, str], now: datetime, *, epoch: int) -> Row:
    key = guest["email"].lower()
    return {
        "tenant_id": tenant,
        "id": f"mem_{uuid4().hex}",
        "user_id": guest["user_id"],
        "name": guest["name"],
        "email": guest["email"],
        "email_key": key,
        "email_verified": True,
        "status": "active",
        "joined_at": now,
        "epoch": epoch,
        "name_key": guest["name"].lower(),
        "search_key": f"{guest['name'].lower()}\n{key}",
    }


def _grant(member: Row, workspace: str | None, role: str, now: datetime) -> Row:
    return {
        "tenant_id": member["tenant_id"],
        "id": f"grt_{uuid4().hex}",
        "membership_id": member["id"],
        "role": role,
        "workspace_id": workspace,
        "starts_at": None,
        "ends_at": None,
        "granted_by": member["user_id"],
        "created_at": now,
        "held_as": f"{workspace or ''}:{role}",
        "counts_from": EARLIEST,
        "counts_until": LATEST,
    }


def _event(  # noqa: PLR0917
    member: Row, home: Row, now: datetime, sequence: int, action: str, target: str, name: str, after: Row
) -> Row:
    return {
        "tenant_id": member["tenant_id"],
        "id": f"evt_{uuid4().hex}",
        "sequence": sequence,
        "action": action,
        "principal": member["user_id"],
        "on_behalf_of": None,
        "target": target,
        "target_name": name,
        "workspace_id": None,
        "workspace_name": None,
        "before": {},
        "after": after,
        "occurred_at": now,
        "address": None,
        "user_agent": None,
        "request_id": None,
        "key_id": "",
        "digest": "",
        "written_in": home["written_in"],
        "personal": {},
    }
