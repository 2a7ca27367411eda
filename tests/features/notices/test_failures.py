"""What fails is tried again, ever more rarely, and in the end given up and listed; nothing is lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tenantry import Dispatched, Invalid, InvalidCursor, NotFound, Options, Tenantry, schemes
from tenantry.delivery.service.dispatch import LEASE, pause_after
from tenantry.jobs import JobsContext
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox, Refusing, delivered, given_up, outbox, owe, statuses
from tests.features.people import ADA, BOB, CAY, SECRET, Company

MINUTE = timedelta(minutes=1)


def test_a_failed_try_is_repeated_later(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """CR-08: a mail port that raises."""
    [id] = owe(acme, 1)

    assert tenancy.jobs.dispatch_notices(Refusing()) == Dispatched(failed=1, waiting=1)

    [notice] = outbox(acme)
    assert (notice.status, notice.attempts, notice._claim) == ("waiting", 1, None)
    assert notice.failure == "ConnectionRefusedError"
    clock.advance(seconds=59)
    assert delivered(tenancy) == []
    clock.advance(seconds=13)
    assert [delivery.key for delivery in delivered(tenancy)] == [id]
    assert outbox(acme)[0].failure is None


def test_each_pause_is_twice_as_long_up_to_six_hours(store: Store, clock: FrozenClock) -> None:
    tenancy = Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        clock=clock,
        notices=True,
        options=Options(max_attempts=12),
    )
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    owe(acme, 1)

    for minutes in (1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360):
        tenancy.jobs.dispatch_notices(Refusing())
        pause = outbox(acme)[0].due_at - clock()
        assert minutes * MINUTE <= pause <= minutes * MINUTE * 1.2
        clock.advance(pause)

    assert tenancy.jobs.dispatch_notices(Refusing()) == Dispatched(dead=1)
    assert outbox(acme)[0].attempts == 12
    assert pause_after(100) <= 360 * MINUTE * 1.2


def test_one_that_fails_keeps_no_other_from_being_sent(tenancy: Tenantry, acme: Company) -> None:
    bad = owe(acme, 1, email="bad@acme.test")
    good = owe(acme, 2)

    def refuse_one(delivery: Any) -> None:
        if delivery.key in bad:
            raise TimeoutError

    postbox = Postbox(refuse_one)

    assert tenancy.jobs.dispatch_notices(postbox) == Dispatched(sent=2, failed=1, waiting=1)
    assert [delivery.key for delivery in postbox.got] == good


def test_what_was_tried_often_enough_is_given_up_and_listed(
    tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """E77"""
    issued = acme.invite(BOB)
    for _ in range(9):
        assert tenancy.jobs.dispatch_notices(Refusing()).failed == 1
        clock.advance(hours=6)
    assert acme.context().invitations.get(issued.invitation.id).delivery == "waiting"

    assert tenancy.jobs.dispatch_notices(Refusing()).dead == 1

    [dead] = tenancy.jobs.dead_notices()
    assert (dead.kind, dead.tenant_id, dead.invitation_id) == ("invitation", acme.id, issued.invitation.id)
    assert (dead.attempts, dead.failure) == (10, "ConnectionRefusedError")
    assert acme.context().invitations.get(issued.invitation.id).delivery == "failed"
    clock.advance(days=1)
    assert delivered(tenancy) == []
    acme.context().invitations.resend(issued.invitation.id)
    assert acme.context().invitations.get(issued.invitation.id).delivery == "waiting"
    assert len(delivered(tenancy)) == 1


def test_what_was_given_up_can_be_tried_again(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    id = given_up(acme)
    clock.advance(days=1)

    tenancy.jobs.retry_notice(id)

    assert outbox(acme)[0].due_at == clock()
    assert [delivery.key for delivery in delivered(tenancy)] == [id]
    assert not tenancy.jobs.dead_notices()
    for other in (id, "ntc_1", owe(acme, 1)[0]):
        with pytest.raises(NotFound, match="no such notice"):
            tenancy.jobs.retry_notice(other)


def test_what_is_tried_again_has_all_its_tries(tenancy: Tenantry, acme: Company) -> None:
    tenancy.jobs.retry_notice(given_up(acme))

    assert tenancy.jobs.dispatch_notices(Refusing()).failed == 1


def test_the_dead_of_all_tenants_are_one_list(tenancy: Tenantry, acme: Company) -> None:
    """TI-06: its cursors are good for nothing else."""
    beta = Company(tenancy, tenancy.person(BOB).create_tenant("Beta"))
    ids = [given_up(company) for company in (acme, beta, acme)]

    first = tenancy.jobs.dead_notices(limit=2, total=True)
    rest = tenancy.jobs.dead_notices(limit=2, after=first.next)

    assert [notice.id for notice in (*first, *rest)] == ids
    assert (first.total, rest.next) == (3, None)
    assert [notice.id for notice in tenancy.jobs.dead_notices(order="newest")] == ids[::-1]
    with pytest.raises(InvalidCursor):
        tenancy.jobs.dead_notices(after=first.next, order="newest")
    with pytest.raises(InvalidCursor):
        acme.context().invitations.list(after=first.next)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_a_worker_that_died_leaves_it_to_the_next(
    tenancy: Tenantry, acme: Company, clock: FrozenClock, interruption: type[BaseException]
) -> None:
    """CR-07, CR-09: it may have been sent, so it is sent again, with the same key; and not before the claim ends."""
    issued = acme.invite(BOB)
    postbox = Postbox()

    class Dying:
        def send(self, delivery: Any) -> None:
            postbox.send(delivery)
            raise interruption

    with pytest.raises(interruption):
        tenancy.jobs.dispatch_notices(Dying())
    clock.advance(LEASE - timedelta(microseconds=1))
    assert tenancy.jobs.dispatch_notices(postbox) == Dispatched(waiting=2)
    clock.advance(microseconds=1)
    assert tenancy.jobs.dispatch_notices(postbox).sent == 1

    assert [delivery.token for delivery in postbox.got] == [issued.token] * 2
    assert len({delivery.key for delivery in postbox.got}) == 1


def test_what_kills_each_worker_is_given_up_in_the_end(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    class Dying:
        def send(self, delivery: Any) -> None:
            raise SystemExit

    owe(acme, 1)
    for _ in range(10):
        with pytest.raises(SystemExit):
            tenancy.jobs.dispatch_notices(Dying())
        clock.advance(LEASE)

    assert tenancy.jobs.dispatch_notices(Dying()) == Dispatched(dead=1)
    assert tenancy.jobs.dead_notices()[0].failure == "Unfinished"


def test_a_worker_that_was_too_slow_changes_nothing(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """RC-09: what it has sent is sent twice; the second worker's word counts."""
    owe(acme, 1)

    def slow(delivery: Any) -> None:
        clock.advance(LEASE)
        assert tenancy.jobs.dispatch_notices(Postbox()).sent == 1
        raise TimeoutError

    tenancy.jobs.dispatch_notices(Postbox(slow))

    [notice] = outbox(acme)
    assert (notice.status, notice.attempts, notice.failure) == ("sent", 2, None)


def test_no_transaction_is_open_while_a_mailer_works(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    """CR-08, RX-11, law 11"""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.invite(BOB)
    seen: list[int] = []

    def look(delivery: Any) -> None:
        seen.append(sql_store.engine.pool.checkedout())  # type: ignore[attr-defined]  # of the pools that we use
        acme.context().workspaces.create("Justice")

    assert tenancy.jobs.dispatch_notices(Postbox(look)).sent == 1
    assert seen == [0]


def test_a_mailer_that_hangs_keeps_nobody_else_waiting(tenancy: Tenantry, acme: Company) -> None:
    """CR-08"""
    first, second = owe(acme, 2)
    hanging, go_on = threading.Event(), threading.Event()

    def hang(delivery: Any) -> None:
        hanging.set()
        go_on.wait()

    stuck = Postbox(hang)
    worker = threading.Thread(target=tenancy.jobs.dispatch_notices, args=(stuck,), kwargs={"limit": 1})
    worker.start()
    try:
        hanging.wait()
        acme.context().members.add(CAY.user_id)
        assert [delivery.key for delivery in delivered(tenancy)] == [second]
    finally:
        go_on.set()
        worker.join()

    assert [delivery.key for delivery in stuck.got] == [first]
    assert statuses(acme) == ["sent", "sent"]


def test_an_error_is_kept_by_its_name_alone(tenancy: Tenantry, acme: Company, caplog: pytest.LogCaptureFixture) -> None:
    """IT-07, I10: the text may have anything in it."""
    caplog.set_level(logging.DEBUG)
    issued = acme.invite(BOB)
    tenancy.jobs.dispatch_notices(Refusing())

    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]

    assert line == f"notice {outbox(acme)[0].id}, waiting at try 1: ConnectionRefusedError"
    assert issued.token not in caplog.text
    assert "bob@acme.test" not in line


@pytest.mark.parametrize("limit", [0, -1, 10_001, True, "1", None, 1.0])
def test_a_limit_is_a_number_within_bounds(tenancy: Tenantry, acme: Company, limit: Any) -> None:
    """IN-08"""
    with pytest.raises(Invalid, match="limit"):
        tenancy.jobs.dispatch_notices(Postbox(), limit=limit)


@pytest.mark.parametrize(
    "mailer", [None, print, Postbox, "smtp", (n for n in "generators have one, for another purpose")]
)
def test_what_cannot_send_is_no_mailer(tenancy: Tenantry, acme: Company, mailer: Any) -> None:
    """IN-08"""
    owe(acme, 1)

    with pytest.raises(Invalid, match="method send"):
        tenancy.jobs.dispatch_notices(mailer)
    assert outbox(acme)[0].attempts == 0


class Awaited:
    async def send(self, delivery: Any) -> None:
        raise AssertionError("nobody awaits it")


class Disguised:
    def send(self, delivery: Any) -> Any:
        return Awaited().send(delivery)


def test_a_mailer_that_is_to_be_awaited_is_for_those_who_await(tenancy: Tenantry, acme: Company) -> None:
    """A coroutine that nobody awaits has sent nothing."""
    owe(acme, 1)

    with pytest.raises(Invalid, match="AsyncTenantry"):
        tenancy.jobs.dispatch_notices(Awaited())
    assert tenancy.jobs.dispatch_notices(Disguised()) == Dispatched(failed=1, waiting=1)
    assert outbox(acme)[0].failure == "Invalid"


def test_a_guest_delivers_nothing(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    """Law 11: its transaction is not ours to end."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    with Session(sql_store.engine) as session:
        guest = tenancy.using(SessionStore(session)).jobs
        for act in (lambda: guest.dispatch_notices(Postbox()), guest.dead_notices, lambda: guest.retry_notice("ntc_1")):
            with pytest.raises(Invalid, match="guest"):
                act()


@pytest.mark.parametrize(
    "act",
    [
        lambda jobs: jobs.dispatch_notices(Postbox()),
        lambda jobs: jobs.dead_notices(),
        lambda jobs: jobs.retry_notice("ntc_1"),
    ],
    ids=["dispatch", "dead", "retry"],
)
def test_a_participant_delivers_nothing(store: Store, clock: FrozenClock, act: Callable[[JobsContext], object]) -> None:
    """RX-11: not through a handle that it had before, either."""

    class Eager:
        name = "eager"

        def revoke(self, change: Any, session: Any) -> int:
            act(jobs)
            return 1

    tenancy = Tenantry(
        store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True, participants=[Eager()]
    )
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    owe(acme, 1)
    jobs = tenancy.jobs

    with pytest.raises(Invalid, match="'eager' calls tenantry"):
        acme.context().members.remove(BOB.user_id)
    assert statuses(acme) == ["waiting"]
