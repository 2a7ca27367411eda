"""Workspaces that are named without a role come with the scheme's default one, wherever somebody is given them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from tenantry import Denied, Invalid, InvalidRows, NewMember, NotFound, Scheme, Tenantry, schemes
from tenantry.ports import Store
from tests.features.people import ADA, BOB, CAY, SECRET, Company

Give = Callable[[Company, Any], Mapping[str, tuple[str, ...]]]


def by_link(acme: Company, workspaces: Any) -> Mapping[str, tuple[str, ...]]:
    issued = acme.invite(BOB, workspaces=workspaces)
    return acme.tenancy.person(BOB).accept(issued.token).membership.workspaces


def changed(acme: Company, workspaces: Any) -> Mapping[str, tuple[str, ...]]:
    waiting = acme.context().invitations.list(status="pending")
    issued = acme.context().invitations.resend(waiting[0].id) if waiting else acme.invite(BOB)
    acme.context().invitations.update(issued.invitation.id, workspaces=workspaces)
    return acme.tenancy.person(BOB).accept(issued.token).membership.workspaces


def added(acme: Company, workspaces: Any) -> Mapping[str, tuple[str, ...]]:
    return acme.context().members.add(BOB.user_id, workspaces=workspaces).workspaces


def added_with_others(acme: Company, workspaces: Any) -> Mapping[str, tuple[str, ...]]:
    [member] = acme.context().members.add_many([NewMember(BOB.user_id, workspaces=workspaces)])
    return member.workspaces


WAYS: dict[str, Give] = {"send": by_link, "update": changed, "add": added, "add_many": added_with_others}
every_way = pytest.mark.parametrize("give", WAYS.values(), ids=WAYS)


@every_way
@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, dict.fromkeys], ids=["list", "tuple", "set", "", "keys"])
def test_ids_are_enough(acme: Company, give: Give, kind: Callable[[list[str]], Collection[str]]) -> None:
    """Seed 000: `"workspaces": ["ws_abc123", …]`"""
    justice = acme.workspace("Justice")
    given = kind([justice, acme.general])
    named = given.keys() if isinstance(given, dict) else given

    assert give(acme, named) == {justice: ("member",), acme.general: ("member",)}


@every_way
def test_nothing_is_nothing(acme: Company, give: Give) -> None:
    assert give(acme, []) == {}


@pytest.mark.parametrize(
    ("scheme", "role"), [(schemes.AGENCY, "member"), (schemes.CENTRAL_IT, "editor"), (schemes.CONTENT, "writer")]
)
def test_each_scheme_has_its_default(store: Store, scheme: Scheme, role: str) -> None:
    """Seed 003: `role DEFAULT 'editor'`"""
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    assert added(acme, [acme.general]) == {acme.general: (role,)}


@every_way
def test_a_scheme_without_one_wants_each_role(store: Store, give: Give) -> None:
    scheme = Scheme(
        "own", schemes.AGENCY.roles, owner_role="owner", member_role="member", permissions=schemes.AGENCY.permissions
    )
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    with pytest.raises((Invalid, InvalidRows)):
        give(acme, [acme.general])
    assert give(acme, {acme.general: "viewer"}) == {acme.general: ("viewer",)}


def test_a_default_is_a_workspace_role() -> None:
    with pytest.raises(Invalid, match="default_workspace_role 'owner' is no workspace role"):
        Scheme("own", schemes.AGENCY.roles, owner_role="owner", member_role="member", default_workspace_role="owner")


@every_way
@pytest.mark.parametrize(
    "nonsense",
    ["ws_1", b"ws_1", 7, [7], [None], [["ws_1"]], iter(["ws_1"])],
    ids=["text", "bytes", "number", "numbers", "nothing", "lists", "iterator"],
)
def test_what_is_no_collection_of_ids_is_refused(acme: Company, give: Give, nonsense: object) -> None:
    before = acme.trail()
    with pytest.raises((Invalid, InvalidRows)):
        give(acme, nonsense)
    assert [action for action in acme.trail() if action != "invitation.sent"] == before


def test_the_ceiling_holds_for_the_default_as_well(acme: Company) -> None:
    acme.add(CAY, workspaces={acme.general: "viewer"})
    with pytest.raises(Denied):
        acme.context(CAY).invitations.send("bob@acme.test", workspaces=[acme.general])


def test_a_foreign_workspace_is_an_unknown_one(acme: Company) -> None:
    other = Company(acme.tenancy, acme.tenancy.person(CAY).create_tenant("Beta"))
    for id in (other.general, "ws_unknown"):
        with pytest.raises(NotFound):
            acme.context().invitations.send("bob@acme.test", workspaces=[id])
