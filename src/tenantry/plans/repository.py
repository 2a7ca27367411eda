"""What is used of a plan, counted from what is stored."""

from __future__ import annotations

from datetime import datetime

from ..invitations.model import INVITATIONS, InvitationStatus
from ..members.model import MEMBERSHIPS, MembershipStatus
from ..storage.ports import After, Transaction
from ..workspaces.model import WORKSPACES, WorkspaceStatus

__all__ = ["UsageRepository"]


class UsageRepository:
    """The figures of one tenant; each is one statement. `Totals` has the same, all of them read at once."""

    def __init__(self, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now

    @property
    def workspaces(self) -> int:
        """How many workspaces are in use."""
        return self._tx.records(WORKSPACES).count(status=WorkspaceStatus.ACTIVE)

    @property
    def members(self) -> int:
        """How many members are active."""
        return self._tx.records(MEMBERSHIPS).count(status=MembershipStatus.ACTIVE)

    @property
    def newcomers(self) -> int:
        """How many invitations would make somebody a member now; one past its time would not, also while unnoticed."""
        return self._tx.records(INVITATIONS).count(
            status=InvitationStatus.PENDING, is_for_member=False, expires_at=After(self._now)
        )
