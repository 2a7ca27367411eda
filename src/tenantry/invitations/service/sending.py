"""What sending an invitation takes beside the right to do so: limits, an address that mail reaches, and notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...audit.service.erasing import erase as erase_in_trail
from ...kernel import text
from ...kernel.errors import Invalid, LimitReached
from ...members.model import MembershipStatus
from ...notices.model import NoticeKind
from ...runtime.runner import Runner
from ...runtime.unit_of_work import UnitOfWork
from ...storage.ports import OneOf
from ..model import INVITATIONS, PENDING, Invitation, sends_since
from ..repository import notice_data

__all__ = [
    "expiry",
    "remove_surplus",
    "require_deliverable",
    "require_place",
    "require_quiet",
    "tell_backers",
    "tell_invited",
    "tell_new_end",
]

_WINDOW = timedelta(hours=1)
_REMOVED_AT_ONCE = 1_000


def require_deliverable(runner: Runner, verb: str, address_of: Callable[[UnitOfWork], str | None]) -> None:
    """Go on only if mail to an address can arrive, as far as the host says, who is asked with no transaction open.

    Args:
        runner: Who wants to send.
        verb: For which verb.
        address_of: Finds the address, or None if nothing is to be sent, or refuses: nobody makes the host look for what
            they may not send to.

    Raises:
        Invalid: It cannot, or the host's function gives no answer. What that raises passes unchanged.
    """
    can_arrive = runner.settings.options.deliverable
    if can_arrive is None:
        return
    address = runner.query(verb, address_of)
    if address is not None and not text.boolean(can_arrive(address), "what Options.deliverable returns"):
        raise Invalid("Mail to this address cannot be delivered.", field="email", rule="undeliverable")


def require_quiet(uow: UnitOfWork, mailbox: str) -> None:
    """Go on only if this mailbox may be sent one more invitation now, in whatever spelling.

    Raises:
        LimitReached: It was sent too many within an hour.
    """
    most = uow.settings.options.max_sends_an_hour
    since = uow.now - _WINDOW
    sent = sorted(at for each in uow.invitations.sent_to(mailbox, since=since) for at in sends_since(each, since))
    if len(sent) >= most:
        retry_at = (sent[-most] + _WINDOW).isoformat()
        message = f"A mailbox is sent at most {most:,} invitations an hour; try again at {retry_at}."
        raise LimitReached(message, rule="max_sends_an_hour", limit=most, retry_at=retry_at)


def require_place(uow: UnitOfWork, *, is_for_member: bool) -> int:
    """Go on only if one more invitation may wait for an answer.

    Returns:
        How many invitations there are, of any status.

    Raises:
        LimitReached: So many wait already, or it would make somebody a member and the plan has no place for one.
    """
    most = uow.settings.options.max_pending_invitations
    counts = uow.invitations.counts()
    if counts.get(PENDING, 0) >= most and uow.invitations.count_pending(at=uow.now) >= most:  # some may be expired
        message = f"At most {most:,} invitations of a tenant wait for an answer."
        raise LimitReached(message, rule="max_pending_invitations", limit=most)
    if not is_for_member:
        uow.limits.require_invitations(1)
    return sum(counts.values())


def remove_surplus(uow: UnitOfWork, there: int, *, but: Invitation | None) -> None:
    """Remove the oldest closed invitations where one more would exceed what is kept; some at once, so this is rare.

    With them go their reminders, and the addresses in their events, which `forget` finds by the invitations. Those that
    were sent within the hour stay: they are what `require_quiet` counts.

    Args:
        uow: The unit of work.
        there: How many invitations there are, of any status.
        but: One that is in hand.

    Raises:
        LimitReached: All of the closed ones were sent within the hour.
    """
    options = uow.settings.options
    surplus = there + 1 - options.max_pending_invitations - options.max_closed_invitations
    if surplus <= 0:
        return
    number = min(surplus + options.max_closed_invitations // 10, _REMOVED_AT_ONCE)
    found = uow.invitations.oldest_closed(number, at=uow.now, sent_until=uow.now - _WINDOW)
    if not found:
        most = options.max_closed_invitations
        message = (
            f"A tenant keeps at most {most:,} closed invitations, and these are of the last hour; try again later."
        )
        raise LimitReached(message, rule="max_closed_invitations", limit=most)
    gone = [each for each in found if but is None or each.id != but.id]
    uow.remove(INVITATIONS, *gone)
    if uow.settings.notices:
        uow.notices.withdraw_reminders(*(each.id for each in gone))
    erase_in_trail(uow, targets=[each.id for each in gone], principals=[])


def expiry(uow: UnitOfWork, expires_in: timedelta | None) -> datetime:
    """When an invitation ends that is given this time, or the usual one.

    Raises:
        Invalid: It is out of bounds.
    """
    options = uow.settings.options
    lasting = options.invitation_expires_in if expires_in is None else expires_in
    if type(lasting) is not timedelta or not options.shortest_invitation <= lasting <= options.longest_invitation:
        bounds = options.shortest_invitation, options.longest_invitation
        least, most = (f"{each}".removesuffix(", 0:00:00") for each in bounds)
        raise Invalid(
            f"expires_in must be a timedelta from {least} to {most}.",
            field="expires_in",
            rule="out_of_range",
            low=least,
            high=most,
        )
    try:
        return uow.now + lasting
    except OverflowError:
        raise Invalid("expires_in must end before the year 10000.", field="expires_in", rule="too_late") from None


def tell_invited(uow: UnitOfWork, invitation: Invitation) -> None:
    """Owe the invited person the invitation, and a reminder some time before it ends, in place of an earlier one."""
    if uow.settings.notices:
        if invitation.sends > 1:
            uow.notices.withdraw_reminders(invitation.id)
        data = notice_data(uow.tx, uow.settings.scheme, invitation, uow.tenant)
        uow.tell(NoticeKind.INVITATION, invitation.email, invitation=invitation, **data)
        _tell_reminder(uow, invitation, data)


def tell_new_end(uow: UnitOfWork, invitation: Invitation) -> None:
    """Owe the invited person a reminder of an invitation that ends at another time by now, in place of the earlier."""
    if uow.settings.notices:
        uow.notices.withdraw_reminders(invitation.id)
        _tell_reminder(uow, invitation, notice_data(uow.tx, uow.settings.scheme, invitation, uow.tenant))


def _tell_reminder(uow: UnitOfWork, invitation: Invitation, data: Mapping[str, Any]) -> None:
    before = uow.settings.options.reminder_before
    if before is not None and before < invitation.expires_at - uow.now:
        due_at = invitation.expires_at - before
        uow.tell(NoticeKind.REMINDER, invitation.email, invitation=invitation, due_at=due_at, **data)


def tell_backers(uow: UnitOfWork, kind: NoticeKind, invitation: Invitation) -> None:
    """Owe those who stand behind the invitation what became of it, each who is an active member still."""
    if not uow.settings.notices:
        return
    backers = OneOf(each.invited_by for each in invitation.parts)
    for member in uow.members.records.list(user_id=backers, status=MembershipStatus.ACTIVE):
        uow.tell_member(kind, member, invitee=invitation.email, reason=invitation.reason)
