"""Whoever ends or switches something off may say why: in the trail, erasable, and to the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Tenantry, schemes
from tenantry.notices.model import NOTICES
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, SECRET, Company

Act = Callable[[Company, Any], object]
WHY = "Has left the company.\nAll the best!"


def revoke(acme: Company, reason: Any) -> object:
    """With the invitation that there is, or a new one."""
    waiting = acme.context().invitations.list(status="pending")
    invitation = waiting[0] if waiting else acme.context().invitations.send("cay@acme.test").invitation
    return acme.context().invitations.revoke(invitation.id, reason=reason)


ACTS: dict[str, tuple[str, str, Act]] = {
    "members.remove": (
        "member.removed",
        "removed",
        lambda acme, reason: acme.context().members.remove(BOB.user_id, reason=reason),
    ),
    "members.deactivate": (
        "member.deactivated",
        "deactivated",
        lambda acme, reason: acme.context().members.deactivate(BOB.user_id, reason=reason),
    ),
    "invitations.revoke": ("invitation.revoked", "revoked", revoke),
}
every_act = pytest.mark.parametrize(("action", "kind", "act"), ACTS.values(), ids=ACTS)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)


@pytest.fixture
def acme(tenancy: Tenantry) -> Company:
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(BOB)
    return company


def told(acme: Company, store: Store, kind: str) -> list[object]:
    with store.query(acme.id) as tx:
        return [notice.data["reason"] for notice in tx.records(NOTICES).list(kind=kind)]


def reasons(acme: Company, action: str) -> list[object]:
    return [e.after.get("reason") for e in acme.context(SYSTEM).audit.list(limit=200) if e.action == action]


@every_act
def test_a_reason_is_in_the_trail_and_told(acme: Company, store: Store, action: str, kind: str, act: Act) -> None:
    """Seed 004: `logMemberAction('member_removed', …, {reason})`"""
    act(acme, WHY)

    assert reasons(acme, action) == [WHY]
    assert told(acme, store, kind) == [WHY]


@every_act
def test_nobody_has_to_say_why(acme: Company, store: Store, action: str, kind: str, act: Act) -> None:
    act(acme, None)

    [event] = [e for e in acme.context(SYSTEM).audit.list(limit=200) if e.action == action]
    assert "reason" not in event.after
    assert told(acme, store, kind) == [None]


@every_act
@pytest.mark.parametrize("reason", ["x" * 501, 7, b"because", "a\x00b"], ids=["long", "number", "bytes", "control"])
def test_what_is_no_reason_is_refused_and_nothing_is_done(
    acme: Company, action: str, kind: str, act: Act, reason: object
) -> None:
    with pytest.raises(Invalid) as refused:
        act(acme, reason)

    assert refused.value.field == "reason"
    assert action not in acme.trail()
    assert acme.member(BOB).is_active


@every_act
def test_a_reason_is_erased_with_the_tenant(
    acme: Company, clock: FrozenClock, action: str, kind: str, act: Act
) -> None:
    act(acme, WHY)
    acme.context().delete(confirm="Acme")
    clock.advance(days=40)

    acme.tenancy.jobs.purge()

    assert reasons(acme, action) == ["(erased)"]
    assert acme.context(SYSTEM).audit.verify().first_bad is None


@pytest.mark.parametrize("name", ["members.remove", "members.deactivate"])
def test_a_reason_is_erased_with_the_person(acme: Company, name: str) -> None:
    action, _, act = ACTS[name]
    act(acme, WHY)

    acme.tenancy.forget(BOB.user_id)

    assert reasons(acme, action) == ["(erased)"]
