"""No secret is in any event, whoever put it where; and what is not plain data does not get in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Origin, Tenantry, schemes, to_dict
from tenantry.audit.model import show
from tenantry.audit.secrets import HIDDEN
from tenantry.invitations.model import INVITATIONS
from tenantry.ports import Store
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company, someone

TRAIL_KEY = "only the trail is signed with this key"
PASSED = {
    "smtp": {"password": "hunter2-a", "host": "mail.acme.test"},
    "apiKey": "hunter2-b",
    "list": [{"session_cookie": "hunter2-c"}, {"X-Auth-Token": ["hunter2-d"]}],
    "nonce": "hunter2-e",
    "tokens_used": 7,
    "mail": "smtp://acme:hunter2-g@mail.acme.test",
    "colour": "hunter2-h",
}


def test_no_token_nonce_key_cookie_or_password_is_in_any_event(store: Store) -> None:
    """AU-06: nor where they are stored; also where the host has put them into settings."""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], audit_keys=[TRAIL_KEY])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    context = acme.context()
    issued = [acme.invite(who) for who in (BOB, CAY, DAN)]
    issued.append(context.invitations.resend(issued[0].invitation.id))
    justice = context.workspaces.create("Justice", settings=PASSED)
    context.workspaces.update(justice.id, settings={**PASSED, "apiKey": "hunter2-f"})
    context.workspaces.update(justice.id, settings={})
    tenancy.person(BOB).accept(issued[-1].token)
    tenancy.person(CAY).decline(issued[1].token, "no")
    context.invitations.revoke(issued[2].invitation.id)
    with store.query(acme.id) as tx:
        nonces = [invitation._nonce for invitation in tx.records(INVITATIONS).list()]

    shown = json.dumps([to_dict(event) for event in context.audit.list(limit=200)])
    stored = repr(Vault(store).everything())
    for secret in (*(each.token for each in issued), *nonces, SECRET, TRAIL_KEY, "hunter2"):
        assert secret not in shown
        assert secret not in stored
    updated = [event for event in context.audit.list(order="oldest") if event.action == "workspace.updated"]
    assert len(updated) == 2
    assert updated[0].after["settings"] == ["apiKey"]
    assert updated[1].after["settings"] == sorted(PASSED)
    assert context.audit.verify().first_bad is None


def test_what_is_named_like_a_secret_is_hidden_in_any_event(acme: Company) -> None:
    """AU-06: also where the host has counted it."""

    def work(uow: Any) -> None:
        uow.record("workspace.updated", acme.general, after={"value": PASSED})

    acme.context(SYSTEM)._runner.command("values", work)
    value = acme.context().audit.list(limit=1)[0].after["value"]
    assert value["apiKey"] == HIDDEN
    assert value["smtp"] == {"password": HIDDEN, "host": "mail.acme.test"}
    assert value["tokens_used"] == 7


VALUES: list[Any] = [
    *(1, 1.0, -0.0, 0.0, 1e22, 1e-22, 10**22, 2**63, -(2**70), 0.1, 5e-324, 1.7976931348623157e308, True, False, None),
    *("", "\x00", "\u00e9", "e\u0301", "\u2028\r\n\x1b[31m", "\u202e", "\U0001f600", "'; --", "\\u0041", '"', "a\tb"),
    *([], {}, [[]], {"": ""}, {"b": 1, "a": [1.0, {"c": None}]}, {"1": 1}),
]


def test_every_value_comes_back_with_its_digest(acme: Company, store: Store) -> None:
    """AU-05: through each store; a number is what it was, a float to its last bit."""

    def work(uow: Any) -> None:
        for number, value in enumerate(VALUES):
            uow.record("workspace.updated", f"ws_{number}", after={"value": value, "name": {"within": [value]}})
            uow.record("member.recorded", f"user_{number}", after={"name": value})

    acme.context(SYSTEM)._runner.command("values", work)

    events = Vault(store).events(acme.id)[3:]
    for value, (plain, personal) in zip(VALUES, zip(events[::2], events[1::2], strict=True), strict=True):
        assert repr(plain.after["value"]) == repr(value)
        assert repr(show(personal).after["name"]) == repr(value)
    assert acme.context().audit.verify().first_bad is None


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"x", {1: "a"}, object(), datetime(2026, 1, 1, tzinfo=UTC)]
)
def test_what_no_store_gives_back_as_it_was_is_refused(acme: Company, value: object) -> None:
    """AU-05."""
    before = acme.trail()

    def work(uow: Any) -> None:
        uow.record("workspace.updated", "ws_a", after={"value": value})

    with pytest.raises(Invalid):
        acme.context(SYSTEM)._runner.command("values", work)
    assert acme.trail() == before


def test_an_event_is_one_line_of_json(acme: Company, tenancy: Tenantry) -> None:
    """AU-08 in kind: whatever is in it."""
    origin = Origin(address="192.0.2.7", user_agent="curl/8 \u00e9", request_id="req-1")
    tenancy.tenant(acme.id, by=ADA, origin=origin).workspaces.update(
        acme.general, description="One\nTwo", settings={"a": "\u2028\u2029\x85 \x1b[31m\r\n"}
    )
    for event in acme.context().audit.list():
        line = json.dumps(to_dict(event))
        assert line.isascii()
        assert line.isprintable()
        assert len(line.splitlines()) == 1
        assert json.loads(line)["sequence"] == event.sequence


def test_an_event_has_who_what_where_when_and_whence(acme: Company, tenancy: Tenantry) -> None:
    """AU-10, AU-15: and it has them when it is read as plain data."""
    origin = Origin(address="192.0.2.7", user_agent="curl/8", request_id="req-1")
    acme.add(BOB, "admin")
    helper = someone("bob", on_behalf_of=ADA.user_id)
    tenancy.tenant(acme.id, by=helper, origin=origin).workspaces.create("Justice")

    [event] = acme.context().audit.list(limit=1)

    assert event.occurred_at.tzinfo is UTC
    assert {name: to_dict(event)[name] for name in WHAT_AN_EVENT_HAS} == {
        "tenant_id": acme.id,
        "sequence": event.sequence,
        "action": "workspace.created",
        "principal": BOB.user_id,
        "on_behalf_of": ADA.user_id,
        "target": event.workspace_id,
        "workspace_id": event.workspace_id,
        "occurred_at": "2026-01-01T12:00:00+00:00",
        "address": "192.0.2.7",
        "user_agent": "curl/8",
        "request_id": "req-1",
    }
    assert event.outcome == "done"


WHAT_AN_EVENT_HAS = (
    *("tenant_id", "sequence", "action", "principal", "on_behalf_of", "target", "workspace_id", "occurred_at"),
    *("address", "user_agent", "request_id"),
)
