"""Invitations as they are stored, and as their invited persons see them."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..access.custom import ROLES, lineages
from ..access.model import Level
from ..access.repository import custom_keys
from ..access.scheme import Scheme
from ..kernel import emails
from ..kernel.values import fill_in
from ..members.model import MEMBERSHIPS
from ..notices.model import NOTICES, NoticeKind, NoticeStatus
from ..storage.ports import Across, After, Before, HasValue, OneOf, Slice, Transaction
from ..tenants.model import TENANTS, Tenant
from ..workspaces.model import WORKSPACES, WorkspaceStatus
from .model import INVITATIONS, Invitation, InvitationStatus
from .preview import InvitationPreview, OfferedWorkspace

__all__ = ["InvitationRepository", "notice_data", "previews", "tenants_of"]

_AT_ONCE = 10_000
_DELIVERY = {NoticeStatus.WAITING: "waiting", NoticeStatus.SENT: "sent"}


class InvitationRepository:
    """The invitations of one tenant."""

    def __init__(self, tx: Transaction) -> None:
        self.records = tx.records(INVITATIONS)
        self._notices = tx.records(NOTICES)

    def offering(self, role: str, level: Level) -> Sequence[Invitation]:
        """Those that are stored as pending and offer this role, also where their time is past."""
        return self.records.list(**_offering(role, level))

    def count_offering(self, role: str, level: Level, *, at: datetime) -> int:
        """How many can be accepted at this instant and offer this role."""
        return self.records.count(expires_at=After(at), **_offering(role, level))

    def count_pending(self, *, at: datetime) -> int:
        """How many can be accepted at this instant."""
        return self.records.count(status=InvitationStatus.PENDING, expires_at=After(at))

    def counts(self) -> Mapping[str, int]:
        """How many there are, by stored status; those that are past their time are among the pending ones."""
        return self.records.count_by("status", "id")

    def oldest_closed(self, number: int, *, at: datetime, sent_until: datetime) -> Sequence[Invitation]:
        """The first so many that cannot be accepted any more, those last that were: their links still lead to members.

        Args:
            number: At most so many.
            at: The present.
            sent_until: Only those that were sent for the last time until then.
        """
        found: list[Invitation] = []
        for where in (
            {"status": OneOf([InvitationStatus.DECLINED, InvitationStatus.REVOKED])},
            {"status": InvitationStatus.PENDING, "expires_at": Before(at)},
            {"status": InvitationStatus.ACCEPTED},
        ):
            if len(found) < number:
                found += self.records.list(Slice(limit=number - len(found)), sent_at=Before(sent_until), **where)
        return found

    def sent_to(self, mailbox: str, *, since: datetime) -> Sequence[Invitation]:
        """Those of any status that were last sent after this instant, to any spelling of a mailbox."""
        return self.records.list(mailbox=mailbox, sent_at=After(since))

    def backed_by(self, user_id: str, *, at: datetime) -> Sequence[Invitation]:
        """Those that can be accepted at this instant, and that this user stands behind, at least in part."""
        return self.records.list(backers=HasValue(user_id), status=InvitationStatus.PENDING, expires_at=After(at))

    def pending_for(self, email_key: str) -> Invitation | None:
        """The invitation of this address that is stored as pending, though its time may be past."""
        return self.records.find(email_key=email_key, status=InvitationStatus.PENDING)

    def pending_for_many(self, email_keys: Values[str]) -> Sequence[Invitation]:
        """Those of any of these addresses that are stored as pending; no address is no statement."""
        if not email_keys:
            return []
        return self.records.list(email_key=OneOf(email_keys), status=InvitationStatus.PENDING)

    def with_delivery(self, invitations: Sequence[Invitation]) -> Sequence[Invitation]:
        """These, with how the notice of their last sending stands; one statement, but none for none."""
        if not invitations:
            return []
        about = OneOf(each.id for each in invitations)
        notices = self._notices.list(invitation_id=about, kind=NoticeKind.INVITATION)
        stands = {(each.invitation_id, each.sends): _DELIVERY.get(each.status, "failed") for each in notices}
        return [fill_in(each, delivery=stands.get((each.id, each.sends))) for each in invitations]


def _offering(role: str, level: Level) -> dict[str, object]:
    place: dict[str, object] = {"role": role} if level is Level.TENANT else {"workspaces": HasValue(role)}
    return {"status": InvitationStatus.PENDING, **place}


def previews(
    source: Across | Transaction, scheme: Scheme, invitations: Sequence[Invitation], tenants: Mapping[str, Tenant]
) -> Sequence[InvitationPreview]:
    """What their invited persons may see of these invitations, in two statements; one more for custom roles.

    Args:
        source: Where to read: the tenant of a single one, or all tenants.
        scheme: What the roles are called.
        invitations: Of any tenants.
        tenants: These tenants, by id.
    """
    offered = sorted({id for invitation in invitations for id in invitation.workspaces})
    workspaces = [
        workspace
        for start in range(0, len(offered), _AT_ONCE)  # no driver takes any number of parameters
        for workspace in source.records(WORKSPACES).list(
            tenant_id=OneOf(tenants), id=OneOf(offered[start : start + _AT_ONCE]), status=WorkspaceStatus.ACTIVE
        )
    ]
    parts = {each.id: each.parts for each in invitations}
    senders = {part.invited_by for of_one in parts.values() for part in of_one}
    inviters = source.records(MEMBERSHIPS).list(tenant_id=OneOf(tenants), user_id=OneOf(senders))
    custom = custom_keys(role for each in invitations for role in (each.role, *each.workspaces.values()))
    if custom:
        found = source.records(ROLES).list(tenant_id=OneOf(tenants), id=OneOf(custom))
        scheme = scheme.joined(lineages(found))
    named = {workspace.id: workspace for workspace in workspaces}
    inviter_names = {(member.tenant_id, member.user_id): member.name for member in inviters}
    return [
        InvitationPreview(
            invitation_id=invitation.id,
            tenant_id=invitation.tenant_id,
            tenant_name=tenants[invitation.tenant_id].name,
            tenant_slug=tenants[invitation.tenant_id].slug,
            email_hint=emails.hint(invitation.email),
            role=scheme.role_name(invitation.role, Level.TENANT),
            role_key=invitation.role,
            workspaces=tuple(
                OfferedWorkspace(
                    id=id,
                    name=named[id].name,
                    slug=named[id].slug,
                    role=scheme.role_name(part.role, Level.WORKSPACE),
                    role_key=part.role,
                    invited_by=inviter_names.get((invitation.tenant_id, part.invited_by)),
                    message=part.message,
                )
                for part in parts[invitation.id]
                if (id := part.workspace_id) in named
            ),
            invited_by=inviter_names.get((invitation.tenant_id, invitation.invited_by)),
            message=invitation.message,
            expires_at=invitation.expires_at,
        )
        for invitation in invitations
    ]


def notice_data(source: Across | Transaction, scheme: Scheme, invitation: Invitation, tenant: Tenant) -> dict[str, Any]:
    """What a notice tells the invited person of the offer, as plain values."""
    [preview] = previews(source, scheme, [invitation], {tenant.id: tenant})
    return {
        "inviter": preview.invited_by,
        "role": preview.role,
        "workspaces": [workspace.name for workspace in preview.workspaces],
        "message": preview.message,
        "expires_at": preview.expires_at.isoformat(),
    }


def tenants_of(across: Across, invitations: Sequence[Invitation]) -> Mapping[str, Tenant]:
    """The tenants that have sent these, by id."""
    found = across.records(TENANTS).list(id=OneOf({invitation.tenant_id for invitation in invitations}))
    return {tenant.id: tenant for tenant in found}
