"""The three schemes, role by role: what each may do, as the tables that people read."""

from __future__ import annotations

import pytest

from tenantry import Invalid, Level, Permission, Role, Scheme, Tenantry, schemes
from tenantry.access.scheme.catalogue import BUILT_IN, OWN
from tenantry.ports import Store
from tests.features.people import ADA, BOB, SECRET, Company

TENANT = {p.name.removeprefix("tenant-api:") for p in BUILT_IN if p.level is Level.TENANT}
WORKSPACE = {p.name.removeprefix("workspace-api:") for p in BUILT_IN if p.level is Level.WORKSPACE}
READ = {"workspace:read", "member:read"}

NO_MANAGER = {"tenant:own", "tenant:suspend", "tenant:delete", "billing:read", "billing:update"}

AT_THE_TENANT = {
    schemes.AGENCY: {"owner": TENANT, "admin": TENANT - NO_MANAGER, "member": {"tenant:read"}},
    schemes.CENTRAL_IT: {"admin": TENANT, "member": {"tenant:read"}},
    schemes.CONTENT: {
        "admin": TENANT,
        "writer": {"tenant:read", "member:read"},
        "viewer": {"tenant:read", "member:read"},
        "basic": {"tenant:read"},
    },
}
IN_A_WORKSPACE = {
    schemes.AGENCY: {"admin": WORKSPACE, "member": READ, "viewer": READ},
    schemes.CENTRAL_IT: {"admin": WORKSPACE, "editor": READ, "viewer": READ},
    schemes.CONTENT: {"admin": WORKSPACE, "writer": READ, "viewer": READ},
}
EVERYWHERE = {
    schemes.AGENCY: {"owner": "admin", "admin": "admin", "member": None},
    schemes.CENTRAL_IT: {"admin": "admin", "member": None},
    schemes.CONTENT: {"admin": "admin", "writer": "writer", "viewer": "viewer", "basic": None},
}
every_scheme = pytest.mark.parametrize("scheme", AT_THE_TENANT, ids=repr)


def company(store: Store, scheme: Scheme) -> Company:
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    return Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))


@every_scheme
def test_a_tenant_role_holds_exactly_these(store: Store, scheme: Scheme) -> None:
    """R2"""
    acme = company(store, scheme)
    for role, expected in AT_THE_TENANT[scheme].items():
        access = acme.add(ADA.service(role), role).access()

        assert {name for name in TENANT if access.can(f"tenant-api:{name}")} == expected


@every_scheme
def test_a_workspace_role_holds_exactly_these_in_its_workspace(store: Store, scheme: Scheme) -> None:
    """R2"""
    acme = company(store, scheme)
    here, there = acme.workspace("Here"), acme.workspace("There")
    for role, expected in IN_A_WORKSPACE[scheme].items():
        access = acme.add(ADA.service(role), workspaces={here: role}).access(workspaces=[there])

        assert {name for name in WORKSPACE if access.can(f"workspace-api:{name}", workspace=here)} == expected
        assert not any(access.can(f"workspace-api:{name}", workspace=there) for name in WORKSPACE)
        assert {name for name in TENANT if access.can(f"tenant-api:{name}")} == {"tenant:read"}


@every_scheme
def test_a_tenant_role_acts_in_every_workspace(store: Store, scheme: Scheme) -> None:
    """R3, E44: and the explanation says by which role."""
    acme = company(store, scheme)
    there = acme.workspace("There")
    for role, acts_as in EVERYWHERE[scheme].items():
        access = acme.add(ADA.service(role), role).access(workspaces=[there])
        expected = IN_A_WORKSPACE[scheme][acts_as] if acts_as else set()

        assert {name for name in WORKSPACE if access.can(f"workspace-api:{name}", workspace=there)} == expected
        if acts_as:
            [why] = access.check("workspace-api:workspace:read", workspace=there).reasons
            assert (repr(role) in why, repr(acts_as) in why) == (True, True)


@every_scheme
def test_one_role_is_another_or_higher(scheme: Scheme) -> None:
    """R2, W5"""
    admin, editor, viewer = (role.key for role in scheme.roles if role.level is Level.WORKSPACE)

    assert scheme.role_at_least(admin, editor, Level.WORKSPACE)
    assert scheme.role_at_least(editor, viewer, Level.WORKSPACE)
    assert not scheme.role_at_least(viewer, admin, Level.WORKSPACE)
    assert scheme.role_at_least(scheme.owner_role, scheme.member_role, Level.TENANT)


def test_a_host_adds_permissions_of_its_own(store: Store) -> None:
    """R1, R2"""
    scheme = schemes.AGENCY.extend(
        permissions=[
            Permission("campaign-api:campaign:read", Level.WORKSPACE),
            Permission("campaign-api:campaign:send", Level.WORKSPACE, implies=["campaign-api:campaign:read"]),
            Permission("report-api:report:export", Level.TENANT),
        ],
        roles=[Role("auditor", Level.TENANT, ["report-api:*:*"], inherits=["member"], acts_as="viewer")],
        workspace_roles={"member": ["campaign-api:campaign:send"]},
    )
    acme = company(store, scheme)
    auditor = acme.add(ADA.service("auditor"), "auditor")
    bob = acme.add(BOB, workspaces={acme.general: "member"})

    assert auditor.can("report-api:report:export")
    assert auditor.can("campaign-api:campaign:read", workspace=acme.general)
    assert not auditor.can("campaign-api:campaign:send", workspace=acme.general)
    assert bob.can("campaign-api:campaign:send", workspace=acme.general)
    assert bob.can("campaign-api:campaign:read", workspace=acme.general)
    assert not bob.can("report-api:report:export")
    assert acme.context().can("report-api:report:export")


def test_only_the_owner_role_carries_what_makes_an_owner(store: Store) -> None:
    """E14"""
    with pytest.raises(Invalid):
        schemes.AGENCY.extend(roles=[Role("boss", Level.TENANT, [OWN])])

    everything = schemes.AGENCY.extend(roles=[Role("boss", Level.TENANT, ["*:*:*"])])
    acme = company(store, everything)
    boss = acme.add(BOB, "boss")
    assert boss.can("tenant-api:tenant:delete")
    assert not boss.can(OWN)
