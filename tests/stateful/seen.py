"""What there is in a tenant, as it is stored, in the words of the model; and what the model says that there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenantry.audit.erasures import ERASING
from tenantry.testing.sides import Side
from tests.races.snapshot import Snapshot
from tests.stateful.model.state import Tenant

__all__ = ["expected", "seen"]

Facts = Mapping[str, Any]

_NOT_COUNTED = {"access.denied", "invitation.refused", ERASING}
"""Whether a refusal is an event depends on when the last one was; and the proof of the trail asks for the erasures."""


def seen(side: Side, snapshot: Snapshot) -> Facts:
    tenant = snapshot.tenant
    held: dict[str, dict[str | None, str]] = {}
    for grant in snapshot.grants:
        places = held.setdefault(grant.membership_id, {})
        if grant.workspace_id in places:
            raise AssertionError(f"Somebody has two roles in one place: {places}, {grant}")
        places[grant.workspace_id and side.told(grant.workspace_id)] = grant.role
    return {
        "status": (tenant.status.value, tenant.suspended_by, tenant.purge_at, dict(tenant.counters)),
        "members": {
            each.user_id: (
                each.is_active,
                each.name,
                each.email,
                each.email_verified,
                each.last_sign_in_at,
                held[each.id],
            )
            for each in snapshot.memberships
        },
        "workspaces": {side.told(each.id): (each.is_active, dict(each.counters)) for each in snapshot.workspaces},
        "invitations": {
            side.told(each.id): (
                *(each.status.value, each.email, each.role, side.told(each.workspaces)),
                *(each.invited_by, each.is_for_member, each.expires_at, each.sends, each.accepted_by),
                {part.workspace_id and side.told(part.workspace_id): part.invited_by for part in each.parts},
            )
            for each in snapshot.invitations
        },
        "trail": Counter(event.action for event in snapshot.trail if event.action not in _NOT_COUNTED),
        "outbox": Counter(
            (
                each.kind.value,
                each.email,
                each.user_id,
                side.told(each.invitation_id),
                each.sends or 0,
                each.status.value,
            )
            for each in snapshot.notices
        ),
    }


def expected(tenant: Tenant, sign_ins: Mapping[str, datetime]) -> Facts:
    return {
        "status": (tenant.status, tenant.suspended_by, tenant.purge_at, tenant.counters),
        "members": {
            user: (
                each.active,
                each.name,
                each.email,
                each.verified,
                sign_ins.get(user),
                {None: each.role, **each.places},
            )
            for user, each in tenant.members.items()
        },
        "workspaces": {id: (each.live, each.counters) for id, each in tenant.workspaces.items()},
        "invitations": {
            id: (
                *(each.status, each.email or "(erased)", each.role, each.places),
                *(each.by, each.for_member, each.expires_at, len(each.sent), each.accepted_by),
                each.behind,
            )
            for id, each in tenant.invitations.items()
        },
        "trail": tenant.trail,
        "outbox": Counter(
            (each.kind, each.email, each.user, each.about, each.sends, each.status) for each in tenant.outbox
        ),
    }
