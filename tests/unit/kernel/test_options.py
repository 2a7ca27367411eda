"""Every option has a default, and is refused where it makes no sense."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from attrs import evolve, fields
from attrs.exceptions import FrozenInstanceError

from tenantry import Invalid, Options
from tenantry.kernel.options import RESERVED_SLUGS


class TestRules:
    def test_invitations_last_seven_days_unless_told_otherwise(self) -> None:
        """I1."""
        assert Options().invitation_expires_in == timedelta(days=7)

    def test_every_option_has_a_default_and_is_named(self) -> None:
        assert evolve(Options()) == Options()
        assert all(each.kw_only for each in fields(Options))

    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Options().invitation_expires_in = timedelta(days=1)  # type: ignore[misc]

    @pytest.mark.parametrize("option", ["shortest_invitation", "longest_invitation", "invitation_expires_in"])
    @pytest.mark.parametrize("value", [None, 7, "7 days", timedelta(0), timedelta(seconds=-1)], ids=count())
    def test_a_time_is_a_timedelta_above_zero(self, option: str, value: Any) -> None:
        """IN-08."""
        with pytest.raises(Invalid, match=option) as refused:
            Options(**{option: value})
        assert refused.value.field == option

    @pytest.mark.parametrize(
        "options",
        [
            {"invitation_expires_in": timedelta(minutes=4)},
            {"invitation_expires_in": timedelta(days=91)},
            {"shortest_invitation": timedelta(days=8)},
            {"longest_invitation": timedelta(days=6)},
            {"shortest_invitation": timedelta(days=2), "longest_invitation": timedelta(days=1)},
        ],
        ids=count(),
    )
    def test_the_time_of_an_invitation_lies_between_its_bounds(self, options: dict[str, Any]) -> None:
        with pytest.raises(Invalid, match="between shortest_invitation and longest_invitation"):
            Options(**options)

    def test_the_bounds_themselves_are_allowed(self) -> None:
        day = timedelta(days=1)
        options = Options(shortest_invitation=day, longest_invitation=day, invitation_expires_in=day)
        assert options.invitation_expires_in == day


class TestReservedSlugs:
    def test_are_words_of_the_hosts_own_addresses(self) -> None:
        """IN-14."""
        assert {"admin", "api", "login", "www", "null", "system"} <= RESERVED_SLUGS == Options().reserved_slugs

    def test_may_be_any_set_of_slugs(self) -> None:
        assert Options(reserved_slugs=["Shop", "blog"]).reserved_slugs == {"shop", "blog"}
        assert Options(reserved_slugs=frozenset()).reserved_slugs == frozenset()

    @pytest.mark.parametrize("value", [None, 7, "admin", b"admin", [7], ["not a slug"], [""], [["admin"]]], ids=count())
    def test_are_slugs(self, value: Any) -> None:
        """IN-08."""
        with pytest.raises(Invalid):
            Options(reserved_slugs=value)


@pytest.mark.parametrize("value", [None, 7, "", " ", "a\nb", "x" * 101], ids=count())
def test_the_name_of_the_default_workspace_is_a_name(value: Any) -> None:
    with pytest.raises(Invalid):
        Options(default_workspace_name=value)
