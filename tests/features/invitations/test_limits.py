"""Two limits: how many invitations of a tenant wait, and how often a mailbox is sent one within an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tenantry import SYSTEM, Invalid, InvalidToken, Issued, LimitReached, NotFound, Options, Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company

MOST = 3
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)

Made = Callable[..., Company]


@pytest.fixture
def made(store: Store, clock: FrozenClock) -> Made:
    """A company under these options."""

    def make(**options: int) -> Company:
        given = Options(**options)  # type: ignore[arg-type]
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=given)
        return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    return make


def refused(act: Callable[[], object]) -> LimitReached:
    with pytest.raises(LimitReached) as refusal:
        act()
    return refusal.value


class TestWithinAnHour:
    @pytest.fixture
    def acme(self, made: Made) -> Company:
        return made(max_sends_an_hour=MOST)

    def test_sending_again_counts(self, acme: Company, clock: FrozenClock) -> None:
        """E85, E58"""
        issued = acme.invite(BOB)
        began = clock()
        for _ in range(MOST - 1):
            clock.advance(minutes=1)
            acme.context().invitations.resend(issued.invitation.id)
        before, trail = acme.context().invitations.get(issued.invitation.id), acme.trail()

        error = refused(lambda: acme.context().invitations.resend(issued.invitation.id))

        assert (error.rule, error.data["limit"]) == ("max_sends_an_hour", MOST)
        assert datetime.fromisoformat(error.data["retry_at"]) == began + HOUR
        assert (acme.context().invitations.get(issued.invitation.id), acme.trail()) == (before, trail)

    def test_where_the_limit_has_become_lower_it_is_told_when_there_is_room_by_that(
        self, made: Made, store: Store, clock: FrozenClock
    ) -> None:
        """E85"""
        before = made(max_sends_an_hour=MOST)
        issued = before.invite(BOB)
        for _ in range(MOST - 1):
            clock.advance(minutes=1)
            before.context().invitations.resend(issued.invitation.id)
        last = clock()
        options = Options(max_sends_an_hour=1)
        now = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)

        error = refused(lambda: now.tenant(before.id, by=ADA).invitations.resend(issued.invitation.id))

        assert datetime.fromisoformat(error.data["retry_at"]) == last + HOUR

    def test_at_that_instant_and_not_before_there_is_room_again(self, acme: Company, clock: FrozenClock) -> None:
        """E85"""
        issued = acme.invite(BOB)
        for _ in range(MOST - 1):
            clock.advance(minutes=10, microseconds=1)
            acme.context().invitations.resend(issued.invitation.id)
        for _ in range(2):
            error = refused(lambda: acme.context().invitations.resend(issued.invitation.id))
            retry_at = datetime.fromisoformat(error.data["retry_at"])
            clock.set(retry_at - MICROSECOND)
            refused(lambda: acme.context().invitations.resend(issued.invitation.id))
            clock.set(retry_at)
            acme.context().invitations.resend(issued.invitation.id)

    def test_spellings_of_one_mailbox_are_counted_together(self, acme: Company) -> None:
        """EM-14, EM-07: they are different persons, and one mailbox that is flooded."""
        for email in ("bob@acme.test", "b.ob+news@ACME.test", "BOB+x@acme.test"):
            acme.context().invitations.send(email)

        for email in ("bob+y@acme.test", "b.o.b@acme.test", "Bob+x+y@acme.test"):
            refused(lambda email=email: acme.context().invitations.send(email))  # type: ignore[misc]
        for other in ("bobby@acme.test", "bob@acme.example", "bob@mail.acme.test"):
            acme.context().invitations.send(other)

        assert len({each._email_key for each in acme.context().invitations.list()}) == MOST + 3

    def test_whatever_became_of_it_a_sending_counts(self, acme: Company) -> None:
        """E85: to withdraw it and to send it again is no way around."""
        person = acme.tenancy.person(BOB)
        acme.context().invitations.revoke(acme.invite(BOB).invitation.id)
        person.decline(acme.invite(BOB).token)
        person.accept(acme.invite(BOB).token)
        acme.context().members.remove(BOB.user_id)

        refused(lambda: acme.invite(BOB))

    def test_who_sends_it_makes_no_difference(self, acme: Company) -> None:
        """E85: nor does the host."""
        cay = acme.add(CAY, "admin")
        issued = acme.invite(BOB, by=SYSTEM)
        cay.invitations.resend(issued.invitation.id)
        acme.context().invitations.resend(issued.invitation.id)

        for by in (ADA, CAY, SYSTEM, SYSTEM.job("nightly")):
            refused(lambda by=by: acme.context(by).invitations.resend(issued.invitation.id))  # type: ignore[misc]

    def test_each_tenant_has_its_own_limit(self, acme: Company) -> None:
        beta = Company(acme.tenancy, acme.tenancy.person(EVE).create_tenant("Beta"))
        issued = acme.invite(BOB)
        for _ in range(MOST - 1):
            acme.context().invitations.resend(issued.invitation.id)

        beta.invite(BOB, by=EVE)

    def test_a_change_of_the_offer_is_no_sending(self, acme: Company) -> None:
        issued = acme.invite(BOB)
        for number in range(MOST + 1):
            acme.context().invitations.update(issued.invitation.id, message=f"Hello {number}!")

        assert acme.context().invitations.get(issued.invitation.id).sends == 1
        acme.context().invitations.resend(issued.invitation.id)

    @pytest.mark.parametrize("back", [timedelta(minutes=1), HOUR, timedelta(days=400)])
    def test_a_clock_that_goes_back_gives_no_room(self, acme: Company, clock: FrozenClock, back: timedelta) -> None:
        """TM-10"""
        issued = acme.invite(BOB)
        acme.context().invitations.revoke(issued.invitation.id)
        again = acme.invite(BOB)
        acme.context().invitations.resend(again.invitation.id)

        clock.set(clock() - back)

        refused(lambda: acme.context().invitations.resend(again.invitation.id))

    def test_a_clock_that_was_ahead_for_a_while_gives_no_room(self, acme: Company, clock: FrozenClock) -> None:
        """TM-10: what was sent in time is not forgotten by what was sent with a wrong clock."""
        issued = acme.invite(BOB)
        for _ in range(MOST - 1):
            acme.context().invitations.resend(issued.invitation.id)
        clock.advance(hours=2)
        acme.context().invitations.resend(issued.invitation.id)
        clock.advance(hours=-2)

        refused(lambda: acme.context().invitations.resend(issued.invitation.id))

    def test_no_more_times_are_kept_than_matter(self, acme: Company, clock: FrozenClock) -> None:
        issued = acme.invite(BOB)
        for _ in range(3 * MOST):
            clock.advance(hours=1)
            acme.context().invitations.resend(issued.invitation.id)

        again = acme.context().invitations.get(issued.invitation.id)
        assert (len(again._recent_sends), again.sends) == (MOST, 3 * MOST + 1)


class TestWaiting:
    @pytest.fixture
    def acme(self, made: Made) -> Company:
        return made(max_pending_invitations=MOST)

    def full(self, acme: Company) -> None:
        for number in range(MOST):
            acme.context().invitations.send(f"user{number}@acme.test")

    def test_so_many_wait_and_no_more(self, acme: Company) -> None:
        """RX-10, E85"""
        self.full(acme)
        trail = acme.trail()

        error = refused(lambda: acme.invite(BOB))

        assert (error.rule, error.data) == ("max_pending_invitations", {"limit": MOST})
        assert len(acme.context().invitations.list()) == MOST
        assert acme.trail() == trail
        refused(lambda: acme.invite(BOB, by=SYSTEM))

    @pytest.mark.parametrize("end", ["accept", "decline", "revoke"])
    def test_an_answer_makes_room(self, acme: Company, end: str) -> None:
        """RX-10"""
        issued = acme.invite(CAY)
        for number in range(MOST - 1):
            acme.context().invitations.send(f"user{number}@acme.test")
        refused(lambda: acme.invite(BOB))

        if end == "revoke":
            acme.context().invitations.revoke(issued.invitation.id)
        else:
            getattr(acme.tenancy.person(CAY), end)(issued.token)

        acme.invite(BOB)

    def test_what_is_past_its_time_takes_no_room(self, acme: Company, clock: FrozenClock) -> None:
        """E74, IT-23, RX-10"""
        self.full(acme)
        clock.advance(days=7)

        self.full(acme)

    def test_what_lives_again_takes_room_again(self, acme: Company, clock: FrozenClock) -> None:
        """E58, E74"""
        old = acme.invite(BOB)
        clock.advance(days=7)
        self.full(acme)

        refused(lambda: acme.context().invitations.resend(old.invitation.id))

        acme.context().invitations.revoke(acme.context().invitations.list(status="pending")[0].id)
        assert acme.context().invitations.resend(old.invitation.id).invitation.status == "pending"

    def test_what_waits_already_is_sent_again_in_its_own_room(self, acme: Company) -> None:
        """RX-10"""
        self.full(acme)

        for waiting in acme.context().invitations.list():
            acme.context().invitations.resend(waiting.id)
            acme.context().invitations.update(waiting.id, expires_in=timedelta(days=90))

    def test_each_tenant_has_its_own_room(self, acme: Company) -> None:
        self.full(acme)
        beta = Company(acme.tenancy, acme.tenancy.person(EVE).create_tenant("Beta"))

        beta.invite(BOB, by=EVE)


@pytest.mark.parametrize("rule", ["max_sends_an_hour", "max_pending_invitations"])
@pytest.mark.parametrize("wrong", [0, -1, 100_001, True, None, "5"])
def test_a_limit_is_a_number_within_bounds(rule: str, wrong: object) -> None:
    with pytest.raises(Invalid):
        Options(**{rule: wrong})  # type: ignore[arg-type]


class TestClosed:
    """Law 10: whoever sends and revokes without end does not fill the database."""

    @pytest.fixture
    def acme(self, made: Made) -> Company:
        return made(max_pending_invitations=2, max_closed_invitations=3)

    def revoked(self, acme: Company, clock: FrozenClock, number: int) -> list[str]:
        ids = []
        for each in range(number):
            ids.append(acme.context().invitations.send(f"{each}@gov.test").invitation.id)
            acme.context().invitations.revoke(ids[-1])
            clock.advance(hours=1)
        return ids

    def kept(self, acme: Company) -> list[str]:
        return [each.id for each in acme.context().invitations.list(limit=50)]

    def test_the_oldest_are_removed(self, acme: Company, clock: FrozenClock) -> None:
        ids = self.revoked(acme, clock, 9)

        assert self.kept(acme) == ids[-5:]
        with pytest.raises(NotFound):
            acme.context().invitations.get(ids[0])

    def test_the_trail_has_what_happened_without_the_address(self, acme: Company, clock: FrozenClock) -> None:
        ids = self.revoked(acme, clock, 9)
        events = [each for each in acme.context().audit.list(limit=50) if each.target in (ids[0], ids[-1])]

        assert [each.action for each in events] == ["invitation.revoked", "invitation.sent"] * 2
        assert [each.target_name for each in events] == ["8@gov.test"] * 2 + ["(erased)"] * 2
        assert acme.trail().count("invitation.sent") == acme.trail().count("invitation.revoked") == 9

    def test_what_is_past_its_time_counts_among_them(self, acme: Company, clock: FrozenClock) -> None:
        for each in range(9):
            acme.context().invitations.send(f"{each}@gov.test", expires_in=timedelta(minutes=30))
            clock.advance(hours=1)
        assert len(self.kept(acme)) == 5

    def test_one_that_is_sent_anew_is_not_removed_under_our_hands(self, made: Made, clock: FrozenClock) -> None:
        acme = made(max_pending_invitations=1, max_closed_invitations=0)
        for _ in range(4):
            acme.context().invitations.send("eve@gov.test", expires_in=timedelta(minutes=30))
            clock.advance(hours=1)
        assert len(self.kept(acme)) <= 2

    def test_those_that_wait_are_never_removed_and_those_accepted_last(self, acme: Company, clock: FrozenClock) -> None:
        accepted, waiting = acme.invite(BOB), acme.invite(CAY)
        joined = acme.tenancy.person(BOB).accept(accepted.token)
        self.revoked(acme, clock, 9)

        assert {accepted.invitation.id, waiting.invitation.id} <= {*self.kept(acme)}
        again = acme.tenancy.person(BOB).accept(accepted.token)
        assert (again.already_member, again.membership) == (True, joined.membership)

    def test_the_link_of_one_that_is_removed_is_none_of_ours(self, acme: Company, clock: FrozenClock) -> None:
        issued = acme.invite(EVE)
        acme.context().invitations.revoke(issued.invitation.id)
        clock.advance(hours=1)
        self.revoked(acme, clock, 9)
        with pytest.raises(InvalidToken):
            acme.tenancy.person(EVE).accept(issued.token)

    def test_what_was_sent_within_the_hour_is_not_removed(self, acme: Company) -> None:
        """Or the limit of one mailbox would be forgotten."""
        for each in range(5):
            issued = acme.context().invitations.send(f"{each}@gov.test")
            acme.context().invitations.revoke(issued.invitation.id)

        error = refused(lambda: acme.context().invitations.send("eve@gov.test"))

        assert (error.rule, error.data["limit"]) == ("max_closed_invitations", 3)

    def test_what_was_said_is_not_kept(self, acme: Company) -> None:
        closing: list[Callable[[Issued], object]] = [
            lambda issued: acme.context().invitations.revoke(issued.invitation.id),
            lambda issued: acme.tenancy.person(EVE).decline(issued.token),
            lambda issued: acme.tenancy.person(EVE).accept(issued.token),
        ]
        for close in closing:
            issued = acme.context().invitations.send("eve@acme.test", message="Welcome!")
            close(issued)
            assert acme.context().invitations.get(issued.invitation.id).message is None
