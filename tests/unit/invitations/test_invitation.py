"""An invitation goes from pending to one end, once; time alone expires it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from attrs.exceptions import FrozenInstanceError

from tenantry import (
    Accepted,
    AlreadyInvited,
    Conflict,
    Invitation,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    InvitationRevoked,
    InvitationStatus,
    Issued,
    Membership,
)
from tenantry.invitations.model import (
    ACCEPTED,
    DECLINED,
    EXPIRED,
    PENDING,
    REVOKED,
    TRANSITIONS,
    accept,
    decline,
    extend,
    resend,
    revoke,
    seen_at,
    status_at,
    supersede,
    update,
)
from tenantry.tenants.model import Tenant

SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = SENT + timedelta(days=7)
TICK = timedelta(microseconds=1)

ACTS: Mapping[str, Callable[[Invitation, datetime], Invitation]] = {
    "accept": lambda invitation, at: accept(invitation, "user_bob", at),
    "decline": lambda invitation, at: decline(invitation, None, at),
    "revoke": revoke,
    "update": lambda invitation, at: update(invitation, by="user_cyd", at=at),
    "resend": lambda invitation, at: resend(
        invitation, by="user_cyd", nonce="11", expires_at=at + (END - SENT), at=at, kept=5
    ),
    "extend": lambda invitation, at: extend(invitation, by="user_cyd", expires_at=at + (END - SENT), at=at, kept=5),
    "supersede": supersede,
}
REFUSALS: Mapping[InvitationStatus, type[Conflict]] = {
    PENDING: AlreadyInvited,
    ACCEPTED: InvitationAccepted,
    DECLINED: InvitationDeclined,
    REVOKED: InvitationRevoked,
    EXPIRED: InvitationExpired,
}


def invitation(status: InvitationStatus = PENDING) -> Invitation:
    return Invitation(
        tenant_id="ten_acme",
        id="inv_1",
        email="Bob@gov.test",
        email_key="bob@gov.test",
        role="member",
        workspaces={"ws_a": "admin"},
        status=status,
        expires_at=END,
        invited_by="user_ada",
        created_at=SENT,
        sent_at=SENT,
        nonce="00",
    )


def seen(status: InvitationStatus) -> tuple[Invitation, datetime]:
    """An invitation, and a time at which it is seen in this status."""
    return (invitation(), END) if status is EXPIRED else (invitation(status), SENT)


class TestStates:
    @pytest.mark.parametrize(("status", "act"), list(product(InvitationStatus, ACTS)))
    def test_every_act_leads_on_or_is_refused_with_the_reason(self, status: InvitationStatus, act: str) -> None:
        """I2: only legal transitions, each once."""
        before, at = seen(status)
        if (status, act) in TRANSITIONS:
            assert ACTS[act](before, at).status is TRANSITIONS[status, act]
        else:
            with pytest.raises(REFUSALS[status]):
                ACTS[act](before, at)

    def test_the_table_knows_no_other_act(self) -> None:
        assert {act for _, act in TRANSITIONS} == ACTS.keys()

    @pytest.mark.parametrize("status", [ACCEPTED, DECLINED, REVOKED])
    def test_what_is_closed_stays_closed(self, status: InvitationStatus) -> None:
        assert not [act for (before, act) in TRANSITIONS if before is status]

    def test_expired_is_never_stored(self) -> None:
        """I10: no job has to run for it."""
        assert EXPIRED not in TRANSITIONS.values()

    def test_closing_notes_when_and_by_whom(self) -> None:
        accepted = accept(invitation(), "user_bob", SENT)
        assert (accepted.closed_at, accepted.accepted_by) == (SENT, "user_bob")
        declined = decline(invitation(), "No time", SENT)
        assert (declined.closed_at, declined.reason, declined.accepted_by) == (SENT, "No time", None)
        assert revoke(invitation(), SENT).closed_at == SENT
        assert supersede(invitation(), END).closed_at == END


class TestTime:
    @pytest.mark.parametrize(
        ("at", "status"), [(SENT, PENDING), (END - TICK, PENDING), (END, EXPIRED), (END + TICK, EXPIRED)]
    )
    def test_it_can_be_accepted_until_just_before_it_expires(self, at: datetime, status: InvitationStatus) -> None:
        """TM-02."""
        assert status_at(invitation(), at) is status
        assert seen_at(invitation(), at).status is status
        if status is PENDING:
            assert accept(invitation(), "user_bob", at).status is ACCEPTED
        else:
            with pytest.raises(InvitationExpired):
                accept(invitation(), "user_bob", at)

    @pytest.mark.parametrize("status", [ACCEPTED, DECLINED, REVOKED])
    def test_what_is_closed_does_not_expire(self, status: InvitationStatus) -> None:
        assert seen_at(invitation(status), END).status is status

    def test_a_look_changes_nothing_but_the_status(self) -> None:
        before = invitation()
        assert seen_at(before, SENT) == before
        assert before.status is PENDING


class TestResending:
    @pytest.mark.parametrize("at", [SENT + TICK, END, END + timedelta(days=300)])
    def test_makes_it_new_in_another_name(self, at: datetime) -> None:
        """I5, IT: the nonce, and with it the link, is another."""
        again = resend(invitation(), by="user_cyd", nonce="11", expires_at=at + TICK, at=at, kept=5)
        assert (again.invited_by, again._nonce, again.sends, again.sent_at) == ("user_cyd", "11", 2, at)
        assert status_at(again, at) is PENDING
        assert status_at(again, at + TICK) is EXPIRED

    def test_leaves_the_offer_as_it_was(self) -> None:
        before = invitation()
        again = resend(before, by="user_cyd", nonce="11", expires_at=END, at=SENT, kept=5)
        for name in ("id", "email", "_email_key", "role", "workspaces", "created_at"):
            assert getattr(again, name) == getattr(before, name)


class TestValue:
    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            invitation().status = ACCEPTED  # type: ignore[misc]

    def test_shows_neither_nonce_nor_token(self) -> None:
        """Law 8."""
        assert "nonce" not in repr(invitation())
        assert "s3cret" not in repr(Issued(invitation(), "s3cret"))

    def test_accepting_says_what_it_led_to(self) -> None:
        member = Membership(tenant_id="ten_acme", id="mem_1", user_id="user_bob", joined_at=SENT)
        tenant = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_1", created_at=SENT)
        done = Accepted(tenant, member)
        assert (done.workspaces, done.dropped, done.already_member) == ((), (), False)
