"""Errors come in seven families, with codes that stay and sentences for people."""

from __future__ import annotations

import copy
import pickle

import pytest

import tenantry
from tenantry import (
    Conflict,
    Decision,
    Denied,
    Invalid,
    InvalidToken,
    LastOwner,
    NotFound,
    NotTheInvitee,
    OutcomeUnknown,
    Principal,
    SlugTaken,
    Stale,
    TenantryError,
    Unavailable,
    UnknownPermission,
)
from tenantry.kernel import errors

FAMILIES = (NotFound, Invalid, Denied, Conflict, Unavailable, OutcomeUnknown)
EVERY = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TenantryError)]
EVERY.remove(TenantryError)
NO = Decision(False, "permission_missing", ("No role of this principal here holds it.",))


def made(error: type[TenantryError]) -> TenantryError:
    return (
        error("A sentence.", decision=NO, field="x", max=3)
        if issubclass(error, Denied)
        else error("A sentence.", field="x", max=3)
    )


class TestFamilies:
    @pytest.mark.parametrize("error", EVERY)
    def test_every_error_is_of_one_family(self, error: type[TenantryError]) -> None:
        assert sum(issubclass(error, family) for family in FAMILIES) == 1

    @pytest.mark.parametrize("error", EVERY)
    def test_every_error_is_public_and_explained(self, error: type[TenantryError]) -> None:
        assert error.__name__ in errors.__all__
        assert getattr(tenantry, error.__name__) is error
        assert (error.__doc__ or "").partition("\n")[0].endswith(".")

    def test_what_cannot_be_read_is_a_value_error_too(self) -> None:
        assert issubclass(Invalid, ValueError)
        assert issubclass(UnknownPermission, ValueError)

    def test_stale_is_a_conflict(self) -> None:
        assert issubclass(Stale, Conflict)


class TestCodes:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (NotFound, "not_found"),
            (NotTheInvitee, "not_the_invitee"),
            (LastOwner, "last_owner"),
            (SlugTaken, "slug_taken"),
            (UnknownPermission, "unknown_permission"),
            (TenantryError, "tenantry_error"),
        ],
    )
    def test_are_the_class_name_in_snake_case(self, error: type[TenantryError], code: str) -> None:
        assert error.code == code

    def test_are_all_different(self) -> None:
        assert len({error.code for error in EVERY}) == len(EVERY)


class TestData:
    @pytest.mark.parametrize("error", EVERY)
    def test_an_error_is_its_sentence_and_keeps_what_it_speaks_of(self, error: type[TenantryError]) -> None:
        raised = made(error)
        assert str(raised) == raised.message == "A sentence."
        assert (raised.field, raised.data) == ("x", {"max": 3})

    @pytest.mark.parametrize("error", EVERY)
    def test_an_error_survives_copying_and_pickling(self, error: type[TenantryError]) -> None:
        """A host's workers send them to each other."""
        raised = made(error)
        for other in (copy.copy(raised), copy.deepcopy(raised), pickle.loads(pickle.dumps(raised))):
            assert type(other) is error
            assert str(other) == "A sentence."
            assert vars(other) == vars(raised)

    def test_a_denial_carries_its_decision_and_who_was_denied_where(self) -> None:
        ada = Principal("user_ada")
        denied = Denied("No.", decision=NO, tenant_id="ten_acme", principal=ada, permission="a:b:c")
        assert (denied.decision, denied.tenant_id, denied.principal) == (NO, "ten_acme", ada)
        assert denied.data == {"permission": "a:b:c"}
        assert not denied.is_recorded

    def test_every_error_names_the_rule_that_was_broken(self) -> None:
        assert Invalid("No.", field="name", rule="too_long", max=100).rule == "too_long"
        assert InvalidToken().rule == "invalid_token"
        assert Denied("No.", decision=NO).rule == "permission_missing"
        assert NotTheInvitee("No.", decision=NO, rule="other_address").rule == "other_address"
        assert LastOwner("No.").rule == "last_owner"
        assert Conflict("No.", rule="default_workspace").rule == "default_workspace"
        assert Conflict("No.").rule == "conflict"

    def test_one_sentence_serves_every_token_that_is_none(self) -> None:
        """IT-01."""
        assert str(InvalidToken()) == "This is not a valid invitation token."
