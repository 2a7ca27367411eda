"""Several roles at once, at the tenant and in each workspace: they add up, and each is given and taken on its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tenantry import SYSTEM, Conflict, Denied, Invalid, Level, Permission, Role, Tenantry, schemes
from tenantry.access.guard import permissions_in
from tenantry.members.service.members import Members
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import BOB, DAN, SECRET, Company

READ, WRITE, SEND = (f"campaign-api:campaign:{action}" for action in ("read", "write", "send"))
SCHEME = schemes.AGENCY.extend(
    permissions=[
        *(Permission(name, Level.WORKSPACE) for name in (READ, WRITE, SEND)),
        Permission("report-api:report:read", Level.TENANT),
        Permission("report-api:report:export", Level.TENANT),
    ],
    roles=[
        Role("writer", Level.WORKSPACE, [WRITE]),
        Role("sender", Level.WORKSPACE, [SEND]),
        Role("analyst", Level.TENANT, ["report-api:report:read"]),
        Role("exporter", Level.TENANT, ["report-api:report:export"], acts_as="writer"),
    ],
)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], clock=clock)


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def test_roles_at_the_tenant_add_up(acme: Company) -> None:
    """E31: no one of them satisfies all, and together they do."""
    acme.add(BOB, "analyst")
    asked = ["report-api:report:read", "report-api:report:export", "tenant-api:tenant:read"]
    assert [d.allowed for d in acme.context(BOB).check_many(asked)] == [True, False, False]

    acme.context().members.add_role(BOB.user_id, role="exporter")
    both = acme.context().members.add_role(BOB.user_id, role="member")

    assert sorted(both.roles) == ["analyst", "exporter", "member"]
    assert all(acme.context(BOB).check_many(asked))


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.change_role(DAN.user_id, role="analyst"),
        lambda members: members.add_role(DAN.user_id, role="analyst"),
        lambda members: members.remove_role(DAN.user_id, role="member"),
    ],
    ids=["change", "add", "remove"],
)
def test_at_the_tenant_nobody_changes_who_is_above_in_a_workspace(
    acme: Company, justice: str, change: Callable[[Members], object]
) -> None:
    """Law 5: all that they hold anywhere counts."""
    manager = acme.context().roles.define("Manager", permissions=["tenant-api:member:*"], level="tenant").id
    acme.add(BOB, "analyst")
    acme.context().members.add_role(BOB.user_id, role=manager)
    acme.context().members.add_role(BOB.user_id, role="member")
    acme.add(DAN, "analyst", workspaces={justice: "viewer"})
    acme.context().members.add_role(DAN.user_id, role="member")
    before = acme.member(DAN)

    with pytest.raises(Denied) as refused:
        change(acme.context(BOB).members)

    assert refused.value.decision.code == "beyond_own_rights"
    assert acme.member(DAN) == before
    acme.context().workspaces.remove_member(justice, DAN.user_id)
    change(acme.context(BOB).members)


def test_a_grant_tells_who_gave_it_and_when(acme: Company, justice: str, clock: FrozenClock) -> None:
    acme.add(DAN, "admin")

    given = acme.context(DAN).members.add(BOB.user_id, workspaces={justice: "viewer"})

    assert {(grant.granted_by, grant.created_at) for grant in given.grants} == {(DAN.user_id, clock())}
    assert acme.member(BOB).grants == given.grants


def test_roles_in_a_workspace_add_up(acme: Company, justice: str) -> None:
    """E31"""
    acme.add(BOB, workspaces={justice: "writer"})
    asked = [(READ, justice), (WRITE, justice), (SEND, justice)]
    assert [d.allowed for d in acme.context(BOB).check_many(asked)] == [False, True, False]

    acme.context().members.add_role(BOB.user_id, role="sender", workspace=justice)
    seen = acme.context().members.add_role(BOB.user_id, role="viewer", workspace=justice)

    assert sorted(seen.workspaces[justice]) == ["sender", "viewer", "writer"]
    assert all(acme.context(BOB).check_many(asked))
    assert acme.context(BOB).workspaces_where(SEND) == frozenset({justice})


def test_what_acts_everywhere_and_what_is_given_here_add_up(acme: Company, justice: str) -> None:
    """E31"""
    acme.add(BOB, "exporter", workspaces={justice: "sender"})

    assert all(acme.context(BOB).check_many([(WRITE, justice), (SEND, justice), (WRITE, acme.general)]))
    assert not acme.context(BOB).can(SEND, workspace=acme.general)


def test_each_is_taken_without_the_others(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "writer", acme.general: "writer"})
    acme.context().members.add_role(BOB.user_id, role="sender", workspace=justice)

    left = acme.context().members.remove_role(BOB.user_id, role="writer", workspace=justice)

    assert left.workspaces == {justice: ("sender",)}
    assert acme.member(BOB).workspaces == {justice: ("sender",), acme.general: ("writer",)}
    with pytest.raises(Invalid):
        acme.context().members.remove_role(BOB.user_id, role="writer", workspace=justice)


def test_a_change_of_role_takes_them_all(acme: Company, justice: str) -> None:
    acme.add(BOB, "analyst", workspaces={justice: "writer"})
    acme.context().members.add_role(BOB.user_id, role="exporter")
    acme.context().members.add_role(BOB.user_id, role="sender", workspace=justice)

    assert acme.context().members.change_role(BOB.user_id, role="member").roles == ("member",)
    changed = acme.context().workspaces.change_member_role(justice, BOB.user_id, role="viewer")

    assert changed.workspaces == {justice: ("viewer",)}
    assert acme.member(BOB).roles == ("member",)


def test_one_key_at_two_levels_is_two_roles(acme: Company, justice: str) -> None:
    """AC-26"""
    acme.add(BOB)

    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice)

    assert (acme.member(BOB).roles, acme.member(BOB).workspaces) == (("member",), {justice: ("admin",)})
    assert not acme.context(BOB).can("tenant-api:member:update")
    with pytest.raises(Invalid):
        acme.context().members.remove_role(BOB.user_id, role="admin")


def test_a_role_is_held_at_its_level_only(tenancy: Tenantry, acme: Company, justice: str) -> None:
    """AC-26, PE-14: a custom one too, and one of another tenant at none."""
    acme.add(BOB)
    roles = acme.context().roles
    clerk = roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant").id
    scribe = roles.define("Scribe", permissions=[WRITE], level="workspace").id
    beta = Company(tenancy, tenancy.person(DAN).create_tenant("Beta"))
    foreign = beta.context(DAN).roles.define("Scribe", permissions=[WRITE], level="workspace").id

    for context in (acme.context(), acme.context(SYSTEM)):
        for role in ("owner", "analyst", clerk, foreign, "Writer", "writer "):
            with pytest.raises(Invalid):
                context.members.add_role(BOB.user_id, role=role, workspace=justice)
        for role in ("viewer", "writer", scribe, foreign):
            with pytest.raises(Invalid):
                context.members.add_role(BOB.user_id, role=role)
    assert (acme.member(BOB).roles, acme.member(BOB).workspaces) == (("member",), {})
    acme.context().members.add_role(BOB.user_id, role=clerk)
    assert acme.context().members.add_role(BOB.user_id, role=scribe, workspace=justice).workspaces == {
        justice: (scribe,)
    }


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_nobody_gives_themselves_a_role(acme: Company, justice: str, role: str) -> None:
    """PE-21: neither one that they hold by another way, nor one that is less."""
    bob = acme.add(BOB, role, workspaces={justice: "admin"})
    before = acme.member(BOB)
    attempts: list[Callable[[], object]] = [
        lambda: bob.members.add_role(BOB.user_id, role="member"),
        lambda: bob.members.add_role(BOB.user_id, role="admin", workspace=justice),
        lambda: bob.members.add_role(BOB.user_id, role="viewer", workspace=justice),
        lambda: bob.members.add_role(BOB.user_id, role="viewer", workspace=acme.general),
    ]

    for attempt in attempts:
        with pytest.raises(Denied):
            attempt()
    assert acme.member(BOB) == before


def test_the_only_role_is_not_given_up_either(acme: Company) -> None:
    bob = acme.add(BOB, "analyst")

    with pytest.raises(Conflict) as refused:
        bob.members.remove_role(BOB.user_id, role="analyst")
    assert refused.value.rule == "only_role"


def test_who_comes_back_has_none_of_several_roles(acme: Company, justice: str) -> None:
    """E18, AC-33"""
    acme.add(BOB, "analyst", workspaces={justice: "writer"})
    acme.context().members.add_role(BOB.user_id, role="exporter")
    acme.context().members.add_role(BOB.user_id, role="sender", workspace=justice)

    acme.context().members.remove(BOB.user_id)
    acme.tenancy.person(BOB).accept(acme.invite(BOB, workspaces={acme.general: "viewer"}).token)

    back = acme.member(BOB)
    assert (back.roles, back.workspaces) == (("member",), {acme.general: ("viewer",)})
    assert len(back.grants) == 2
    assert not any(acme.context(BOB).check_many([(WRITE, justice), (SEND, justice), "report-api:report:export"]))


def test_a_deactivated_member_may_nothing_by_any_of_several_roles(acme: Company, justice: str) -> None:
    """AC-33, E19"""
    acme.add(BOB, "admin", workspaces={justice: "writer"})
    acme.context().members.add_role(BOB.user_id, role="exporter")
    acme.context().members.add_role(BOB.user_id, role="sender", workspace=justice)
    places = [(WRITE, justice), (SEND, justice), (WRITE, acme.general)]
    before = acme.member(BOB)

    acme.context().members.deactivate(BOB.user_id)
    assert {decision.code for decision in acme.context(BOB).check_many(["tenant-api:tenant:read", *places])} == {
        "member_deactivated"
    }
    assert acme.context(BOB).workspaces_where(WRITE) == frozenset()

    assert acme.context().members.reactivate(BOB.user_id).membership == before
    assert all(acme.context(BOB).check_many(places))


def test_what_is_left_under_a_lower_role_is_what_was_shown_before(acme: Company, justice: str) -> None:
    """E47: a role that acts everywhere leaves nothing behind in any workspace."""
    acme.add(BOB, "admin", workspaces={justice: "viewer"})
    shown = acme.member(BOB).workspaces

    acme.context().members.change_role(BOB.user_id, role="member")

    assert acme.member(BOB).workspaces == shown == {justice: ("viewer",)}
    access = acme.context(BOB).access(workspaces=[acme.general])
    assert permissions_in(access, justice) == SCHEME.permissions_of("viewer", Level.WORKSPACE)
    assert not permissions_in(access, acme.general)


def test_the_trail_has_all_roles_of_the_place(acme: Company, justice: str) -> None:
    """AU-10"""
    acme.add(BOB)
    members = acme.context().members
    members.add_role(BOB.user_id, role="analyst")
    for role in ("writer", "sender", "writer"):
        members.add_role(BOB.user_id, role=role, workspace=justice)
    for role in ("writer", "sender"):
        members.remove_role(BOB.user_id, role=role, workspace=justice)

    *_, tenant, added, more, less, gone = acme.context().audit.list(order="oldest", limit=200)

    assert (tenant.action, tenant.before, tenant.after) == (
        "member.role_changed",
        {"roles": ["member"]},
        {"roles": ["analyst", "member"]},
    )
    assert [event.action for event in (added, more, less, gone)] == [
        "workspace_member.added",
        "workspace_member.role_changed",
        "workspace_member.role_changed",
        "workspace_member.removed",
    ]
    assert {event.workspace_id for event in (added, more, less, gone)} == {justice}
    assert (more.before, more.after) == ({"roles": ["writer"]}, {"roles": ["sender", "writer"]})
    assert (less.after, gone.before) == ({"roles": ["sender"]}, {"roles": ["sender"]})


def test_nobody_steps_to_a_custom_role_that_they_do_not_have(acme: Company) -> None:
    """PE-21: what it holds may grow, and they would have chosen it themselves."""
    empty = acme.context().roles.define("Empty", permissions=[], level="tenant").id
    bob = acme.add(BOB, "admin")

    with pytest.raises(Denied) as refused:
        bob.members.change_role(BOB.user_id, role=empty)
    assert refused.value.decision.code == "own_membership"

    acme.context().members.add_role(BOB.user_id, role=empty)
    assert bob.members.change_role(BOB.user_id, role=empty).roles == (empty,)
