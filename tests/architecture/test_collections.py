"""Every collection is in the registry, and what follows from the registry is complete."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest
from attrs import frozen

import tenantry
from tenantry import SYSTEM, Tenantry, schemes
from tenantry.kernel import ids
from tenantry.members.model import GRANTS, MEMBERSHIPS
from tenantry.memory import MemoryStore
from tenantry.ports import Open
from tenantry.runtime import registry
from tenantry.runtime.registry import COLLECTIONS, OF_USERS, PREFIXES, dependents, referred_first
from tenantry.runtime.runner import Runner
from tenantry.runtime.unit_of_work import UnitOfWork
from tenantry.sqlalchemy import tables
from tenantry.storage.collection import Collection, references
from tenantry.testing import FrozenClock
from tenantry.testing.contract import world as contract
from tenantry.workspaces.model import WORKSPACES
from tests.features.people import ADA, BOB, SECRET, Company

SOURCE = Path(tenantry.__file__).parent


def modules() -> Iterator[ModuleType]:
    """Every module of the package, but for the test tools, which bring collections of their own."""
    for found in walk_packages(tenantry.__path__, "tenantry."):
        if not found.name.startswith("tenantry.testing"):
            yield import_module(found.name)


def unregistered(modules: Iterable[ModuleType]) -> set[str]:
    """A sentence for each collection that the registry does not have."""
    return {
        f"{name} of {module.__name__} is not in the registry: add it to COLLECTIONS in runtime/registry.py."
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Collection) and value not in (*registry.COLLECTIONS, *registry.OF_USERS)
    }


@frozen(kw_only=True)
class Badge:
    """What a feature that nobody has registered would keep."""

    tenant_id: str
    id: str
    membership_id: str


BADGES: Collection[Badge] = Collection(
    "badges", "badge", Badge, prefix="bdg", references={"membership_id": references(MEMBERSHIPS, goes_with=True)}
)
NOTES: Collection[Badge] = Collection("notes", "note", Badge, references={"membership_id": references(BADGES)})


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Badges are in the registry as if they had been written there."""
    more = referred_first((BADGES, *COLLECTIONS))
    for module in (registry, contract, import_module("tenantry.tenants.service.purge")):
        monkeypatch.setattr(module, "COLLECTIONS", more)


def test_every_collection_is_in_the_registry() -> None:
    """Law 13."""
    assert unregistered(modules()) == set()


def test_one_that_is_not_is_told() -> None:
    badges = ModuleType("tenantry.badges.model")
    vars(badges)["BADGES"] = BADGES
    assert unregistered([badges]) == {
        "BADGES of tenantry.badges.model is not in the registry: add it to COLLECTIONS in runtime/registry.py."
    }


def test_what_belongs_to_users_is_apart_from_what_belongs_to_tenants() -> None:
    assert {each.is_of_tenants for each in COLLECTIONS} == {True}
    assert {each.is_of_tenants for each in OF_USERS} == {False}


def test_no_two_have_the_same_name_or_prefix() -> None:
    assert len({each.name for each in (*COLLECTIONS, *OF_USERS)}) == len(COLLECTIONS) + len(OF_USERS)
    assert len(PREFIXES) == sum(each.prefix is not None for each in COLLECTIONS)


def test_whatever_has_an_id_has_a_prefix_that_its_collection_declares() -> None:
    """The histories tell ids by it."""
    made = {
        node.args[0].value
        for path in SOURCE.rglob("*.py")
        if not path.is_relative_to(SOURCE / "testing")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ids.new" and isinstance(node.args[0], ast.Constant)
    }
    assert made == PREFIXES
    assert {each.prefix is None for each in COLLECTIONS if each.key == "id"} == {False}


def test_what_is_referred_to_comes_first() -> None:
    """So a purge that goes backwards is never refused."""
    for order in (COLLECTIONS, referred_first((NOTES, GRANTS, BADGES, WORKSPACES, MEMBERSHIPS))):
        for number, collection in enumerate(order):
            assert set(collection.references.values()) <= set(order[:number])


def test_nothing_that_survives_a_purge_refers_to_what_does_not() -> None:
    for collection in COLLECTIONS:
        for target in collection.references.values():
            assert target.survives_purge or not collection.survives_purge, collection


def test_a_grant_goes_with_its_member_and_with_its_workspace() -> None:
    assert [*dependents(MEMBERSHIPS)] == [(GRANTS, "membership_id")]
    assert [*dependents(WORKSPACES)] == [(GRANTS, "workspace_id")]
    assert not [*dependents(GRANTS)]


def test_a_collection_without_columns_is_told() -> None:
    with pytest.raises(AssertionError) as told:
        tables._columns(BADGES)
    assert str(told.value) == "<Collection badges> has no columns: add them to _COLUMNS in sqlalchemy/tables.py."


@pytest.mark.usefixtures("_registered")
def test_the_shipped_contract_tries_what_is_registered() -> None:
    world = contract.founded(MemoryStore())
    [badge] = [each for each in world.others if isinstance(each, Badge)]
    assert (badge.tenant_id, badge.membership_id) == (world.tenant.id, world.member.id)
    assert badge.id.startswith("bdg_")
    assert (BADGES, badge) in contract.everything(world)


@frozen(kw_only=True)
class Pin:
    """What has a field of which nobody knows what to put into it."""

    tenant_id: str
    id: str
    shape: complex


def test_one_that_the_shipped_contract_cannot_make_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = Collection("pins", "pin", Pin, prefix="pin")
    monkeypatch.setattr(contract, "COLLECTIONS", (*COLLECTIONS, pins))
    with pytest.raises(AssertionError) as told:
        contract.founded(MemoryStore())
    assert str(told.value) == (
        "The contract's world cannot make a pin with a <class 'complex'>: "
        "add one to World and founded in testing/contract/world.py."
    )


@pytest.mark.usefixtures("_registered")
class TestWhatGoes:
    """No service names badges, and all of them are gone."""

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    @pytest.fixture
    def acme(self, clock: FrozenClock) -> Company:
        tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        acme.add(BOB)
        with tenancy._store.command(acme.id, gate=Open()) as tx:
            for who in (ADA, BOB):
                membership_id = acme.member(who).id
                tx.records(BADGES).add(Badge(tenant_id=acme.id, id=ids.new("bdg"), membership_id=membership_id))
        return acme

    def badges(self, acme: Company) -> list[str]:
        with acme.tenancy._store.query(acme.id) as tx:
            return [badge.membership_id for badge in tx.records(BADGES).list()]

    def test_with_a_member(self, acme: Company) -> None:
        acme.context().members.remove(BOB.user_id)
        assert self.badges(acme) == [acme.member(ADA).id]

    def test_with_a_tenant(self, acme: Company, clock: FrozenClock) -> None:
        acme.context(SYSTEM).delete()
        clock.advance(days=365)
        assert acme.tenancy.jobs.purge().tenant_ids == (acme.id,)
        assert self.badges(acme) == []

    def test_with_whatever_else_takes_it_along(self, acme: Company) -> None:
        """By the same declaration, several steps away: a workspace takes its grants, a member badges and grants."""

        def work(uow: UnitOfWork) -> None:
            workspace, member = uow.workspaces.records.list()[0], uow.members.get(BOB.user_id)
            uow.remove(MEMBERSHIPS, member)
            uow.remove(MEMBERSHIPS)
            uow.remove(WORKSPACES, workspace)
            uow.record("workspace.archived", workspace.id)

        acme.context().workspaces.add_member(acme.general, BOB.user_id, role="viewer")
        store: Any = acme.tenancy._store
        Runner(store, acme.tenancy._settings, acme.id, SYSTEM).command("tests.remove", work)
        with store.query(acme.id) as tx:
            assert [grant.role for grant in tx.records(GRANTS).list()] == ["owner"]
            assert (tx.records(MEMBERSHIPS).count(), tx.records(WORKSPACES).count()) == (1, 0)
        assert self.badges(acme) == [acme.member(ADA).id]
