"""The list of members: pages, filters, search, orders, total."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import Denied, Invalid
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company, someone


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


@pytest.fixture
def people(acme: Company, justice: str) -> Company:
    acme.add(BOB, "admin", workspaces={justice: "viewer"})
    acme.add(CAY, workspaces={justice: "admin", acme.general: "viewer"})
    acme.add(someone("dan", name="Élodie 50%"))
    acme.add(someone("eve", name="Straße", email="eve_x@other.test"))
    acme.context().members.deactivate(EVE.user_id)
    return acme


def found(company: Company, **filters: Any) -> list[str]:
    page = company.context().members.list(total=True, **filters)
    assert page.total == len(page)
    return [member.user_id.removeprefix("user_") for member in page]


def test_the_list_has_everybody_in_the_order_of_joining(people: Company) -> None:
    assert found(people) == ["ada", "bob", "cay", "dan", "eve"]
    assert found(people, order="newest") == ["eve", "dan", "cay", "bob", "ada"]
    assert found(people, order="name") == ["ada", "bob", "cay", "eve", "dan"]


def test_each_has_their_roles(people: Company, justice: str) -> None:
    by_id = {member.user_id: member for member in people.context().members.list()}

    assert by_id[ADA.user_id].roles == ("owner",)
    assert by_id[BOB.user_id].workspaces == {justice: ("viewer",)}
    assert by_id[CAY.user_id].workspaces == {justice: ("admin",), people.general: ("viewer",)}
    assert by_id[DAN.user_id].workspaces == {}
    assert all(member == people.context().members.get(member.user_id) for member in by_id.values())


def test_filters_are_by_role_status_and_workspace(people: Company, justice: str) -> None:
    assert found(people, role="admin") == ["bob"]
    assert found(people, role="owner") == ["ada"]
    assert found(people, status="deactivated") == ["eve"]
    assert found(people, status="active") == ["ada", "bob", "cay", "dan"]
    assert found(people, workspace=justice) == ["bob", "cay"]
    assert found(people, workspace="ws_unknown") == []


def test_filters_narrow_one_another(people: Company, justice: str) -> None:
    assert found(people, role="member", workspace=justice) == ["cay"]
    assert found(people, role="member", status="active", search="acme.test") == ["cay", "dan"]
    assert found(people, role="admin", search="cay") == []


@pytest.mark.parametrize(
    ("search", "who"),
    [
        ("BOB", ["bob"]),
        ("élodie", ["dan"]),
        ("E\N{COMBINING ACUTE ACCENT}LODIE", ["dan"]),
        ("strasse", ["eve"]),
        ("@OTHER.test", ["eve"]),
        ("50%", ["dan"]),
        ("%", ["dan"]),
        ("_", ["eve"]),
        ("user_", []),
        ("'; DROP TABLE tenantry_memberships; --", []),
    ],
)
def test_search_finds_a_part_of_a_name_or_address_in_any_case(people: Company, search: str, who: list[str]) -> None:
    """IN-11: what means something to a database means nothing here."""
    assert found(people, search=search) == who


def test_a_new_name_is_found_and_the_old_one_is_not(people: Company) -> None:
    people.context().members.update(BOB.user_id, name="Robert")

    assert found(people, search="robert") == ["bob"]
    people.context().members.update(BOB.user_id, email="robert@acme.test")
    assert found(people, search="bob") == []


@pytest.mark.parametrize(
    "filters",
    [
        {"role": "viewer"},
        {"role": "OWNER"},
        {"status": "gone"},
        {"status": "ACTIVE"},
        {"search": ""},
        {"search": "x" * 256},
        {"workspace": ""},
        {"order": "email"},
        {"limit": 0},
        {"limit": 201},
        {"offset": -1},
        {"offset": 10_001},
    ],
)
def test_what_cannot_be_asked_is_refused(people: Company, filters: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        people.context().members.list(**filters)


def test_members_are_shown_to_who_may_read_them(people: Company) -> None:
    assert len(people.context(BOB).members.list()) == 5
    with pytest.raises(Denied):
        people.context(CAY).members.list()
