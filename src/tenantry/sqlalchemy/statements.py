"""The statements. Each is built once for each shape; SQLAlchemy then finds the SQL text of a statement it has seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Delete,
    Integer,
    Select,
    String,
    Table,
    Update,
    bindparam,
    delete,
    distinct,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from ..storage.collection import Collection, Unique
from ..tenants.model import TENANTS
from .codec import codec
from .conditions import NUMBERS, Shape, of_tenant, where
from .numbering import own_number, raised_number
from .tables import TABLES, owner, referring

__all__ = [
    "adding",
    "change",
    "claim",
    "clear",
    "counting",
    "enter",
    "found",
    "grouping",
    "holder",
    "insert",
    "listing",
    "present",
    "put",
    "remove",
    "replace",
    "retenant",
    "summing",
]

_ONE: ColumnClause[Any] = literal_column("1")
_32: ColumnClause[Any] = literal_column("32")
_LOW: ColumnClause[Any] = literal_column("4294967295")
_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_built = lru_cache(maxsize=1024)  # shapes are written in our own code, so there are not many


@_built
def listing(
    collection: Collection[Any],
    shape: Shape,
    dialect: str,
    *,
    bound: bool,
    order: str | None = None,
    after: bool = False,
    limit: bool = False,
    offset: bool = False,
) -> Select[Any]:
    """Entities, in order. The row-value comparison is what lets a page begin in the middle of an index."""
    declared = collection.order(order)
    columns = [TABLES[collection].c[name] for name in declared.fields]
    statement = select(*codec(collection).columns).where(*where(collection, shape, dialect, bound=bound))
    if after:
        here = tuple_(*columns)
        there = tuple_(*(bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(columns)))
        statement = statement.where(here < there if declared.descending else here > there)
    statement = statement.order_by(*_ordered(collection, order))
    if limit:
        statement = statement.limit(bindparam("limit", type_=Integer()))
    if offset:
        statement = statement.offset(bindparam("offset", type_=Integer()))
    return statement


@_built
def counting(collection: Collection[Any], shape: Shape, dialect: str, *, bound: bool) -> Select[Any]:
    """How many rows there are."""
    table = TABLES[collection]
    return select(func.count()).select_from(table).where(*where(collection, shape, dialect, bound=bound))


@_built
def grouping(
    collection: Collection[Any], shape: Shape, dialect: str, field: str, of: str, *, bound: bool
) -> Select[Any, Any]:
    """For each value of one field, how many different values of another there are."""
    columns = TABLES[collection].c
    counted = select(columns[field], func.count(distinct(columns[of])))
    return counted.where(*where(collection, shape, dialect, bound=bound)).group_by(columns[field])


@_built
def summing(
    collection: Collection[Any], shape: Shape, dialect: str, field: str, of: str, *, bound: bool
) -> Select[Any, Any, Any]:
    """For each value of one field, the sum of another, in two halves."""
    columns = TABLES[collection].c
    counted = select(columns[field], *_halves(columns[of]))
    return counted.where(*where(collection, shape, dialect, bound=bound)).group_by(columns[field])


@_built
def adding(collection: Collection[Any], shape: Shape, dialect: str, document: str, *, bound: bool) -> Executable:
    """How many rows there are, next to no key; and for each key of a document the sum of its numbers, in two halves."""
    table = TABLES[collection]
    key, number, is_whole = NUMBERS[dialect](table.c[document])
    conditions = list(where(collection, shape, dialect, bound=bound))
    entities = select(null(), func.count(), null()).select_from(table).where(*conditions)
    sums = select(key, *_halves(number)).select_from(table).where(*conditions, is_whole).group_by(key)
    return union_all(sums, entities)


def _halves(number: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The sums of the upper and the lower 32 bits; the whole may be more than 64 bits, which SQLite does not add up."""
    return func.sum(number.op(">>")(_32)), func.sum(number.op("&")(_LOW))


@_built
def insert(collection: Collection[Any], dialect: str) -> ReturningInsert[Any]:
    """New rows; those that a rule of uniqueness refuses are left out, and their keys not returned.

    An error instead would end a transaction on PostgreSQL.
    """
    table = TABLES[collection]
    statement: ReturningInsert[Any] = (
        _INSERT[dialect](table).on_conflict_do_nothing().returning(table.c[collection.key])
    )
    return statement


@_built
def put(collection: Collection[Any], dialect: str) -> ReturningInsert[Any]:
    """Rows of any tenants, each in place of the one with its tenant and key."""
    table = TABLES[collection]
    found = owner(collection), table.c[collection.key]
    statement = _INSERT[dialect](table)
    new = {name: statement.excluded[name] for name in collection.fields if table.c[name] not in set(found)}
    replacing: ReturningInsert[Any] = statement.on_conflict_do_update(index_elements=found, set_=new).returning(*found)
    return replacing


@_built
def present(collection: Collection[Any]) -> Select[Any, Any]:
    """Which of these keys there are in which of these tenants."""
    tenant_id, key = owner(collection), TABLES[collection].c[collection.key]
    tenants: BindParameter[Any] = bindparam("tenants", expanding=True)
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    return select(tenant_id.label("owner"), key).where(tenant_id.in_(tenants), key.in_(keys))


@_built
def replace(collection: Collection[Any]) -> Update:
    """One row, found by key, if no rule of uniqueness refuses it and what it refers to is there."""
    table = TABLES[collection]
    new = _new(table, collection.fields)
    key = new.pop(collection.key)
    new.pop("tenant_id")
    statement = update(table).values(new).where(of_tenant(collection), table.c[collection.key] == key)
    for rule in collection.unique:
        statement = statement.where(~exists(holder(collection, rule)))
    for field, target in collection.references.items():
        there = TABLES[target].alias()
        found = select(_ONE).where(there.c.tenant_id == bindparam("tenant"), there.c.id == new[field])
        statement = statement.where(new[field].is_(None) | exists(found))
    return statement


@_built
def holder(collection: Collection[Any], rule: Unique) -> Select[Any]:
    """Another row with the values that the rule lets only one have. The parameters are the new row's values.

    Over all tenants the values of a partial rule are part of the text: its index is the only one that serves, and with
    parameters a database need not see that it does.
    """
    other = TABLES[collection].alias()
    new = {name: bindparam(f"new_{name}", type_=column.type) for name, column in other.c.items()}
    statement = select(_ONE).where(*(other.c[name] == new[name] for name in rule.fields))
    for name, value in rule.where.items():
        statement = statement.where(
            other.c[name] == literal(str(value), literal_execute=rule.across_tenants), new[name] == str(value)
        )
    another = other.c[collection.key] != new[collection.key]
    if rule.across_tenants:
        return statement.where(or_(other.c.tenant_id != bindparam("tenant"), another))
    return statement.where(other.c.tenant_id == bindparam("tenant"), another)


@_built
def remove(collection: Collection[Any], *, checked: bool = True) -> Delete:
    """Rows, found by key: all of them, or none where anything still refers to one."""
    keys: BindParameter[Any] = bindparam("keys", expanding=True)
    statement = delete(TABLES[collection]).where(of_tenant(collection), TABLES[collection].c[collection.key].in_(keys))
    for column in referring(collection) if checked else ():
        other = column.table.alias()
        held = select(_ONE).where(other.c.tenant_id == bindparam("tenant"), other.c[column.name].in_(keys))
        statement = statement.where(~exists(held))
    return statement


@_built
def claim(
    collection: Collection[Any], shape: Shape, dialect: str, *, order: str, changed: tuple[str, ...]
) -> ReturningUpdate[Any]:
    """The first rows in order, with new values; what another is about to change is passed over."""
    table = TABLES[collection]
    keys = owner(collection), table.c[collection.key]
    found = (
        select(*keys)
        .where(*where(collection, shape, dialect, bound=False))
        .order_by(*_ordered(collection, order))
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(skip_locked=True)
        .cte("found")
    )
    statement = update(table).values(_new(table, changed)).where(tuple_(*keys).in_(select(*found.c)))
    return statement.returning(*codec(collection).columns)


@_built
def change(collection: Collection[Any], shape: Shape, dialect: str, *, changed: tuple[str, ...], bound: bool) -> Update:
    """New values in all rows that fit."""
    table = TABLES[collection]
    return update(table).values(_new(table, changed)).where(*where(collection, shape, dialect, bound=bound))


@_built
def clear(collection: Collection[Any], shape: Shape, dialect: str) -> Delete:
    """All rows that fit are removed."""
    return delete(TABLES[collection]).where(*where(collection, shape, dialect, bound=False))


def _ordered(collection: Collection[Any], order: str | None) -> Iterator[ColumnElement[Any]]:
    declared = collection.order(order)
    for name in declared.fields:
        column = TABLES[collection].c[name]
        yield column.desc() if declared.descending else column


def _new(table: Table, names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


@_built
def enter(
    collection: Collection[Any] | None, shape: Shape, dialect: str, *, patient: bool = False
) -> ReturningUpdate[Any]:
    """The gate and the lock of a command: a stranger finds no row, and so neither takes the lock nor waits for it.

    On PostgreSQL the gate is judged as of the statement's beginning, also after it has waited for the lock. That is
    enough: what the command decides on is read after this statement.

    Where it is `patient`, this statement and the rest of the transaction wait for a lock as long as the parameter
    `patience` says, in milliseconds. It is a condition without reference to the row, in a subquery of its own: so it is
    evaluated once, and before the row is given to the update, which is where the waiting is.
    """
    table = TABLES[TENANTS]
    statement = update(table).values(version=table.c.version + 1, written_in=raised_number(dialect))
    statement = statement.where(of_tenant(TENANTS))
    if patient:
        statement = statement.where(select(_patience()).scalar_subquery().is_not(None))
    if collection is not None:
        passing = select(_ONE).select_from(TABLES[collection]).where(*where(collection, shape, dialect, bound=True))
        statement = statement.where(exists(passing.correlate(None)))
    return statement.returning(*codec(TENANTS).columns)


def _patience() -> ColumnElement[str]:
    """Sets PostgreSQL's limit for waiting, until this transaction ends."""
    return func.set_config(literal_column("'lock_timeout'"), bindparam("patience", type_=String()), true())


@_built
def found(dialect: str, *, patient: bool = False) -> ReturningInsert[Any]:
    """The row of a new tenant, as the gate would number it; nothing is returned where there is one already.

    Where it is `patient`, what follows waits as long as `enter` says.
    """
    table = TABLES[TENANTS]
    statement = insert(TENANTS, dialect).values(written_in=own_number(dialect))
    return statement.returning(table.c.written_in, *([_patience()] if patient else []))


@_built
def retenant() -> Update:
    """The tenant's row, except what the gate has written."""
    table = TABLES[TENANTS]
    changed = [name for name in TENANTS.fields if name not in ("id", "version", "written_in")]
    return update(table).where(of_tenant(TENANTS)).values(_new(table, changed))
