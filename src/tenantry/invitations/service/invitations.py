"""What is done with invitations by those who send them."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve

from ...access.compiled import ALL, Access
from ...access.guard import require_live, require_may_invite, require_workspaces
from ...access.model import Level
from ...kernel import emails, ids, text
from ...kernel.errors import AlreadyMember
from ...kernel.tokens import new_nonce
from ...members.service.joining import resolve_offer
from ...notices.model import NoticeKind
from ...runtime.pages import Page
from ...runtime.runner import Runner
from ...runtime.service import Service, command, list_page, occurs, preceded, query
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import After, Before, HasKey
from ..model import (
    INVITATIONS,
    PENDING,
    Invitation,
    InvitationStatus,
    Issued,
    invited_email_key,
    mailbox_of,
    refusal,
    resend,
    revoke,
    seen_at,
    status_at,
    supersede,
    terms_of,
    update,
)
from .sending import expiry, require_deliverable, require_place, require_quiet, tell_invited, tell_new_end

__all__ = ["Invitations"]


def _before_sending(
    runner: Runner,
    email: str,
    *,
    role: str | None = None,
    workspaces: Mapping[str, str] | Values[str] | None = None,
    **_: Any,
) -> None:
    def address(uow: UnitOfWork) -> str:
        given = emails.Email.parse(email).address
        _offer(uow, role, workspaces)
        return given

    require_deliverable(runner, "invitations.send", address)


def _before_resending(runner: Runner, invitation_id: str, **_: Any) -> None:
    require_deliverable(runner, "invitations.resend", lambda uow: _require_managed(uow, invitation_id)[0].email)


class Invitations(Service):
    """The invitations of the tenant."""

    name = "invitations"
    __slots__ = ()

    @preceded(_before_sending)
    @command
    def send(
        self,
        uow: UnitOfWork,
        email: str,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | Values[str] | None = None,
        expires_in: timedelta | None = None,
        message: str | None = None,
    ) -> Issued:
        """Offer membership to an address. The token is in the result and nowhere else: send it now.

        Somebody who may invite into some workspaces only leaves `role` out, and names no other workspaces.

        Args:
            email: The address, in any spelling.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it; or the ids alone, for the scheme's
                `default_workspace_role`.
            expires_in: How long it can be accepted; `Options.invitation_expires_in` unless given.
            message: Plain text of at most 2,000 characters for the invited person.

        Raises:
            AlreadyMember: A member has this address.
            AlreadyInvited: The address has a pending invitation; send that one again.
            LimitReached: Too many invitations wait, the mailbox was sent too many within an hour, or the plan has no
                place for another member.
            NotFound: A workspace is not in use in the tenant.
            Invalid: An argument cannot be accepted, there is no such role, or mail to the address cannot be delivered.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        address = emails.Email.parse(email)
        access, tenant_role, places = _offer(uow, role, workspaces)
        nonce = new_nonce()
        invitation = Invitation(
            tenant_id=uow.tenant.id,
            id=ids.new("inv"),
            email=address.address,
            email_key=address.key,
            role=tenant_role,
            workspaces=places,
            expires_at=expiry(uow, expires_in),
            invited_by=uow.by.user_id,
            message=text.paragraph_or_none(message, "message"),
            created_at=uow.now,
            sent_at=uow.now,
            recent_sends=(uow.now.isoformat(),),
            nonce=nonce.hex(),
        )
        _require_no_member(uow, access, address.key)
        former = uow.invitations.pending_for(address.key)
        if former is not None and status_at(former, uow.now) is PENDING:
            raise refusal(former, uow.now)
        require_quiet(uow, mailbox_of(invitation))
        require_place(uow)
        if former is not None:
            uow.invitations.records.save(supersede(former, uow.now))
            uow.record("invitation.superseded", former.id, after={"status": InvitationStatus.REVOKED.value})
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
        return _issue(uow, invitation, nonce)

    @preceded(_before_resending)
    @command
    def resend(self, uow: UnitOfWork, invitation_id: str, *, expires_in: timedelta | None = None) -> Issued:
        """Send the offer as it is now with a new token; older links are dead from now on.

        The principal stands behind it from now on. One that is past its time is pending again.

        Args:
            invitation_id: `inv_…`.
            expires_in: How long it can be accepted from now on; `Options.invitation_expires_in` unless given.

        Raises:
            InvitationAccepted: It was accepted, and so on: it is neither pending nor expired.
            AlreadyMember: A member has this address by now.
            LimitReached: The mailbox was sent too many within an hour; or the invitation is past its time, and by now
                too many others wait, or the plan has no place for another member.
            NotFound: There is none of this id in the tenant.
            Invalid: A role that it offers is gone, or mail to the address cannot be delivered.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        before, access, _ = _require_managed(uow, invitation_id)
        nonce = new_nonce()
        after = resend(
            before,
            by=uow.by.user_id,
            nonce=nonce.hex(),
            expires_at=expiry(uow, expires_in),
            at=uow.now,
            kept=uow.settings.options.max_sends_an_hour,
        )
        resolve_offer(uow, before.role, before.workspaces)
        _require_no_member(uow, access, invited_email_key(before))
        require_quiet(uow, mailbox_of(before))
        if status_at(before, uow.now) is not PENDING:
            require_place(uow)
        uow.invitations.records.save(after)
        uow.record(
            "invitation.resent",
            after.id,
            before={"sends": before.sends, "expires_at": before.expires_at.isoformat()},
            after={"sends": after.sends, "expires_at": after.expires_at.isoformat()},
        )
        return _issue(uow, after, nonce)

    @command
    def update(
        self,
        uow: UnitOfWork,
        invitation_id: str,
        *,
        role: str | None = None,
        workspaces: Mapping[str, str] | Values[str] | None = None,
        expires_in: timedelta | None = None,
        message: str | None = None,
    ) -> Invitation:
        """Change what a pending invitation offers; its link stays good and shows the new offer.

        It is judged like sending the new offer, and the principal stands behind it from now on. What is not given stays
        as it is.

        Args:
            invitation_id: `inv_…`.
            role: The tenant role.
            workspaces: Like those of `send`; all of them, and none for an empty mapping.
            expires_in: How long it can be accepted from now on.
            message: Plain text of at most 2,000 characters for the invited person; the empty text removes it.

        Raises:
            InvitationAccepted: It was accepted, and so on: it is not pending.
            InvitationExpired: It is past its time; `resend` makes it pending again.
            NotFound: There is none of this id in the tenant, or a workspace is not in use in it.
            Invalid: An argument cannot be accepted, or there is no such role.
            Denied: The principal may not invite, or holds less than the roles give or would give.
        """
        before, _, live = _require_managed(uow, invitation_id)
        mine = update(before, by=uow.by.user_id, at=uow.now)
        _, tenant_role, places = _offer(
            uow, before.role if role is None else role, live if workspaces is None else workspaces
        )
        after = evolve(
            mine,
            role=tenant_role,
            workspaces=before.workspaces if workspaces is None else places,
            expires_at=before.expires_at if expires_in is None else expiry(uow, expires_in),
            message=before.message if message is None else text.paragraph_or_none(message, "message"),
        )
        if uow.record("invitation.updated", after.id, before=terms_of(before), after=terms_of(after)):
            uow.invitations.records.save(after)
        if after.expires_at != before.expires_at:
            tell_new_end(uow, after)
        return after

    @command
    def revoke(self, uow: UnitOfWork, invitation_id: str, *, reason: str | None = None) -> Invitation:
        """Withdraw a pending invitation; its link is dead from now on.

        Args:
            invitation_id: `inv_…`.
            reason: Plain text of at most 500 characters, for the audit trail and the invited person.

        Raises:
            InvitationAccepted: It was accepted, and so on: it is not pending.
            InvitationExpired: It is past its time.
            NotFound: There is none of this id in the tenant.
            Invalid: The reason cannot be accepted.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        said = text.paragraph_or_none(reason, "reason", longest=500)
        invitation = revoke(_require_managed(uow, invitation_id)[0], uow.now)
        uow.invitations.records.save(invitation)
        why = {} if said is None else {"reason": said}
        uow.record("invitation.revoked", invitation.id, after={"status": invitation.status.value, **why})
        uow.tell(NoticeKind.REVOKED, invitation.email, reason=said)
        return invitation

    @query
    def get(self, uow: UnitOfWork, invitation_id: str) -> Invitation:
        """One invitation; who sees the members of some workspaces only, sees what it offers in these.

        Raises:
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not see invitations.
        """
        access = uow.access()
        require_live(access)
        invitation = _seen(uow, access, uow.invitations.records.get(text.exact(invitation_id, "invitation_id")))
        if not invitation.workspaces:
            access.require("tenant-api:member:read")
        return _shown(uow, [invitation])[0]

    @query
    def list(
        self,
        uow: UnitOfWork,
        *,
        status: str | None = None,
        workspace: str | None = None,
        search: str | None = None,
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
            search: Only those in whose address this occurs, in any case.
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
        if search is not None:
            where["search_key"] = occurs(search)
        return list_page(
            uow,
            uow.invitations.records,
            INVITATIONS,
            where,
            present=lambda found: _shown(uow, [_seen(uow, access, invitation) for invitation in found]),
            filters={"status": status, "workspace": workspace, "search": search},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )


def _shown(uow: UnitOfWork, invitations: Sequence[Invitation]) -> Sequence[Invitation]:
    """These, with the labels of their roles and, where notices are on, with how their delivery stands."""
    scheme = uow.scheme(*(role for each in invitations for role in (each.role, *each.workspaces.values())))
    found = uow.invitations.with_delivery(invitations) if uow.settings.notices else invitations
    return [
        evolve(
            each,
            role_label=scheme.label(each.role, Level.TENANT),
            workspace_labels={id: scheme.label(role, Level.WORKSPACE) for id, role in each.workspaces.items()},
        )
        for each in found
    ]


def _seen(uow: UnitOfWork, access: Access, invitation: Invitation) -> Invitation:
    """The invitation as it looks now, with those of its workspaces whose members the principal may see."""
    shown = seen_at(invitation, uow.now)
    visible = access.workspaces_where("workspace-api:member:read")
    if visible == ALL or access.can("tenant-api:member:read"):
        return shown
    return evolve(shown, workspaces={id: role for id, role in shown.workspaces.items() if id in visible})


def _offer(
    uow: UnitOfWork, role: str | None, workspaces: Mapping[str, str] | Values[str] | None
) -> tuple[Access, str, Mapping[str, str]]:
    """The roles of an offer that the principal may make, and their access."""
    scheme, tenant_role, places = resolve_offer(uow, role, workspaces)
    access = uow.access(*places)
    require_may_invite(scheme, access, tenant_role, places)
    require_workspaces(access, places)
    return access, tenant_role, places


def _require_managed(uow: UnitOfWork, invitation_id: str) -> tuple[Invitation, Access, Mapping[str, str]]:
    """The invitation, if the principal might have sent it; their access; its workspaces in use with their roles."""
    invitation = uow.invitations.records.find(id=text.exact(invitation_id, "invitation_id"))
    access = uow.access(*(invitation.workspaces if invitation else ()))
    require_live(access)
    if invitation is None:
        raise INVITATIONS.missing()
    live = uow.workspaces.live(invitation.workspaces.keys())
    places = {id: role for id, role in invitation.workspaces.items() if id in live}
    require_may_invite(uow.scheme(invitation.role, *places.values()), access, invitation.role, places)
    return invitation, access, places


def _require_no_member(uow: UnitOfWork, access: Access, email_key: str) -> None:
    """Go on only if no member has this address; who may see members is told which."""
    member = uow.members.with_address(email_key)
    if member is None:
        return
    message = "A member of this tenant has this address already."
    if not access.can("tenant-api:member:read"):
        raise AlreadyMember(message)
    if not member.is_active:
        message = "A deactivated member of this tenant has this address; reactivate them instead."
    raise AlreadyMember(message, user_id=member.user_id, status=member.status.value)


def _issue(uow: UnitOfWork, invitation: Invitation, nonce: bytes) -> Issued:
    tell_invited(uow, invitation)
    return Issued(invitation, uow.settings.keys.sign_invitation(invitation.tenant_id, invitation.id, nonce))
