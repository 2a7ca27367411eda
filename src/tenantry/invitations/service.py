"""What is done with invitations by those who send them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import evolve

from .. import emails, ids, text
from ..access.compiled import ALL, Access
from ..access.guard import require_may_invite
from ..access.model import Level
from ..errors import AlreadyMember, Invalid
from ..members.service import offered
from ..pages import Page
from ..ports import After, Before, HasKey
from ..service import Service, command, listed, query
from ..tokens import new_nonce
from ..unit_of_work import UnitOfWork
from .model import INVITATIONS, PENDING, Invitation, InvitationStatus, Issued

__all__ = ["Invitations"]


class Invitations(Service):
    """The invitations of the tenant."""

    name = "invitations"
    __slots__ = ()

    @command
    def send(
        self,
        uow: UnitOfWork,
        email: str,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | None = None,
        expires_in: timedelta | None = None,
        message: str | None = None,
    ) -> Issued:
        """Offer membership to an address. The token is in the result and nowhere else: send it now.

        Somebody who may invite into some workspaces only leaves `role` out, and names no other workspaces.

        Args:
            email: The address, in any spelling.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it.
            expires_in: How long it can be accepted; `Rules.invitation_expires_in` unless given.
            message: Plain text of at most 2,000 characters for the invited person.

        Raises:
            AlreadyMember: A member has this address.
            AlreadyInvited: The address has a pending invitation; send that one again.
            NotFound: A workspace is not in use in the tenant.
            Invalid: An argument cannot be accepted, or there is no such role.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        address = emails.Email.parse(email)
        scheme, tenant_role, places = offered(uow, role, workspaces)
        access = uow.access(*places)
        require_may_invite(scheme, access, tenant_role, places)
        access.require_workspaces(places)
        if uow.members.has_address(address.key):
            raise AlreadyMember("A member of this tenant has this address already.")
        former = uow.invitations.pending_for(address.key)
        if former is not None:
            uow.invitations.records.save(former.superseded(uow.now))
            uow.record("invitation.superseded", former.id, after={"status": InvitationStatus.REVOKED.value})
        nonce = new_nonce()
        invitation = Invitation(
            tenant_id=uow.tenant.id,
            id=ids.new("inv"),
            email=address.address,
            email_key=address.key,
            role=tenant_role,
            workspaces=places,
            expires_at=_expiry(uow, expires_in),
            invited_by=uow.by.user_id,
            message=text.paragraph_or_none(message, "message"),
            created_at=uow.now,
            sent_at=uow.now,
            nonce=nonce.hex(),
        )
        uow.invitations.records.add(invitation)
        uow.record(
            "invitation.sent",
            invitation.id,
            after={
                "email": invitation.email,
                "role": invitation.role,
                "workspaces": dict(places),
                "expires_at": invitation.expires_at.isoformat(),
            },
        )
        return _issued(uow, invitation, nonce)

    @command
    def resend(self, uow: UnitOfWork, invitation_id: str) -> Issued:
        """Offer the same again with a new token and the full time; older links are dead from now on.

        The principal stands behind it from now on.

        Raises:
            InvitationAccepted: It was accepted, and so on: it is neither pending nor expired.
            AlreadyMember: A member has this address by now.
            NotFound: There is none of this id in the tenant.
            Invalid: A role that it offers is gone.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        invitation = _managed(uow, invitation_id)
        nonce = new_nonce()
        expires_at = _expiry(uow, None)
        after = invitation.resent(by=uow.by.user_id, nonce=nonce.hex(), expires_at=expires_at, at=uow.now)
        offered(uow, invitation.role, invitation.workspaces)
        if uow.members.has_address(invitation.email_key):
            raise AlreadyMember("A member of this tenant has this address already.")
        uow.invitations.records.save(after)
        uow.record(
            "invitation.resent",
            after.id,
            before={"sends": invitation.sends, "expires_at": invitation.expires_at.isoformat()},
            after={"sends": after.sends, "expires_at": after.expires_at.isoformat()},
        )
        return _issued(uow, after, nonce)

    @command
    def revoke(self, uow: UnitOfWork, invitation_id: str) -> Invitation:
        """Withdraw a pending invitation; its link is dead from now on.

        Raises:
            InvitationAccepted: It was accepted, and so on: it is not pending.
            InvitationExpired: It is past its time.
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        invitation = _managed(uow, invitation_id).revoked(uow.now)
        uow.invitations.records.save(invitation)
        uow.record("invitation.revoked", invitation.id, after={"status": invitation.status.value})
        return invitation

    @query
    def get(self, uow: UnitOfWork, invitation_id: str) -> Invitation:
        """One invitation; who sees the members of some workspaces only, sees what it offers in these.

        Raises:
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not see invitations.
        """
        access = uow.access()
        access.require_live()
        invitation = _shown(uow, access, uow.invitations.records.get(text.exact(invitation_id, "invitation_id")))
        if not invitation.workspaces:
            access.require("tenant-api:member:read")
        return invitation

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        status: str | None = None,
        workspace: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Invitation]:
        """The invitations of the tenant, or those into one workspace; of these, what `get` shows.

        Args:
            status: Only `pending`, `expired`, `accepted`, `declined` or `revoked` ones.
            workspace: Only those that offer this workspace; for who may see its members.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of creation, or `newest`.
            total: Whether to count the whole list.

        Raises:
            NotFound: There is no such tenant or workspace, or the principal is no member of the tenant.
            Denied: The principal may not see invitations.
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        where: dict[str, object] = {}
        access = uow.require(f"{Level.at(workspace)}-api:member:read", workspace=workspace)
        if workspace is not None:
            where["workspaces"] = HasKey(workspace)
        if status is not None:
            seen = text.choice(status, InvitationStatus, "status")
            waiting = seen in (PENDING, InvitationStatus.EXPIRED)
            where["status"] = PENDING if waiting else seen
            if waiting:
                where["expires_at"] = After(uow.now) if seen is PENDING else Before(uow.now)
        return listed(
            uow,
            "invitations.list",
            uow.invitations.records,
            INVITATIONS,
            where,
            present=lambda found: [_shown(uow, access, invitation) for invitation in found],
            filters={"status": status, "workspace": workspace},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )


def _shown(uow: UnitOfWork, access: Access, invitation: Invitation) -> Invitation:
    """The invitation as it looks now, with those of its workspaces whose members the principal may see."""
    shown = invitation.seen_at(uow.now)
    visible = access.workspaces_where("workspace-api:member:read")
    if visible == ALL or access.can("tenant-api:member:read"):
        return shown
    return evolve(shown, workspaces={id: role for id, role in shown.workspaces.items() if id in visible})


def _managed(uow: UnitOfWork, invitation_id: str) -> Invitation:
    """The invitation, if the principal might have sent it."""
    invitation = uow.invitations.records.find(id=text.exact(invitation_id, "invitation_id"))
    access = uow.access(*(invitation.workspaces if invitation else ()))
    access.require_live()
    if invitation is None:
        raise INVITATIONS.missing()
    live = uow.workspaces.live(invitation.workspaces.keys())
    places = {id: role for id, role in invitation.workspaces.items() if id in live}
    require_may_invite(uow.scheme(invitation.role, *places.values()), access, invitation.role, places)
    return invitation


def _issued(uow: UnitOfWork, invitation: Invitation, nonce: bytes) -> Issued:
    return Issued(invitation, uow.settings.keys.sign_invitation(invitation.tenant_id, invitation.id, nonce))


def _expiry(uow: UnitOfWork, expires_in: timedelta | None) -> datetime:
    rules = uow.settings.rules
    lasting = rules.invitation_expires_in if expires_in is None else expires_in
    if type(lasting) is not timedelta or not rules.shortest_invitation <= lasting <= rules.longest_invitation:
        raise Invalid(
            f"expires_in must be a timedelta from {rules.shortest_invitation} to {rules.longest_invitation}.",
            field="expires_in",
        )
    try:
        return uow.now + lasting
    except OverflowError:
        raise Invalid("expires_in must end before the year 10000.", field="expires_in") from None
