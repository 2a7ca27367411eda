"""The trail says who did it, for whom, and where the request came from."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tenantry import SYSTEM, AuditEvent, Denied, NotFound, Origin, Principal, Tenantry, schemes
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company, someone


def newest(company: Company) -> AuditEvent:
    return company.context(SYSTEM).audit.list(limit=1)[0]


@pytest.mark.parametrize(
    ("by", "name"), [(SYSTEM, "system"), (SYSTEM.job("nightly"), "system:nightly"), (ADA, ADA.user_id)]
)
def test_the_one_who_acts_is_named(acme: Company, by: Principal, name: str) -> None:
    """PE-23, AU-15"""
    acme.context(by).workspaces.create("Justice")

    assert (newest(acme).principal, newest(acme).on_behalf_of) == (name, None)


def test_a_service_is_named(acme: Company) -> None:
    """AU-15"""
    importer = acme.add(Principal.service("importer"), "admin")

    importer.workspaces.create("Justice")

    assert newest(acme).principal == "service:importer"


def test_whoever_acts_on_behalf_of_somebody_is_named_and_so_is_that_one(acme: Company) -> None:
    """AU-15: it grants nothing. What impersonation names is in `access/test_impersonation.py`."""
    support = someone("support", on_behalf_of=ADA.user_id)
    with pytest.raises(NotFound):
        acme.context(support).get()
    acme.add(support, "admin")

    acme.context(support).workspaces.create("Justice")

    assert (newest(acme).principal, newest(acme).on_behalf_of) == ("user_support", ADA.user_id)
    assert not acme.context(support).can("tenant-api:tenant:own")


def test_the_origin_is_kept(acme: Company, tenancy: Tenantry) -> None:
    """AU-10"""
    origin = Origin(address="192.0.2.7", user_agent="curl/8", request_id="req-1")
    issued = acme.invite(BOB)

    tenancy.person(BOB, origin=origin).accept(issued.token)
    added, accepted = acme.context().audit.list(limit=2)
    tenancy.tenant(acme.id, by=ADA, origin=origin).workspaces.create("Justice")

    for event in (added, accepted, newest(acme)):
        assert (event.address, event.user_agent, event.request_id) == ("192.0.2.7", "curl/8", "req-1")
    created = tenancy.person(CAY, origin=origin).create_tenant("Beta")
    assert {event.address for event in tenancy.tenant(created.id, by=CAY).audit.list()} == {"192.0.2.7"}


def test_a_denial_is_recorded(acme: Company, clock: FrozenClock) -> None:
    """AU-01, law 10"""
    bob = acme.add(BOB, workspaces={acme.general: "viewer"})

    for denied in (
        lambda: bob.workspaces.create("Justice"),
        bob.members.list,
        lambda: bob.require("workspace-api:member:invite", workspace=acme.general),
    ):
        clock.advance(minutes=1)
        with pytest.raises(Denied) as refused:
            denied()
        event = newest(acme)
        assert (event.action, event.principal, event.target) == ("access.denied", BOB.user_id, BOB.user_id)
        assert event.after == {"code": "permission_missing", "permission": refused.value.data["permission"]}
        assert refused.value.is_recorded
    assert newest(acme).workspace_id == acme.general
    assert acme.trail().count("access.denied") == 3


def test_no_choice_of_words_keeps_a_denial_out_of_the_trail(acme: Company) -> None:
    """AU-01: what was asked about need not be an id, nor as short as one."""
    bob = acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(Denied):
        bob.require("workspace-api:workspace:read", workspace="x" * 255)

    assert (newest(acme).action, newest(acme).workspace_id) == ("access.denied", "x" * 255)


def test_a_question_that_is_answered_no_is_no_denial(acme: Company) -> None:
    bob = acme.add(BOB)
    before = acme.trail()

    assert not bob.can("tenant-api:member:read")
    assert not bob.check("tenant-api:member:read")
    with pytest.raises(Denied):
        bob.access().require("tenant-api:member:read")

    assert acme.trail() == before


def test_what_exceeds_the_own_rights_says_what_was_missing(acme: Company) -> None:
    bob = acme.add(BOB, "admin")

    with pytest.raises(Denied):
        bob.members.add(EVE.user_id, role="owner")

    assert newest(acme).after["code"] == "beyond_own_rights"
    assert "tenant-api:tenant:own" in newest(acme).after["missing"]


def test_a_stranger_leaves_no_trace(acme: Company) -> None:
    """Law 10"""
    before = acme.trail()

    with pytest.raises(NotFound):
        acme.context(EVE).update(name="Mine")
    with pytest.raises(NotFound):
        acme.context(EVE).require("tenant-api:tenant:read")

    assert acme.trail() == before


def test_a_guest_records_a_denial_when_the_host_says_so(sql_store: SQLAlchemyStore) -> None:
    """AU-01"""
    ours = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(ours, ours.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    before = acme.trail()

    with Session(sql_store.engine) as session:
        guest = ours.using(SessionStore(session))
        with pytest.raises(Denied) as refused:
            guest.tenant(acme.id, by=BOB, origin=Origin(request_id="req-1")).workspaces.create("Justice")
        session.rollback()
    assert acme.trail() == before

    with Session(sql_store.engine) as session:
        for _ in range(2):
            ours.using(SessionStore(session)).record_denial(refused.value)
        session.commit()
    assert acme.trail() == [*before, "access.denied"]
    assert newest(acme).principal == BOB.user_id
    assert newest(acme).request_id == "req-1"


def test_where_the_transactions_are_ours_it_is_recorded_once(acme: Company, tenancy: Tenantry) -> None:
    """AU-14"""
    bob = acme.add(BOB)
    with pytest.raises(Denied) as refused:
        bob.workspaces.create("Justice")
    before = acme.trail()

    tenancy.record_denial(refused.value)

    assert acme.trail() == before


def test_a_denial_of_the_wrong_invitee_is_recorded_nowhere(acme: Company, tenancy: Tenantry) -> None:
    """A person who is no member leaves no trace, also where the host asks for one."""
    issued = acme.invite(BOB)
    before = acme.trail()

    with pytest.raises(Denied) as refused:
        tenancy.person(EVE).accept(issued.token)
    tenancy.record_denial(refused.value)

    assert acme.trail() == before
