"""Slugs: what addresses use. One that was given is never given to another tenant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Invalid,
    LimitReached,
    NotFound,
    Options,
    SlugTaken,
    TenantContext,
    Tenantry,
    schemes,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, SECRET, Company

SPELLINGS = ["ACME", "Acme", " acme ", "ａｃｍｅ", "acme\N{NO-BREAK SPACE}", "ⓐcme"]


def test_a_slug_leads_to_its_tenant(tenancy: Tenantry, acme: Company) -> None:
    assert tenancy.resolve("acme") == acme.id
    with pytest.raises(NotFound):
        tenancy.resolve("nobody")


def test_a_stranger_does_not_learn_which_slugs_there_are(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """E05: one answer for a slug that never was, one of a tenant of others, and a purged one; and so for ids."""
    gone = tenancy.person(ADA).create_tenant("Gone", slug="gone")
    tenancy.tenant(gone.id, by=ADA).delete(confirm="Gone")
    clock.advance(days=40)
    assert tenancy.jobs.purge().tenant_ids == (gone.id,)

    def answer(find: Callable[[], str], act: Callable[[TenantContext], object]) -> object:
        with pytest.raises(NotFound) as refused:
            act(tenancy.tenant(find(), by=BOB))
        error = refused.value
        return type(error), str(error), error.code, error.data, error.__cause__

    acts: list[Callable[[TenantContext], object]] = [
        lambda context: context.get(),
        lambda context: context.require("tenant-api:tenant:read"),
        lambda context: context.members.list(),
        lambda context: context.update(name="Mine"),
        lambda context: context.members.leave(),
    ]
    ways: list[Callable[[], str]] = [
        *(partial(tenancy.resolve, slug) for slug in ("nobody", "acme", "gone")),
        *(partial(str, id) for id in (acme.id, gone.id, "ten_made_up")),
    ]
    [one] = {repr(answer(find, act)) for find in ways for act in acts}
    assert "There is no such tenant." in one


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_slugs_that_differ_in_case_or_form_collide(tenancy: Tenantry, acme: Company, spelling: str) -> None:
    """E04"""
    with pytest.raises(SlugTaken):
        tenancy.person(BOB).create_tenant("Other", slug=spelling)

    assert tenancy.resolve(spelling) == acme.id


@pytest.mark.parametrize("spelling", ["аcme", "acm\N{LATIN SMALL LETTER E WITH ACUTE}", "acme\N{ZERO WIDTH SPACE}"])
def test_a_slug_in_another_script_is_refused(tenancy: Tenantry, acme: Company, spelling: str) -> None:
    """IN-14"""
    with pytest.raises(Invalid):
        tenancy.person(BOB).create_tenant("Other", slug=spelling)


def test_an_old_slug_still_leads_to_its_tenant_and_is_never_given_away(tenancy: Tenantry, acme: Company) -> None:
    """E03"""
    acme.context().update(slug="apex")

    assert tenancy.resolve("acme") == tenancy.resolve("apex") == acme.id
    for slug in ("acme", "apex"):
        with pytest.raises(SlugTaken):
            tenancy.person(BOB).create_tenant("Other", slug=slug)


def test_a_tenant_takes_its_old_slug_back(acme: Company) -> None:
    acme.context().update(slug="apex")

    assert acme.context().update(slug="acme").slug == "acme"


def test_a_tenant_cannot_be_renamed_to_the_slug_of_another(tenancy: Tenantry, acme: Company) -> None:
    """E02"""
    tenancy.person(BOB).create_tenant("Beta", slug="beta")

    with pytest.raises(SlugTaken):
        acme.context().update(name="New", slug="beta")

    assert (acme.context().get().name, acme.context().get().slug) == ("Acme", "acme")


def test_a_slug_that_is_made_from_the_name_gives_way(tenancy: Tenantry, acme: Company) -> None:
    second = tenancy.person(BOB).create_tenant("Acme")

    assert second.slug.startswith("acme-")
    assert tenancy.resolve(second.slug) == second.id


@pytest.mark.parametrize(("name", "begins"), [("Admin", "admin-"), ("日本", "tenant-"), ("Ärzte & Co", "arzte-co")])
def test_any_name_gives_a_slug(tenancy: Tenantry, name: str, begins: str) -> None:
    assert tenancy.person(ADA).create_tenant(name).slug.startswith(begins)


def test_the_host_chooses_the_reserved_words(store: Store) -> None:
    """IN-14"""
    options = Options(reserved_slugs={"basement"})
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], options=options)

    with pytest.raises(Invalid):
        tenancy.person(ADA).create_tenant("Cellar", slug="Basement")
    assert tenancy.person(ADA).create_tenant("Admin", slug="admin").slug == "admin"


@pytest.mark.parametrize(
    "slug", ["", " ", "-acme", "acme-", "a--b", "xn--acme", "a" * 64, "a b", "a_b", "a.b", "admin"]
)
def test_what_is_no_slug_is_refused(tenancy: Tenantry, acme: Company, slug: str) -> None:
    """IN-14"""
    with pytest.raises(Invalid):
        tenancy.person(BOB).create_tenant("Other", slug=slug)
    with pytest.raises(Invalid):
        acme.context().update(slug=slug)


@pytest.mark.parametrize("slug", ["a", "0", "a" * 63, "a-b-c"])
def test_a_slug_has_1_to_63_characters(tenancy: Tenantry, slug: str) -> None:
    """IN-14"""
    assert tenancy.person(ADA).create_tenant("Acme", slug=slug).slug == slug


class TestKeptSlugs:
    """Law 10: a tenant that changes its slug again and again does not reserve all of them for ever."""

    @pytest.fixture
    def tenancy(self, store: Store) -> Tenantry:
        options = Options(max_kept_slugs=2)
        return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], options=options)

    @pytest.fixture
    def full(self, acme: Company) -> Company:
        for slug in ("one", "two"):
            acme.context().update(slug=slug)
        return acme

    def test_a_tenant_keeps_a_limited_number(self, tenancy: Tenantry, full: Company) -> None:
        before = full.trail()

        with pytest.raises(LimitReached) as refused:
            full.context().update(slug="three")

        assert (refused.value.rule, refused.value.data["limit"]) == ("max_kept_slugs", 2)
        assert (full.context().get().slug, full.trail()) == ("two", before)
        assert tenancy.person(BOB).create_tenant("Other", slug="three").slug == "three"

    def test_nothing_is_given_up_to_make_room(self, tenancy: Tenantry, full: Company) -> None:
        """An old link never leads to another customer by itself."""
        with pytest.raises(LimitReached):
            full.context().update(slug="three")
        assert {tenancy.resolve(slug) for slug in ("acme", "one", "two")} == {full.id}

    def test_one_that_it_keeps_can_be_its_slug_again(self, full: Company) -> None:
        assert [full.context().update(slug=slug).slug for slug in ("acme", "two", "one")] == ["acme", "two", "one"]
        assert full.context().update(name="Apex").slug == "one"

    def test_system_releases_one(self, tenancy: Tenantry, full: Company) -> None:
        full.context(SYSTEM).release_slug(" ACME ")

        with pytest.raises(NotFound):
            tenancy.resolve("acme")
        assert full.context().update(slug="three").slug == "three"
        assert tenancy.person(BOB).create_tenant("Other", slug="acme").slug == "acme"
        event = next(event for event in full.context().audit.list(limit=50) if event.action == "tenant.slug_released")
        assert (event.principal, event.target, event.before, event.after) == ("system", full.id, {"slug": "acme"}, {})

    def test_nobody_else_does(self, tenancy: Tenantry, full: Company) -> None:
        with pytest.raises(Denied) as refused:
            full.context(ADA).release_slug("acme")
        assert refused.value.decision.code == "system_only"
        assert tenancy.resolve("acme") == full.id

    def test_the_present_one_stays(self, tenancy: Tenantry, full: Company) -> None:
        with pytest.raises(Conflict) as refused:
            full.context(SYSTEM).release_slug("two")
        assert refused.value.rule == "present_slug"
        assert tenancy.resolve("two") == full.id

    def test_one_of_another_tenant_is_not_found(self, tenancy: Tenantry, full: Company) -> None:
        other = tenancy.person(BOB).create_tenant("Other", slug="other")
        tenancy.tenant(other.id, by=BOB).update(slug="another")
        for slug in ("other", "nobodys"):
            with pytest.raises(NotFound) as refused:
                full.context(SYSTEM).release_slug(slug)
            assert str(refused.value) == "There is no such slug."
        assert tenancy.resolve("other") == other.id

    def test_a_tenant_that_is_not_in_use_gives_them_up_too(self, tenancy: Tenantry, full: Company) -> None:
        full.context(SYSTEM).delete()
        full.context(SYSTEM).release_slug("acme")
        with pytest.raises(NotFound):
            tenancy.resolve("acme")
