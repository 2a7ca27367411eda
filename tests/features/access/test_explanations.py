"""A decision says why: by which grants, roles and ways, or what stood in the way first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from tenantry import (
    SYSTEM,
    Decision,
    Denied,
    Level,
    NotFound,
    Permission,
    Role,
    Tenantry,
    TenantStatus,
    schemes,
    to_dict,
)
from tenantry.ports import Open, Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company, someone

PUBLISH, READ = "site-api:page:publish", "workspace-api:workspace:read"
TENANT, MEMBERS = "tenant-api:tenant:read", "tenant-api:member:read"
SCHEME = schemes.AGENCY.extend(
    permissions=[Permission(PUBLISH, Level.WORKSPACE)],
    roles=[
        Role("publisher", Level.WORKSPACE, [PUBLISH]),
        Role("left", Level.WORKSPACE, inherits=["publisher"]),
        Role("right", Level.WORKSPACE, inherits=["publisher"]),
        Role("top", Level.WORKSPACE, inherits=["right", "left"]),
        Role("roving", Level.TENANT, inherits=["member"], acts_as="top"),
        Role("deputy", Level.TENANT, inherits=["roving"]),
    ],
)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=SCHEME, secret_keys=[SECRET], clock=clock)


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


def by(company: Company, permission: str, workspace: str | None = None) -> tuple[tuple[str, ...], list[str]]:
    """Why Bob may do that: the reasons, and the roles of the grants, each of which is one of his."""
    decision = company.context(BOB).check(permission, workspace=workspace)
    assert (decision.allowed, decision.code) == (True, "allowed")
    assert set(decision.grants) <= set(company.member(BOB).grants)
    return decision.reasons, [grant.role for grant in decision.grants]


def test_a_role_at_the_tenant_is_named(acme: Company) -> None:
    acme.add(BOB, "admin")

    assert by(acme, MEMBERS) == (("Role 'admin', granted at the tenant.",), ["admin"])


def test_a_role_in_a_workspace_is_named_with_the_way_to_the_one_that_holds_it(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "member", acme.general: "viewer"})

    assert by(acme, READ, justice) == (("Role 'member', granted here, through 'viewer'.",), ["member"])
    assert by(acme, READ, acme.general) == (("Role 'viewer', granted here.",), ["viewer"])


def test_a_tenant_role_that_acts_everywhere_is_named_with_what_it_acts_as(acme: Company, justice: str) -> None:
    """E44"""
    acme.add(BOB, "admin")
    reason = "Tenant role 'admin' acts as 'admin' in every workspace."

    assert by(acme, READ, justice) == ((reason,), ["admin"])
    acme.context().members.change_role(BOB.user_id, role="deputy")
    reason = "Tenant role 'deputy' acts as 'top' in every workspace, through 'left' → 'publisher'."
    assert by(acme, PUBLISH, justice) == ((reason,), ["deputy"])


def test_of_two_ways_the_shortest_is_told_and_always_the_same(acme: Company, justice: str) -> None:
    """AC-20"""
    acme.add(BOB, workspaces={justice: "top"})

    assert {by(acme, PUBLISH, justice)[0] for _ in range(20)} == {
        ("Role 'top', granted here, through 'left' → 'publisher'.",)
    }


def test_each_grant_that_allows_it_is_told(acme: Company, justice: str) -> None:
    """R7, E87 in kind: when one is taken, the explanation shows the others."""
    acme.add(BOB, "roving", workspaces={justice: "left"})
    acme.context().members.add_role(BOB.user_id, role="publisher", workspace=justice)
    acme.context().members.add_role(BOB.user_id, role="viewer", workspace=justice)
    acme.context().members.add_role(BOB.user_id, role="member")
    here, left = "Role 'publisher', granted here.", "Role 'left', granted here, through 'publisher'."
    everywhere = "Tenant role 'roving' acts as 'top' in every workspace, through 'left' → 'publisher'."

    assert by(acme, PUBLISH, justice) == ((left, here, everywhere), ["left", "publisher", "roving"])
    assert by(acme, PUBLISH, acme.general) == ((everywhere,), ["roving"])
    acme.context().members.remove_role(BOB.user_id, role="left", workspace=justice)
    acme.context().members.remove_role(BOB.user_id, role="roving")
    assert by(acme, PUBLISH, justice) == ((here,), ["publisher"])


def test_custom_roles_are_told_by_their_names(acme: Company, justice: str) -> None:
    """R5: whoever reads a reason knows the name, and not the id."""
    roles = acme.context().roles
    editor = roles.define("Editor", permissions=[PUBLISH], level="workspace").id
    chief = roles.define("Chief", permissions=[READ], level="workspace", inherits=[editor]).id
    roving = roles.define("Roving chief", permissions=[TENANT], level="tenant", acts_as=chief).id
    acme.add(BOB, roving, workspaces={justice: chief})

    here = "Role 'Chief', granted here, through 'Editor'."
    everywhere = "Tenant role 'Roving chief' acts as 'Chief' in every workspace, through 'Editor'."
    assert by(acme, PUBLISH, justice) == ((here, everywhere), [chief, roving])
    roles.update(editor, name="Redacteur")
    assert by(acme, PUBLISH, acme.general)[0] == (everywhere.replace("Editor", "Redacteur"),)
    assert by(acme, TENANT)[0] == ("Role 'Roving chief', granted at the tenant.",)


def test_only_what_counts_now_is_told(acme: Company, justice: str, clock: FrozenClock) -> None:
    """TM-02"""
    monday = clock() + timedelta(days=2)
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="publisher", workspace=justice, ends_at=monday)
    acme.context().members.add_role(BOB.user_id, role="left", workspace=justice, starts_at=monday)
    acme.context().members.add_role(BOB.user_id, role="top", workspace=acme.general)

    assert by(acme, PUBLISH, justice)[1] == ["publisher"]
    clock.set(monday)
    assert by(acme, PUBLISH, justice)[1] == ["left"]


def test_system_needs_no_grant(acme: Company, justice: str) -> None:
    for permission, workspace in ((MEMBERS, None), (PUBLISH, justice)):
        decision = acme.context(SYSTEM).check(permission, workspace=workspace)
        assert decision == Decision(True, "allowed", ("SYSTEM is allowed everything.",))


def test_a_grant_is_not_printed(acme: Company, justice: str) -> None:
    """It says who gave it, and when: that is for the host to show."""
    acme.add(BOB, workspaces={justice: "top"})
    decision = acme.context(BOB).check(PUBLISH, workspace=justice)

    [grant] = decision.grants
    assert (grant.workspace_id, grant.granted_by, grant.is_open_ended) == (justice, "system", True)
    for shown in (repr(decision), repr(to_dict(decision))):
        assert "granted here" in shown
        assert grant.id not in shown


def codes(company: Company, workspace: str, *, inactive: bool) -> tuple[str, str]:
    """What Bob is told at the tenant and in a workspace, when he may neither."""
    context = company.context(someone("bob", active=not inactive))
    at_the_tenant, there = context.check(MEMBERS), context.check(PUBLISH, workspace=workspace)
    assert (at_the_tenant.allowed, there.allowed) == (False, False)
    assert (at_the_tenant.grants, there.grants) == ((), ())
    assert all(len(decision.reasons) == 1 for decision in (at_the_tenant, there))
    return at_the_tenant.code, there.code


def test_of_several_obstacles_the_first_is_told(acme: Company, store: Store, justice: str) -> None:
    """PE-11: account, tenant, membership, workspace, permission; each is met when those before it are gone."""

    def suspended(status: TenantStatus) -> None:
        with store.command(acme.id, gate=Open()) as tx:
            tx.save_tenant(evolve(tx.tenant(), status=status))

    assert codes(acme, justice, inactive=True) == ("principal_inactive", "principal_inactive")
    assert codes(acme, justice, inactive=False) == ("tenant_not_found", "tenant_not_found")
    acme.add(BOB, workspaces={justice: "viewer"})
    acme.context().workspaces.archive(justice)
    acme.context().members.deactivate(BOB.user_id)
    suspended(TenantStatus.SUSPENDED)

    assert codes(acme, justice, inactive=True) == ("principal_inactive", "principal_inactive")
    assert codes(acme, justice, inactive=False) == ("tenant_suspended", "tenant_suspended")
    suspended(TenantStatus.ACTIVE)
    assert codes(acme, justice, inactive=False) == ("member_deactivated", "member_deactivated")
    acme.context().members.reactivate(BOB.user_id)
    assert codes(acme, justice, inactive=False) == ("permission_missing", "workspace_not_found")
    acme.context().workspaces.restore(justice)
    assert codes(acme, justice, inactive=False) == ("permission_missing", "permission_missing")


def test_what_is_missing_is_named(acme: Company, justice: str) -> None:
    acme.add(BOB, workspaces={justice: "viewer"})

    for permission, workspace in ((MEMBERS, None), (PUBLISH, justice)):
        [reason] = acme.context(BOB).check(permission, workspace=workspace).reasons
        assert permission in reason


def test_a_refusal_carries_the_decision_and_the_trail_its_code(acme: Company, justice: str) -> None:
    """AU-01: where the tenant or the workspace is not there, it is not found, and not recorded."""
    acme.add(BOB)
    acme.add(CAY)
    acme.context().members.deactivate(CAY.user_id)

    for who, code in ((BOB, "permission_missing"), (CAY, "member_deactivated")):
        context = acme.context(who)
        with pytest.raises(Denied) as refused:
            context.require(PUBLISH, workspace=justice)
        assert refused.value.decision == context.check(PUBLISH, workspace=justice)
        last = acme.context().audit.list(order="newest", limit=1)[0]
        assert (last.action, last.workspace_id, last.after) == (
            "access.denied",
            justice,
            {"code": code, "permission": PUBLISH},
        )
    before = acme.trail()
    for context, workspace in (
        (acme.context(EVE), justice),
        (acme.context(ADA), "ws_made_up"),
        (acme.context(BOB), "ws_made_up"),
    ):
        with pytest.raises(NotFound):
            context.require(PUBLISH, workspace=workspace)
    assert acme.trail() == before
