"""What is done with invitations by those who send them."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve

from ...access.compiled import Access
from ...access.guard import require_live
from ...access.model import Level
from ...kernel import emails, text
from ...kernel.tokens import new_nonce
from ...kernel.values import fill_in
from ...members.service.joining import resolve_offer
from ...members.service.offers import take_over
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
    resend,
    revoke,
    status_at,
    terms_of,
    update,
    with_parts,
)
from .issuing import issue, send_offer
from .offering import (
    already_member,
    require_managed,
    require_offer,
    require_revision,
    roles_in,
    visible,
    with_actions,
)
from .sending import expiry, require_deliverable, require_place, require_quiet, tell_new_end

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
        require_offer(uow, role, workspaces)
        return given

    require_deliverable(runner, "invitations.send", address)


def _before_resending(runner: Runner, invitation_id: str, **_: Any) -> None:
    require_deliverable(runner, "invitations.resend", lambda uow: require_managed(uow, invitation_id).invitation.email)


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

        Somebody who may invite into some workspaces only leaves `role` out, and names no other workspaces. A member is
        offered the workspaces that are new to them. Where an invitation waits for the address already, the offer is
        added to that one, and the principal stands behind this part of it; all its links stay good.

        Args:
            email: The address, in any spelling.
            role: A tenant role; the scheme's lowest unless given.
            workspaces: For each workspace id, the role in it; or the ids alone, for the scheme's
                `default_workspace_role`.
            expires_in: How long it can be accepted; `Options.invitation_expires_in` unless given.
            message: Plain text of at most 2,000 characters for the invited person.

        Raises:
            AlreadyMember: A member has this address, and there is no workspace that is new to them; or they are
                deactivated, or `role` is not the lowest.
            AlreadyInvited: The address has a pending invitation to all this, or with another role somewhere; send that
                one again, or update it.
            LimitReached: Too many invitations wait, the mailbox was sent too many within an hour, or the plan has no
                place for another member.
            NotFound: A workspace is not in use in the tenant.
            Invalid: An argument cannot be accepted, there is no such role, or mail to the address cannot be delivered.
            Denied: The principal may not invite, or holds less than the roles would give.
        """
        return send_offer(uow, email, role=role, workspaces=workspaces, ends=expiry(uow, expires_in), message=message)

    @preceded(_before_resending)
    @command
    def resend(self, uow: UnitOfWork, invitation_id: str, *, expires_in: timedelta | None = None) -> Issued:
        """Send the offer as it is now with a new token; older links are dead from now on.

        The principal stands behind it from now on, as far as they may offer it; the rest is offered as before. One that
        is past its time is pending again, without that rest.

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
            Denied: The principal may not invite, or holds less than each of the roles would give.
        """
        managed = require_managed(uow, invitation_id)
        before = managed.invitation
        waits = status_at(before, uow.now) is PENDING
        kept = [*managed.others, *managed.gone] if waits else []
        ends = expiry(uow, expires_in)
        resent = resend(
            before,
            by=uow.by.user_id,
            nonce=new_nonce().hex(),
            expires_at=max(ends, before.expires_at) if kept else ends,
            at=uow.now,
            kept=uow.settings.options.max_sends_an_hour,
        )
        mine = take_over(managed.mine, uow.by.user_id, None)
        after = with_parts(resent, [*kept, *mine], lowest=uow.settings.scheme.member_role)
        resolve_offer(uow, after.role, after.workspaces)
        member = None if before.is_for_member else uow.members.with_address(invited_email_key(before))
        if member is not None:
            raise already_member(managed.access, member)
        require_quiet(uow, mailbox_of(before))
        if not waits:
            require_place(uow, is_for_member=before.is_for_member)
        uow.invitations.records.save(after)
        uow.record(
            "invitation.resent",
            after.id,
            before={"sends": before.sends, "expires_at": before.expires_at.isoformat()},
            after={"sends": after.sends, "expires_at": after.expires_at.isoformat()},
        )
        return issue(uow, managed.access, after)

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
        as it is, and so do the parts that the principal may not offer.

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
        managed = require_managed(uow, invitation_id)
        before = managed.invitation
        revised = update(before, by=uow.by.user_id, at=uow.now)
        said = None if message is None else text.paragraph_or_none(message, "message") or ""
        parts = [*require_revision(uow, managed, role, workspaces, said), *managed.others, *managed.gone]
        ends = before.expires_at if expires_in is None else expiry(uow, expires_in)
        after = with_parts(
            evolve(revised, expires_at=max(ends, before.expires_at) if managed.others else ends),
            parts,
            lowest=uow.settings.scheme.member_role,
        )
        if uow.record("invitation.updated", after.id, before=terms_of(before), after=terms_of(after)):
            uow.invitations.records.save(after)
        if after.expires_at != before.expires_at:
            tell_new_end(uow, after)
        return visible(uow, managed.access, after)

    @command
    def revoke(self, uow: UnitOfWork, invitation_id: str, *, reason: str | None = None) -> Invitation:
        """Withdraw a pending invitation; its link is dead from now on.

        Where others stand behind parts of it that the principal may not offer, it goes on with these.

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
        managed = require_managed(uow, invitation_id, own=True)
        before = managed.invitation
        why = {} if said is None else {"reason": said}
        after = revoke(before, uow.now)
        if managed.others:
            rest = update(before, by=before.invited_by, at=uow.now)
            parts = [*managed.others, *managed.gone]
            after = with_parts(rest, parts, lowest=uow.settings.scheme.member_role)
            uow.record("invitation.updated", after.id, before=terms_of(before), after={**terms_of(after), **why})
        else:
            uow.record("invitation.revoked", after.id, after={"status": after.status.value, **why})
            uow.tell(NoticeKind.REVOKED, after.email, reason=said)
        uow.invitations.records.save(after)
        return visible(uow, managed.access, after)

    @query
    def get(self, uow: UnitOfWork, invitation_id: str, *, actions: bool = False) -> Invitation:
        """One invitation; who sees the members of some workspaces only, sees what it offers in these.

        Args:
            invitation_id: `inv_…`.
            actions: Whether to tell what the principal could do to it, in `Invitation.actions`.

        Raises:
            NotFound: There is none of this id in the tenant.
            Denied: The principal may not see invitations.
            Invalid: An argument is of the wrong type.
        """
        access = uow.access()
        require_live(access)
        invitation = uow.invitations.records.get(text.exact(invitation_id, "invitation_id"))
        if not visible(uow, access, invitation).workspaces:
            access.require("tenant-api:member:read")
        return _shown(uow, access, [invitation], actions=actions)[0]

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
        actions: bool = False,
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
            actions: Whether to tell what the principal could do to each, in `Invitation.actions`.

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
            present=lambda found: _shown(uow, access, found, actions=actions),
            filters={"status": status, "workspace": workspace, "search": search},
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )


def _shown(
    uow: UnitOfWork, access: Access, invitations: Sequence[Invitation], *, actions: bool
) -> Sequence[Invitation]:
    """These as the principal sees them, with labels, delivery where notices are on, and actions if asked for."""
    scheme = uow.scheme(*roles_in(*invitations))
    if text.boolean(actions, "actions"):
        invitations = with_actions(uow, scheme, access, invitations)
    seen = [visible(uow, access, each) for each in invitations]
    found = uow.invitations.with_delivery(seen) if uow.settings.notices else seen
    return [
        fill_in(
            each,
            role_label=scheme.label(each.role, Level.TENANT),
            workspace_labels={id: scheme.label(role, Level.WORKSPACE) for id, role in each.workspaces.items()},
        )
        for each in found
    ]
