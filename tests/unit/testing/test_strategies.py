"""Every example of the strategies is accepted by what it is meant for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given

from tenantry import SYSTEM, Level, Options, Permission, Principal, Tenantry, schemes
from tenantry.kernel.emails import canonical
from tenantry.memory import MemoryStore
from tenantry.testing import strategies

SECRET = "only for tests: a key of at least 32 bytes"
OPTIONS = Options(max_kept_slugs=1_000)
TENANCY = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET], options=OPTIONS)
ACME = TENANCY.create_tenant("Acme", owner=Principal("ada"))
CONTEXT = TENANCY.tenant(ACME.id, by=SYSTEM)


@given(strategies.names(), strategies.slugs())
def test_names_and_slugs_are_accepted(name: str, slug: str) -> None:
    assert CONTEXT.update(name=name, slug=slug).slug == slug


@given(strategies.emails())
def test_addresses_have_a_canonical_form(address: str) -> None:
    assert canonical(address) == canonical(address.upper())


@given(strategies.principals())
def test_principals_can_own_a_tenant(person: Principal) -> None:
    tenancy = TENANCY.using(MemoryStore())
    assert not tenancy.person(person).tenants()
    tenant = tenancy.person(person).create_tenant("Acme")
    assert [mine.tenant.id for mine in tenancy.person(person).tenants()] == [tenant.id]


@given(strategies.permissions(Level.WORKSPACE))
def test_permissions_extend_a_scheme(permission: Permission) -> None:
    scheme = schemes.AGENCY.extend(permissions=[permission])
    assert permission.name in scheme.permissions_of("admin", Level.WORKSPACE)


@given(strategies.documents())
def test_documents_come_back_as_they_were(document: dict[str, Any]) -> None:
    assert CONTEXT.workspaces.update(ACME.default_workspace_id, settings=document).settings == document


@given(strategies.times())
def test_times_are_aware(time: datetime) -> None:
    assert time.tzinfo is UTC
