"""Whoever acts is said literally; nothing missing, empty or similar ever passes for the host."""

from __future__ import annotations

import copy
import pickle
from itertools import count
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import SYSTEM, Invalid, Origin, Principal
from tenantry.kernel.principal import (
    email_key_of,
    principal_of,
    recorded_as,
    require_principal,
    verified_email_key,
)


class Staff(Principal):
    """A host's own kind of principal."""


class TestPrincipal:
    def test_is_a_user_by_default_without_proof_of_anything(self) -> None:
        ada = Principal("user_ada")
        assert (ada.email, ada.email_verified, ada.name, ada.active, ada.on_behalf_of) == (
            None,
            False,
            None,
            True,
            None,
        )
        assert not ada.is_system

    @pytest.mark.parametrize("user_id", ["1", "user_ada", "8d3e…", "Ada Lovelace", "system_x", "SYSTEM", "x" * 255])
    def test_takes_the_hosts_id_as_it_is(self, user_id: str) -> None:
        assert Principal(user_id).user_id == user_id

    @pytest.mark.parametrize(
        "user_id",
        [None, 0, 7, True, b"ada", [], {}, object(), "", " ", "x" * 256, "a\x00b", "a\nb", "\ud800"],
        ids=count(),
    )
    def test_refuses_what_is_no_id(self, user_id: Any) -> None:
        """PE-23, IN-08, IN-09, IN-10."""
        with pytest.raises(Invalid):
            Principal(user_id)

    @pytest.mark.parametrize("kind", [Principal, Staff])
    @pytest.mark.parametrize("user_id", ["system", "system:nightly", "service", "service:importer", "system:"])
    def test_refuses_the_names_of_what_is_no_person(self, kind: type[Principal], user_id: str) -> None:
        """PE-23."""
        with pytest.raises(Invalid, match="reserved"):
            kind(user_id)

    @pytest.mark.parametrize("value", [None, 1, 0, "true", "yes", [True]], ids=count())
    def test_proof_and_activity_are_literal(self, value: Any) -> None:
        """Law 7."""
        with pytest.raises(Invalid):
            Principal("user_ada", email_verified=value)
        with pytest.raises(Invalid):
            Principal("user_ada", active=value)

    @pytest.mark.parametrize("value", ["", 7, b"x", "\x00", "x" * 256], ids=count())
    def test_on_behalf_of_is_an_id(self, value: Any) -> None:
        with pytest.raises(Invalid):
            Principal("user_ada", on_behalf_of=value)

    def test_nobody_acts_on_behalf_of_themselves(self) -> None:
        """Or the trail would say that a user did what somebody else has done as them."""
        with pytest.raises(Invalid, match="name them in impersonated_by") as refused:
            Principal("user_ada", on_behalf_of="user_ada")
        assert refused.value.field == "on_behalf_of"

    @pytest.mark.parametrize(
        "email", [None, "", "ada", "ada@", 7, b"ada@acme.test", "a" * 5_000 + "@acme.test"], ids=count()
    )
    def test_an_address_without_a_canonical_form_is_kept_and_matches_nothing(self, email: Any) -> None:
        ada = Principal("user_ada", email=email, email_verified=True)
        assert ada.email == email
        assert email_key_of(ada) is None
        assert verified_email_key(ada) is None

    def test_an_address_counts_once_there_is_proof(self) -> None:
        """Law 7."""
        assert email_key_of(Principal("user_ada", email="Ada@Acme.test")) == "ada@acme.test"
        assert verified_email_key(Principal("user_ada", email="Ada@Acme.test")) is None
        assert verified_email_key(Principal("user_ada", email="Ada@Acme.test", email_verified=True)) == "ada@acme.test"

    @pytest.mark.parametrize(
        ("name", "shown"),
        [("  Ada ", "Ada"), (None, None), ("", None), ("a\u202eb", None), (7, None), ("x" * 101, None)],
    )
    def test_a_name_that_cannot_be_shown_safely_is_not_shown(self, name: Any, shown: str | None) -> None:
        """EM-15."""
        assert Principal("user_ada", name=name).display_name == shown

    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Principal("user_ada").user_id = "system"  # type: ignore[misc]
        with pytest.raises(Invalid):
            evolve(Principal("user_ada"), user_id="system")


class TestImpersonated:
    def test_both_are_recorded_and_the_user_as_the_one_it_is_done_for(self) -> None:
        """E93."""
        assert recorded_as(Principal("user_ada", impersonated_by="support_7")) == ("support_7", "user_ada")
        assert recorded_as(Principal("support_7", on_behalf_of="user_ada")) == ("support_7", "user_ada")
        assert recorded_as(Principal("user_ada")) == ("user_ada", None)

    @pytest.mark.parametrize("value", ["", 7, b"x", "\x00", "x" * 256, True, []], ids=count())
    def test_it_is_by_somebody_with_an_id(self, value: Any) -> None:
        with pytest.raises(Invalid):
            Principal("user_ada", impersonated_by=value)

    @pytest.mark.parametrize("value", ["system", "system:nightly", "service", "service:importer"])
    def test_it_is_by_a_person(self, value: str) -> None:
        """PE-23."""
        with pytest.raises(Invalid, match="only a person impersonates"):
            Principal("user_ada", impersonated_by=value)

    @pytest.mark.parametrize("by", [SYSTEM, SYSTEM.job("nightly"), Principal.service("importer")])
    def test_neither_the_host_nor_a_service_is_impersonated(self, by: Principal) -> None:
        """PE-23."""
        with pytest.raises(Invalid, match="Only a user can be impersonated") as refused:
            evolve(by, impersonated_by="support_7")
        assert refused.value.field == "impersonated_by"

    def test_nobody_impersonates_themselves(self) -> None:
        with pytest.raises(Invalid, match="cannot impersonate itself"):
            Principal("user_ada", impersonated_by="user_ada")

    def test_it_is_no_acting_on_behalf_of_somebody_else(self) -> None:
        with pytest.raises(Invalid, match="cannot be combined"):
            Principal("user_ada", impersonated_by="support_7", on_behalf_of="user_bob")

    @pytest.mark.parametrize("kind", [Principal, Staff])
    def test_it_stays_so_when_it_is_copied_or_sent_elsewhere(self, kind: type[Principal]) -> None:
        ada = kind("user_ada", impersonated_by="support_7")
        assert copy.deepcopy(ada) == pickle.loads(pickle.dumps(ada)) == ada != kind("user_ada")


class TestSystem:
    def test_is_the_host_and_so_is_each_of_its_jobs(self) -> None:
        assert SYSTEM.is_system
        nightly = SYSTEM.job("nightly")
        assert nightly.is_system
        assert (SYSTEM.user_id, nightly.user_id) == ("system", "system:nightly")

    def test_stays_the_host_when_it_is_copied_or_sent_elsewhere(self) -> None:
        for other in (copy.deepcopy(SYSTEM), pickle.loads(pickle.dumps(SYSTEM))):
            assert other == SYSTEM
            assert other.is_system

    def test_a_service_is_not_the_host(self) -> None:
        """PE-23."""
        importer = Principal.service("importer")
        assert importer.user_id == "service:importer"
        assert not importer.is_system
        assert not Principal.service("system").is_system

    @pytest.mark.parametrize("name", [None, "", 7, "x" * 201, "a\nb"], ids=count())
    def test_services_and_jobs_have_names(self, name: Any) -> None:
        with pytest.raises(Invalid):
            Principal.service(name)
        with pytest.raises(Invalid):
            SYSTEM.job(name)

    @pytest.mark.parametrize(
        "by", [SYSTEM, SYSTEM.job("nightly"), Principal.service("importer"), Principal("user_ada")]
    )
    def test_an_id_in_a_record_tells_who_it_was(self, by: Principal) -> None:
        assert principal_of(by.user_id) == by
        assert principal_of(by.user_id).is_system is by.is_system


class TestRequirePrincipal:
    @pytest.mark.parametrize("by", [Principal("user_ada"), SYSTEM, Staff("user_ada")])
    def test_takes_principals(self, by: Principal) -> None:
        assert require_principal(by) is by

    @pytest.mark.parametrize("by", [None, "", 0, "system", "user_ada", {}, object(), Principal, [SYSTEM]], ids=count())
    def test_takes_nothing_else(self, by: object) -> None:
        """PE-23."""
        with pytest.raises(Invalid, match="by must be a Principal"):
            require_principal(by)


class TestOrigin:
    def test_is_what_the_host_says(self) -> None:
        origin = Origin(address="192.0.2.7", user_agent="curl/8", request_id="r-1")
        assert (origin.address, origin.user_agent, origin.request_id) == ("192.0.2.7", "curl/8", "r-1")
        assert Origin() == Origin(address=None, user_agent=None, request_id=None)

    @pytest.mark.parametrize("field", ["address", "user_agent", "request_id"])
    @pytest.mark.parametrize("value", ["", 7, b"x", "a\r\nb", "\x00", "x" * 513], ids=count())
    def test_is_text_that_can_be_stored(self, field: str, value: Any) -> None:
        """IN-08, IN-09, IN-10."""
        with pytest.raises(Invalid, match=f"origin {field}"):
            Origin(**{field: value})
