"""Values are data: what a host, a template or an API sees of one is what it is, and nothing that only looks like it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from attrs import fields, has
from attrs.exceptions import FrozenInstanceError

import tenantry
from tenantry import (
    Access,
    Decision,
    Delivery,
    Invalid,
    Issued,
    Level,
    Matrix,
    Page,
    Principal,
    Rendered,
    Scheme,
    Tenant,
    Workspace,
    to_dict,
)
from tenantry.sqlalchemy.tables import TABLES
from tenantry.storage.collection import Collection
from tests.unit.access.facts import holding

VALUES = sorted(
    (each for each in vars(tenantry).values() if isinstance(each, type) and has(each)), key=lambda each: each.__name__
)

METHODS = {
    Access: "it answers questions; it is no data, and `to_dict` refuses it",
    Matrix: "`of` makes one, the others make tables of it",
    Principal: "`service` makes one",
    Scheme: "the host's declaration, which answers what its roles hold",
}
"""The values that have public methods, and why."""

HIDDEN: Mapping[type, set[str]] = {
    Decision: {"grants"},
    Delivery: {"token"},
    Issued: {"token"},
    Rendered: {"text", "html"},
    Scheme: {"answers"},
    Workspace: {"admin_token"},
}
"""Public fields that neither `repr` nor `to_dict` shows: secrets, and what is too long to print."""

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MADE: Mapping[Any, Any] = {
    str: "name",
    int: 1,
    bool: True,
    datetime: NOW,
    timedelta: timedelta(1),
    Any: "any",
    Access: holding("owner"),
    Scheme: tenantry.schemes.AGENCY,
    tenantry.Options: tenantry.Options(),
    tenantry.Permission: tenantry.Permission("a-api:item:read", Level.TENANT),
    tenantry.Plan: tenantry.Plan("Starter", counters={"mails": 5}),
    Principal: Principal("user_ada", email="ada@acme.test", name="Ada", impersonated_by="support_7"),
    tenantry.Role: tenantry.Role("admin", Level.TENANT),
}


def made(kind: Any) -> Any:
    """A value of this type with something in each of its fields, mappings above all."""
    if kind in MADE:
        return MADE[kind]
    if has(kind):
        hints = get_type_hints(kind)
        return kind(**{each.alias: made(hints[each.name]) for each in fields(kind) if each.init})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    origin: Any = get_origin(kind)
    given = [each for each in get_args(kind) if each not in (..., NoneType)]
    if origin in (UnionType, Union):
        return made(given[0])
    of = [made(each) for each in given]
    return {of[0]: of[1]} if origin is Mapping else origin(of)


def public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def properties(kind: type) -> set[str]:
    every = chain.from_iterable(vars(base).items() for base in kind.__mro__)
    return public(name for name, each in every if isinstance(each, property))


@pytest.mark.parametrize("kind", VALUES)
class TestEveryValue:
    def test_is_hashable_and_equal_by_value(self, kind: type) -> None:
        one, other = made(kind), made(kind)
        assert hash(one) == hash(other)
        assert one == other
        assert len({one, other}) == 1

    def test_is_frozen(self, kind: Any) -> None:
        for each in fields(kind):
            with pytest.raises(FrozenInstanceError):
                setattr(made(kind), each.name, None)

    def test_has_no_method_that_a_template_could_take_for_a_flag(self, kind: type) -> None:
        methods = public(name for name in dir(kind) if callable(getattr(kind, name)))
        assert bool(methods) is (kind in METHODS), methods

    def test_becomes_a_dictionary_of_what_it_shows(self, kind: Any) -> None:
        if kind is Access:
            with pytest.raises(Invalid):
                to_dict(made(kind))
            return
        plain = to_dict(made(kind))
        assert plain.keys() == public(each.name for each in fields(kind) if each.repr) | properties(kind)
        assert json.loads(json.dumps(plain)) == plain

    def test_prints_nothing_that_is_for_our_own_use(self, kind: Any) -> None:
        hidden = {each.name for each in fields(kind) if not each.repr}
        assert public(hidden) == HIDDEN.get(kind, set())
        shown = {each.name for each in fields(kind) if each.repr}
        assert shown == public(shown) or kind in (Access, Scheme)  # which print their names only


@pytest.mark.parametrize("collection", TABLES)
def test_what_is_stored_for_our_own_use_is_a_private_attribute(collection: Collection[Any]) -> None:
    attributes = {*dir(collection.entity), *(each.name for each in fields(collection.entity))}
    ours = {name for name in collection.fields if collection.attribute(name) != name}
    assert not ours & attributes, "one name, one attribute"
    assert {collection.attribute(name) for name in collection.fields} <= attributes
    assert set(collection.made) <= ours, "what is only stored to sort and find by"


def test_a_page_is_hashable() -> None:
    assert hash(Page([1, 2], next="cursor")) == hash(Page([1, 2], next="cursor"))


def test_a_banner_for_suspended_tenants_is_not_shown_to_all() -> None:
    tenant = made(Tenant)
    assert (tenant.is_active, tenant.is_suspended) == (True, False)
    assert not hasattr(tenant, "suspended")
