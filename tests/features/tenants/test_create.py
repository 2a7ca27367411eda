"""A tenant comes into being whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tenantry import (
    SYSTEM,
    Denied,
    Invalid,
    Level,
    NotFound,
    Principal,
    Role,
    SlugTaken,
    Tenantry,
    TenantStatus,
    schemes,
)
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import ADA, BOB, SECRET, Company, someone


def test_a_new_tenant_has_an_owner_and_a_default_workspace(tenancy: Tenantry) -> None:
    tenant = tenancy.person(ADA).create_tenant("Acme")

    context = tenancy.tenant(tenant.id, by=ADA)
    [owner] = context.members.list()
    [workspace] = context.workspaces.list()
    assert context.get().id == tenant.id
    assert (tenant.name, tenant.slug, tenant.status) == ("Acme", "acme", TenantStatus.ACTIVE)
    assert (owner.user_id, owner.email, owner.roles) == (ADA.user_id, ADA.email, ("owner",))
    assert (workspace.id, workspace.name, workspace.is_default) == (tenant.default_workspace_id, "General", True)


def test_the_back_office_creates_a_tenant_for_somebody(tenancy: Tenantry) -> None:
    """E09: the trail names the system."""
    tenant = tenancy.create_tenant("Acme", owner=ADA, by=SYSTEM.job("sales"))

    context = tenancy.tenant(tenant.id, by=ADA)
    assert context.can("tenant-api:tenant:own")
    assert {event.principal for event in context.audit.list()} == {"system:sales"}


def test_a_refused_creation_leaves_nothing(tenancy: Tenantry) -> None:
    """E01: the slug is refused only after the tenant's row is written."""
    tenancy.person(ADA).create_tenant("Acme", slug="acme")

    with pytest.raises(SlugTaken):
        tenancy.person(BOB).create_tenant("Other", slug="acme")

    assert not tenancy.person(BOB).tenants()
    assert len(tenancy.person(ADA).tenants()) == 1


class Failure(Exception):
    """Whatever may go wrong between two statements."""


@contextmanager
def failing(store: SQLAlchemyStore, step: Callable[[], None]) -> Iterator[None]:
    def count(*_: object) -> None:
        step()

    event.listen(store.engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", count)


class Countdown:
    """Lets a number of steps pass and fails at the next."""

    def __init__(self) -> None:
        self.left = -1

    def __call__(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise Failure


def outcomes(tenancy: Tenantry, countdown: Countdown) -> Iterator[int]:
    """Fails at each step of a creation in turn, until it succeeds; how many tenants and slugs there are each time."""
    for steps in range(100):
        countdown.left = steps
        try:
            tenancy.person(ADA).create_tenant("Acme", slug="acme")
        except Failure:
            countdown.left = -1
            yield len(tenancy.person(ADA).tenants())
            with pytest.raises(NotFound):
                tenancy.resolve("acme")
        else:
            return


def test_a_failure_at_any_step_leaves_nothing_in_memory() -> None:
    """E01"""
    countdown = Countdown()
    tenancy = Tenantry(store=MemoryStore(switch=countdown), scheme=schemes.AGENCY, secret_keys=[SECRET])

    seen = list(outcomes(tenancy, countdown))

    assert len(seen) > 5
    assert set(seen) == {0}


def test_a_failure_at_any_statement_leaves_nothing_in_a_database(sql_store: SQLAlchemyStore) -> None:
    """E01"""
    countdown = Countdown()
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])

    with failing(sql_store, countdown):
        seen = list(outcomes(tenancy, countdown))

    assert len(seen) > 5
    assert set(seen) == {0}


def test_a_person_has_as_many_tenants_as_they_like(tenancy: Tenantry, acme: Company) -> None:
    other = tenancy.person(BOB).create_tenant("Beta")
    tenancy.tenant(other.id, by=BOB).members.add(ADA.user_id, role="member")

    mine = tenancy.person(ADA).tenants(total=True)

    assert [(my.tenant.name, my.membership.roles) for my in mine] == [("Acme", ("owner",)), ("Beta", ("member",))]
    assert mine.total == 2
    assert [my.tenant.id for my in tenancy.person(BOB).tenants()] == [other.id]


def test_an_account_that_is_switched_off_creates_nothing_and_has_nothing(tenancy: Tenantry, acme: Company) -> None:
    ghost = someone("ada", active=False)

    with pytest.raises(Denied):
        tenancy.person(ghost).create_tenant("Other")

    assert not tenancy.person(ghost).tenants()
    assert len(tenancy.person(ADA).tenants()) == 1


def test_the_system_owns_nothing(tenancy: Tenantry) -> None:
    with pytest.raises(Invalid):
        tenancy.person(SYSTEM)
    with pytest.raises(Invalid):
        tenancy.create_tenant("Acme", owner=SYSTEM)


def test_a_stranger_is_told_what_is_told_of_a_tenant_that_does_not_exist(tenancy: Tenantry, acme: Company) -> None:
    """E05"""
    messages = set()
    for tenant_id in (acme.id, "ten_00000000000000000000000000", "no id at all"):
        with pytest.raises(NotFound) as refused:
            tenancy.tenant(tenant_id, by=BOB).get()
        messages.add((str(refused.value), repr(refused.value.data)))

    assert len(messages) == 1


def test_a_service_that_is_no_member_is_a_stranger(tenancy: Tenantry, acme: Company) -> None:
    with pytest.raises(NotFound):
        acme.context(Principal.service("importer")).get()


def test_a_tenant_is_renamed(acme: Company) -> None:
    assert acme.context().update(name="Acme & Sons").name == "Acme & Sons"
    assert acme.context().get().name == "Acme & Sons"


def test_who_sees_the_tenant_need_not_be_one_to_change_it(acme: Company) -> None:
    bob = acme.add(BOB)

    assert bob.get().name == "Acme"
    with pytest.raises(Denied):
        bob.update(name="Bob's")
    assert acme.context().get().name == "Acme"


def test_the_tenant_is_seen_by_roles_that_show_it(store: Store) -> None:
    guest = Role("guest", Level.TENANT, ["tenant-api:member:read"])
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY.extend(roles=[guest]), secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    with pytest.raises(Denied):
        company.add(BOB, "guest").get()
