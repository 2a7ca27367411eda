"""What a caller asks for, taken apart: a shape, for which a statement is built once, and the values to run it with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from ..storage.collection import Collection
from ..storage.ports import After, Among, AnyOf, Before, Contains, HasKey, HasValue, OneOf, StartsWith
from .codec import codec
from .tables import TABLES, owner

__all__ = ["NUMBERS", "Shape", "of_tenant", "shape_of", "where"]

Shape = tuple[tuple[Any, ...], ...]
"""For each condition: the field, the kind of the condition, and what else its form depends on."""

_POSITION = {"postgresql": func.strpos, "sqlite": func.instr}  # LIKE would ignore case on SQLite, and need escapes


def _has_key_on_postgresql(column: ColumnElement[Any], key: ColumnElement[str]) -> ColumnElement[bool]:
    has: ColumnElement[bool] = type_coerce(column, JSONB()).has_key(key)
    return has


def _has_key_on_sqlite(column: ColumnElement[Any], key: ColumnElement[str]) -> ColumnElement[bool]:
    each = func.json_each(column).table_valued("key")
    return select(each.c.key).where(each.c.key == key).exists()


def _has_value_on_postgresql(column: ColumnElement[Any], text: ColumnElement[str]) -> ColumnElement[bool]:
    each = func.jsonb_each(column).table_valued("value")  # not `_text`, which writes a number as a text too
    return select(each.c.value).where(each.c.value == func.to_jsonb(text)).exists()


def _has_value_on_sqlite(column: ColumnElement[Any], text: ColumnElement[str]) -> ColumnElement[bool]:
    each = func.json_each(column).table_valued("value", "type")  # the value of a list or object is its text
    return select(each.c.value).where(each.c.type == "text", each.c.value == text).exists()


def _keys_on_postgresql(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return (func.jsonb_each(column).table_valued("key", "value", joins_implicitly=True).c.key,)


def _texts_on_postgresql(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    value = func.jsonb_each(column).table_valued("key", "value", joins_implicitly=True).c.value
    return value.op("#>>")(literal_column("'{}'")), func.jsonb_typeof(value) == "string"


def _keys_on_sqlite(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return (func.json_each(column).table_valued("key", joins_implicitly=True).c.key,)


def _texts_on_sqlite(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    each = func.json_each(column).table_valued("value", "type", joins_implicitly=True)
    return each.c.value, each.c.type == "text"


_PARTS = {
    ("keys", "postgresql"): _keys_on_postgresql,
    ("texts", "postgresql"): _texts_on_postgresql,
    ("keys", "sqlite"): _keys_on_sqlite,
    ("texts", "sqlite"): _texts_on_sqlite,
}
"""The values in a document that are meant, and what else must hold for them."""

_HAS = {
    ("has key", "postgresql"): _has_key_on_postgresql,
    ("has key", "sqlite"): _has_key_on_sqlite,
    ("has value", "postgresql"): _has_value_on_postgresql,
    ("has value", "sqlite"): _has_value_on_sqlite,
}


def _numbers_on_postgresql(column: ColumnElement[Any]) -> Numbers:
    each = func.jsonb_each(column).table_valued("key", "value", joins_implicitly=True)
    text = cast(each.c.value, Text())
    return each.c.key, cast(text, BigInteger()), text.regexp_match("^-?[0-9]+$")  # the text of a text has quotes


def _numbers_on_sqlite(column: ColumnElement[Any]) -> Numbers:
    each = func.json_each(column).table_valued("key", "value", "type", joins_implicitly=True)
    return each.c.key, each.c.value, each.c.type == "integer"


Numbers = tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]

NUMBERS: Mapping[str, Callable[[ColumnElement[Any]], Numbers]] = {
    "postgresql": _numbers_on_postgresql,
    "sqlite": _numbers_on_sqlite,
}
"""For a document, its keys, the numbers next to them, and the condition that one is a whole number."""


def shape_of(
    collection: Collection[Any], conditions: Mapping[str, Any], prefix: str = "where"
) -> tuple[Shape, dict[str, Any]]:
    """The shape of these conditions, and their values by the names of the parameters."""
    shape: list[tuple[Any, ...]] = []
    values: dict[str, Any] = {}
    for number, (field, condition) in enumerate(conditions.items()):
        form, needed = _form(collection, field, condition, f"{prefix}_{number}")
        shape.append((field, *form))
        values |= needed
    return tuple(shape), values


def _form(
    collection: Collection[Any], field: str, condition: object, name: str
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The kind of a condition with what else its form depends on, and its values."""
    stored = codec(collection).stored
    match condition:
        case None:
            return ("none",), {}
        case OneOf(several):
            return ("one of",), {name: [stored(field, each) for each in several]}
        case Before(at) | After(at):
            return ("before" if isinstance(condition, Before) else "after",), {name: stored(field, at)}
        case Contains(text) | HasKey(text) | HasValue(text):
            return (_TEXTUAL[type(condition)],), {name: text}
        case StartsWith(text):
            end = _after_all(text)
            return (("from",), {name: text}) if end is None else (("range",), {name: text, f"{name}_end": end})
        case Among(other, there, inner, part):
            shape, values = shape_of(other, inner, name)
            return ("among", other, there, part, shape), values
        case AnyOf(alternatives):
            parts = [shape_of(collection, each, f"{name}_{n}") for n, each in enumerate(alternatives)]
            return ("any of", tuple(shape for shape, _ in parts)), {k: v for _, part in parts for k, v in part.items()}
    return ("equal",), {name: stored(field, condition)}


_TEXTUAL: Mapping[type, str] = {Contains: "contains", HasKey: "has key", HasValue: "has value"}


def _after_all(part: str) -> str | None:
    """The first text after all that begin with this one, by the numbers of its characters; None where there is none."""
    head = part.rstrip(chr(sys.maxunicode))
    if not head:
        return None
    following = ord(head[-1]) + 1
    return head[:-1] + chr(0xE000 if following == 0xD800 else following)  # between these are surrogates, no characters


def of_tenant(collection: Collection[Any]) -> ColumnElement[bool]:
    """The row belongs to the tenant of the transaction, which is the parameter `tenant`."""
    return owner(collection) == bindparam("tenant")


def where(
    collection: Collection[Any], shape: Shape, dialect: str, *, bound: bool, prefix: str = "where"
) -> Iterator[ColumnElement[bool]]:
    """The conditions of a shape, and that of the tenant first, where one is bound.

    Raises:
        TypeError: The collection has no such field.
    """
    if bound:
        yield of_tenant(collection)
    for number, form in enumerate(shape):
        name = f"{prefix}_{number}"
        if form[1] == "any of":
            yield or_(
                *(
                    and_(*where(collection, each, dialect, bound=bound, prefix=f"{name}_{n}"))
                    for n, each in enumerate(form[2])
                )
            )
            continue
        if form[0] not in TABLES[collection].c:
            raise TypeError(f"{collection!r} has no field {form[0]!r}.")
        yield (
            _among(collection, form, dialect, name, bound)
            if form[1] == "among"
            else _simple(collection, form, dialect, name)
        )


def _simple(collection: Collection[Any], form: tuple[Any, ...], dialect: str, name: str) -> ColumnElement[bool]:
    field, kind = form
    column: ColumnElement[Any] = TABLES[collection].c[field]
    value: BindParameter[Any] = bindparam(name, type_=column.type, expanding=kind == "one of")
    match kind:
        case "none":
            return column.is_(None)
        case "one of":
            return column.in_(value)
        case "before":
            return column <= value
        case "after":
            return column > value
        case "contains":
            return _POSITION[dialect](column, value) > 0
        case "from":
            return column >= value
        case "range":  # of which a plan can be made before the text is known; with LIKE no index would be in it
            return and_(column >= value, column < bindparam(f"{name}_end", type_=column.type))
        case "has key" | "has value":
            return _HAS[kind, dialect](column, bindparam(name, type_=Text()))
        case _:
            return column == value


def _among(
    collection: Collection[Any], form: tuple[Any, ...], dialect: str, name: str, bound: bool
) -> ColumnElement[bool]:
    field, _, other, there, part, shape = form
    column: ColumnElement[Any] = TABLES[collection].c[field]
    matching = list(where(other, shape, dialect, bound=bound, prefix=name))
    found = select(TABLES[other].c[there]).where(*matching)
    if part is not None:
        value, *tests = _PARTS[part, dialect](TABLES[other].c[there])
        found = select(value).select_from(TABLES[other]).where(*matching, *tests).correlate(None)
    elif there == other.key and other is not collection:  # one row to look up; SQLite would gather the whole list
        same = TABLES[other].c[there] == column, owner(other) == owner(collection)
        return found.where(*same).exists()
    if bound or (column is owner(collection) and TABLES[other].c[there] is owner(other)):
        return column.in_(found)
    return tuple_(column, owner(collection)).in_(found.add_columns(owner(other)))
