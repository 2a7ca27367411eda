# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""After a refused write whose error is caught, all is as before, and the transaction goes on."""

from __future__ import annotations

import pytest
from attrs import evolve
from sqlalchemy import Engine

from tenantry.errors import Conflict, SlugTaken, TenantMismatch
from tenantry.members.model import GRANTS, MEMBERSHIPS
from tenantry.ports import Open
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing.contract.world import founded, grant, member, new_tenant, workspace
from tenantry.workspaces.model import WORKSPACES


def test_of_many_none_is_kept(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    many = [workspace(world.tenant) for _ in range(2500)]  # more than SQLAlchemy sends at a time
    with store.command(world.tenant.id, gate=Open()) as tx:
        places = tx.records(WORKSPACES)
        with pytest.raises(SlugTaken):
            places.add(*many, workspace(world.tenant, slug=world.workspace.slug))
        with pytest.raises(SlugTaken):
            places.add(workspace(world.tenant, slug=world.workspace.slug), *many)
        assert places.count() == 1
        before = tx.statements
        places.add(*many)
        assert tx.statements == before + 1
    with store.query(world.tenant.id) as tx:
        assert tx.records(WORKSPACES).count() == 2501


def test_an_entity_cannot_refer_to_what_is_not_there(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world, other = founded(store), founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        grants = tx.records(GRANTS)
        for missing in ("ws_unknown", other.workspace.id):
            with pytest.raises(Conflict) as caught:
                grants.add(grant(world.member, workspace_id=missing, role="other"))
            assert caught.value.rule == "reference"
            with pytest.raises(Conflict) as caught:
                grants.save(evolve(world.grant, workspace_id=missing))
            assert caught.value.rule == "reference"
        assert grants.list() == [world.grant]


def test_what_a_transaction_has_seen_need_not_be_looked_up(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.standing(world.member.user_id, [world.workspace.id])
        before = tx.statements
        tx.records(GRANTS).add(grant(world.member, workspace_id=world.workspace.id, role="other"))
        assert tx.statements == before + 1


def test_what_was_seen_in_a_part_that_is_undone_is_looked_up_again(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    extra = member(world.tenant)
    with store.command(world.tenant.id, gate=Open()) as tx:
        with pytest.raises(LookupError), tx.nested():
            tx.records(MEMBERSHIPS).add(extra)
            raise LookupError
        with pytest.raises(Conflict) as caught:
            tx.records(GRANTS).add(grant(extra))
        assert caught.value.rule == "reference"


def test_what_was_removed_is_not_there_any_more(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(GRANTS).remove(*tx.records(GRANTS).list())
        tx.records(MEMBERSHIPS).remove(tx.records(MEMBERSHIPS).get(world.member.id))
        with pytest.raises(Conflict) as caught:
            tx.records(GRANTS).add(world.grant)
        assert caught.value.rule == "reference"


def test_another_tenants_entity_is_refused_before_it_is_sent(engine: Engine) -> None:
    store = SQLAlchemyStore(engine)
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        before = tx.statements
        with pytest.raises(TenantMismatch):
            tx.records(WORKSPACES).add(workspace(new_tenant()))
        assert tx.statements == before


def test_a_field_that_is_not_there_is_a_mistake_in_the_program(engine: Engine) -> None:
    with SQLAlchemyStore(engine).query("ten_1") as tx, pytest.raises(TypeError, match="members"):
        tx.records(WORKSPACES).list(members=1)
