"""An invitation that nobody may offer any more is refused, and the trail says to whom, whose it was and what lacks."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tenantry import SYSTEM, AuditEvent, Denied, InviterLostAuthority, NotTheInvitee, Origin, Tenantry, schemes
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company

INVITE = "tenant-api:member:invite"


def refusals(company: Company) -> list[AuditEvent]:
    events = company.context(SYSTEM).audit.list(order="oldest", limit=200)
    return [event for event in events if event.action == "invitation.refused"]


def lost(company: Company) -> str:
    """The link of an invitation to Bob, whose inviter is an admin no more."""
    company.add(CAY, "admin")
    issued = company.invite(BOB, "admin", by=CAY)
    company.context().members.change_role(CAY.user_id, role="member")
    return issued.token


def test_it_is_on_record_with_who_tried_the_backer_and_what_is_missing(tenancy: Tenantry, acme: Company) -> None:
    """Law 10."""
    token = lost(acme)
    with pytest.raises(InviterLostAuthority) as refused:
        tenancy.person(BOB, origin=Origin(request_id="1")).accept(token)

    [event] = refusals(acme)
    waiting = acme.context().invitations.list()[0]
    assert (event.principal, event.target, event.request_id) == (BOB.user_id, waiting.id, "1")
    assert (event.target_name, event.outcome) == (BOB.email, "denied")
    assert event.after == {"code": "inviter_lost_authority", "backers": [CAY.user_id], "missing": [INVITE]}
    assert refused.value.data == {"invitation": waiting.id, "missing": [INVITE]}
    assert refused.value.backers == (CAY.user_id,)
    assert refused.value.is_recorded
    assert acme.context().audit.verify().intact


def test_what_the_backer_holds_no_more_is_named(tenancy: Tenantry, acme: Company) -> None:
    acme.add(CAY, "owner")
    issued = acme.invite(BOB, "owner", by=CAY)
    acme.context().members.change_role(CAY.user_id, role="admin")
    with pytest.raises(InviterLostAuthority) as refused:
        tenancy.person(BOB).accept(issued.token)

    assert "tenant-api:tenant:own" in refused.value.data["missing"]
    assert INVITE not in refused.value.data["missing"]


def test_a_backer_who_has_left_lacks_the_right_to_invite(tenancy: Tenantry, acme: Company) -> None:
    acme.add(CAY, "admin")
    justice = acme.workspace("Justice")
    issued = acme.invite(BOB, workspaces={justice: "viewer"}, by=CAY)
    acme.context().members.deactivate(CAY.user_id)
    with pytest.raises(InviterLostAuthority) as refused:
        tenancy.person(BOB).accept_offer(issued.invitation.id)
    assert INVITE in refused.value.data["missing"]


def test_it_is_folded_like_a_denial(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    token = lost(acme)
    for _ in range(5):
        with pytest.raises(InviterLostAuthority):
            tenancy.person(BOB).accept(token)
    assert len(refusals(acme)) == 1
    clock.advance(minutes=1)
    tenancy.jobs.purge()

    [first, again] = refusals(acme)
    assert (again.principal, again.target) == (BOB.user_id, first.target)
    assert again.after == {"code": "inviter_lost_authority", "repeated": 4}


def test_who_is_not_invited_leaves_no_trace(tenancy: Tenantry, acme: Company) -> None:
    """Whoever has got hold of a link can make accounts without end; a member is known, and is on record."""
    token, before = lost(acme), acme.trail()
    with pytest.raises(NotTheInvitee) as refused:
        tenancy.person(EVE).accept(token)
    tenancy.record_denial(refused.value)
    assert acme.trail() == before

    acme.add(EVE)
    with pytest.raises(NotTheInvitee):
        tenancy.person(EVE).accept(token)
    assert acme.trail()[-1] == "access.denied"


def test_a_guest_records_it_when_the_host_says_so(sql_store: SQLAlchemyStore) -> None:
    """Also where somebody is a member who is not invited, as where the transactions are ours."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    token = lost(acme)
    acme.add(EVE)

    for who, kind in ((BOB, InviterLostAuthority), (EVE, NotTheInvitee)):
        with Session(sql_store.engine) as session:
            guest = tenancy.using(SessionStore(session))
            with pytest.raises((InviterLostAuthority, Denied)) as refused:
                guest.person(who, origin=Origin(request_id="1")).accept(token)
            assert type(refused.value) is kind
            session.rollback()
            for _ in range(2):
                guest.record_denial(refused.value)
            session.commit()

    assert acme.trail()[-2:] == ["invitation.refused", "access.denied"]
    assert [(event.principal, event.request_id) for event in refusals(acme)] == [(BOB.user_id, "1")]
