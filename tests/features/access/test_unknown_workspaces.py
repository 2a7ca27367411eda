"""A workspace that is archived, deleted, another tenant's or made up: no role of any scheme holds anything there."""

from __future__ import annotations

import pytest
from attrs import frozen

from tenantry import ALL, SYSTEM, Access, Invalid, Level, NotFound, Principal, Scheme, Tenantry, schemes
from tenantry.access.custom import as_role
from tenantry.members.model import GRANTS
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.workspaces.model import WORKSPACES
from tests.features.people import ADA, BOB, SECRET, Company, someone
from tests.features.test_statements import counting

SCHEMES = (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT)
READ = "workspace-api:workspace:read"


@frozen
class Town:
    """A tenant with a workspace in use, and the ids of workspaces that are not."""

    acme: Company
    here: str
    lost: tuple[str, ...]
    members: tuple[Principal, ...]
    """Somebody for each role; who has a workspace role has it in the one in use, and had it in those that are not."""
    bystander: Principal
    """Who has the lowest tenant role, which holds nothing in any workspace."""


def built(store: Store, scheme: Scheme) -> Town:
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    here, archived, deleted = (acme.workspace(name) for name in ("Here", "Archived", "Deleted"))
    beta = Company(tenancy, tenancy.person(BOB).create_tenant("Beta"))
    roles = acme.context().roles
    all_there = [*scheme.expand(["*:*:*"], Level.WORKSPACE)]
    lead = roles.define("Lead", permissions=all_there, level="workspace").id
    roving = roles.define("Roving", permissions=["tenant-api:tenant:read"], level="tenant", acts_as=lead).id
    members = []
    for role in [*scheme.roles, as_role(roles.get(lead)), as_role(roles.get(roving))]:
        who = someone(f"{role.level}-{role.key}")
        if role.level is Level.TENANT:
            acme.add(who, role.key)
        else:
            acme.add(who, workspaces=dict.fromkeys((here, archived, deleted), role.key))
        beta.add(who, scheme.owner_role)
        members.append(who)
    acme.context().workspaces.archive(archived)
    with store.command(acme.id, gate=Open()) as tx:
        tx.records(GRANTS).remove(*tx.records(GRANTS).list(workspace_id=deleted))
        tx.records(WORKSPACES).remove(tx.records(WORKSPACES).get(deleted))
    lost = (archived, deleted, beta.general, "ws_made_up", here.upper(), f"{here} ", "None", "all", "*", "x' OR 1=1")
    return Town(acme, here, lost, tuple(members), someone(f"{Level.TENANT}-{scheme.member_role}"))


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_no_role_holds_anything_in_a_workspace_that_is_not_there(store: Store, scheme: Scheme) -> None:
    """E05, AC-32: by any question, one by one and together; and all of them tell the same."""
    town = built(store, scheme)
    names = sorted(scheme.names[Level.WORKSPACE])
    keys = [role.key for role in scheme.roles if role.level is Level.WORKSPACE]

    for who in (*town.members, SYSTEM):
        context = town.acme.context(who)
        access = context.access(workspaces=[*town.lost, town.here])
        decisions = context.check_many([(name, id) for name in names for id in town.lost])
        assert {(d.allowed, d.code) for d in decisions} == {(False, "workspace_not_found")}
        assert len({d.reasons for d in decisions}) == 1
        for id in town.lost:
            assert not any(access.can(name, workspace=id) or context.can(name, workspace=id) for name in names)
            assert not any(access.at_least(key, workspace=id) for key in keys)
        where = {name: access.workspaces_where(name) for name in names}
        assert all(each == ALL or set(each) <= {town.here} for each in where.values())
        with pytest.raises(NotFound):
            context.require(READ, workspace=town.lost[0])


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_in_the_one_that_is_there_each_role_holds_what_it_holds(store: Store, scheme: Scheme) -> None:
    """So the no of above is not that of a broken world."""
    town = built(store, scheme)

    able = [who for who in town.members if town.acme.context(who).can(READ, workspace=town.here)]

    assert [who for who in town.members if who not in able] == [town.bystander]


def test_an_access_knows_only_what_it_was_loaded_with(store: Store) -> None:
    """Law 4: also for who holds a right everywhere, an id that was not asked about is a no."""
    town = built(store, schemes.AGENCY)

    for who in (ADA, SYSTEM):
        assert not town.acme.context(who).access().can(READ, workspace=town.here)
        assert town.acme.context(who).access(workspaces=[town.here]).can(READ, workspace=town.here)
        assert town.acme.context(who).can(READ, workspace=town.here)


@pytest.mark.parametrize("workspace", ["", " ", "ws\0", 5, b"ws", ["ws"]], ids=repr)
def test_what_is_no_id_is_an_error(store: Store, workspace: object) -> None:
    """AC-29"""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    access: Access = acme.context().access()

    for ask in (access.can, access.check, acme.context().can, acme.context(SYSTEM).can):
        with pytest.raises(Invalid):
            ask(READ, workspace=workspace)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        access.at_least("viewer", workspace=workspace)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_a_page_of_a_thousand_ids_is_one_statement(sql_store: SQLAlchemyStore, scheme: Scheme) -> None:
    """E50: for every role, whatever the ids are."""
    town = built(sql_store, scheme)
    ids = [town.here, *town.lost, *(f"ws_{number}" for number in range(1_000))][:1_000]

    for who in town.members:
        with counting(sql_store.engine) as executed:
            access = town.acme.context(who).access(workspaces=ids)
            allowed = [id for id in ids if access.can(READ, workspace=id)]
        assert len(executed) == 1
        assert set(allowed) <= {town.here}
