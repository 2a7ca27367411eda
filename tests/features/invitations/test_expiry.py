"""Invitations expire by themselves, at one instant, with nobody sweeping."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import Invalid, InvitationExpired, Options, Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, SECRET, Company

MICROSECOND = timedelta(microseconds=1)


def test_the_last_microsecond_accepts(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """TM-02"""
    issued = acme.context().invitations.send("bob@acme.test", expires_in=timedelta(days=3, microseconds=7))

    clock.set(issued.invitation.expires_at - MICROSECOND)

    tenancy.inspect_invitation(issued.token)
    assert acme.context().invitations.get(issued.invitation.id).status == "pending"
    assert len(tenancy.person(BOB).invitations()) == len(acme.context().invitations.list(status="pending")) == 1
    tenancy.person(BOB).accept(issued.token)


def test_the_next_one_does_not(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """TM-02"""
    issued = acme.context().invitations.send("bob@acme.test", expires_in=timedelta(days=3, microseconds=7))

    clock.set(issued.invitation.expires_at)

    for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
        with pytest.raises(InvitationExpired):
            act(issued.token)
    assert acme.context().invitations.get(issued.invitation.id).status == "expired"
    assert not tenancy.person(BOB).invitations()
    assert not acme.context().invitations.list(status="pending")
    assert len(acme.context().invitations.list(status="expired")) == 1
    assert acme.user_ids() == [ADA.user_id]


def test_an_expired_one_does_not_stand_in_the_way(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """E74, I10"""
    old = acme.invite(BOB)
    clock.advance(days=7)

    new = acme.invite(BOB)

    assert [(i.id, i.status) for i in acme.context().invitations.list()] == [
        (old.invitation.id, "revoked"),
        (new.invitation.id, "pending"),
    ]
    tenancy.person(BOB).accept(new.token)


def test_a_year_of_silence_loses_nothing(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """I10, TM-08"""
    issued = acme.invite(BOB, "admin")
    clock.advance(days=365)

    [seen] = acme.context().invitations.list()
    assert (seen.status, seen.role, seen.email) == ("expired", "admin", BOB.email)
    tenancy.person(BOB).accept(acme.context().invitations.resend(issued.invitation.id).token)


def test_a_clock_that_goes_back_makes_it_pending_again(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    issued = acme.invite(BOB)
    clock.advance(days=8)
    assert acme.context().invitations.get(issued.invitation.id).status == "expired"

    clock.advance(days=-8)

    tenancy.person(BOB).accept(issued.token)


def test_accepting_again_is_no_matter_of_time(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """E61"""
    issued = acme.invite(BOB)
    tenancy.person(BOB).accept(issued.token)
    clock.advance(days=30)

    assert tenancy.person(BOB).accept(issued.token).already_member


def test_no_invitation_outlasts_the_calendar(store: Store, clock: FrozenClock) -> None:
    """TM-04"""
    options = Options(longest_invitation=timedelta.max)
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    with pytest.raises(Invalid, match="year 10000"):
        acme.context().invitations.send("bob@acme.test", expires_in=timedelta.max)
