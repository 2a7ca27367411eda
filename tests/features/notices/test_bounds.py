"""Nobody can be written to without end by way of somebody who may change members."""

from __future__ import annotations

from datetime import timedelta

from tenantry import Notice, NoticeKind, Options, Tenantry, schemes
from tenantry.notices.model import NOTICES
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, DAN, EVE, SECRET, Company

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
        acme.context().members.update(BOB.user_id, email=address)
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
        acme.context().members.update(who.user_id, email=VICTIM[0])

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
