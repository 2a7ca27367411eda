"""How much there is in a tenant is counted at once."""

from __future__ import annotations

from datetime import timedelta

from ...invitations.model import INVITATIONS, InvitationStatus
from ...kernel.errors import NotFound
from ...members.model import MEMBERSHIPS, MembershipStatus
from ...storage.ports import Open, Store
from ...tenants.model import Totals
from ...workspaces.model import WORKSPACES, WorkspaceStatus
from .expect import refused, same
from .world import NOW, founded, invitation, member, new_tenant, workspace

__all__ = ["InAll"]

_TICK = timedelta(microseconds=1)


class InAll:
    """What `totals` tells of a tenant."""

    def test_what_counts_in_a_tenant_is_counted_at_once(self, store: Store) -> None:
        """`totals` is the tenant's row and four figures, of this tenant alone, in one statement."""
        ours = founded(store)
        founded(store)
        with store.command(ours.tenant.id, gate=Open()) as tx:
            before = tx.totals(NOW)
            tenant = tx.tenant()
            tx.records(WORKSPACES).add(
                *(workspace(ours.tenant) for _ in range(2)), workspace(ours.tenant, status=WorkspaceStatus.ARCHIVED)
            )
            tx.records(MEMBERSHIPS).add(
                *(member(ours.tenant) for _ in range(3)), member(ours.tenant, status=MembershipStatus.DEACTIVATED)
            )
            ends = [NOW - _TICK, NOW, NOW + _TICK, NOW + 2 * _TICK]
            closed = [each for each in InvitationStatus if each not in (InvitationStatus.PENDING, "expired")]
            tx.records(INVITATIONS).add(
                *(invitation(ours.tenant, expires_at=end) for end in ends),
                *(invitation(ours.tenant, expires_at=ends[-1], status=status) for status in closed),
                invitation(ours.tenant, expires_at=ends[-1], is_for_member=True),
            )
            first, statements = tx.totals(NOW), tx.statements
            expected = Totals(
                tenant, before.workspaces + 2, before.members + 3, before.invitations + 3, before.newcomers + 2
            )
            same(first, expected, "what is in use, active, and can be accepted is counted")
            tx.totals(NOW)
            same(tx.statements - statements, 1, "the totals are one statement")
        with store.query(ours.tenant.id) as tx:
            same(tx.totals(NOW), first, "what was written is counted")
            same(tx.totals(ends[2]).invitations, first.invitations - 1, "an invitation counts until it ends")
            same(tx.totals(NOW).tenant, tx.tenant(), "the row is that of the tenant")

    def test_there_are_no_totals_of_a_tenant_that_is_not_there(self, store: Store) -> None:
        """An unknown tenant has no row, and so no figures."""
        unknown = refused(NotFound, "a tenant that is not there has no totals")
        with store.query(new_tenant().id) as tx, unknown:
            tx.totals(NOW)
