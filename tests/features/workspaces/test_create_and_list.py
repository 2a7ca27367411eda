"""Workspaces are made, and seen by those who have something to do in them."""

from __future__ import annotations

import pytest
from attrs import evolve

from tenantry import Denied, Invalid, Level, NotFound, Principal, Role, SlugTaken, Tenantry, schemes
from tenantry.kernel import ids
from tenantry.members.model import GRANTS
from tenantry.ports import Open, Store
from tests.features.people import ADA, BOB, CAY, SECRET, Company


def test_a_workspace_keeps_what_it_was_made_with(acme: Company) -> None:
    made = acme.context().workspaces.create(
        "Ministry of Justice",
        slug="moj",
        description="Courts\nand prisons",
        settings={"colour": "red", "tags": [1, None]},
    )

    seen = acme.context().workspaces.get(made.id)
    assert seen == made
    assert (seen.name, seen.slug, seen.description) == ("Ministry of Justice", "moj", "Courts\nand prisons")
    assert seen.settings == {"colour": "red", "tags": [1, None]}
    assert (seen.is_default, seen.is_active, seen.members) == (False, True, 0)


def test_a_slug_is_made_from_the_name_and_is_unique_in_the_tenant(tenancy: Tenantry, acme: Company) -> None:
    first, second = (acme.context().workspaces.create("Justice") for _ in range(2))
    elsewhere = tenancy.person(BOB).create_tenant("Beta")

    assert first.slug == "justice"
    assert second.slug.startswith("justice-")
    with pytest.raises(SlugTaken):
        acme.context().workspaces.create("Other", slug="JUSTICE")
    assert tenancy.tenant(elsewhere.id, by=BOB).workspaces.create("Justice").slug == "justice"


def test_the_first_admin_is_a_member(acme: Company) -> None:
    bob = acme.add(BOB)

    made = acme.context().workspaces.create("Justice", admin=BOB.user_id)

    assert made.members == 1
    assert bob.can("workspace-api:member:invite", workspace=made.id)


def test_nobody_makes_an_admin_of_a_workspace_who_is_none_there(store: Store) -> None:
    """Law 5"""
    maker = Role("maker", Level.TENANT, ["tenant-api:tenant:read", "tenant-api:workspace:create"])
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[maker]), secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(CAY)
    bob = company.add(BOB, "maker")

    with pytest.raises(Denied) as denied:
        bob.workspaces.create("Justice", admin=CAY.user_id)

    assert denied.value.decision.code == "beyond_own_rights"
    assert bob.workspaces.create("Justice").name == "Justice"


def test_without_its_first_admin_there_is_no_workspace(acme: Company) -> None:
    """E01 in kind: all or nothing."""
    with pytest.raises(NotFound):
        acme.context().workspaces.create("Justice", slug="justice", admin=BOB.user_id)

    assert [workspace.name for workspace in acme.context().workspaces.list()] == ["General"]
    assert acme.context().workspaces.create("Justice", slug="justice").slug == "justice"


def test_a_member_sees_their_own_workspaces_and_an_admin_all(acme: Company) -> None:
    """E45"""
    justice, health = acme.workspace("Justice"), acme.workspace("Health")
    bob, cay = acme.add(BOB, workspaces={justice: "viewer"}), acme.add(CAY, "admin")

    assert [workspace.id for workspace in bob.workspaces.list()] == [justice]
    assert [workspace.id for workspace in cay.workspaces.list()] == [acme.general, justice, health]
    assert bob.workspaces.list(total=True).total == 1
    with pytest.raises(Denied):
        bob.workspaces.get(health)


def test_who_has_no_workspace_sees_an_empty_list(acme: Company) -> None:
    page = acme.add(BOB).workspaces.list(total=True)

    assert (len(page), page.total, page.next) == (0, 0, None)


def test_the_list_shows_members_and_counters(acme: Company) -> None:
    justice = acme.workspace("Justice")
    acme.add(BOB, workspaces={justice: "admin"})
    acme.add(CAY, workspaces={justice: "viewer", acme.general: "viewer"})
    acme.context().workspaces.record_counters(justice, {"campaigns": 12})

    by_name = {workspace.name: workspace for workspace in acme.context().workspaces.list()}

    assert (by_name["Justice"].members, by_name["Justice"].counters) == (2, {"campaigns": 12})
    assert (by_name["General"].members, by_name["General"].counters) == (1, {})


def test_who_is_deactivated_is_not_counted(acme: Company) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})

    acme.context().members.deactivate(BOB.user_id)

    assert acme.context().workspaces.get(acme.general).members == 0


def test_who_has_two_roles_there_counts_once(acme: Company, store: Store) -> None:
    acme.add(BOB, workspaces={acme.general: "viewer"})

    with store.command(acme.id, gate=Open()) as tx:
        [viewer] = tx.records(GRANTS).list(role="viewer")
        tx.records(GRANTS).add(evolve(viewer, id=ids.new("grt"), role="member"))

    assert acme.context().workspaces.get(acme.general).members == 1
    assert acme.member(BOB).workspaces == {acme.general: ("viewer", "member")}


def test_counters_are_set_one_by_one_and_added_up(acme: Company) -> None:
    justice = acme.workspace("Justice")
    workspaces = acme.context().workspaces
    workspaces.record_counters(justice, {"campaigns": 12, "mails": 2**53})
    workspaces.record_counters(justice, {"campaigns": 13})
    workspaces.record_counters(acme.general, {"campaigns": 1})

    totals = acme.context().workspaces.totals()

    assert workspaces.get(justice).counters == {"campaigns": 13, "mails": 2**53}
    assert (totals.workspaces, totals.counters) == (2, {"campaigns": 14, "mails": 2**53})


def test_totals_are_for_who_sees_every_workspace(acme: Company) -> None:
    bob = acme.add(BOB, workspaces={acme.general: "admin"})

    with pytest.raises(Denied):
        bob.workspaces.totals()


def test_counters_are_recorded_by_who_runs_the_workspace(acme: Company) -> None:
    justice = acme.workspace("Justice")
    bob, cay = acme.add(BOB, workspaces={justice: "admin"}), acme.add(CAY, workspaces={justice: "member"})

    assert bob.workspaces.record_counters(justice, {"campaigns": 1}).counters == {"campaigns": 1}
    with pytest.raises(Denied):
        cay.workspaces.record_counters(justice, {"campaigns": 1})


def test_a_service_records_counters_where_it_was_given_a_role(acme: Company) -> None:
    importer = Principal.service("importer")
    context = acme.add(importer, workspaces={acme.general: "admin"})

    assert context.workspaces.record_counters(acme.general, {"mails": 3}).counters == {"mails": 3}


def test_workspaces_are_listed_in_three_orders(acme: Company) -> None:
    for name in ("zebra", "Élan", "apple"):
        acme.workspace(name)

    def names(order: str | None) -> list[str]:
        return [workspace.name for workspace in acme.context().workspaces.list(order=order)]

    assert names(None) == ["General", "zebra", "Élan", "apple"]
    assert names("newest") == ["apple", "Élan", "zebra", "General"]
    assert names("name") == ["apple", "General", "zebra", "Élan"]
    with pytest.raises(Invalid):
        names("members")


def test_details_are_changed_one_by_one(acme: Company) -> None:
    made = acme.context().workspaces.create("Justice", description="Courts", settings={"colour": "red"})
    acme.add(BOB, workspaces={made.id: "viewer"})

    renamed = acme.context().workspaces.update(made.id, name="Law", settings={"colour": "blue"})

    assert (renamed.name, renamed.slug, renamed.description) == ("Law", "justice", "Courts")
    assert (renamed.settings, renamed.members) == ({"colour": "blue"}, 1)
    assert acme.context().workspaces.update(made.id, description="").description is None


def test_the_slug_of_another_workspace_is_taken(acme: Company) -> None:
    justice = acme.workspace("Justice")

    with pytest.raises(SlugTaken):
        acme.context().workspaces.update(justice, name="Law", slug="general")

    assert acme.context().workspaces.get(justice).name == "Justice"


def test_who_makes_workspaces_is_no_plain_member(acme: Company) -> None:
    with pytest.raises(Denied):
        acme.add(BOB, workspaces={acme.general: "admin"}).workspaces.create("Justice")
    with pytest.raises(NotFound):
        acme.context(Principal.service("importer")).workspaces.create("Justice")


def test_what_a_caller_changes_in_a_result_is_not_stored(acme: Company) -> None:
    settings = {"tags": ["a"]}
    made = acme.context().workspaces.create("Justice", settings=settings)

    settings["tags"].append("b")
    made.settings["tags"].append("c")

    assert acme.context().workspaces.get(made.id).settings == {"tags": ["a"]}


def test_a_workspace_is_changed_by_who_runs_it(acme: Company) -> None:
    bob, cay = acme.add(BOB, workspaces={acme.general: "admin"}), acme.add(CAY, workspaces={acme.general: "member"})

    with pytest.raises(Denied):
        cay.workspaces.update(acme.general, name="Mine", settings={"colour": "red"})

    assert acme.context().workspaces.get(acme.general).name == "General"
    assert bob.workspaces.update(acme.general, name="Main").name == "Main"


def test_settings_alone_are_a_change(acme: Company) -> None:
    acme.context().workspaces.update(acme.general, settings={"colour": "red"})

    [event] = acme.context().audit.list(limit=1)

    assert acme.context().workspaces.get(acme.general).settings == {"colour": "red"}
    assert (event.before, event.after) == ({}, {"settings": ["colour"]})  # no value, which may be a secret
    before = acme.trail()
    acme.context().workspaces.update(acme.general, settings={"colour": "red"})
    assert acme.trail().count("workspace.updated") == before.count("workspace.updated")
    acme.context().workspaces.update(acme.general, name="Main", settings={"theme": {"dark": True}})
    [event] = acme.context().audit.list(limit=1)
    assert (event.before, event.after) == ({"name": "General"}, {"name": "Main", "settings": ["colour", "theme"]})


def test_what_only_python_takes_for_equal_is_a_change(acme: Company) -> None:
    """AU-01: to `==`, one is the same as true, and as 1.0; to who reads the settings it is not."""
    stages: list[object] = [1, True, 1.0, 0, False]
    for stage in stages:
        acme.context().workspaces.update(acme.general, settings={"on": [stage]})

    assert str(acme.context().workspaces.get(acme.general).settings) == "{'on': [False]}"
    events = acme.context().audit.list(limit=5, order="newest")
    assert [event.after["settings"] for event in events] == [["on"]] * 5
    assert acme.context().audit.verify().first_bad is None


def test_a_workspace_has_at_most_fifty_counters_however_they_come(acme: Company) -> None:
    workspaces = acme.context().workspaces
    workspaces.record_counters(acme.general, {f"a{i}": i for i in range(30)})

    with pytest.raises(Invalid):
        workspaces.record_counters(acme.general, {f"b{i}": i for i in range(21)})
    workspaces.record_counters(acme.general, {f"b{i}": i for i in range(20)})

    assert len(workspaces.get(acme.general).counters) == 50


def test_who_is_not_let_in_is_shown_no_empty_list(acme: Company) -> None:
    former = acme.add(BOB, "admin").workspaces
    acme.context().members.deactivate(BOB.user_id)
    stranger = acme.context(CAY).workspaces

    for act in (former.list, former.totals):
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.decision.code == "member_deactivated"
    for act in (stranger.list, stranger.totals):
        with pytest.raises(NotFound):
            act()
