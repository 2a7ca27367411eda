"""What is about a person can go; the events stay, and the chain verifies as before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from attrs import evolve

from tenantry import SYSTEM, AuditEvent, Origin, Tenantry
from tenantry.audit import repository
from tenantry.audit.seals import ERASED
from tenantry.audit.service import erasing
from tenantry.ports import Store
from tenantry.runtime.unit_of_work import UnitOfWork
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, CAY, Company

ORIGIN = Origin(address="192.0.2.7", user_agent="Bob's browser", request_id="req-1")


def erase(company: Company, *, targets: Sequence[str] = (), principals: Sequence[str] = ()) -> int:
    """Erase in a command of its own."""
    return command(company, lambda uow: erasing.erase(uow, targets=targets, principals=principals))


def command(company: Company, how: Callable[[UnitOfWork], int]) -> int:
    return company.context(SYSTEM)._runner.command("erase", how)


def trail(company: Company) -> list[AuditEvent]:
    return list(company.context(SYSTEM).audit.list(order="oldest", limit=200))


@pytest.fixture
def invitation_id(acme: Company, tenancy: Tenantry) -> str:
    """Bob was invited, joined, acted and was removed; Cay is there still."""
    issued = acme.invite(BOB, "admin")
    tenancy.person(BOB, origin=ORIGIN).accept(issued.token)
    tenancy.tenant(acme.id, by=BOB, origin=ORIGIN).workspaces.create("Justice")
    acme.context(SYSTEM).members.update(BOB.user_id, name="Robert", email="robert@acme.test")
    acme.add(CAY)
    acme.context(SYSTEM).members.update(CAY.user_id, name="Catherine")
    acme.context().members.remove(BOB.user_id)
    return issued.invitation.id


def test_a_person_is_forgotten_and_the_trail_verifies(
    acme: Company, store: Store, invitation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others did, and what is known of others, stays."""
    monkeypatch.setattr(repository, "PAGE", 2)
    kept, before = acme.context().audit.checkpoint(), trail(acme)
    about = [e for e in before if e.target in (BOB.user_id, invitation_id) and (e.before or e.after)]

    erased = erase(acme, targets=[BOB.user_id, invitation_id], principals=[BOB.user_id])

    assert 0 < erased <= len(about) + sum(e.principal == BOB.user_id for e in before)
    after = trail(acme)
    everything = repr((Vault(store).everything(), after)).lower()
    for gone in ("robert", "bob@", "browser", "192.0.2.7"):
        assert gone not in everything
    assert "catherine" in everything
    assert "req-1" in everything
    recorded = next(e for e in after if e.action == "member.recorded" and e.target == BOB.user_id)
    assert recorded.after == {"name": ERASED, "email": ERASED, "email_verified": False}
    acted = next(e for e in after if e.action == "workspace.created" and e.principal == BOB.user_id)
    assert (acted.address, acted.user_agent, acted.request_id) == (ERASED, ERASED, "req-1")
    assert [(e.action, e.sequence, e.principal) for e in after[: len(before)]] == [
        (e.action, e.sequence, e.principal) for e in before
    ]
    assert acme.context().audit.verify(checkpoint=kept)
    said = {"targets": [BOB.user_id, invitation_id], "principals": [BOB.user_id]}
    assert [(e.action, e.target, e.principal, e.after) for e in after[len(before) :]] == [
        ("audit.erased", acme.id, "system", said)
    ]


def test_erasing_again_finds_nothing(acme: Company, invitation_id: str) -> None:
    for at, expected in enumerate((True, False)):
        erased = erase(acme, targets=[invitation_id, BOB.user_id], principals=[BOB.user_id])
        assert bool(erased) is expected, at
    assert erase(acme) == 0
    assert acme.trail().count("audit.erased") == 1


def test_only_what_was_asked_for_goes(acme: Company, invitation_id: str) -> None:
    erase(acme, targets=[BOB.user_id])
    [sent] = [e for e in trail(acme) if e.action == "invitation.sent"]
    assert sent.after["email"] == BOB.email
    assert {e.address for e in trail(acme) if e.principal == BOB.user_id} == {ORIGIN.address}

    erase(acme, principals=[BOB.user_id])
    assert {e.address for e in trail(acme) if e.principal == BOB.user_id} == {ERASED}
    [sent] = [e for e in trail(acme) if e.action == "invitation.sent"]
    assert sent.after["email"] == BOB.email


def test_everything_of_a_tenant_goes_and_nothing_of_another(
    acme: Company, store: Store, invitation_id: str, tenancy: Tenantry
) -> None:
    beta = Company(tenancy, tenancy.person(ADA, origin=ORIGIN).create_tenant("Beta"))
    untouched = Vault(store).events(beta.id)

    command(acme, erasing.erase_everything)

    assert not any(event._personal for event in Vault(store).events(acme.id))
    assert Vault(store).events(beta.id) == untouched
    assert acme.context().audit.verify().first_bad is None


def test_a_changed_personal_value_is_not_an_erased_one(acme: Company, store: Store, invitation_id: str) -> None:
    """AU-03."""
    vault = Vault(store)
    events = vault.events(acme.id)
    at = next(n for n, event in enumerate(events) if "after.name" in event._personal)
    salt, _ = events[at]._personal["after.name"]
    events[at] = evolve(events[at], personal={**events[at]._personal, "after.name": (salt, "Roberta")})
    vault.replace(acme.id, events)

    found = acme.context().audit.verify()

    assert (found.intact, found.complete, found.first_bad) == (False, True, at + 1)
    assert found.reason == (
        f"Event {at + 1} has a personal value, 'after.name', that is not the one it was sealed with."
    )
