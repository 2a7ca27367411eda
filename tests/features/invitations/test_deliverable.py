"""The host may say whether mail to an address can arrive; it is asked before an invitation is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import QueuePool
from sqlalchemy.orm import Session

from tenantry import (
    SYSTEM,
    AlreadyInvited,
    AlreadyMember,
    Denied,
    Invalid,
    InvitationStatus,
    NotFound,
    Options,
    Principal,
    TenantContext,
    Tenantry,
    schemes,
)
from tenantry.ports import Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone


class Host:
    """What the host knows of mail, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[str], Any] = lambda address: not address.endswith("@nowhere.test")

    def __call__(self, address: str) -> Any:
        self.asked.append(address)
        return self.answer(address)


@pytest.fixture
def host() -> Host:
    return Host()


def tenancy_of(store: Store, host: Host, clock: FrozenClock) -> Tenantry:
    options = Options(deliverable=host)
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, options=options)


@pytest.fixture
def acme(store: Store, host: Host, clock: FrozenClock) -> Company:
    tenancy = tenancy_of(store, host, clock)
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_what_cannot_be_delivered_is_not_sent(acme: Company, host: Host) -> None:
    """I9"""
    trail = acme.trail()

    with pytest.raises(Invalid) as refused:
        acme.context().invitations.send("Bob@nowhere.test")

    assert (str(refused.value), refused.value.field) == (
        "Mail to this address cannot be delivered.",
        "email",
    )
    assert host.asked == ["Bob@nowhere.test"]
    assert (acme.trail(), list(acme.context().invitations.list())) == (trail, [])
    assert acme.context().invitations.send(" Bob@somewhere.test ").invitation.status is InvitationStatus.PENDING


def test_it_is_asked_for_the_stored_address_when_one_is_sent_again(acme: Company, host: Host) -> None:
    """I9, EM-06"""
    issued = acme.context().invitations.send("Bob@Acme.test")
    host.answer = lambda address: False

    with pytest.raises(Invalid):
        acme.context().invitations.resend(issued.invitation.id)

    assert host.asked == ["Bob@Acme.test", "Bob@Acme.test"]
    assert acme.context().invitations.get(issued.invitation.id) == issued.invitation


def test_a_change_sends_nothing_and_asks_nothing(acme: Company, host: Host) -> None:
    issued = acme.invite(BOB)
    host.asked.clear()

    acme.context().invitations.update(issued.invitation.id, role="admin")
    acme.context().invitations.revoke(issued.invitation.id)

    assert host.asked == []


@pytest.mark.parametrize("answer", [None, 0, 1, "", "yes", [], "True"])
def test_what_is_no_answer_is_not_taken_for_one(acme: Company, host: Host, answer: object) -> None:
    host.answer = lambda address: answer

    with pytest.raises(Invalid) as refused:
        acme.invite(BOB)

    assert "Options.deliverable" in str(refused.value)
    assert not acme.context().invitations.list()


@pytest.mark.parametrize("failure", [RuntimeError("no network"), KeyboardInterrupt(), TimeoutError()], ids=repr)
def test_what_it_raises_passes_unchanged_and_nothing_is_done(acme: Company, host: Host, failure: BaseException) -> None:
    """CR-08"""
    issued = acme.invite(CAY)
    trail = acme.trail()

    def fail(address: str) -> bool:
        raise failure

    host.answer = fail
    acts: list[Callable[[], object]] = [
        lambda: acme.invite(BOB),
        lambda: acme.context().invitations.resend(issued.invitation.id),
    ]
    for act in acts:
        with pytest.raises(type(failure)) as raised:
            act()
        assert raised.value is failure

    assert acme.trail() == trail
    assert [each.id for each in acme.context().invitations.list()] == [issued.invitation.id]
    host.answer = lambda address: True
    acme.invite(BOB)


def test_no_transaction_is_open_meanwhile(sql_store: SQLAlchemyStore, host: Host, clock: FrozenClock) -> None:
    """RX-11: with one open, what the host does here would wait for it on SQLite."""
    tenancy = tenancy_of(sql_store, host, clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    def look(address: str) -> bool:
        assert isinstance(pool := sql_store.engine.pool, QueuePool)
        assert pool.checkedout() == 0
        acme.context().update(name=f"Acme {len(host.asked)}")
        return True

    host.answer = look
    issued = acme.invite(BOB)
    acme.context().invitations.resend(issued.invitation.id)

    assert acme.context().get().name == "Acme 2"


def test_within_a_transaction_of_the_host_it_is_asked_too(
    sql_store: SQLAlchemyStore, host: Host, clock: FrozenClock
) -> None:
    """A guest's transaction is the host's; it holds no lock of ours yet."""
    acme = Company(
        tenancy_of(sql_store, host, clock), tenancy_of(sql_store, host, clock).person(ADA).create_tenant("A")
    )

    with Session(sql_store.engine) as session:
        guest = acme.tenancy.using(SessionStore(session)).tenant(acme.id, by=ADA)
        with pytest.raises(Invalid):
            guest.invitations.send("bob@nowhere.test")
        issued = guest.invitations.send("bob@acme.test")
        session.commit()

    assert host.asked == ["bob@nowhere.test", "bob@acme.test"]
    assert [each.id for each in acme.context().invitations.list()] == [issued.invitation.id]


def test_nobody_without_the_right_makes_the_host_look(acme: Company, host: Host, justice: str) -> None:
    """EM-16"""
    issued = acme.invite(DAN)
    acme.add(BOB)
    acme.add(CAY, workspaces={justice: "admin"})
    former = acme.add(someone("gus"), "admin")
    acme.context().members.deactivate("user_gus")
    host.asked.clear()

    offers: list[tuple[TenantContext, dict[str, Any]]] = [
        (acme.context(BOB), {}),
        (acme.context(BOB), {"workspaces": {justice: "viewer"}}),
        (acme.context(CAY), {}),
        (acme.context(CAY), {"workspaces": {acme.general: "viewer"}}),
        (acme.context(CAY), {"workspaces": {justice: "viewer"}, "role": "owner"}),
        (former, {}),
    ]
    for context, offer in offers:
        with pytest.raises(Denied):
            context.invitations.send("fay@acme.test", **offer)
        with pytest.raises(Denied):
            context.invitations.resend(issued.invitation.id)
    for by in (EVE, Principal.service("importer")):
        with pytest.raises(NotFound):
            acme.context(by).invitations.send("fay@acme.test")
        with pytest.raises(NotFound):
            acme.context(by).invitations.resend(issued.invitation.id)
    with pytest.raises(Invalid):
        acme.context().invitations.send("fay@acme.test", role="nonsense")
    with pytest.raises(Invalid):
        acme.context().invitations.send("fay@acme.test, eve@acme.test")

    assert host.asked == []
    acme.context(CAY).invitations.send("fay@acme.test", workspaces={justice: "viewer"})
    acme.context(SYSTEM).invitations.resend(issued.invitation.id)
    assert host.asked == ["fay@acme.test", DAN.email]


def test_a_denial_is_noted_once(acme: Company, host: Host) -> None:
    """AU-01: as it is without such a function."""
    acme.add(BOB)

    with pytest.raises(Denied) as refused:
        acme.context(BOB).invitations.send("fay@acme.test")

    assert refused.value.is_recorded
    assert acme.trail().count("access.denied") == 1


def test_conflicts_are_told_after_it(acme: Company, host: Host) -> None:
    acme.invite(BOB)
    with pytest.raises(AlreadyInvited):
        acme.invite(BOB)
    with pytest.raises(AlreadyMember):
        acme.invite(ADA)


def test_it_is_a_function_that_is_not_awaited() -> None:
    async def look(address: str) -> bool:
        return True

    for wrong in (look, True, "yes", 7):
        with pytest.raises(Invalid):
            Options(deliverable=wrong)  # type: ignore[arg-type]
