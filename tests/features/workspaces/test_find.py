"""A workspace is found by its slug, by a part of its name, and by its id among others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tenantry import SYSTEM, Denied, Invalid, NotFound, Tenantry, TenantryError, Workspace
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import ADA, BOB, CAY, EVE, Company
from tests.features.test_statements import counting
from tests.features.verbs import World


@pytest.fixture
def places(acme: Company) -> Mapping[str, str]:
    """The ids of four workspaces by their names; the last is archived."""
    ids = {name: acme.workspace(name) for name in ("Justice", "Élysée 50%", "Straßenbau", "Old Justice")}
    acme.context().workspaces.archive(ids["Old Justice"])
    return ids


def names(company: Company, **filters: Any) -> list[str]:
    page = company.context().workspaces.list(total=True, **filters)
    assert page.total == len(page)
    return [workspace.name for workspace in page]


def told(act: Callable[[], object]) -> tuple[type[TenantryError], str, Mapping[str, Any]]:
    with pytest.raises(TenantryError) as refused:
        act()
    return type(refused.value), str(refused.value), refused.value.data


@pytest.mark.parametrize("slug", ["justice", "JUSTICE", " justice "])
def test_a_workspace_is_found_by_its_slug(acme: Company, places: Mapping[str, str], slug: str) -> None:
    acme.add(BOB, workspaces={places["Justice"]: "viewer"})

    found = acme.context().workspaces.find(slug)

    assert found == acme.context().workspaces.get(places["Justice"])
    assert found.members == 1


def test_whoever_works_in_it_finds_it(acme: Company, places: Mapping[str, str]) -> None:
    bob = acme.add(BOB, workspaces={places["Justice"]: "viewer"})

    assert bob.workspaces.find("justice").id == places["Justice"]


def test_what_a_member_does_not_see_is_like_what_is_not_there(acme: Company, places: Mapping[str, str]) -> None:
    """E05 for a slug, which can be guessed: no answer says that there is such a workspace, and none is recorded."""
    bob, cay = acme.add(BOB, workspaces={places["Justice"]: "viewer"}), acme.add(CAY)
    before = acme.trail()

    answers = [
        told(lambda: context.workspaces.find(slug))  # noqa: B023 - it is called at once
        for context in (bob, cay)
        for slug in ("elysee-50", "general", "old-justice", "nobody")
    ]

    assert set(map(str, answers)) == {str((NotFound, "There is no such workspace.", {"kind": "workspace"}))}
    assert acme.trail() == before


def test_it_costs_the_same_whether_there_is_such_a_workspace(sql_store: SQLAlchemyStore) -> None:
    world = World(sql_store)
    world.acme.add(EVE, workspaces={world.justice: "viewer"})
    seen = set()
    for slug in ("general", "hidden", "nobody"):
        context = world.acme.context(EVE)
        with counting(sql_store.engine) as executed:
            seen.add(str(told(lambda: context.workspaces.find(slug))))  # noqa: B023 - it is called at once
        seen.add(str(executed))
    assert len(seen) == 2


def test_a_workspace_of_another_tenant_is_not_found(tenancy: Tenantry, acme: Company) -> None:
    beta = Company(tenancy, tenancy.person(EVE).create_tenant("Beta"))
    theirs = beta.workspace("Theirs")

    assert told(lambda: acme.context().workspaces.find("theirs")) == told(
        lambda: acme.context().workspaces.find("nobody")
    )
    assert not acme.context(SYSTEM).workspaces.list(ids=[theirs])
    assert told(lambda: acme.context(EVE).workspaces.find("general"))[1] == "There is no such tenant."


@pytest.mark.parametrize("slug", ["", "a b", "a--b", "ws_1"])
def test_what_is_no_slug_is_refused(acme: Company, slug: str) -> None:
    with pytest.raises(Invalid):
        acme.context().workspaces.find(slug)


def test_an_archived_one_is_not_found_before_it_is_restored(acme: Company, places: Mapping[str, str]) -> None:
    workspaces = acme.context().workspaces
    with pytest.raises(NotFound):
        workspaces.find("old-justice")

    workspaces.restore(places["Old Justice"])

    assert workspaces.find("old-justice").id == places["Old Justice"]


def test_a_deactivated_member_finds_nothing(acme: Company) -> None:
    bob = acme.add(BOB, "admin")
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(Denied):
        bob.workspaces.find("general")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("JUST", ["Justice"]),
        ("elysee-5", ["Élysée 50%"]),
        ("E\N{COMBINING ACUTE ACCENT}LYS", ["Élysée 50%"]),
        ("STRASSE", ["Straßenbau"]),
        ("%", ["Élysée 50%"]),
        ("_", []),
        ("ws_", []),
    ],
)
def test_a_search_finds_a_part_of_a_name_or_slug_in_any_case(
    acme: Company, places: Mapping[str, str], search: str, found: list[str]
) -> None:
    """IN-11: what means something to a database means nothing here."""
    assert names(acme, search=search) == found


def test_a_search_looks_among_archived_ones_too(acme: Company, places: Mapping[str, str]) -> None:
    assert names(acme, search="justice", status="archived") == ["Old Justice"]
    assert names(acme, ids=places.values(), status="archived") == ["Old Justice"]


def test_a_new_name_is_found_and_the_old_one_is_not(acme: Company, places: Mapping[str, str]) -> None:
    acme.context().workspaces.update(places["Justice"], name="Law", slug="courts")

    assert names(acme, search="justice") == []
    assert names(acme, search="law") == names(acme, search="court") == ["Law"]
    with pytest.raises(NotFound):
        acme.context().workspaces.find("justice")


def test_a_list_of_ids_gives_those_that_the_principal_sees(acme: Company, places: Mapping[str, str]) -> None:
    """Unknown, foreign, archived and hidden ones are left out alike."""
    bob = acme.add(BOB, workspaces={places["Justice"]: "viewer"})
    asked = [*places.values(), "ws_unknown"]

    def seen(workspaces: Any, **filters: Any) -> list[Workspace]:
        page = workspaces.list(total=True, **filters)
        assert page.total == len(page)
        return list(page)

    assert [w.name for w in seen(acme.context().workspaces, ids=asked)] == ["Justice", "Élysée 50%", "Straßenbau"]
    assert [w.name for w in seen(acme.context().workspaces, ids=asked, search="bau")] == ["Straßenbau"]
    assert [w.name for w in seen(bob.workspaces, ids=asked)] == ["Justice"]
    assert seen(bob.workspaces, ids=[acme.general]) == []
    assert seen(acme.context().workspaces, ids=[]) == []


def test_at_most_two_hundred_ids_are_asked_for(acme: Company) -> None:
    workspaces = acme.context().workspaces

    assert len(workspaces.list(ids=[acme.general, *(f"ws_{number}" for number in range(199))])) == 1
    wrong: tuple[Any, ...] = ([f"ws_{number}" for number in range(201)], acme.general, [acme.general, 1], [""])
    for ids in wrong:
        with pytest.raises(Invalid) as refused:
            workspaces.list(ids=ids)
        assert refused.value.field == "ids"


def test_who_is_in_no_tenant_searches_none(acme: Company) -> None:
    assert acme.context(ADA).workspaces.list(search="gen")
    with pytest.raises(NotFound):
        acme.context(EVE).workspaces.list(search="gen")
