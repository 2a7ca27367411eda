"""What is owed is delivered: once, to whom it was owed, and only while somebody needs it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tenantry import SYSTEM, AlreadyInvited, Delivery, Dispatched, NoticeKind, NoticeStatus, Options, Tenantry, schemes
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox, delivered, outbox, owe, statuses
from tests.features.people import ADA, BOB, CAY, SECRET, Company

HOUR = timedelta(hours=1)


def test_an_invitation_reaches_its_address_with_the_link_that_opens_it(tenancy: Tenantry, acme: Company) -> None:
    """EM-06, E77: one recipient, at the stored address; the token is made when it is delivered."""
    issued = acme.context().invitations.send("Bob@acme.test", role="admin", message="Welcome!")
    postbox = Postbox()

    done = tenancy.jobs.dispatch_notices(postbox)

    [delivery] = postbox.got
    assert done == Dispatched(sent=1, waiting=1)  # the reminder
    assert (delivery.kind, delivery.email, delivery.tenant_id) == (NoticeKind.INVITATION, "Bob@acme.test", acme.id)
    assert delivery.key.startswith("ntc_")
    assert delivery.token == issued.token
    assert delivery.data["tenant"] == "Acme"
    assert (delivery.data["inviter"], delivery.data["message"]) == ("Ada", "Welcome!")
    assert tenancy.person(BOB).accept(issued.token).membership.roles == ("admin",)


def test_what_was_sent_is_not_sent_again(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    [id] = owe(acme, 1)
    assert [delivery.key for delivery in delivered(tenancy)] == [id]
    clock.advance(days=1)

    assert tenancy.jobs.dispatch_notices(Postbox()) == Dispatched()

    [notice] = outbox(acme)
    assert (notice.status, notice.attempts, notice._claim, notice.failure) == ("sent", 1, None, None)
    assert notice.sent_at == clock() - timedelta(days=1)


def test_a_call_delivers_so_many_and_tells_what_is_left(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    early = owe(acme, 2, due_at=clock() - HOUR)
    late = owe(acme, 1, due_at=clock() + HOUR)
    now = owe(acme, 2)
    postbox = Postbox()

    assert tenancy.jobs.dispatch_notices(postbox, limit=1) == Dispatched(sent=1, waiting=4, oldest=HOUR)
    assert tenancy.jobs.dispatch_notices(postbox, limit=2) == Dispatched(sent=2, waiting=2, oldest=timedelta(0))
    assert tenancy.jobs.dispatch_notices(postbox) == Dispatched(sent=1, waiting=1)
    clock.advance(HOUR)
    assert tenancy.jobs.dispatch_notices(postbox) == Dispatched(sent=1)

    assert [delivery.key for delivery in postbox.got] == [*early, *now, *late]


def test_the_outboxes_of_all_tenants_are_one_queue(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    beta = Company(tenancy, tenancy.person(BOB).create_tenant("Beta"))
    second = owe(acme, 1, due_at=clock() - HOUR)
    first = owe(beta, 1, due_at=clock() - 2 * HOUR)

    got = delivered(tenancy)

    assert [(delivery.key, delivery.tenant_id) for delivery in got] == [(first[0], beta.id), (second[0], acme.id)]


GONE: dict[str, Callable[[Company, str, str], object]] = {
    "accepted": lambda acme, id, token: acme.tenancy.person(BOB).accept(token),
    "declined": lambda acme, id, token: acme.tenancy.person(BOB).decline(token),
    "revoked": lambda acme, id, token: acme.context().invitations.revoke(id),
}


@pytest.mark.parametrize("end", GONE)
def test_an_invitation_that_is_over_is_not_sent(tenancy: Tenantry, acme: Company, end: str) -> None:
    issued = acme.invite(BOB)
    GONE[end](acme, issued.invitation.id, issued.token)

    assert NoticeKind.INVITATION not in {delivery.kind for delivery in delivered(tenancy)}
    assert statuses(acme)[0] == "dropped"


def test_an_invitation_past_its_time_is_not_sent(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """I10"""
    acme.invite(BOB)
    clock.advance(days=7)

    done = tenancy.jobs.dispatch_notices(Postbox())

    assert done == Dispatched(dropped=2)
    assert acme.context().invitations.list()[0].delivery == "failed"


def test_only_the_newest_link_is_sent(tenancy: Tenantry, acme: Company) -> None:
    issued = acme.invite(BOB)
    again = acme.context().invitations.resend(issued.invitation.id)
    postbox = Postbox()

    done = tenancy.jobs.dispatch_notices(postbox)

    assert [delivery.token for delivery in postbox.got] == [again.token]
    assert (done.sent, done.dropped) == (1, 1)
    assert acme.context().invitations.get(issued.invitation.id).delivery == "sent"


def test_an_invitation_is_sent_as_it_is_by_now(tenancy: Tenantry, acme: Company) -> None:
    """PE-05"""
    issued = acme.context().invitations.send("bob@acme.test", message="Rude.")
    after = acme.context().invitations.update(issued.invitation.id, message="Polite.", expires_in=HOUR)

    [delivery] = delivered(tenancy)

    assert delivery.data["message"] == "Polite."
    assert delivery.data["expires_at"] == after.expires_at.isoformat()


def test_a_suspended_tenant_tells_only_that_it_is(tenancy: Tenantry, acme: Company) -> None:
    acme.invite(BOB)
    owe(acme, 1)
    owe(acme, 1, kind=NoticeKind.SUSPENSION, data={"tenant": "Acme", "reason": "Unpaid"})
    acme.context(SYSTEM).suspend("Unpaid")
    postbox = Postbox()

    done = tenancy.jobs.dispatch_notices(postbox)

    assert set(postbox.kinds) == {"suspension"}
    assert done.dropped == 2


def test_a_reminder_comes_before_the_end_with_the_same_link(
    tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """IT-07"""
    issued = acme.invite(BOB)
    delivered(tenancy)
    clock.advance(days=5, microseconds=-1)
    assert delivered(tenancy) == []
    clock.advance(microseconds=1)

    [delivery] = delivered(tenancy)

    assert (delivery.kind, delivery.token) == (NoticeKind.REMINDER, issued.token)


def test_a_reminder_comes_before_the_end_as_it_is_by_then(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """IT-07"""
    issued = acme.invite(BOB)
    delivered(tenancy)
    acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(days=10))
    clock.advance(days=5)
    assert delivered(tenancy) == []
    clock.advance(days=3)

    assert [delivery.kind for delivery in delivered(tenancy)] == [NoticeKind.REMINDER]


def test_owners_hear_of_a_suspension_also_when_it_is_over(tenancy: Tenantry, acme: Company) -> None:
    acme.context(SYSTEM).suspend("Not paid.")
    acme.context(SYSTEM).resume()

    assert [delivery.kind for delivery in delivered(tenancy)] == [NoticeKind.SUSPENSION]


def test_nobody_is_reminded_of_what_they_have_accepted(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    issued = acme.invite(BOB)
    tenancy.person(BOB).accept(issued.token)
    delivered(tenancy)
    clock.advance(days=5)

    assert tenancy.jobs.dispatch_notices(Postbox()).dropped == 1


def test_a_reminder_belongs_to_one_sending(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    issued = acme.invite(BOB)
    clock.advance(days=1)
    acme.context().invitations.resend(issued.invitation.id)
    delivered(tenancy)
    clock.advance(days=4)
    assert tenancy.jobs.dispatch_notices(Postbox()) == Dispatched(waiting=1)
    clock.advance(days=1)

    assert [delivery.kind for delivery in delivered(tenancy)] == [NoticeKind.REMINDER]


def test_a_reminder_that_a_worker_has_is_left_to_it(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """And who was reminded meanwhile is not reminded again."""
    issued = acme.invite(BOB)
    delivered(tenancy)
    clock.advance(days=5)

    def edit(_: Delivery) -> None:
        acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(days=10))

    postbox = Postbox(before=edit)
    assert tenancy.jobs.dispatch_notices(postbox).sent == 1
    clock.advance(days=8)

    assert (postbox.kinds, delivered(tenancy)) == (["reminder"], [])


def test_who_moves_the_end_ever_again_sends_no_more_reminders(
    tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """Or it would be a way round the limit by the hour."""
    issued = acme.invite(BOB)
    delivered(tenancy)
    kinds: list[NoticeKind] = []
    for _ in range(3):
        acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(days=2, seconds=1), message="Now!")
        clock.advance(seconds=2)
        kinds += [delivery.kind for delivery in delivered(tenancy)]

    assert kinds == [NoticeKind.REMINDER]
    acme.context().invitations.resend(issued.invitation.id, expires_in=timedelta(days=2, seconds=1))
    clock.advance(seconds=2)
    assert [delivery.kind for delivery in delivered(tenancy)] == [NoticeKind.INVITATION, NoticeKind.REMINDER]


def test_who_invited_is_told_what_became_of_it(tenancy: Tenantry, acme: Company) -> None:
    """RC-02: one message."""
    tenancy.person(BOB).decline(acme.invite(BOB).token, "No time.")
    tenancy.person(BOB).accept(acme.invite(BOB).token)

    told = [(each.kind, each.email, each.data["invitee"], each.data["reason"]) for each in delivered(tenancy)]

    assert told == [
        (NoticeKind.DECLINED, ADA.email, BOB.email, "No time."),
        (NoticeKind.ACCEPTED, ADA.email, BOB.email, None),
    ]


def test_the_outbox_has_what_was_committed_and_nothing_else(tenancy: Tenantry, acme: Company) -> None:
    """I11, AU-14"""
    acme.invite(BOB)
    with pytest.raises(AlreadyInvited):
        acme.invite(BOB)
    with suppress(ZeroDivisionError), tenancy.transaction() as tx:
        tx.tenant(acme.id, by=ADA).invitations.send("cay@acme.test")
        _ = 1 / 0

    assert [(notice.kind.value, notice.email) for notice in outbox(acme)] == [
        ("invitation", BOB.email),
        ("reminder", BOB.email),
    ]


def test_what_the_host_rolls_back_is_never_sent(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    """E78, RC-19, I11"""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    with Session(sql_store.engine) as session:
        tenancy.using(SessionStore(session)).tenant(acme.id, by=ADA).invitations.send("bob@acme.test")
        session.rollback()
        assert (outbox(acme), delivered(tenancy)) == ([], [])
        tenancy.using(SessionStore(session)).tenant(acme.id, by=ADA).invitations.send("bob@acme.test")
        session.commit()

    assert [delivery.email for delivery in delivered(tenancy)] == ["bob@acme.test"]


def test_without_notices_nothing_is_owed(store: Store, clock: FrozenClock) -> None:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    issued = acme.invite(BOB)
    acme.tenancy.person(BOB).accept(issued.token)
    acme.add(CAY)
    acme.context().members.transfer_ownership(to=BOB.user_id)
    acme.context(BOB).members.remove(CAY.user_id)
    acme.context(BOB).suspend("Not paid.")

    assert outbox(acme) == []
    assert tenancy.jobs.dispatch_notices(Postbox()) == Dispatched()
    assert acme.context(SYSTEM).invitations.get(issued.invitation.id).delivery is None


def test_an_invitation_tells_how_its_delivery_stands(tenancy: Tenantry, acme: Company) -> None:
    """E77"""
    issued = acme.invite(BOB)
    context = acme.context()
    assert context.invitations.get(issued.invitation.id).delivery == "waiting"

    delivered(tenancy)

    assert context.invitations.get(issued.invitation.id).delivery == "sent"
    assert [each.delivery for each in context.invitations.list()] == ["sent"]
    context.invitations.resend(issued.invitation.id)
    assert context.invitations.get(issued.invitation.id).delivery == "waiting"


def test_what_was_settled_long_ago_is_removed(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    owe(acme, 1_000, status=NoticeStatus.SENT, due_at=clock() - HOUR)
    owe(acme, 1, status=NoticeStatus.DROPPED)
    owe(acme, 1)
    kept = [*owe(acme, 1, due_at=clock() + timedelta(days=30)), *owe(acme, 1, status=NoticeStatus.DEAD)]
    tenancy.jobs.dispatch_notices(Postbox())
    clock.advance(days=7, microseconds=-1)

    tenancy.jobs.dispatch_notices(Postbox())
    assert len(outbox(acme)) == 4
    clock.advance(microseconds=1)
    tenancy.jobs.dispatch_notices(Postbox())

    assert [notice.id for notice in outbox(acme)] == kept


def test_one_call_removes_a_bounded_number(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """RX-08"""
    owe(acme, 1_001, status=NoticeStatus.SENT)
    clock.advance(days=7)

    tenancy.jobs.dispatch_notices(Postbox())

    assert len(outbox(acme)) == 1


def test_what_is_kept_for_ever_is_kept(store: Store, clock: FrozenClock) -> None:
    options = Options(notices_kept_for=timedelta.max)
    tenancy = Tenantry(
        store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True, options=options
    )
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    owe(acme, 1)

    assert tenancy.jobs.dispatch_notices(Postbox()) == Dispatched(sent=1)
    assert statuses(acme) == ["sent"]
