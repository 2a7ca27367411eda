"""Each code and rule comes out of the scene that provokes it, the same on every store."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import TenantryError
from tenantry.ports import Store
from tests.features.promises.provocations import ON_POSTGRESQL, PROVOCATIONS, Scene


@pytest.mark.parametrize(("name", "rule"), [each for each in PROVOCATIONS if each not in ON_POSTGRESQL])
def test_it_is_raised(store: Store, name: str, rule: str) -> None:
    with pytest.raises(TenantryError) as there:
        PROVOCATIONS[name, rule](Scene(store))
    with pytest.raises(TenantryError) as in_memory:
        PROVOCATIONS[name, rule](Scene.in_memory())

    assert (type(there.value).__name__, there.value.rule) == (name, "members" if rule == "*" else rule)
    assert _said(there.value) == _said(in_memory.value)


@pytest.mark.parametrize(("name", "rule"), ON_POSTGRESQL)
def test_it_is_raised_on_postgresql(postgresql_store: Store, name: str, rule: str) -> None:
    with pytest.raises(TenantryError) as refused:
        PROVOCATIONS[name, rule](Scene(postgresql_store))

    assert (type(refused.value).__name__, refused.value.rule) == (name, rule)


def _said(error: TenantryError) -> Any:
    return error.field, error.rule, error.data.keys()
