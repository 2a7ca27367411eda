"""What somebody has done to a stored role by hand: it grants nothing, is listed, and no error of a parser comes out."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tenantry import TenantryError, Unavailable
from tenantry.kernel.clock import Clock
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.access.customs import BILLING, MEMBERS, TENANT, defined, opened
from tests.features.people import ADA, BOB, Company


@pytest.fixture
def acme(sql_store: SQLAlchemyStore, clock: Clock) -> Company:
    return opened(sql_store, clock)


def written(store: SQLAlchemyStore, column: str, value: str) -> None:
    """Write something into all roles, behind our back."""
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE tenantry_roles SET {column} = :value"), {"value": value})


@pytest.mark.parametrize("lineage", ["", '{"', "null", '[["rol_x","galaxy",[],[],null,"X"]]'])
def test_a_damaged_lineage_grants_nothing_and_is_repaired_by_a_change(
    acme: Company, sql_store: SQLAlchemyStore, lineage: str
) -> None:
    """Law 4: every question is answered as if the member did not have the role, and the rest of theirs counts."""
    key = defined(acme, "Biller", BILLING)
    acme.add(BOB, "member")
    acme.context().members.add_role(BOB.user_id, role=key)
    written(sql_store, "lineage", lineage)

    context = acme.context(BOB)
    assert not context.can(BILLING)
    assert context.check(BILLING).code == "permission_missing"
    assert context.can(TENANT)
    assert [member.user_id for member in acme.context().who_can(BILLING)] == [ADA.user_id]
    assert [(found.code, found.subject, found.tenant_id) for found in acme.tenancy.self_check()] == [
        ("role_damaged", key, acme.id)
    ]

    acme.context().roles.update(key, permissions=[BILLING, MEMBERS])
    assert acme.context(BOB).can(BILLING)
    assert acme.tenancy.self_check() == []


@pytest.mark.parametrize("value", ["null", "[1]", '"x"'])
def test_other_damage_is_an_error_of_ours(acme: Company, sql_store: SQLAlchemyStore, value: str) -> None:
    """What is decided rests on the lineage alone, so it goes on."""
    key = defined(acme, "Biller", BILLING)
    acme.add(BOB, key)
    written(sql_store, "permissions", value)

    assert acme.context(BOB).can(BILLING)
    for ask in (
        acme.context().roles.list,
        acme.context().roles.matrix,
        lambda: acme.context().roles.update(key, name="New"),
    ):
        with pytest.raises(TenantryError):
            ask()


def test_what_is_no_json_at_all_is_a_failure_of_the_database(sqlite_store: SQLAlchemyStore, clock: Clock) -> None:
    """PostgreSQL would not store it."""
    acme = opened(sqlite_store, clock)
    defined(acme, "Biller", BILLING)
    written(sqlite_store, "permissions", '{"')
    with pytest.raises(Unavailable):
        acme.context().roles.list()
