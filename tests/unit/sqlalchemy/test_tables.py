"""The schema: what keeps tenants apart in the database itself."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    inspect,
    make_url,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from tenantry.members.sign_ins import SIGN_INS
from tenantry.sqlalchemy import metadata, tables
from tenantry.sqlalchemy.tables import TABLES
from tenantry.storage.collection import Collection
from tenantry.tenants.model import SLUGS, TENANTS

POSTGRESQL, SQLITE = (make_url(f"{name}://").get_dialect()() for name in ("postgresql+psycopg", "sqlite"))
EVERY_TABLE = pytest.mark.parametrize("collection", TABLES, ids=lambda collection: collection.name)
EVERY_TENANTS_TABLE = pytest.mark.parametrize(
    "collection",
    [each for each in TABLES if each not in (TENANTS, SLUGS, SIGN_INS)],
    ids=lambda collection: collection.name,
)


def names(columns: object) -> list[str]:
    return [column.name for column in columns]  # type: ignore[attr-defined]


def uniques(table: Table) -> list[UniqueConstraint | Index]:
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return [*constraints, *(index for index in table.indexes if index.unique)]


@EVERY_TABLE
def test_columns_are_the_stored_fields(collection: Collection[object]) -> None:
    assert set(TABLES[collection].c.keys()) == set(collection.fields)


def test_a_table_out_of_step_with_its_collection_is_refused() -> None:
    with pytest.raises(AssertionError, match="slugs"):
        tables._table(SLUGS, (Column("tenant_id", String()), Column("slug", String())), MetaData())


@EVERY_TENANTS_TABLE
def test_primary_keys_begin_with_the_tenant(collection: Collection[object]) -> None:
    assert names(TABLES[collection].primary_key) == ["tenant_id", collection.key]


def test_tenants_and_slugs_are_unique_over_all_tenants() -> None:
    assert names(TABLES[TENANTS].primary_key) == ["id"]
    assert names(TABLES[SLUGS].primary_key) == ["slug"]


def test_what_belongs_to_a_user_is_found_by_the_user_alone() -> None:
    assert names(TABLES[SIGN_INS].primary_key) == ["user_id"]
    assert not TABLES[SIGN_INS].foreign_keys


@EVERY_TABLE
def test_every_unique_key_begins_with_the_tenant(collection: Collection[object]) -> None:
    for unique in uniques(TABLES[collection]):
        assert names(unique.columns)[0] == "tenant_id", unique.name


@EVERY_TABLE
def test_every_rule_of_uniqueness_is_a_key(collection: Collection[object]) -> None:
    table = TABLES[collection]
    keys = {tuple(names(unique.columns)) for unique in uniques(table)} | {tuple(names(table.primary_key))}
    for rule in collection.unique:
        assert (rule.fields if rule.across_tenants else ("tenant_id", *rule.fields)) in keys


@EVERY_TENANTS_TABLE
def test_every_row_belongs_to_a_tenant_that_is_there(collection: Collection[object]) -> None:
    assert {key.target_fullname for key in TABLES[collection].c.tenant_id.foreign_keys} >= {"tenantry_tenants.id"}


@EVERY_TABLE
def test_references_stay_within_the_tenant(collection: Collection[object]) -> None:
    keys = [each for each in TABLES[collection].constraints if isinstance(each, ForeignKeyConstraint)]
    for key in keys:
        assert names(key.columns)[0] == "tenant_id", key.name
    composite = {key.column_keys[1]: [e.target_fullname for e in key.elements] for key in keys if len(key.columns) > 1}
    assert composite == {
        field: [f"{TABLES[target].name}.tenant_id", f"{TABLES[target].name}.id"]
        for field, target in collection.references.items()
    }


@EVERY_TABLE
def test_every_constraint_and_index_has_a_name_of_its_own_that_postgresql_keeps_whole(
    collection: Collection[object],
) -> None:
    table = TABLES[collection]
    given = [str(getattr(each, "name", "")) for each in (*table.constraints, *table.indexes)]
    assert all(table.name in name and len(name) <= 63 for name in given)
    assert len(set(given)) == len(given)


@EVERY_TABLE
def test_choices_are_checked(collection: Collection[object]) -> None:
    table = TABLES[collection]
    checked = {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}
    assert checked == {f"ck_{table.name}_{c.name}" for c in table.c if "choices" in c.info}


@EVERY_TABLE
def test_keys_and_orders_are_compared_as_bytes_on_postgresql(collection: Collection[object]) -> None:
    ordered = {field for order in collection.orders.values() for field in order.fields}
    unique = {field for rule in collection.unique for field in rule.fields}
    for name in {"tenant_id", collection.key, *ordered, *unique} & set(collection.fields):
        kind = TABLES[collection].c[name].type.dialect_impl(POSTGRESQL)
        assert not isinstance(kind, String) or kind.collation == "C", name


@EVERY_TABLE
def test_types_are_stock_ones_so_that_a_migration_can_be_read(collection: Collection[object]) -> None:
    for column in TABLES[collection].c:
        assert type(column.type).__module__.startswith("sqlalchemy."), column.name


@EVERY_TABLE
def test_a_generated_migration_has_no_type_within_a_type_which_it_does_not_import(
    collection: Collection[object],
) -> None:
    for column in TABLES[collection].c:
        for kind in (column.type, *column.type._variant_mapping.values()):
            assert repr(kind).count("(") == 1, column.name


def test_the_partial_key_speaks_of_pending_invitations_only() -> None:
    table = metadata.tables["tenantry_invitations"]
    (index,) = (index for index in table.indexes if index.unique)
    for dialect in (POSTGRESQL, SQLITE):
        assert str(CreateIndex(index).compile(dialect=dialect)).endswith("WHERE status = 'pending'")


def test_names_all_begin_alike() -> None:
    assert all(name.startswith("tenantry_") for name in metadata.tables)


def test_the_tables_can_be_moved_to_the_metadata_and_schema_of_a_host() -> None:
    host = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(host, schema="customers")
    for table in host.sorted_tables:
        assert table.schema == "customers"
        assert "customers.tenantry" in str(CreateTable(table).compile(dialect=POSTGRESQL))


def test_what_is_created_has_every_table_and_index() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    seen = inspect(engine)
    assert set(seen.get_table_names()) == set(metadata.tables)
    for table in metadata.sorted_tables:
        assert {index["name"] for index in seen.get_indexes(table.name)} == {index.name for index in table.indexes}
    engine.dispose()
