"""The fixtures that a host's tests get by installing tenantry."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import entry_points

import pytest

from tenantry import Level, Permission, Scheme, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.ports import Open, Store
from tenantry.testing import FrozenClock, Given


def test_pytest_finds_the_plugin_by_itself() -> None:
    (plugin,) = entry_points(group="pytest11", name="tenantry")
    assert plugin.value == "tenantry.testing.plugin"


def test_one_fixture_gives_a_ready_tenantry(tenantry: Tenantry, given: Given) -> None:
    acme = given.tenant("Acme")
    bob = given.member(acme, role="member", workspaces={acme.default_workspace_id: "admin"})
    assert tenantry.tenant(acme.id, by=bob).can("workspace-api:member:invite", workspace=acme.default_workspace_id)


def test_its_time_stands_still(given: Given, tenantry_clock: FrozenClock) -> None:
    tenantry_clock.advance(days=3)
    assert given.tenant().created_at == tenantry_clock()


def test_its_store_is_at_hand(given: Given, tenantry_store: Store) -> None:
    acme = given.tenant()
    with tenantry_store.command(acme.id, gate=Open()) as tx:
        assert tx.tenant().name == acme.name
        tx.discard()


class TestAHostThatOverridesFixtures:
    @pytest.fixture
    def tenantry_scheme(self) -> Scheme:
        permission = Permission("campaign-api:campaign:send", Level.WORKSPACE)
        return schemes.AGENCY.extend(permissions=[permission])

    @pytest.fixture
    def tenantry_store(self) -> Store:
        return self.store

    store = MemoryStore()

    def test_its_scheme_is_used(self, tenantry: Tenantry, given: Given) -> None:
        acme = given.tenant()
        bob = given.member(acme, role="admin")
        assert tenantry.tenant(acme.id, by=bob).can("campaign-api:campaign:send", workspace=acme.default_workspace_id)

    def test_its_store_is_used(self, tenantry: Tenantry, given: Given) -> None:
        acme = given.tenant(slug="beta")
        with self.store.query(acme.id) as tx:
            assert tx.tenant().slug == "beta"
        issued = given.invitation(acme, expires_in=timedelta(hours=1))
        assert tenantry.inspect_invitation(issued.token).tenant_name == acme.name
