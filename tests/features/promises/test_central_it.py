"""Seed 003: Central IT, a ministry lead and their staff, each page a thin handler over one verb, on every store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tenantry import Conflict, Denied, Issued, LimitReached, NotFound, Plan, Principal, Tenantry, schemes, to_dict
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tests.features.people import SECRET
from tests.features.stores import emptied

PRO = Plan("Pro", workspaces=5, members=20, workspace_counters={"apps": 100})
SCHEME = schemes.CENTRAL_IT.extend(workspace_roles={"editor": ["workspace-api:counter:update"]})
"""Editors add applications, which the plan counts."""


def civil_servant(name: str) -> Principal:
    return Principal(f"user_{name}", email=f"{name}@gov.sk.ca", email_verified=True, name=name.capitalize())


STUART, JANE, ALICE, BOB, VERA = map(civil_servant, ("stuart", "jane", "alice", "bob", "vera"))


class Pages:
    """What the pages of the seed send; what they call a namespace is a tenant."""

    def __init__(self, store: Store) -> None:
        self.tenancy = Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], plan=PRO)
        self.namespace = ""

    # /signup

    def create_namespace(self, user: Principal, name: str) -> Any:
        return to_dict(self.tenancy.person(user).create_tenant(name))

    def waiting(self, user: Principal) -> Any:
        return to_dict(self.tenancy.person(user).invitations())["items"]

    def accept(self, user: Principal, invitation_id: str) -> Any:
        return to_dict(self.tenancy.person(user).accept_offer(invitation_id))

    # /settings/organization

    def menu(self, user: Principal) -> bool:
        return self.tenancy.tenant(self.namespace, by=user).can("tenant-api:tenant:update")

    def billing(self, user: Principal) -> None:
        self.tenancy.tenant(self.namespace, by=user).require("tenant-api:billing:read")

    def tier(self, user: Principal) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).plan.get())

    def rename_organization(self, user: Principal, name: str) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).update(name=name))

    def used(self, user: Principal) -> list[str]:
        return [str(each) for each in self.tenancy.tenant(self.namespace, by=user).plan.usage()]

    # /settings/workspaces, and the dropdown of workspaces

    def dropdown(self, user: Principal) -> list[str]:
        return [each.name for each in self.tenancy.tenant(self.namespace, by=user).workspaces.list(order="name")]

    def create_workspace(
        self, user: Principal, name: str, description: str | None = None, admin: str | None = None
    ) -> Any:
        context = self.tenancy.tenant(self.namespace, by=user)
        return to_dict(context.workspaces.create(name, description=description, admin=admin))

    def workspace(self, user: Principal, id: str) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).workspaces.get(id))

    def edit_workspace(self, user: Principal, id: str, **changes: Any) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).workspaces.update(id, **changes))

    def archive_workspace(self, user: Principal, id: str) -> None:
        self.tenancy.tenant(self.namespace, by=user).workspaces.archive(id)

    def all_workspaces(self, user: Principal) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).workspaces.totals())

    # /settings/users

    def users(self, user: Principal) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).members.list())["items"]

    def invite(self, user: Principal, email: str, role: str, workspaces: Mapping[str, str]) -> Issued:
        return self.tenancy.tenant(self.namespace, by=user).invitations.send(email, role=role, workspaces=workspaces)

    def remove_user(self, user: Principal, user_id: str) -> None:
        self.tenancy.tenant(self.namespace, by=user).members.remove(user_id)

    # /settings/workspace/users

    def workspace_users(self, user: Principal, id: str) -> Any:
        return to_dict(self.tenancy.tenant(self.namespace, by=user).workspaces.members(id))["items"]

    def invite_to_workspace(self, user: Principal, id: str, email: str, role: str) -> Issued:
        return self.tenancy.tenant(self.namespace, by=user).invitations.send(email, workspaces={id: role})

    def change_workspace_role(self, user: Principal, id: str, user_id: str, role: str) -> None:
        self.tenancy.tenant(self.namespace, by=user).workspaces.change_member_role(id, user_id, role=role)

    def remove_from_workspace(self, user: Principal, id: str, user_id: str) -> None:
        self.tenancy.tenant(self.namespace, by=user).workspaces.remove_member(id, user_id)

    # the applications of the host

    def add_app(self, user: Principal, id: str) -> int:
        return self.tenancy.tenant(self.namespace, by=user).plan.use("apps", workspace=id)

    def assess(self, user: Principal, id: str, assessed: int) -> None:
        self.tenancy.tenant(self.namespace, by=user).workspaces.record_counters(id, {"assessed": assessed})


def sign_up(pages: Pages, user: Principal) -> str:
    """The trigger of the seed: whoever is invited joins; everybody else gets a namespace of their own."""
    if offers := pages.waiting(user):
        accepted = [pages.accept(user, offer["invitation_id"]) for offer in offers]
        return str(accepted[0]["tenant"]["id"])
    return str(pages.create_namespace(user, f"{user.name}'s")["id"])


def labels(member: Any) -> list[tuple[str | None, str]]:
    """The roles of a row of users, as the page shows them."""
    return [(grant["workspace_id"], grant["label"]) for grant in member["grants"]]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def pages(request: pytest.FixtureRequest) -> Pages:
    """Each store in turn: these flows are run on all of them."""
    if request.param == "memory":
        return Pages(MemoryStore())
    return Pages(emptied(request.getfixturevalue(f"{request.param}_store")))


@pytest.fixture
def ministries(pages: Pages) -> dict[str, str]:
    """SaskBuilds with its ministries; Jane leads Justice, where Bob edits and Vera looks on. Alice leads Finance."""
    tenant = pages.create_namespace(STUART, "SaskBuilds")
    pages.namespace = tenant["id"]
    names = ("Justice", "Advanced Education", "Finance")
    ids = {name: str(pages.create_workspace(STUART, name)["id"]) for name in names}
    ids["Shared Services"] = str(tenant["default_workspace_id"])
    pages.edit_workspace(STUART, ids["Shared Services"], name="Shared Services")
    for lead, place in ((JANE, "Justice"), (ALICE, "Finance")):
        pages.invite(STUART, str(lead.email), "member", {ids[place]: "admin"})
        sign_up(pages, lead)
    for one, role in ((BOB, "editor"), (VERA, "viewer")):
        pages.invite_to_workspace(JANE, ids["Justice"], str(one.email), role)
        sign_up(pages, one)
    return ids


# --- the namespace admin


def test_central_it_sees_all_workspaces(pages: Pages, ministries: dict[str, str]) -> None:
    assert pages.dropdown(STUART) == ["Advanced Education", "Finance", "Justice", "Shared Services"]
    assert [pages.workspace(STUART, id)["is_default"] for id in ministries.values()] == [False, False, False, True]


def test_central_it_creates_workspaces_until_the_plan_ends(pages: Pages, ministries: dict[str, str]) -> None:
    assert pages.used(STUART)[:2] == ["4 of 5 workspaces used", "5 of 20 members used"]

    health = pages.create_workspace(STUART, "Ministry of Health", "Health ministry portfolio", JANE.user_id)

    assert pages.dropdown(JANE) == ["Justice", "Ministry of Health"]
    assert labels(next(each for each in pages.users(STUART) if each["user_id"] == JANE.user_id)) == [
        (None, "Member"),
        (ministries["Justice"], "Admin"),
        (health["id"], "Admin"),
    ]
    with pytest.raises(LimitReached):
        pages.create_workspace(STUART, "One too many")
    pages.archive_workspace(STUART, health["id"])
    assert pages.used(STUART)[0] == "4 of 5 workspaces used"
    with pytest.raises(Conflict):
        pages.archive_workspace(STUART, ministries["Shared Services"])


def test_central_it_invites_to_any_workspaces(pages: Pages, ministries: dict[str, str]) -> None:
    john = civil_servant("john")
    places = {ministries["Justice"]: "editor", ministries["Finance"]: "viewer"}

    issued = pages.invite(STUART, "john@gov.sk.ca", "member", places)

    [offer] = pages.waiting(john)
    assert (offer["invitation_id"], offer["tenant_name"]) == (issued.invitation.id, "SaskBuilds")
    assert sign_up(pages, john) == pages.namespace
    assert pages.dropdown(john) == ["Finance", "Justice"]
    pages.invite(STUART, "second@gov.sk.ca", "admin", {})
    sign_up(pages, civil_servant("second"))
    assert len(pages.dropdown(civil_servant("second"))) == 4
    pages.remove_user(STUART, john.user_id)
    with pytest.raises(NotFound):
        pages.dropdown(john)


def test_whoever_is_not_invited_gets_a_namespace_of_their_own(pages: Pages, ministries: dict[str, str]) -> None:
    own = sign_up(pages, civil_servant("zoe"))

    assert own != pages.namespace
    with pytest.raises(NotFound):
        pages.dropdown(civil_servant("zoe"))


def test_central_it_sees_figures_over_all_workspaces(pages: Pages, ministries: dict[str, str]) -> None:
    for place, apps, assessed in (("Justice", 3, 2), ("Finance", 2, 2)):
        for _ in range(apps):
            pages.add_app(STUART, ministries[place])
        pages.assess(STUART, ministries[place], assessed)

    assert pages.all_workspaces(STUART) == {"workspaces": 4, "counters": {"apps": 5, "assessed": 4}}
    rows = [pages.workspace(STUART, ministries[place]) for place in ("Justice", "Finance")]
    assert [(each["name"], each["counters"], each["members"]) for each in rows] == [
        ("Justice", {"apps": 3, "assessed": 2}, 3),
        ("Finance", {"apps": 2, "assessed": 2}, 1),
    ]


def test_central_it_changes_the_organization_and_sees_the_plan(pages: Pages, ministries: dict[str, str]) -> None:
    assert pages.menu(STUART)
    pages.billing(STUART)
    shown = pages.tier(STUART)
    assert (shown["name"], shown["workspaces"], shown["members"], shown["workspace_counters"]) == (
        "Pro",
        5,
        20,
        {"apps": 100},
    )
    assert pages.rename_organization(STUART, "SaskBuilds and Procurement")["name"] == "SaskBuilds and Procurement"
    assert [each["email"] for each in pages.users(STUART)] == [each.email for each in (STUART, JANE, ALICE, BOB, VERA)]


# --- the workspace admin


def test_a_ministry_lead_sees_their_own_workspace_only(pages: Pages, ministries: dict[str, str]) -> None:
    assert pages.dropdown(JANE) == ["Justice"]
    assert [each["email"] for each in pages.workspace_users(JANE, ministries["Justice"])] == [
        each.email for each in (JANE, BOB, VERA)
    ]
    for other in ("Finance", "Advanced Education", "Shared Services"):
        for act in (pages.workspace, pages.workspace_users):
            with pytest.raises(Denied):
                act(JANE, ministries[other])


def test_a_ministry_lead_makes_no_workspace_and_sees_no_organization(pages: Pages, ministries: dict[str, str]) -> None:
    for act in (
        lambda: pages.create_workspace(JANE, "Mine"),
        lambda: pages.rename_organization(JANE, "Mine"),
        lambda: pages.billing(JANE),
        lambda: pages.users(JANE),
        lambda: pages.all_workspaces(JANE),
        lambda: pages.remove_user(JANE, BOB.user_id),
        lambda: pages.archive_workspace(JANE, ministries["Finance"]),
    ):
        with pytest.raises(Denied):
            act()
    assert not pages.menu(JANE)


def test_a_ministry_lead_invites_to_their_own_workspace_only(pages: Pages, ministries: dict[str, str]) -> None:
    new = civil_servant("new")
    pages.invite_to_workspace(JANE, ministries["Justice"], str(new.email), "editor")
    assert sign_up(pages, new) == pages.namespace
    assert pages.dropdown(new) == ["Justice"]

    with pytest.raises(Denied):
        pages.invite_to_workspace(JANE, ministries["Finance"], "x@gov.sk.ca", "viewer")
    with pytest.raises(Denied):
        pages.invite(JANE, "x@gov.sk.ca", "admin", {ministries["Justice"]: "viewer"})


def test_two_ministries_invite_one_person(pages: Pages, ministries: dict[str, str]) -> None:
    """Neither knows of the other; the person has one invitation and joins both."""
    new = civil_servant("new")
    first = pages.invite_to_workspace(JANE, ministries["Justice"], str(new.email), "editor")
    second = pages.invite_to_workspace(ALICE, ministries["Finance"], str(new.email), "viewer")
    assert set(second.invitation.workspaces) == {ministries["Finance"]}
    assert first.invitation.id == second.invitation.id

    [offer] = pages.waiting(new)
    assert [(each["name"], each["invited_by"]) for each in offer["workspaces"]] == [
        ("Justice", "Jane"),
        ("Finance", "Alice"),
    ]
    sign_up(pages, new)
    assert pages.dropdown(new) == ["Finance", "Justice"]


def test_a_ministry_invites_who_works_for_another(pages: Pages, ministries: dict[str, str]) -> None:
    before = pages.used(STUART)
    pages.invite_to_workspace(ALICE, ministries["Finance"], str(BOB.email), "editor")
    assert pages.used(STUART) == before

    assert sign_up(pages, BOB) == pages.namespace
    assert pages.dropdown(BOB) == ["Finance", "Justice"]


def test_a_ministry_lead_manages_their_workspace(pages: Pages, ministries: dict[str, str]) -> None:
    justice = ministries["Justice"]
    changed = pages.edit_workspace(JANE, justice, name="Justice and Courts", settings={"max_budget": 1_000_000})
    assert (changed["name"], changed["settings"]) == ("Justice and Courts", {"max_budget": 1_000_000})

    pages.change_workspace_role(JANE, justice, VERA.user_id, "editor")
    assert pages.add_app(VERA, justice) == 1
    pages.remove_from_workspace(JANE, justice, VERA.user_id)

    assert pages.dropdown(VERA) == []
    assert VERA.user_id in [each["user_id"] for each in pages.users(STUART)]


# --- editors and viewers


@pytest.mark.parametrize("who", [BOB, VERA], ids=["editor", "viewer"])
def test_staff_see_their_workspace_and_manage_nobody(pages: Pages, ministries: dict[str, str], who: Principal) -> None:
    justice = ministries["Justice"]
    assert pages.dropdown(who) == ["Justice"]
    assert pages.workspace(who, justice)["name"] == "Justice"

    for act in (
        lambda: pages.invite_to_workspace(who, justice, "x@gov.sk.ca", "viewer"),
        lambda: pages.invite(who, "x@gov.sk.ca", "member", {}),
        lambda: pages.change_workspace_role(who, justice, who.user_id, "admin"),
        lambda: pages.remove_from_workspace(who, justice, JANE.user_id),
        lambda: pages.edit_workspace(who, justice, name="Mine"),
        lambda: pages.create_workspace(who, "Mine"),
        lambda: pages.billing(who),
        lambda: pages.rename_organization(who, "Mine"),
        lambda: pages.users(who),
        lambda: pages.all_workspaces(who),
    ):
        with pytest.raises(Denied):
            act()
    assert not pages.menu(who)


def test_an_editor_adds_applications_and_a_viewer_does_not(pages: Pages, ministries: dict[str, str]) -> None:
    assert pages.add_app(BOB, ministries["Justice"]) == 1
    with pytest.raises(Denied):
        pages.add_app(VERA, ministries["Justice"])
    with pytest.raises(Denied):
        pages.add_app(BOB, ministries["Finance"])
