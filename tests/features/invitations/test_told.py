"""Who is told of an invitation: the invited person, and what became of it, whoever stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tenantry import SYSTEM, Conflict, Options, Tenantry, schemes
from tenantry.notices.model import NOTICES, Notice, NoticeKind, NoticeStatus
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company, someone


def tenancy_of(store: Store, clock: FrozenClock, *, notices: bool = True, **options: timedelta | None) -> Tenantry:
    return Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        clock=clock,
        notices=notices,
        options=Options(**options),  # type: ignore[arg-type]
    )


def company(tenancy: Tenantry) -> Company:
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return tenancy_of(store, clock)


def told(store: Store, acme: Company, *kinds: NoticeKind) -> Sequence[Notice]:
    """What is owed, oldest first."""
    with store.query(acme.id) as tx:
        return [notice for notice in tx.records(NOTICES).list() if not kinds or notice.kind in kinds]


def test_the_invited_person_gets_what_is_offered(acme: Company, store: Store, clock: FrozenClock) -> None:
    """EM-06, E84: at the address as it was given, as plain data."""
    justice = acme.workspace("Justice")
    issued = acme.context().invitations.send(
        " Bob@Acme.test", role="admin", workspaces={justice: "viewer"}, message="<b>Welcome</b>\n{{ role }}"
    )

    invitation, reminder = told(store, acme)

    assert (invitation.kind, reminder.kind) == (NoticeKind.INVITATION, NoticeKind.REMINDER)
    for notice in (invitation, reminder):
        assert (notice.email, notice.user_id, notice.status) == ("Bob@Acme.test", None, NoticeStatus.WAITING)
        assert (notice.invitation_id, notice.sends) == (issued.invitation.id, 1)
        assert notice.data == {
            "tenant": "Acme",
            "inviter": "Ada",
            "role": "Admin",
            "workspaces": ["Justice"],
            "message": "<b>Welcome</b>\n{{ role }}",
            "expires_at": issued.invitation.expires_at.isoformat(),
        }
    assert (invitation.due_at, reminder.due_at) == (clock(), issued.invitation.expires_at - timedelta(days=2))


def test_what_is_owed_has_no_secret(acme: Company, store: Store) -> None:
    """IT-07, law 8"""
    issued = acme.invite(BOB)
    again = acme.context().invitations.resend(issued.invitation.id)

    owed = "".join(f"{notice!r} {notice.data}" for notice in told(store, acme))

    for secret in (issued.token, again.token, issued.invitation._nonce, again.invitation._nonce):
        assert secret not in owed


def test_sending_again_is_told_again(acme: Company, store: Store, clock: FrozenClock) -> None:
    """E58: with the number of the sending, by which what is older is dropped."""
    issued = acme.invite(BOB)
    clock.advance(days=1)
    acme.context().invitations.resend(issued.invitation.id, expires_in=timedelta(days=30))

    invitations, reminders = told(store, acme, NoticeKind.INVITATION), told(store, acme, NoticeKind.REMINDER)

    assert [notice.sends for notice in invitations] == [1, 2]
    assert [(notice.sends, notice.due_at) for notice in reminders] == [(2, clock() + timedelta(days=28))]


def test_another_end_has_another_reminder(acme: Company, store: Store, clock: FrozenClock) -> None:
    """In place of the older one, which speaks of an end that is none."""
    issued = acme.invite(BOB)

    acme.context().invitations.update(issued.invitation.id, role="admin", expires_in=timedelta(days=30))

    assert len(told(store, acme, NoticeKind.INVITATION)) == 1
    [reminder] = told(store, acme, NoticeKind.REMINDER)
    assert (reminder.sends, reminder.due_at) == (1, clock() + timedelta(days=28))
    assert reminder.data["role"] == "Admin"


def test_reminders_do_not_pile_up_with_each_edit(acme: Company, store: Store, clock: FrozenClock) -> None:
    """Law 10: one pending reminder for each invitation, however often its end is moved, or it is sent again."""
    issued, other = acme.invite(BOB), acme.invite(DAN)
    for days in range(10, 20):
        acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(days=days))
    for hours in range(2):
        clock.advance(hours=hours)
        acme.context().invitations.resend(issued.invitation.id)
    acme.context().invitations.send("bob@acme.test", workspaces={acme.workspace("Law"): "viewer"})

    reminders = told(store, acme, NoticeKind.REMINDER)

    assert [notice.invitation_id for notice in reminders] == [other.invitation.id, issued.invitation.id]
    assert reminders[-1].sends == 4


def test_an_end_that_leaves_no_time_for_a_reminder_withdraws_it(acme: Company, store: Store) -> None:
    issued = acme.invite(BOB)

    acme.context().invitations.update(issued.invitation.id, expires_in=timedelta(hours=1))

    assert told(store, acme, NoticeKind.REMINDER) == []


@pytest.mark.parametrize(
    ("before", "lasting", "reminded"),
    [
        (timedelta(days=2), timedelta(days=2, microseconds=1), True),
        (timedelta(days=2), timedelta(days=2), False),
        (timedelta(days=2), timedelta(hours=1), False),
        (None, timedelta(days=30), False),
    ],
)
def test_a_reminder_needs_time(
    store: Store, clock: FrozenClock, before: timedelta | None, lasting: timedelta, reminded: bool
) -> None:
    acme = company(tenancy_of(store, clock, reminder_before=before))

    acme.context().invitations.send("bob@acme.test", expires_in=lasting)

    assert len(told(store, acme, NoticeKind.INVITATION)) == 1
    assert len(told(store, acme, NoticeKind.REMINDER)) == reminded


def test_who_stands_behind_it_hears_what_became_of_it(acme: Company, store: Store) -> None:
    """E79"""
    acme.add(CAY, "admin")
    accepted, declined = acme.invite(BOB, by=CAY), acme.invite(DAN)
    acme.context(CAY).invitations.update(declined.invitation.id, message="Please!")

    acme.tenancy.person(BOB).accept(accepted.token)
    acme.tenancy.person(DAN).decline(declined.token, "No time")

    yes, no = told(store, acme, NoticeKind.ACCEPTED, NoticeKind.DECLINED)
    assert (yes.kind, yes.data) == (NoticeKind.ACCEPTED, {"tenant": "Acme", "invitee": BOB.email, "reason": None})
    assert (no.kind, no.data) == (NoticeKind.DECLINED, {"tenant": "Acme", "invitee": DAN.email, "reason": "No time"})
    for notice in (yes, no):
        assert (notice.email, notice.name, notice.user_id) == (CAY.email, CAY.name, CAY.user_id)


def test_who_is_no_active_member_hears_nothing(acme: Company, store: Store) -> None:
    acme.add(CAY, "admin")
    by_cay, by_host = acme.invite(BOB, by=CAY), acme.invite(DAN, by=SYSTEM)
    acme.context().members.deactivate(CAY.user_id)

    acme.tenancy.person(BOB).decline(by_cay.token)
    acme.tenancy.person(DAN).accept(by_host.token)

    assert told(store, acme, NoticeKind.ACCEPTED, NoticeKind.DECLINED) == []


def test_who_accepts_their_own_need_not_be_told(acme: Company, store: Store) -> None:
    issued = acme.context().invitations.send("ada@private.test")

    acme.tenancy.person(someone("ada", email="ada@private.test")).accept(issued.token)

    assert told(store, acme, NoticeKind.ACCEPTED) == []


def test_what_is_refused_or_only_changed_sends_nothing(acme: Company, store: Store) -> None:
    issued = acme.invite(BOB)
    before = told(store, acme)

    with pytest.raises(Conflict):
        acme.invite(BOB)
    with pytest.raises(Conflict):
        acme.invite(ADA)
    acme.context().invitations.update(issued.invitation.id, message="Hello!")

    assert told(store, acme) == before


def test_a_withdrawn_invitation_is_told(acme: Company, store: Store) -> None:
    issued = acme.invite(BOB)

    acme.context().invitations.revoke(issued.invitation.id)

    [notice] = told(store, acme, NoticeKind.REVOKED)
    assert (notice.email, notice.user_id, notice.invitation_id) == (BOB.email, None, None)


def test_accepting_twice_tells_once(acme: Company, store: Store) -> None:
    """E61"""
    issued = acme.invite(BOB)
    for _ in range(3):
        acme.tenancy.person(BOB).accept(issued.token)

    assert len(told(store, acme, NoticeKind.ACCEPTED)) == 1


def test_without_notices_nothing_is_owed(store: Store, clock: FrozenClock) -> None:
    acme = company(tenancy_of(store, clock, notices=False))
    issued = acme.invite(BOB)
    acme.context().invitations.resend(issued.invitation.id)

    assert told(store, acme) == []
