"""What must always hold is asked for in earnest: each fault that is planted is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, CustomRole, Tenantry
from tenantry.access.custom import ROLES, as_role
from tenantry.invitations.model import INVITATIONS
from tenantry.members.model import GRANTS
from tenantry.memory import MemoryStore
from tenantry.ports import Open, Transaction
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing.sides import KEYS
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, ADDRESS, BOB, stage
from tests.stateful.invariants import answers_as_the_words_say, is_sound, keeps_no_secret

READ = ["tenant-api:tenant:read"]
Plant = Callable[[Transaction, CustomRole], None]


def changed(tx: Transaction, collection: Any, **values: object) -> None:
    """The newest of a collection is as nobody can make it."""
    records = tx.records(collection)
    records.save(evolve(records.list()[-1], **values))


def in_a_circle(tx: Transaction, clerk: CustomRole) -> None:
    tx.records(ROLES).save(evolve(clerk, inherits=[tx.records(ROLES).list()[-1].id]))


FAULTS: list[tuple[str, Plant]] = [
    ("a grant of a role that there is not", lambda tx, clerk: changed(tx, GRANTS, role="rol_gone")),
    ("a grant of a role that there is not", lambda tx, clerk: changed(tx, GRANTS, role="viewer")),
    ("a pending invitation that offers", lambda tx, clerk: changed(tx, INVITATIONS, role="rol_gone")),
    ("a pending invitation that offers", lambda tx, clerk: changed(tx, INVITATIONS, workspaces={"ws": clerk.id})),
    ("is no tenant role", lambda tx, clerk: changed(tx, ROLES, inherits=["rol_gone"])),
    ("is no workspace role", lambda tx, clerk: changed(tx, ROLES, acts_as=clerk.id)),
    ("inherits from itself", in_a_circle),
    ("does not know what it depends on", lambda tx, clerk: changed(tx, ROLES, lineage=())),
    ("does not know what it depends on", lambda tx, clerk: tx.records(ROLES).save(evolve(clerk, permissions=()))),
]


@pytest.fixture
def tenancy() -> Tenantry:
    return new_tenancy(MemoryStore())


@pytest.mark.parametrize(("fault", "plant"), FAULTS, ids=range(len(FAULTS)))
def test_whatever_hangs_in_the_air_is_told(tenancy: Tenantry, fault: str, plant: Plant) -> None:
    """I8."""
    here = stage(tenancy, bob="member")
    context = tenancy.tenant(here.tenant_id, by=ADA)
    clerk = context.roles.define("Clerk", permissions=READ, level="tenant")
    chief = context.roles.define("Chief", permissions=READ, level="tenant", inherits=[clerk.id])
    context.invitations.send(ADDRESS, role=clerk.id)
    context.members.add_role(BOB.user_id, role=chief.id)
    is_sound(tenancy, here.tenant_id)
    answers_as_the_words_say(tenancy, here.tenant_id)
    with tenancy._store.command(here.tenant_id, gate=Open()) as tx:
        plant(tx, clerk)
    with pytest.raises(AssertionError, match=fault):
        is_sound(tenancy, here.tenant_id)


def test_an_answer_that_is_not_that_of_the_words_is_told(tenancy: Tenantry) -> None:
    """I12."""
    here = stage(tenancy, bob="member")
    clerk = tenancy.tenant(here.tenant_id, by=SYSTEM).roles.define("Clerk", permissions=READ, level="tenant")
    tenancy.tenant(here.tenant_id, by=ADA).members.add_role(BOB.user_id, role=clerk.id)
    wider = evolve(as_role(clerk), permissions=["tenant-api:member:read"])
    with tenancy._store.command(here.tenant_id, gate=Open()) as tx:
        changed(tx, ROLES, lineage=[wider])
    with pytest.raises(
        AssertionError, match=r"An answer is wrong: for user_bob, \[\('tenant-api:member:read', None\)\]"
    ):
        answers_as_the_words_say(tenancy, here.tenant_id)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_token_that_is_stored_is_told(kind: str, tmp_path: Path) -> None:
    """I10."""
    store = MemoryStore() if kind == "memory" else SQLAlchemyStore(f"sqlite:///{tmp_path}/tenantry.db")
    if isinstance(store, SQLAlchemyStore):
        store.create_all()
    tenancy = new_tenancy(store)
    here = stage(tenancy)
    issued = tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS)
    keeps_no_secret(store, [issued.token])
    with store.command(here.tenant_id, gate=Open()) as tx:
        changed(tx, INVITATIONS, messages={"ada": issued.token.rpartition(".")[2]})
    with pytest.raises(AssertionError, match="A token is stored"):
        keeps_no_secret(store, [issued.token])
    with store.command(here.tenant_id, gate=Open()) as tx:
        changed(tx, INVITATIONS, messages={"ada": KEYS[0]})
    with pytest.raises(AssertionError, match="A secret key is stored"):
        keeps_no_secret(store, [issued.token])
    if isinstance(store, SQLAlchemyStore):
        store.dispose()
