"""What is about a person enters the chain as a digest, and what is named like a secret not at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from tenantry import AuditEvent
from tenantry.audit.model import (
    content_of,
    find_misfit,
    seal_values,
    show,
    without_details,
    without_origin,
    without_personal,
)
from tenantry.audit.seals import ERASED, fits, seal
from tenantry.audit.secrets import HIDDEN, without_secrets

EVENT = AuditEvent(
    tenant_id="ten_acme",
    id="evt_1",
    sequence=1,
    action="member.recorded",
    principal="user_ada",
    target="user_bob",
    target_name="Bob",
    workspace_id="ws_a",
    workspace_name="Justice",
    before={"name": None, "email": "bob@gov.test", "last_sign_in_at": None},
    after={"name": "Bob", "email": "bob@acme.test", "last_sign_in_at": "2026-01-01T00:00:00+00:00"},
    occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    address="192.0.2.7",
    user_agent="curl/8",
    request_id="r-1",
)
STORED = seal_values(EVENT)


def test_personal_values_are_stored_apart_and_shown_in_their_places() -> None:
    assert STORED._personal.keys() == {
        "before.email",
        "after.name",
        "after.email",
        "address",
        "user_agent",
        "target_name",
    }
    there = repr((STORED.before, STORED.after, STORED.address, STORED.user_agent, STORED.target_name))
    assert "bob" not in there.lower()
    assert "192.0.2.7" not in there
    assert STORED.after["last_sign_in_at"] == EVENT.after["last_sign_in_at"]
    assert STORED.before["name"] is None
    assert show(STORED) == EVENT


def test_the_name_of_what_is_no_person_stays_where_it_is() -> None:
    stored = seal_values(evolve(EVENT, action="workspace.updated", target="ws_a", target_name="Justice"))
    assert (stored.target_name, "target_name" in stored._personal) == ("Justice", False)
    tampered = evolve(stored, personal={**stored._personal, "target_name": seal("Other")[1]})
    assert show(tampered).target_name == "Justice"
    assert find_misfit(tampered) == "target_name"


def test_the_spelling_of_an_event_does_not_change() -> None:
    """A digest that was made once is made of the same bytes for ever."""
    plain = evolve(STORED, target_name=None, workspace_name=None, personal={}, before={}, after={}, address=None)
    plain = evolve(plain, user_agent=None)
    assert (
        hashlib.sha256(content_of(plain, "head")).hexdigest()
        == "9b1c607936019334d54f41550fd51d6f85ee3b1e1474987093e14e912a65214e"
    )
    different = [evolve(plain, target_name="x"), evolve(plain, workspace_name="x"), evolve(plain, written_in=1)]
    assert len({content_of(event, "head") for event in (plain, *different)}) == 4


def test_equal_values_have_different_digests() -> None:
    """Nobody finds out by trying who it was."""
    assert seal("Bob")[0] != seal("Bob")[0]
    assert len({seal("Bob")[1][0] for _ in range(100)}) == 100
    assert len(bytes.fromhex(seal("Bob")[1][0])) == 16


def test_what_is_erased_is_shown_as_such_and_changes_no_content() -> None:
    for erased, gone in (
        (without_details(STORED), {"before.email", "after.name", "after.email", "target_name"}),
        (without_origin(STORED), {"address", "user_agent"}),
        (without_personal(STORED), set(STORED._personal)),
    ):
        assert STORED._personal.keys() - erased._personal.keys() == gone
        assert content_of(erased, "") == content_of(STORED, "")
        assert find_misfit(erased) is None
        shown = show(erased)
        assert (shown.address == ERASED) == ("address" in gone)
        assert (shown.after["email"] == ERASED) == ("after.email" in gone)
        assert (shown.target_name == ERASED) == ("target_name" in gone)
        assert shown.workspace_name == "Justice"
        assert shown.before["name"] is None


@pytest.mark.parametrize(
    ("place", "pair"),
    [
        ("after.email", ("00" * 16, "bob@acme.test")),
        ("after.email", (STORED._personal["after.email"][0], "eve@acme.test")),
        ("after.email", STORED._personal["before.email"]),
        ("after.email", ("no salt", "bob@acme.test")),
        ("after.email", ("", float("nan"))),
        ("before.name", (*seal("Bob")[1],)),
        ("after.roles", (*seal("owner")[1],)),
        ("target_name", (*seal("Eve")[1],)),
        ("workspace_name", (*seal("Justice")[1],)),
        ("request_id", (*seal("r-2")[1],)),
        ("", ("", None)),
        ("after.email", ["bob@acme.test"]),
        ("after.email", 7),
    ],
    ids=range(13),
)
def test_a_personal_value_that_is_not_the_one_is_found(place: str, pair: Any) -> None:
    """AU-03: also where it never was one, or is no value with its salt."""
    assert find_misfit(STORED) is None
    tampered = evolve(STORED, personal={**STORED._personal, place: pair})
    assert find_misfit(tampered) == place
    show(tampered)


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_what_is_no_document_is_read_and_fits_nowhere(value: Any) -> None:
    """AU-03."""
    for name in ("before", "after", "personal"):
        tampered = evolve(STORED, **{name: value})
        show(tampered)
        assert find_misfit(tampered) is not None


def test_a_digest_of_another_kind_fits_nothing() -> None:
    assert not fits(None, "00", None)
    assert not fits(7, "00", 7)


SECRET = "hunter2"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "db_password", "smtpPassword", "pwd", "PIN", "passphrase", "passwd"),
        *("token", "tokens", "invitation_token", "accessToken", "X-Auth-Token", "refresh.token", "nonce"),
        *("key", "keys", "api_key", "apiKey", "API-KEY", "apikey", "private_key", "secret", "clientSecret"),
        *("cookie", "Set-Cookie", "session_cookie", "credentials", "Authorization"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden_at_any_depth(name: str) -> None:
    """AU-06."""
    for value in (SECRET, [SECRET], {"a": SECRET}):
        assert without_secrets({"settings": {"list": [{name: value}], name: value}}) == {
            "settings": {"list": [{name: HIDDEN}], name: HIDDEN}
        }
    event = seal_values(evolve(EVENT, before={}, after={name: SECRET}))
    assert SECRET not in repr((event, event._personal))


def test_what_is_not_is_left_alone() -> None:
    plain = {"name": "Bob", "monkey": "x", "keyboard": "y", "tokens": 5, "token": None, "turkey": ["z"], "api_keys": 3}
    assert without_secrets(plain) == plain
    assert without_secrets({"pin": 1234}) == {"pin": HIDDEN}
