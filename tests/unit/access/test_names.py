"""What a custom role may be called."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tenantry import Invalid, Level, NameTaken, Role, schemes
from tenantry.access.scheme.names import look, role_name
from tests.unit.access.hostile import NO_TEXT

AGENCY = schemes.AGENCY


class TestLook:
    @pytest.mark.parametrize(
        "name",
        [
            "sales",
            "SALES",
            " S a l e s ",
            "S-A-L-E-S!",
            "\u0455\u0430l\u0435\u0455",
            "Ｓales",
            "𝓢𝓪𝓵𝓮𝓼",
            "ꓢꓮꓡꓰꓢ",
            "sa1es",
            "saies",
            "sa|es",
            "Sales\u0332",
            "S\u0336ales",
        ],
    )
    def test_is_the_same_for_what_looks_the_same(self, name: str) -> None:
        assert look(name) == look("Sales")

    @pytest.mark.parametrize("name", ["Sale", "Säles", "Sales 2", "Sales+", "Selas", "販売"])
    def test_is_another_for_another(self, name: str) -> None:
        assert look(name) != look("Sales")

    def test_takes_two_letters_for_the_one_that_they_look_like(self) -> None:
        assert look("Modern vvorks") == look("modem works")

    @pytest.mark.parametrize("name", ["Admin", "\u0130\u0131Il1", "Ωμέγα", "\ufdfa" * 60, "vvvrrnn", "ﬁnance"])
    def test_of_a_look_is_itself_and_bounded(self, name: str) -> None:
        """EM-03 in kind"""
        once = look(name)
        assert len(once) <= 200
        assert look(once) == once or len(once) == 200


class TestRoleName:
    @pytest.mark.parametrize("name", ["Press", "Ответственный", "Büro 2", "管理", "R&D", "Q+A"])
    def test_is_what_it_was(self, name: str) -> None:
        assert role_name(AGENCY, f" {name} ") == name

    @pytest.mark.parametrize("name", [*NO_TEXT, "", " ", "-", "★", "+", "x" * 61, "a\u200bb", "a\nb"], ids=count())
    def test_is_a_name_with_letters_or_digits(self, name: Any) -> None:
        """PE-14"""
        with pytest.raises(Invalid):
            role_name(AGENCY, name)

    @pytest.mark.parametrize("name", ["P\u0433ess", "Pre\u03c3s", "Ꮲress", "Pres\ua4e2", "Ⲣress", "Пpecc"])
    def test_mixes_no_scripts_that_look_alike(self, name: str) -> None:
        """PE-20"""
        with pytest.raises(Invalid, match="mix scripts"):
            role_name(AGENCY, name)

    def test_may_mix_scripts_that_do_not(self) -> None:
        assert role_name(AGENCY, "Team 東京") == "Team 東京"

    @pytest.mark.parametrize("name", ["Head office", "head_office", "HEADOFFICE", "hq", "H Q", "viewer"])
    def test_is_neither_key_nor_name_of_a_built_in_role(self, name: str) -> None:
        """PE-20"""
        scheme = AGENCY.extend(roles=[Role("hq", Level.TENANT, name="Head office")])
        with pytest.raises(NameTaken):
            role_name(scheme, name)

    def test_of_a_template_is_free_for_who_adopts_it(self) -> None:
        assert role_name(AGENCY, "Auditor") == "Auditor"
