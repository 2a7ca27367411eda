"""What a custom role may be called: nothing that people could take for another role."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import Invalid, NameTaken, Tenantry
from tests.features.access.customs import MEMBERS, defined, held, role, state
from tests.features.people import ADA, BOB, Company

SHADOWS = {
    "the same": "admin",
    "case": "ADMIN",
    "blanks": "  Ad min  ",
    "a blank that does not break": "Ad\N{NO-BREAK SPACE}min",
    "punctuation": "Ad-min.",
    "wide": "Ａｄｍｉｎ",
    "mathematical": "𝐀𝐝𝐦𝐢𝐧",
    "digits": "adm1n",
    "no dot": "adm\u0131n",
    "a dot": "ADM\u0130N",
    "script a": "\u0251dmin",
    "small capitals": "ᴀᴅᴍɪɴ",
    "Lisu": "ꓮꓓꓟꓲꓠ",
    "two for one": "Adrnin",
    "of a workspace": "Viewer",
    "the owners'": "0WNER",
    "Cyrillic and wide": "Ａdm\u0456n",
}


@pytest.mark.parametrize("name", SHADOWS.values(), ids=SHADOWS)
@pytest.mark.parametrize("level", ["tenant", "workspace"])
def test_no_role_is_named_like_a_built_in_one(acme: Company, name: str, level: str) -> None:
    """PE-20: of either level, in whatever case or script."""
    known = defined(acme, "Clerk", level=level)
    before = state(acme)

    with pytest.raises((NameTaken, Invalid), match=r"looks? (the same|alike)"):
        defined(acme, name, level=level)
    with pytest.raises((NameTaken, Invalid), match=r"looks? (the same|alike)"):
        acme.context().roles.update(known, name=name)

    assert state(acme) == before


@pytest.mark.parametrize(
    "name", ["CLERK", " clerk", "cl erk", "Cl\N{EN DASH}erk", "С\u04cf\u0435r\u043a", "C1erk", "Clerk!"]
)
def test_no_role_is_named_like_another_of_the_tenant(acme: Company, name: str) -> None:
    """PE-20 in kind"""
    defined(acme, "Clerk")
    other = defined(acme, "Other", level="workspace")
    before = state(acme)

    with pytest.raises((NameTaken, Invalid)):
        defined(acme, name)
    with pytest.raises((NameTaken, Invalid)):
        acme.context().roles.update(other, name=name)

    assert state(acme) == before


@pytest.mark.parametrize(
    "name",
    ["", "  ", "...", "★", "👑", "a\nb", "a\0b", "a\u202eb", "a\u200bb", "a\ud800b", "аdmіn", "Αdmin", 7, None, b"a"],
)
def test_what_is_no_name_is_refused(acme: Company, name: Any) -> None:
    """PE-14, PE-20, IN-04"""
    known = defined(acme, "Clerk")
    before = state(acme)

    with pytest.raises(Invalid):
        acme.context().roles.define(name, permissions=[], level="tenant")
    if name is not None:  # which says that the name stays
        with pytest.raises(Invalid):
            acme.context().roles.update(known, name=name)

    assert state(acme) == before


@pytest.mark.parametrize(
    "name",
    [
        "Administration",
        "Co-owner 2",
        "Бухгалтер",
        "Διαχειριστής",
        "管理者",
        "مدير",
        "Büro",
        "C++ 2026",
        "佐々木",
        "Ops 👑",
    ],
)
def test_people_call_their_roles_as_they_like(acme: Company, name: str) -> None:
    key = defined(acme, name)

    assert role(acme, key).name == name
    assert [each.name for each in acme.context().roles.list(order="name")] == [name]
    with pytest.raises(NameTaken):
        defined(acme, name.upper())


def test_renaming_breaks_nothing(acme: Company) -> None:
    """E35: nothing refers to a role by its name."""
    clerk = defined(acme, "Clerk", MEMBERS)
    acme.context().roles.define("Chief", permissions=[], level="tenant", inherits=[clerk])
    acme.add(BOB, clerk)
    issued = acme.context().invitations.send("new@acme.test", role=clerk)

    renamed = acme.context().roles.update(clerk, name="Scribe")

    assert (renamed.id, renamed.name) == (clerk, "Scribe")
    assert acme.member(BOB).roles == (clerk,)
    assert held(acme, BOB) == {MEMBERS}
    assert acme.context(BOB).check(MEMBERS).reasons == ("Role 'Scribe', granted at the tenant.",)
    assert acme.tenancy.inspect_invitation(issued.token).role == "Scribe"
    chief = acme.context().roles.list(order="name")[0]
    assert {each.name for each in chief._lineage} == {"Chief", "Scribe"}
    acme.context().members.change_role(BOB.user_id, role=clerk)


def test_a_role_may_be_written_another_way(acme: Company) -> None:
    clerk = defined(acme, "Clerk")

    assert acme.context().roles.update(clerk, name="CLERK").name == "CLERK"


def test_a_name_that_was_given_up_is_free(acme: Company) -> None:
    """AC-24: and nothing of the old role comes back with it."""
    clerk = defined(acme, "Clerk", MEMBERS)
    acme.add(BOB, clerk)
    acme.context().roles.update(clerk, name="Scribe")

    other = defined(acme, "Clerk")

    assert other != clerk
    assert held(acme, BOB) == {MEMBERS}
    assert acme.context().roles.usage(other).members == 0


def test_two_tenants_may_use_one_name(acme: Company, tenancy: Tenantry) -> None:
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))

    assert defined(acme, "Clerk") != defined(beta, "Clerk")
