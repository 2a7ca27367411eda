"""Permissions, roles and grants cannot be built wrong."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from tenantry import Decision, Invalid, Level, Permission, Role
from tenantry.members.model import is_live
from tests.unit.access.facts import NOW, grant
from tests.unit.access.hostile import NO_TEXT, Lying


class TestPermission:
    def test_is_a_name_of_three_segments_and_a_level(self) -> None:
        permission = Permission("campaign-api:campaign:send", Level.WORKSPACE, "Send campaigns")
        assert (permission.name, permission.level, permission.implies) == (
            "campaign-api:campaign:send",
            Level.WORKSPACE,
            (),
        )

    @pytest.mark.parametrize(
        "name",
        [
            *("", " ", "a", "a:b", "a:b:c:d", ":b:c", "a::c", "a:b:", "A:b:c", "a:b:C", "a b:c:d", "a:b:c ", "a:b:*"),
            *("a.b:c:d", "a:b?:c", "a:[b]:c", "a:b:c|d", "a:b:.*", "\uff41:b:c", "a:b:\u212a"),
            *("1a:b:c", "-a:b:c", "a_b:c:d", "ä:b:c", "a:b:c\n", "a:b:\u0441", "a:b:" + "c" * 300, "\ud800:b:c"),
        ],
    )
    def test_other_names_are_refused(self, name: str) -> None:
        """AC-13, AC-16."""
        with pytest.raises(Invalid):
            Permission(name, Level.TENANT)

    @pytest.mark.parametrize("name", NO_TEXT, ids=count())
    def test_a_name_that_is_no_text_is_refused(self, name: Any) -> None:
        """PE-14."""
        with pytest.raises(Invalid):
            Permission(name, Level.TENANT)

    @pytest.mark.parametrize("level", [None, "tenant", "workspace", 0, Level])
    def test_a_level_is_a_level(self, level: Any) -> None:
        with pytest.raises(Invalid):
            Permission("a:b:c", level)

    @pytest.mark.parametrize("given", ["a:b:c", b"a:b:c", None, 7, [7], [None], [["a:b:c"]]], ids=count())
    def test_what_it_implies_is_a_sequence_of_texts(self, given: Any) -> None:
        with pytest.raises(Invalid):
            Permission("a:b:d", Level.TENANT, implies=given)

    @pytest.mark.parametrize("description", [None, 7, "two\nlines", "\x00"])
    def test_its_description_is_one_line(self, description: Any) -> None:
        with pytest.raises(Invalid):
            Permission("a:b:c", Level.TENANT, description)

    @pytest.mark.parametrize("given", [None, 1, 0, "yes", []], ids=count())
    def test_whether_it_takes_the_user_in_person_is_literal(self, given: Any) -> None:
        assert not Permission("a:b:c", Level.TENANT).in_person
        with pytest.raises(Invalid):
            Permission("a:b:c", Level.TENANT, in_person=given)


class TestRole:
    def test_its_name_is_made_from_its_key(self) -> None:
        assert Role("client_manager", Level.TENANT).name == "Client manager"
        assert Role("client-manager", Level.TENANT, name="Account lead").name == "Account lead"

    def test_sequences_are_kept_as_tuples(self) -> None:
        role = Role("lead", Level.TENANT, ["a:b:c", "*:*:read"], inherits=iter(["member"]))
        assert role.permissions == ("a:b:c", "*:*:read")
        assert role.inherits == ("member",)

    @pytest.mark.parametrize("key", ["", "Admin", "OWNER", "owner ", "1st", "_x", "a" * 64, "аdmin", "a:b", "a\n"])
    def test_other_keys_are_refused(self, key: str) -> None:
        """PE-14, PE-20: also the look-alike whose first letter is Cyrillic."""
        with pytest.raises(Invalid):
            Role(key, Level.TENANT)

    @pytest.mark.parametrize("key", NO_TEXT, ids=count())
    def test_a_key_that_is_no_text_is_refused(self, key: Any) -> None:
        """PE-14."""
        with pytest.raises(Invalid):
            Role(key, Level.TENANT)

    @pytest.mark.parametrize(
        "pattern",
        [
            "*",
            "*:*",
            "*:*:*:*",
            "campaign-*:*:read",
            "a:b:rea*",
            "**:b:c",
            "a:b:",
            "?:b:c",
            "A:b:c",
            "a:*:c ",
            "a.b:c:d",
            "a:b:[c]",
        ],
    )
    def test_a_star_stands_for_a_whole_segment(self, pattern: str) -> None:
        """AC-11, AC-13: and nothing else stands for anything."""
        with pytest.raises(Invalid):
            Role("lead", Level.TENANT, [pattern])

    @pytest.mark.parametrize("given", ["a:b:c", b"a:b:c", None, 7, [7], [None]], ids=count())
    def test_what_it_holds_and_inherits_are_sequences_of_texts(self, given: Any) -> None:
        with pytest.raises(Invalid):
            Role("lead", Level.TENANT, given)
        with pytest.raises(Invalid):
            Role("lead", Level.TENANT, inherits=given)

    @pytest.mark.parametrize("value", [7, "", "two\nlines", ["admin"], Lying("admin")])
    def test_its_texts_are_texts(self, value: Any) -> None:
        with pytest.raises(Invalid):
            Role("lead", Level.TENANT, acts_as=value)
        with pytest.raises(Invalid):
            Role("lead", Level.TENANT, name=value)

    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Role("lead", Level.TENANT).key = "owner"  # type: ignore[misc]


class TestGrant:
    def test_without_a_window_always_counts(self) -> None:
        assert is_live(grant("admin"), NOW)

    def test_counts_from_its_start_until_just_before_its_end(self) -> None:
        """TM-02."""
        tick = timedelta(microseconds=1)
        given = grant("admin", starts_at=NOW, ends_at=NOW + tick * 2)
        assert [is_live(given, NOW + tick * n) for n in (-1, 0, 1, 2, 3)] == [False, True, True, False, False]

    def test_that_ends_before_it_starts_never_counts(self) -> None:
        given = grant("admin", starts_at=NOW, ends_at=NOW)
        assert not is_live(given, NOW)

    def test_has_a_place_that_can_be_compared(self) -> None:
        assert grant("admin")._held_as == ":admin"
        assert grant("admin", "ws_a")._held_as == "ws_a:admin"


def test_a_decision_is_as_true_as_its_answer() -> None:
    assert Decision(True, "allowed")
    assert not Decision(False, "permission_missing", ("No.",))
