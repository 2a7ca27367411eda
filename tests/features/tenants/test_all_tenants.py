"""The host lists its tenants, finds one by the beginning of its name, and sees in which tenants a user is."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, InvalidCursor, Principal, Tenantry
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.explained import plans
from tests.features.people import ADA, BOB, CAY, Company
from tests.features.verbs import World

SUPPORT = SYSTEM.job("support")


@pytest.fixture
def companies(tenancy: Tenantry, clock: FrozenClock) -> dict[str, Company]:
    """Six tenants of Ada's by their slugs; one is suspended, one deleted, one purged."""
    names = ["Acme", "acme Labs", "Élan", "Straßenbau", "Zoo", "Gone"]
    made = [Company(tenancy, tenancy.person(ADA).create_tenant(name)) for name in names]
    companies = {company.context(SYSTEM).get().slug: company for company in made}
    companies["gone"].context(SYSTEM).delete()
    clock.advance(days=365)
    assert tenancy.jobs.purge().tenant_ids == (companies["gone"].id,)
    companies["elan"].context(SYSTEM).suspend("Unpaid")
    companies["zoo"].context(SYSTEM).delete()
    return companies


def found(tenancy: Tenantry, **filters: Any) -> list[str]:
    page = tenancy.tenants(by=SUPPORT, total=True, **filters)
    assert page.total == len(page)
    return [tenant.slug for tenant in page]


@pytest.mark.usefixtures("companies")
def test_all_tenants_are_listed_in_three_orders(tenancy: Tenantry) -> None:
    assert found(tenancy) == ["acme", "acme-labs", "elan", "strassenbau", "zoo"]
    assert found(tenancy, order="newest") == ["zoo", "strassenbau", "elan", "acme-labs", "acme"]
    assert found(tenancy, order="name") == ["acme", "acme-labs", "strassenbau", "zoo", "elan"]


def test_a_tenant_looks_as_it_does_in_its_own_context(tenancy: Tenantry, companies: dict[str, Company]) -> None:
    for tenant in tenancy.tenants(by=SYSTEM):
        assert tenant == tenancy.tenant(tenant.id, by=SYSTEM).get() == companies[tenant.slug].context(SYSTEM).get()


@pytest.mark.usefixtures("companies")
@pytest.mark.parametrize(
    ("status", "slugs"),
    [
        ("active", ["acme", "acme-labs", "strassenbau"]),
        ("suspended", ["elan"]),
        ("deleted", ["zoo"]),
        ("purged", ["gone"]),
    ],
)
def test_each_status_has_its_list_and_purged_ones_are_in_no_other(
    tenancy: Tenantry, status: str, slugs: list[str]
) -> None:
    assert found(tenancy, status=status) == slugs


@pytest.mark.usefixtures("companies")
@pytest.mark.parametrize(
    ("search", "slugs"),
    [
        ("ACME", ["acme", "acme-labs"]),
        ("acme ", ["acme-labs"]),
        ("acme-", ["acme-labs"]),
        ("é", ["elan"]),
        ("E\N{COMBINING ACUTE ACCENT}L", ["elan"]),
        ("el", ["elan"]),
        ("STRASSE", ["strassenbau"]),
        ("stra\N{LATIN SMALL LETTER SHARP S}", ["strassenbau"]),
        ("labs", []),
        ("gone", []),
        ("%", []),
        ("_cme", []),
        ("ten_", []),
        ("'; DROP TABLE tenantry_tenants; --", []),
        ("x" * 255, []),
        ("\U0010ffff", []),
    ],
)
def test_a_search_finds_the_beginning_of_a_name_or_slug_in_any_case(
    tenancy: Tenantry, search: str, slugs: list[str]
) -> None:
    """IN-11: what means something to a database means nothing here."""
    assert found(tenancy, search=search) == slugs


def test_a_search_finds_a_whole_id(tenancy: Tenantry, companies: dict[str, Company]) -> None:
    assert found(tenancy, search=companies["elan"].id) == ["elan"]
    assert found(tenancy, search=companies["elan"].id[:-1]) == []
    assert found(tenancy, search=companies["gone"].id) == []
    assert found(tenancy, search=companies["gone"].id, status="purged") == ["gone"]


def test_a_search_narrows_the_other_filters(tenancy: Tenantry, companies: dict[str, Company]) -> None:
    companies["acme"].context(SYSTEM).suspend("Unpaid")

    assert found(tenancy, search="acme", status="active") == ["acme-labs"]
    assert found(tenancy, search="acme", status="suspended") == ["acme"]


def test_a_long_name_is_found_by_all_of_it(tenancy: Tenantry) -> None:
    """A folded name may be longer than the name, and than its key."""
    name = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 50
    tenancy.person(ADA).create_tenant(name, slug="long")

    assert found(tenancy, search=name) == found(tenancy, search=name[:3]) == ["long"]


def test_a_new_name_and_slug_are_found_and_the_old_ones_are_not(tenancy: Tenantry, acme: Company) -> None:
    acme.context().update(name="Apex", slug="summit")

    assert found(tenancy, search="acme") == []
    assert found(tenancy, search="apex") == found(tenancy, search="summit") == ["summit"]


@pytest.mark.usefixtures("companies")
def test_cursors_lead_through_the_list_and_are_bound_to_it(tenancy: Tenantry) -> None:
    """TI-06"""
    for order in (None, "newest", "name"):
        seen: list[str] = []
        after = None
        while len(seen) < 5:
            page = tenancy.tenants(by=SUPPORT, limit=2, after=after, order=order)
            seen += [tenant.slug for tenant in page]
            after = page.next
        assert (seen, after) == (found(tenancy, order=order), None)

    cursor = tenancy.tenants(by=SUPPORT, limit=1, search="acme").next
    mine = tenancy.person(ADA).tenants(limit=1).next
    assert cursor
    for filters in ({}, {"search": "acm"}, {"search": "acme", "status": "active"}, {"search": "acme", "order": "name"}):
        with pytest.raises(InvalidCursor):
            tenancy.tenants(by=SUPPORT, after=cursor, **filters)  # type: ignore[arg-type]
    with pytest.raises(InvalidCursor):
        tenancy.tenants(by=SUPPORT, after=mine)
    with pytest.raises(InvalidCursor):
        tenancy.memberships_of(ADA.user_id, by=SUPPORT, after=mine)
    assert [tenant.slug for tenant in tenancy.tenants(by=SYSTEM, search="acme", after=cursor)] == ["acme-labs"]


@pytest.mark.parametrize(
    "filters",
    [{"status": "gone"}, {"search": ""}, {"search": "x" * 256}, {"order": "slug"}, {"limit": 0}, {"limit": 201}],
)
def test_what_cannot_be_asked_is_refused(tenancy: Tenantry, filters: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        tenancy.tenants(by=SYSTEM, **filters)


@pytest.mark.parametrize("by", [ADA, Principal.service("support"), None, "system", "SYSTEM"])
def test_nobody_else_asks_for_the_host(tenancy: Tenantry, acme: Company, by: Any) -> None:
    """TI-02: also where everything that is there is their own."""
    for ask in (lambda: tenancy.tenants(by=by), lambda: tenancy.memberships_of(ADA.user_id, by=by)):
        with pytest.raises(Invalid) as refused:
            ask()
        assert refused.value.field == "by"
    with pytest.raises(TypeError):
        tenancy.tenants()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        tenancy.memberships_of(ADA.user_id)  # type: ignore[call-arg]


def test_the_host_leaves_no_trace(tenancy: Tenantry, acme: Company) -> None:
    before = acme.trail()

    assert len(tenancy.tenants(by=SYSTEM)) == len(tenancy.memberships_of(ADA.user_id, by=SYSTEM)) == 1

    assert acme.trail() == before


@pytest.mark.usefixtures("companies")
def test_a_users_memberships_are_those_in_their_own_list(tenancy: Tenantry, companies: dict[str, Company]) -> None:
    """With their roles, of any status, in tenants of any status but purged."""
    companies["elan"].add(BOB, "admin")
    companies["acme"].add(BOB, workspaces={companies["acme"].general: "viewer"})
    companies["acme"].context(SYSTEM).members.deactivate(BOB.user_id)

    page = tenancy.memberships_of(BOB.user_id, by=SUPPORT, total=True)

    own = tenancy.person(BOB).tenants()
    assert page[0] == own[0]
    assert page[1].membership.id == own[1].membership.id  # of which they see no more than that it is
    assert [(mine.tenant.slug, mine.membership.roles, mine.membership.status) for mine in page] == [
        ("elan", ("admin",), "active"),
        ("acme", ("member",), "deactivated"),
    ]
    assert page.total == 2
    assert len(tenancy.memberships_of(ADA.user_id, by=SUPPORT)) == 5


def test_also_of_an_account_that_is_switched_off(tenancy: Tenantry, acme: Company) -> None:
    """Whose own list is empty: what the host's sign-in says of it is not stored here."""
    acme.add(BOB)

    assert [mine.tenant.id for mine in tenancy.memberships_of(BOB.user_id, by=SYSTEM)] == [acme.id]


def test_who_is_in_no_tenant_has_no_memberships(tenancy: Tenantry, acme: Company) -> None:
    page = tenancy.memberships_of(CAY.user_id, by=SYSTEM, total=True)

    assert (list(page), page.total, page.next) == ([], 0, None)
    for nobody in ("system", "", "system:support"):
        with pytest.raises(Invalid):
            tenancy.memberships_of(nobody, by=SYSTEM)


def test_an_index_leads_to_what_is_searched_for(sqlite_store: SQLAlchemyStore) -> None:
    """However many tenants there are."""
    world = World(sqlite_store)
    with plans(sqlite_store.engine) as found:
        world.tenancy.tenants(by=SYSTEM, search="acm")
        world.tenancy.tenants(by=SYSTEM, status="active", order="name")
        world.tenancy.memberships_of(BOB.user_id, by=SYSTEM)

    by_name = "ix_tenantry_tenants_status_name_key_id (status=?"
    assert f"{by_name} AND name_key>? AND name_key<?)" in found[0]
    assert "ix_tenantry_tenants_status_slug (status=? AND slug>? AND slug<?)" in found[0]
    assert by_name in found[1]
    assert "TEMP B-TREE" not in found[1]
    assert len(found) == 5
    assert not [plan for plan in found if "SCAN" in plan]
