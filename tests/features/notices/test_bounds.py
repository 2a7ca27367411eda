"""Nobody can be written to without end by way of somebody who may change members."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tenantry import Delivery, Dispatched, Notice, NoticeKind, NoticeStatus, Options, Tenantry, schemes
from tenantry.notices.model import NOTICES
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox, Refusing, outbox, owe
from tests.features.people import ADA, BOB, DAN, EVE, SECRET, Company
from tests.features.test_statements import counting

VICTIM = ("victim@gov.test", "Vic.tim+1@gov.test", "victim+2@GOV.test")


def owed(store: Store, acme: Company) -> list[Notice]:
    with store.query(acme.id) as tx:
        return [*tx.records(NOTICES).list()]


def opened(store: Store, clock: FrozenClock, most: int) -> Company:
    options = Options(max_notices_an_hour=most)
    tenancy = Tenantry(
        store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options, notices=True
    )
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


def test_a_mailbox_is_told_so_much_an_hour_in_whatever_spelling(store: Store) -> None:
    """EM-14, RX-01."""
    clock = FrozenClock()
    acme = opened(store, clock, most=3)
    acme.add(BOB)
    for address in VICTIM:
        acme.tenancy.person(evolve(BOB, email=address)).refresh_profile()
        for role in ("admin", "member"):
            acme.context().members.change_role(BOB.user_id, role=role)

    assert len(owed(store, acme)) == 3
    clock.advance(hours=1)
    acme.context().members.change_role(BOB.user_id, role="admin")
    assert len(owed(store, acme)) == 4


def test_several_in_one_command_are_counted_together(store: Store) -> None:
    acme = opened(store, FrozenClock(), most=2)
    for who in (BOB, EVE, DAN):
        acme.add(who, "owner")
        acme.tenancy.person(evolve(who, email=VICTIM[0])).refresh_profile()

    acme.context().suspend("Unpaid")

    assert len(owed(store, acme)) == 2


def test_invitations_have_their_own_limit_and_are_never_left_out(store: Store) -> None:
    acme = opened(store, FrozenClock(), most=1)
    acme.add(BOB)
    acme.context().members.change_role(BOB.user_id, role="admin")
    acme.context().members.remove(BOB.user_id)
    acme.context().invitations.send("bob@acme.test", expires_in=timedelta(days=7))

    kinds = [notice.kind for notice in owed(store, acme)]
    assert kinds == [NoticeKind.ROLE_CHANGED, NoticeKind.INVITATION, NoticeKind.REMINDER]


class TestOverAllTenants:
    """Law 11: whoever makes many tenants does not send many mails to one mailbox."""

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    @pytest.fixture
    def tenancy(self, store: Store, clock: FrozenClock) -> Tenantry:
        options = Options(max_mails_an_hour=3, reminder_before=None)
        given: Any = {"scheme": schemes.AGENCY, "secret_keys": [SECRET], "options": options, "notices": True}
        return Tenantry(store=store, clock=clock, **given)

    @pytest.fixture
    def flooded(self, tenancy: Tenantry, clock: FrozenClock) -> list[Company]:
        """Five tenants that invite one mailbox, in several spellings, one minute after the other."""
        companies = [Company(tenancy, tenancy.person(ADA).create_tenant(f"Acme {number}")) for number in range(5)]
        for number, each in enumerate(companies):
            each.context().invitations.send(VICTIM[number % 3])
            clock.advance(minutes=1)
        return companies

    def test_a_mailbox_is_sent_so_much_an_hour(self, tenancy: Tenantry, flooded: list[Company]) -> None:
        flooded[0].context().invitations.send("other@gov.test")
        done, postbox = run(tenancy)

        assert (done.sent, done.excess, done.dropped, done.waiting) == (4, 2, 0, 0)
        assert sorted(each.email for each in postbox.got) == sorted([*VICTIM, "other@gov.test"])

    def test_what_is_more_is_listed_and_can_be_retried(
        self, tenancy: Tenantry, flooded: list[Company], clock: FrozenClock
    ) -> None:
        run(tenancy)
        excess = tenancy.jobs.dead_notices()

        assert [(each.tenant_id, each.status, each.failure) for each in excess] == [
            (flooded[number].id, NoticeStatus.EXCESS, "max_mails_an_hour") for number in (3, 4)
        ]
        assert [each.delivery for each in flooded[3].context().invitations.list()] == ["failed"]
        tenancy.jobs.retry_notice(excess[0].id)
        assert run(tenancy)[0].excess == 1
        clock.advance(hours=1)
        tenancy.jobs.retry_notice(excess[0].id)
        assert run(tenancy)[0].sent == 1

    def test_the_next_worker_counts_what_the_last_has_sent(self, tenancy: Tenantry, flooded: list[Company]) -> None:
        done = [tenancy.jobs.dispatch_notices(Postbox(), limit=1) for _ in flooded]
        assert [(each.sent, each.excess) for each in done] == [(1, 0)] * 3 + [(0, 1)] * 2

    def test_a_worker_counts_again_each_minute(
        self, tenancy: Tenantry, flooded: list[Company], clock: FrozenClock
    ) -> None:
        """What others have sent meanwhile, and what was sent more than an hour ago."""
        meanwhile = [Postbox()]

        def before(_: Delivery) -> None:
            clock.advance(minutes=1)
            if meanwhile:
                tenancy.jobs.dispatch_notices(meanwhile.pop(), limit=2)

        done = tenancy.jobs.dispatch_notices(postbox := Postbox(before))
        assert (len(postbox.got), done.excess) == (1, 2)
        flooded[0].context().invitations.send(VICTIM[2], workspaces={flooded[0].workspace("Law"): "viewer"})
        later = Postbox(lambda _: clock.advance(hours=1))
        flooded[0].context().invitations.send("other@gov.test")
        clock.advance(hours=1)
        assert tenancy.jobs.dispatch_notices(later).sent == 2

    def test_what_could_not_be_delivered_does_not_count(self, tenancy: Tenantry, flooded: list[Company]) -> None:
        assert tenancy.jobs.dispatch_notices(Refusing()).failed == 5

    def test_it_costs_no_statement_for_each_notice(self, sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
        acme = opened(sql_store, clock, most=50)
        costs = []
        for number in (1, 11):
            owe(acme, number)
            with counting(sql_store.engine) as executed:
                acme.tenancy.jobs.dispatch_notices(Postbox())
            costs.append(len(executed))
        assert costs[1] - costs[0] == 10 * 4  # claimed, noted, read, marked

    def test_it_is_removed_in_time(self, tenancy: Tenantry, flooded: list[Company], clock: FrozenClock) -> None:
        run(tenancy)
        clock.advance(days=8)
        run(tenancy)
        assert [outbox(each) for each in flooded] == [[]] * 5


def run(tenancy: Tenantry) -> tuple[Dispatched, Postbox]:
    postbox = Postbox()
    return tenancy.jobs.dispatch_notices(postbox), postbox
