"""The invitations that wait for somebody who becomes a member, or ends to be one.

Both close them. Nobody closes in this way what they could not revoke, or decline as the invited person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...access.compiled import Access, answers_of, facts_of
from ...invitations.model import (
    PENDING,
    Invitation,
    InvitationPart,
    accept,
    invited_email_key,
    refusal,
    status_at,
    supersede,
)
from ...kernel.principal import verified_email_key
from ...runtime.unit_of_work import UnitOfWork
from ..model import Membership, member_email_key
from .offers import irrevocable

__all__ = ["Waiting", "parts_that_stay"]


class Waiting:
    """The invitations to the addresses of those who are about to be members.

    Args:
        uow: The unit of work.
        members: Their memberships.
        access: What the principal may do, as far as that is known.
    """

    def __init__(self, uow: UnitOfWork, members: Iterable[Membership], access: Access) -> None:
        self._uow = uow
        self._users = {key: member.user_id for member in members if (key := member_email_key(member))}
        self._found = uow.invitations.pending_for_many(self._users.keys())
        pending = [each for each in self._found if status_at(each, uow.now) is PENDING]
        stays = parts_that_stay(uow, pending, access)
        self._stays = {invited_email_key(each): each for each in pending if stays[each.id]}

    def require_closable(self, member: Membership) -> None:
        """Could the principal revoke what waits for this member, all of it?

        Raises:
            AlreadyInvited: They could not.
        """
        stays = self._stays.get(member_email_key(member) or "")
        if stays is not None:
            raise refusal(stays, self._uow.now)

    def close(self) -> None:
        """Close them; they hold no places any more.

        One that could still be accepted counts as accepted by its member: its link then says that they are one already.
        """
        uow = self._uow
        closed = [
            accept(each, self._users[invited_email_key(each)], uow.now)
            if status_at(each, uow.now) is PENDING
            else supersede(each, uow.now)
            for each in self._found
        ]
        uow.invitations.records.save(*closed)
        for each in closed:
            if each.accepted_by is None:
                uow.record("invitation.superseded", each.id, after={"status": each.status.value})
            else:
                after = {"status": each.status.value, "accepted_by": each.accepted_by}
                uow.record("invitation.accepted", each.id, after=after)


def parts_that_stay(
    uow: UnitOfWork, pending: Sequence[Invitation], access: Access | None = None
) -> Mapping[str, Sequence[InvitationPart]]:
    """By id, which parts of these pending invitations the principal cannot end: neither revoke nor decline.

    As many statements for several as for one; none where all are the principal's to decline, or they are SYSTEM.

    Args:
        uow: The unit of work.
        pending: The invitations.
        access: What the principal may do, if that is known; what it does not know of their workspaces is asked.
    """
    mine = verified_email_key(uow.by)
    others = [each for each in pending if not uow.by.is_system and invited_email_key(each) != mine]
    stays: dict[str, Sequence[InvitationPart]] = {each.id: () for each in pending}
    if others:
        asked = {id for each in others for id in each.workspaces}
        if access is None or not asked <= facts_of(access)[1].standing.workspaces.keys():
            access = uow.access(*asked)
        live = [id for id in answers_of(access) if id is not None]
        scheme = uow.scheme(*(part.role for each in others for part in each.parts))
        stays |= {each.id: irrevocable(scheme, access, each, live) for each in others}
    return stays
