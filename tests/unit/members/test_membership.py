"""A membership is active or deactivated, and keeps what is known of the user."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from attrs.exceptions import FrozenInstanceError

from tenantry import SYSTEM, Invalid, Membership, MembershipStatus, Principal
from tenantry.members.model import TRANSITIONS, deactivate, new_member, reactivate

JOINED = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACTS = {"deactivate": deactivate, "reactivate": reactivate}


def joined(user: Principal) -> Membership:
    return new_member(user, tenant_id="ten_acme", id="mem_1", at=JOINED)


class TestStates:
    @pytest.mark.parametrize(("status", "act"), list(product(MembershipStatus, ACTS)))
    def test_every_act_leads_on_or_changes_nothing(self, status: MembershipStatus, act: str) -> None:
        before = Membership(tenant_id="ten_acme", id="mem_1", user_id="user_ada", joined_at=JOINED, status=status)
        after = ACTS[act](before)
        assert after.status is TRANSITIONS.get((status, act), status)
        assert after.is_active is (after.status is MembershipStatus.ACTIVE)
        assert (after == before) is ((status, act) not in TRANSITIONS)

    def test_the_table_knows_no_other_act(self) -> None:
        assert {act for _, act in TRANSITIONS} == set(ACTS)


class TestOf:
    def test_keeps_the_name_and_address_that_the_host_knows(self) -> None:
        ada = joined(Principal("user_ada", email="Ada@Acme.test", name=" Ada "))
        assert (ada.user_id, ada.name, ada.email, ada._email_key) == (
            "user_ada",
            "Ada",
            "Ada@Acme.test",
            "ada@acme.test",
        )
        assert (ada.status, ada.joined_at, ada.roles, ada.workspaces) == (MembershipStatus.ACTIVE, JOINED, (), {})

    def test_leaves_out_what_cannot_be_stored(self) -> None:
        """EM-15."""
        ada = joined(Principal("user_ada", email="nonsense", name="a\u202eb"))
        assert (ada.name, ada.email, ada._email_key) == (None, None, None)

    def test_a_service_can_be_a_member(self) -> None:
        assert joined(Principal.service("importer")).user_id == "service:importer"

    @pytest.mark.parametrize("host", [SYSTEM, SYSTEM.job("nightly")])
    def test_the_host_cannot(self, host: Principal) -> None:
        """PE-23."""
        with pytest.raises(Invalid):
            joined(host)


class TestKeys:
    def test_a_member_is_sorted_and_found_without_regard_to_case(self) -> None:
        ada = joined(Principal("user_ada", email="ada@acme.test", name="ÁDA"))
        assert ada._name_key == joined(Principal("user_x", name="áda"))._name_key
        assert "ada@acme.test" in ada._search_key

    def test_one_without_a_name_has_keys_too(self) -> None:
        assert joined(Principal("user_ada"))._name_key == ""

    def test_keys_are_not_shown(self) -> None:
        assert "key" not in repr(joined(Principal("user_ada", email="ada@acme.test", name="Ada")))


def test_a_membership_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        joined(Principal("user_ada")).status = MembershipStatus.DEACTIVATED  # type: ignore[misc]
