"""Whatever is done with the invitations of one address, in whatever order, ends as a small model says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from tenantry import Options, Tenantry, TenantryError, schemes
from tenantry.memory import MemoryStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, SECRET, Company

MOST = 2
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
CLOSED = {"accepted": "InvitationAccepted", "declined": "InvitationDeclined", "revoked": "InvitationRevoked"}
DONE = "done"

Step = tuple[str, object]

STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.sampled_from(["send", "update"]), st.sampled_from(["member", "admin"])),
    st.tuples(st.sampled_from(["resend", "revoke", "remove"]), st.none()),
    st.tuples(st.sampled_from(["accept", "decline"]), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([HOUR / 4, HOUR, WEEK - HOUR, WEEK])),
)


@define
class Offer:
    """One invitation as the model has it; its tokens are the numbers of their sendings."""

    role: str
    ends_at: datetime
    tokens: list[int]
    status: str = "pending"

    def refusal(self, now: datetime) -> str | None:
        if self.status == "pending":
            return "InvitationExpired" if now >= self.ends_at else None
        return CLOSED[self.status]

    def seen(self, now: datetime) -> tuple[str, str]:
        return "expired" if self.refusal(now) == "InvitationExpired" else self.status, self.role


@define
class Model:
    """What is to come of each step, said again in other words."""

    offers: list[Offer] = field(factory=list)
    sent: list[datetime] = field(factory=list)
    roles: tuple[str, ...] = ()

    def do(self, step: str, value: object, now: datetime) -> str:
        """`done`, or the name of the refusal; there is an offer, unless it is to be the first."""
        if step == "remove":
            there, self.roles = self.roles, ()
            return DONE if there else "NotFound"
        if step == "send":
            return self._send(str(value), now)
        if isinstance(value, int):
            return self._answer(step, value, now)
        last = self.offers[-1]
        refusal = last.refusal(now)
        if refusal and not (step == "resend" and refusal == "InvitationExpired"):
            return refusal
        if step == "update":
            last.role = str(value)
        elif step == "revoke":
            last.status = "revoked"
        elif self._is_full(now):
            return "LimitReached"
        else:
            last.ends_at = now + WEEK
            self._count(last, now)
        return DONE

    def _send(self, role: str, now: datetime) -> str:
        if self.roles:
            return "AlreadyMember"
        waiting = [offer for offer in self.offers if offer.status == "pending"]
        if any(now < offer.ends_at for offer in waiting):
            return "AlreadyInvited"
        if self._is_full(now):
            return "LimitReached"
        for offer in waiting:
            offer.status = "revoked"
        self.offers.append(Offer(role, now + WEEK, []))
        self._count(self.offers[-1], now)
        return DONE

    def _answer(self, step: str, back: int, now: datetime) -> str:
        token = self.token(back)
        [offer] = [offer for offer in self.offers if token in offer.tokens]
        if token != offer.tokens[-1] and offer.status == "pending":
            return "InvitationReplaced"
        if step == "accept" and offer.status == "accepted" and self.roles and token == offer.tokens[-1]:
            return DONE
        if refusal := offer.refusal(now):
            return refusal
        offer.status = "accepted" if step == "accept" else "declined"
        if step == "accept":
            self.roles = (offer.role,)
        return DONE

    def token(self, back: int) -> int:
        """The last one, or one some sendings before."""
        return max(0, len(self.sent) - 1 - back)

    def _is_full(self, now: datetime) -> bool:
        return sum(now - HOUR < at for at in self.sent) >= MOST

    def _count(self, offer: Offer, now: datetime) -> None:
        offer.tokens.append(len(self.sent))
        self.sent.append(now)


@define
class Real:
    """The same steps, through the front door."""

    acme: Company
    tokens: list[str] = field(factory=list)

    def do(self, step: str, value: object, token: int) -> str:
        """`done`, or the name of the refusal."""
        try:
            self._do(step, str(value), token)
        except TenantryError as error:
            return type(error).__name__
        return DONE

    def _do(self, step: str, role: str, token: int) -> None:
        invitations = self.acme.context().invitations
        if step == "send":
            self.tokens.append(self.acme.invite(BOB, role).token)
        elif step == "remove":
            self.acme.context().members.remove(BOB.user_id)
        elif step in ("accept", "decline"):
            getattr(self.acme.tenancy.person(BOB), step)(self.tokens[token])
        else:
            last = invitations.list(order="newest")[0].id
            if step == "update":
                invitations.update(last, role=role)
            elif step == "revoke":
                invitations.revoke(last)
            else:
                self.tokens.append(invitations.resend(last).token)


@given(st.lists(STEPS, max_size=30))
def test_every_sequence_ends_as_the_model_says(steps: Sequence[Step]) -> None:
    """I2, I5, I6, I10, E58, E60, E61, E74, E85, IT-09, IT-23."""
    clock, model = FrozenClock(), Model()
    options = Options(max_sends_an_hour=MOST)
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)
    real = Real(Company(tenancy, tenancy.person(ADA).create_tenant("Acme")))

    for step, value in steps:
        if isinstance(value, timedelta):
            clock.advance(value)
        elif model.offers or step in ("send", "remove"):
            token = model.token(value) if isinstance(value, int) else 0
            assert (step, real.do(step, value, token)) == (step, model.do(step, value, clock()))
        stored = [(each.status.value, each.role) for each in real.acme.context().invitations.list(limit=200)]
        assert stored == [offer.seen(clock()) for offer in model.offers]
        assert real.acme.user_ids() == [ADA.user_id, *([BOB.user_id] if model.roles else [])]
        assert (real.acme.member(BOB).roles if model.roles else ()) == model.roles
