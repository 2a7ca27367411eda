"""More stores that look right and are not: in how much they say that there is."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from tenantry.invitations.model import INVITATIONS, InvitationStatus
from tenantry.members.model import MEMBERSHIPS
from tenantry.memory.transaction import Transaction
from tenantry.tenants.model import Tenant, Totals
from tests.contract.broken import WithRecords


class _WithTotals(WithRecords):
    def _changed(self, transaction: Transaction) -> Transaction:
        ours = transaction.totals

        def totals(at: datetime) -> Totals:
            return self._told(transaction, ours(at))

        setattr(transaction, "totals", totals)  # noqa: B010 - a method of one object
        return super()._changed(transaction)

    def _told(self, transaction: Transaction, totals: Totals) -> Totals:
        raise NotImplementedError


class CountsWhatHasEnded(_WithTotals):
    """An invitation counts until somebody has closed it."""

    def _told(self, transaction: Transaction, totals: Totals) -> Totals:
        return evolve(totals, invitations=transaction.records(INVITATIONS).count(status=InvitationStatus.PENDING))


class CountsEverybody(_WithTotals):
    """Whoever is deactivated counts, too."""

    def _told(self, transaction: Transaction, totals: Totals) -> Totals:
        transaction.statements -= 1
        return evolve(totals, members=transaction.records(MEMBERSHIPS).count())


class CountsOffersToMembers(_WithTotals):
    """Whoever is invited becomes a member."""

    def _told(self, transaction: Transaction, totals: Totals) -> Totals:
        return evolve(totals, newcomers=totals.invitations)


class CountsOneByOne(_WithTotals):
    """Each figure is a question of its own."""

    def _told(self, transaction: Transaction, totals: Totals) -> Totals:
        transaction.step()
        return totals


class CountsForAnybody(WithRecords):
    """A tenant that is not there has nothing in it."""

    def _changed(self, transaction: Transaction) -> Transaction:
        def totals(at: datetime) -> Totals:
            transaction.step()
            return Totals(Tenant(id="?", name="?", slug="?", default_workspace_id="?", created_at=at), 0, 0, 0, 0)

        setattr(transaction, "totals", totals)  # noqa: B010 - a method of one object
        return super()._changed(transaction)
