"""This role or a higher one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Level, Scheme, Tenantry, schemes
from tenantry.ports import Store
from tests.features.hostile import Odd
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone

RANKS: Sequence[tuple[Scheme, Level, Sequence[str]]] = [
    (schemes.AGENCY, Level.TENANT, ("owner", "admin", "member")),
    (schemes.AGENCY, Level.WORKSPACE, ("admin", "member", "viewer")),
    (schemes.CENTRAL_IT, Level.TENANT, ("admin", "member")),
    (schemes.CENTRAL_IT, Level.WORKSPACE, ("admin", "editor", "viewer")),
    (schemes.CONTENT, Level.TENANT, ("admin", "writer", "viewer", "basic")),
    (schemes.CONTENT, Level.WORKSPACE, ("admin", "writer", "viewer")),
]


@pytest.mark.parametrize(("scheme", "level", "ranks"), RANKS, ids=[f"{s.name} {level}" for s, level, _ in RANKS])
def test_of_two_roles_one_is_higher(store: Store, scheme: Scheme, level: Level, ranks: Sequence[str]) -> None:
    """R2, W5: for all roles of the three schemes, from the highest to the lowest."""
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    here, there = acme.workspace("Here"), acme.workspace("There")
    assert set(ranks) == {role.key for role in scheme.roles if role.level is level}

    for height, held in enumerate(ranks):
        who = someone(held)
        if level is Level.TENANT:
            access = acme.add(who, held).access()
            assert [access.at_least(wanted) for wanted in ranks] == [height <= n for n in range(len(ranks))]
        else:
            access = acme.add(who, workspaces={here: held}).access(workspaces=[there])
            answers = [access.at_least(wanted, workspace=here) for wanted in ranks]
            assert answers == [height <= n for n in range(len(ranks))]
            assert not any(access.at_least(wanted, workspace=there) for wanted in ranks)


def test_what_acts_in_every_workspace_is_a_role_there(acme: Company) -> None:
    acme.add(BOB, "admin")
    acme.add(CAY, workspaces={acme.general: "member"})
    acme.context().members.add_role(CAY.user_id, role="viewer", workspace=acme.general)

    def answers(who: Any) -> list[bool]:
        access = acme.context(who).access(workspaces=[acme.general])
        return [access.at_least(role, workspace=acme.general) for role in ("admin", "member", "viewer")]

    assert answers(BOB) == answers(SYSTEM) == answers(ADA) == [True, True, True]
    assert answers(CAY) == [False, True, True]
    assert answers(EVE) == [False, False, False]


def test_a_custom_role_stands_where_its_permissions_put_it(acme: Company) -> None:
    """R5: between built-in roles, beside them, or above one by what it acts as."""
    roles, here = acme.context().roles, acme.general
    lead = roles.define("Lead", permissions=["workspace-api:member:*"], level="workspace", inherits=["member"]).id
    twin = roles.define("Twin", permissions=["*:*:read"], level="workspace").id
    beside = roles.define("Beside", permissions=["workspace-api:counter:update"], level="workspace").id
    roving = roles.define("Roving", permissions=["tenant-api:tenant:read"], level="tenant", acts_as=lead).id
    for who, role in ((BOB, lead), (CAY, twin), (DAN, beside)):
        acme.add(who, workspaces={here: role})
    acme.add(EVE, roving)

    def answers(who: Any) -> list[bool]:
        access = acme.context(who).access()
        return [access.at_least(role, workspace=here) for role in ("admin", "member", "viewer")]

    assert answers(BOB) == [False, True, True]
    assert answers(CAY) == [False, False, False]  # the same permissions, but no heir
    assert answers(DAN) == [False, False, False]
    access = acme.context(EVE).access(workspaces=[here])
    assert [access.at_least(role) for role in (roving, "member", "admin")] == [True, True, False]
    assert [access.at_least(role, workspace=here) for role in (lead, "member", "admin")] == [True, True, False]


def test_a_custom_role_that_they_do_not_have_is_not_known(acme: Company) -> None:
    """What is known of the tenant's own roles are those that the principal has."""
    lead = acme.context().roles.define("Lead", permissions=["workspace-api:member:*"], level="workspace").id
    acme.add(BOB, workspaces={acme.general: lead})

    assert acme.context(BOB).access().at_least(lead, workspace=acme.general)
    for who in (ADA, EVE, SYSTEM):
        with pytest.raises(Invalid):
            acme.context(who).access(workspaces=[acme.general]).at_least(lead, workspace=acme.general)


def test_who_may_nothing_is_at_least_nothing(acme: Company) -> None:
    """PE-11"""
    acme.add(BOB, "admin", workspaces={acme.general: "admin"})
    acme.context().members.deactivate(BOB.user_id)

    for who in (BOB, EVE, someone("ada", active=False)):
        access = acme.context(who).access(workspaces=[acme.general])
        assert not access.at_least("member")
        assert not access.at_least("viewer", workspace=acme.general)


@pytest.mark.parametrize(
    "role", ["boss", "viewer", "OWNER", "owner ", "", None, 5, b"owner", ["owner"], Odd("owner")], ids=repr
)
def test_a_role_that_there_is_not_is_an_error_for_everybody(acme: Company, role: Any) -> None:
    """PE-14, AC-26: never a quiet no, nor the role of the other level."""
    for who in (ADA, EVE, SYSTEM):
        access = acme.context(who).access(workspaces=[acme.general])
        with pytest.raises(Invalid):
            access.at_least(role)
        with pytest.raises(Invalid):
            access.at_least("owner", workspace=acme.general)
