"""The tables. A host that uses Alembic adds `metadata` to its own.

Columns are written by hand, of stock types only, so that a generated migration can be read and run anywhere. Keys and
rules of uniqueness are derived from the collections. All keys begin with `tenant_id`, except those of the tenants
themselves, of the slugs, which are unique over all tenants, and of what belongs to users.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from ..access.custom import ROLES, read, write
from ..access.model import Level
from ..audit.denials import DENIALS
from ..audit.model import AUDIT_EVENTS
from ..invitations.model import INVITATIONS, InvitationStatus
from ..members.model import GRANTS, MEMBERSHIPS, MembershipStatus
from ..members.sign_ins import SIGN_INS
from ..notices.model import NOTICES, NoticeKind, NoticeStatus
from ..runtime.registry import COLLECTIONS, OF_USERS
from ..storage.collection import Collection, Unique
from ..tenants.model import SLUGS, TENANTS, TenantStatus
from ..workspaces.model import WORKSPACES, WorkspaceStatus

__all__ = ["REFERRED", "TABLES", "keep", "metadata", "owner", "referring"]

metadata = MetaData()
"""All tables of tenantry."""


def _key(name: str, length: int = 64, *, optional: bool = False) -> Column[Any]:
    """Text that is compared or sorted; PostgreSQL would do that by the language of the database, we do it by bytes."""
    kind = String(length).with_variant(String(length, collation="C"), "postgresql")
    return Column(name, kind, nullable=optional)


def _search(name: str) -> Column[Any]:
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), nullable=False)


def _text(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Text(), nullable=optional)


def _choice(name: str, choices: Iterable[StrEnum]) -> Column[Any]:
    """One of these values. No native enum: to add a value to one is a migration that cannot be undone."""
    return Column(name, String(20), nullable=False, info={"choices": tuple(choices)})


def _time(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=optional)


def _number(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, BigInteger(), nullable=optional)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean(), nullable=False)


def _document(name: str) -> Column[Any]:
    binary = JSONB()
    vars(binary)["astext_type"] = None  # or a migration that is generated on SQLite says Text(), and does not import it
    return Column(name, JSON().with_variant(binary, "postgresql"), nullable=False)


def _verbatim(name: str) -> Column[Any]:
    """JSON that is given back as it was written: JSONB would write `1e22` as a whole number, and a digest differ."""
    return Column(name, JSON(), nullable=False)


def _roles(name: str) -> Column[Any]:
    """Roles as one text: it is read with every check, and a text is quickly known again."""
    return Column(name, Text(), nullable=False, info={"written": write, "read": read})


_COLUMNS: Mapping[Collection[Any], tuple[Column[Any], ...]] = {
    TENANTS: (
        _key("id"),
        _text("name"),
        _key("slug"),
        _choice("status", TenantStatus),
        _key("default_workspace_id"),  # no foreign key: each of the two rows would have to come first
        _time("created_at"),
        _number("version"),
        _number("members"),
        _number("workspaces"),
        _key("suspended_by", 255, optional=True),
        _text("reason", optional=True),
        _time("purge_at", optional=True),
        _document("counters"),
        _number("epoch"),
        _number("audit_sequence"),
        _key("audit_head"),
        _number("written_in"),
        _key("name_key", 255),
    ),
    SLUGS: (
        _key("tenant_id"),
        _key("slug"),
        _time("reserved_at"),
    ),
    WORKSPACES: (
        _key("tenant_id"),
        _key("id"),
        _text("name"),
        _key("slug"),
        _text("description", optional=True),
        _choice("status", WorkspaceStatus),
        _flag("is_default"),
        _document("settings"),
        _document("counters"),
        _time("created_at"),
        _key("name_key", 255),
        _search("search_key"),
    ),
    MEMBERSHIPS: (
        _key("tenant_id"),
        _key("id"),
        _key("user_id", 255),
        _text("name", optional=True),
        _text("email", optional=True),
        _key("email_key", 320, optional=True),
        _flag("email_verified"),
        _choice("status", MembershipStatus),
        _time("joined_at"),
        _number("epoch"),
        _key("name_key", 255),
        _search("search_key"),
    ),
    GRANTS: (
        _key("tenant_id"),
        _key("id"),
        _key("membership_id"),
        _key("role"),
        _key("granted_by", 255),
        _time("created_at"),
        _key("workspace_id", optional=True),
        _time("starts_at", optional=True),
        _time("ends_at", optional=True),
        _key("held_as", 255),
        _time("counts_from"),
        _time("counts_until"),
    ),
    ROLES: (
        _key("tenant_id"),
        _key("id"),
        _choice("level", Level),
        _text("name"),
        _text("description", optional=True),
        _document("permissions"),
        _document("inherits"),
        _key("acts_as", optional=True),
        _key("template", optional=True),
        _key("created_by", 255),
        _time("created_at"),
        _roles("lineage"),
        _key("name_key", 255),
    ),
    INVITATIONS: (
        _key("tenant_id"),
        _key("id"),
        _text("email"),
        _key("email_key", 320),
        _key("role"),
        _document("workspaces"),
        _flag("is_for_member"),
        _choice("status", (each for each in InvitationStatus if each is not InvitationStatus.EXPIRED)),
        _time("expires_at"),
        _key("invited_by", 255),
        _document("backers"),
        _document("messages"),
        _time("created_at"),
        _time("sent_at"),
        _number("sends"),
        _document("recent_sends"),
        _key("nonce"),
        _time("closed_at", optional=True),
        _key("accepted_by", 255, optional=True),
        _text("reason", optional=True),
        _key("mailbox", 320),
        _search("search_key"),
    ),
    AUDIT_EVENTS: (
        _key("tenant_id"),
        _key("id"),
        _number("sequence"),
        _key("action"),
        _key("principal", 255),
        _key("on_behalf_of", 255, optional=True),
        _key("target", 255),
        _text("target_name", optional=True),
        _key("workspace_id", 255, optional=True),  # a denial keeps what was asked, which need not be an id
        _text("workspace_name", optional=True),
        _verbatim("before"),
        _verbatim("after"),
        _time("occurred_at"),
        _text("address", optional=True),
        _text("user_agent", optional=True),
        _text("request_id", optional=True),
        _key("key_id"),
        _key("digest"),
        _number("written_in"),
        _verbatim("personal"),
    ),
    DENIALS: (
        _key("tenant_id"),
        _key("id"),
        _key("principal", 255),
        _key("on_behalf_of", 255),
        _key("action"),
        _key("target", 255),
        _key("code"),
        _number("count"),
        _time("due_at", optional=True),
    ),
    NOTICES: (
        _key("tenant_id"),
        _key("id"),
        _choice("kind", NoticeKind),
        _text("email"),
        _text("name", optional=True),
        _key("user_id", 255, optional=True),
        _document("data"),
        _key("invitation_id", optional=True),
        _number("sends", optional=True),
        _choice("status", NoticeStatus),
        _number("attempts"),
        _time("due_at"),
        _time("created_at"),
        _key("claim", optional=True),
        _time("sent_at", optional=True),
        _text("failure", optional=True),
        _key("mailbox", 320),
    ),
    SIGN_INS: (
        _key("user_id", 255),
        _time("signed_in_at"),
    ),
}

_INDEXES: Mapping[Collection[Any], tuple[tuple[str, ...], ...]] = {
    TENANTS: (("status", "purge_at"), ("status", "name_key", "id"), ("status", "slug"), ("name_key", "id")),
    SLUGS: (("tenant_id",),),
    WORKSPACES: (("tenant_id", "name_key", "id"), ("id",)),
    MEMBERSHIPS: (("tenant_id", "name_key", "id"), ("tenant_id", "email_key"), ("user_id",), ("id",)),
    GRANTS: (("tenant_id", "workspace_id"), ("tenant_id", "role"), ("tenant_id", "held_as")),
    ROLES: (("tenant_id", "name_key", "id"), ("id",)),
    INVITATIONS: (("email_key", "status"), ("tenant_id", "mailbox", "sent_at"), ("id",)),
    AUDIT_EVENTS: (("target", "tenant_id"), ("written_in", "tenant_id", "sequence")),
    DENIALS: (("due_at", "id"),),
    NOTICES: (
        ("status", "due_at", "id"),
        ("tenant_id", "invitation_id"),
        ("tenant_id", "user_id"),
        ("tenant_id", "mailbox"),
    ),
}
"""Beside the keys. Those that do not begin with `tenant_id` serve the questions over all tenants."""


def _name(collection: Collection[Any]) -> str:
    return f"tenantry_{collection.name}"


def _constraints(collection: Collection[Any], columns: Iterable[Column[Any]]) -> Iterator[SchemaItem]:
    name = _name(collection)
    by_key = _is_unique_by_key(collection)
    alone = collection is TENANTS or by_key or not collection.is_of_tenants
    key = (collection.key,) if alone else ("tenant_id", collection.key)
    yield PrimaryKeyConstraint(*key, name=f"pk_{name}")
    for rule in collection.unique:
        if rule is not by_key:
            yield _unique(name, rule, columns)
    if collection is not TENANTS and collection.is_of_tenants:
        yield ForeignKeyConstraint(["tenant_id"], _there(collection, TENANTS, "id"), name=f"fk_{name}_tenant_id")
    for field, target in collection.references.items():
        there = _there(collection, target, "tenant_id", "id")
        yield ForeignKeyConstraint(["tenant_id", field], there, name=f"fk_{name}_{field}")
    for column in columns:
        if choices := column.info.get("choices"):
            yield CheckConstraint(column.in_([choice.value for choice in choices]), name=f"ck_{name}_{column.name}")
    for fields in _INDEXES.get(collection, ()):
        yield Index(f"ix_{name}_{'_'.join(fields)}", *fields)


def _is_unique_by_key(collection: Collection[Any]) -> Unique | None:
    """The rule by which no two tenants have an entity of the same key, which is the primary key then; or None."""
    whole = (rule for rule in collection.unique if rule.across_tenants and not rule.where)
    return next((rule for rule in whole if rule.fields == (collection.key,)), None)


def _there(collection: Collection[Any], target: Collection[Any], *names: str) -> Sequence[str | Column[Any]]:
    """The columns that a foreign key refers to; by name among our tables, which can be copied to another schema."""
    return [f"{_name(target)}.{name}" if collection in _COLUMNS else TABLES[target].c[name] for name in names]


def _unique(table: str, rule: Unique, columns: Iterable[Column[Any]]) -> SchemaItem:
    fields = rule.fields if rule.across_tenants else ("tenant_id", *rule.fields)
    name = f"uq_{table}_{'across_' if rule.across_tenants else ''}{'_'.join(rule.fields)}"
    if not rule.where:
        return UniqueConstraint(*fields, name=name)
    some = and_(*(column == str(rule.where[column.name]) for column in columns if column.name in rule.where))
    return Index(name, *fields, unique=True, postgresql_where=some, sqlite_where=some)


def _columns(collection: Collection[Any]) -> Sequence[Column[Any]]:
    columns = _COLUMNS.get(collection)
    if columns is None:
        raise AssertionError(f"{collection!r} has no columns: add them to _COLUMNS in sqlalchemy/tables.py.")
    return columns


def _table(collection: Collection[Any], columns: Sequence[Column[Any]], schema: MetaData) -> Table:
    if {column.name for column in columns} != set(collection.fields):
        raise AssertionError(f"The columns of {collection!r} are not its fields: {collection.fields}.")
    return Table(_name(collection), schema, *columns, *_constraints(collection, columns))


class _Tables(dict[Collection[Any], Table]):
    """Our tables. Those of `keep` are found in it, and are not among its keys and values."""

    def __missing__(self, collection: Collection[Any]) -> Table:
        return _kept[collection]


_kept: dict[Collection[Any], Table] = {}

TABLES: Mapping[Collection[Any], Table] = _Tables(
    (collection, _table(collection, _columns(collection), metadata)) for collection in (*COLLECTIONS, *OF_USERS)
)
"""The table of each collection."""


def keep(collection: Collection[Any], columns: Sequence[Column[Any]], schema: MetaData) -> None:
    """Store a collection that is none of ours, in a table of its own: the shipped suite brings such along.

    Args:
        collection: What to store.
        columns: One for each field.
        schema: Where the table is made; not our `metadata`, so that it comes into nobody's migrations.
    """
    _kept[collection] = _table(collection, columns, schema)


REFERRED = frozenset(target for collection in TABLES for target in collection.references.values())
"""The collections whose ids others hold."""


def owner(collection: Collection[Any]) -> Column[Any]:
    """The column that says whose a row is."""
    columns = TABLES[collection].c
    return columns.id if collection is TENANTS else columns.tenant_id


def referring(collection: Collection[Any]) -> Iterator[Column[Any]]:
    """The columns, of any table, that hold ids of this collection."""
    for other, table in TABLES.items():
        for field, target in other.references.items():
            if target is collection:
                yield table.c[field]
