"""What an end user may read of an error."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import (
    Decision,
    Denied,
    Invalid,
    LimitReached,
    NotTheInvitee,
    SlugTaken,
    Stale,
    TenantryError,
    Unavailable,
)
from tenantry.messages import ENGLISH, status, user_message

NO = Decision(False, "permission_missing", ("No role of this principal here holds tenant-api:member:delete.",))


class TestText:
    def test_is_found_by_code_and_rule_with_the_parameters_of_the_error(self) -> None:
        error = Invalid("The name …", field="name", rule="too_long", max=1_000)
        assert user_message(error) == "This is too long; 1,000 characters are allowed."
        choice = Invalid("The order …", field="order", rule="not_a_choice", choices=["name", "newest"])
        assert user_message(choice, {"invalid.not_a_choice": "One of {choices}."}) == "One of name, newest."

    def test_says_nothing_that_is_for_developers(self) -> None:
        error = Denied("No role holds …", decision=NO, permission="tenant-api:member:delete", workspace="ws_1")
        assert user_message(error) == "You do not have the permission for this."
        assert user_message(Unavailable("psycopg: connection to 10.0.0.7 refused")) == ENGLISH["unavailable"]

    def test_of_an_unknown_rule_is_that_of_the_code_and_then_of_the_family(self) -> None:
        assert user_message(LimitReached("…", rule="sites", limit=1)) == "The limit is reached."
        without = {key: text for key, text in ENGLISH.items() if not key.startswith("slug_taken")}
        assert user_message(SlugTaken("…"), {"conflict": "So nicht."}) == "So nicht."
        assert user_message(SlugTaken("…"), without) == ENGLISH["conflict"]

    def test_of_a_host_comes_first(self) -> None:
        german = ENGLISH | {"invalid.too_long": "Höchstens {max} Zeichen.", "denied": "Das dürfen Sie nicht."}
        assert user_message(Invalid("…", rule="too_long", max=100), german) == "Höchstens 100 Zeichen."
        own_reading = Denied("…", decision=Decision(False, "of_the_host"))
        assert user_message(own_reading, german) == "Das dürfen Sie nicht."

    @pytest.mark.parametrize("text", ["{max}", "{0}", "{max:d}", "{", "{max.year}", "{max[0]}"])
    def test_that_cannot_be_formatted_is_passed_over(self, text: str) -> None:
        for data in ({}, {"max": "a"}, {"max": None}):
            error = Invalid("…", rule="too_long", **data)
            said = user_message(error, {"invalid.too_long": text, "invalid": "Nein."})
            assert said in ("Nein.", "a", "None")

    @pytest.mark.parametrize("catalogue", [{}, {"tenantry_error": "{nothing}"}], ids=["empty", "useless"])
    def test_is_there_whatever_the_catalogue_has(self, catalogue: dict[str, str]) -> None:
        for error in (Invalid("…"), TenantryError("…"), Stale("…")):
            assert user_message(error, catalogue) == ENGLISH[error.code]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Invalid("…"), 422),
        (NotTheInvitee("…", decision=NO), 403),
        (SlugTaken("…"), 409),
        (Stale("…"), 409),
        (Unavailable("…"), 503),
        (TenantryError("…"), 500),
    ],
    ids=lambda each: getattr(each, "code", each),
)
def test_the_status_is_that_of_the_family(error: Any, expected: int) -> None:
    assert status(error) == expected
