"""`typing.get_type_hints` reads the annotations of everything public: dependency injection and documentation do so."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, get_type_hints

import pytest

import tenantry

MODULES = [
    import_module(name)
    for name in """tenantry tenantry.aio tenantry.errors tenantry.jinja tenantry.memory tenantry.ports tenantry.smtp
    tenantry.sqlalchemy tenantry.testing""".split()
]


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Every exported class and function, and each public method and constructor."""
    for name in module.__all__:
        exported = getattr(module, name)
        if inspect.isfunction(exported) or inspect.isclass(exported):
            yield name, exported
        if inspect.isclass(exported):
            for way in dir(exported):
                if way == "__init__" or not way.startswith("_"):
                    yield f"{name}.{way}", _function(inspect.getattr_static(exported, way, None))


def _function(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_hints_of_everything_public_can_be_read(module: ModuleType) -> None:
    failing = {}
    for name, each in public(module):
        try:
            if inspect.isclass(each) or inspect.isfunction(each):
                get_type_hints(each)
        except (NameError, TypeError, AttributeError) as error:
            failing[name] = repr(error)
    assert not failing


def test_they_are_there_however_we_were_imported() -> None:
    """Neither another of our modules nor a first object is needed."""
    script = """
from typing import get_type_hints
import tenantry
assert get_type_hints(tenantry.Denied)["origin"] == tenantry.Origin | None
assert get_type_hints(tenantry.Denied.__init__)["decision"] is tenantry.Decision
assert get_type_hints(tenantry.Grant.__init__)["role"] is str
assert get_type_hints(tenantry.Tenantry.using)["return"] == tenantry.Tenantry | tenantry.AsyncTenantry
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_constructor_has_the_hints_of_its_fields() -> None:
    hints = get_type_hints(tenantry.Invitation.__init__)
    assert hints.pop("return") is type(None)
    assert hints["email"] is str
    assert hints.keys() == inspect.signature(tenantry.Invitation).parameters.keys()
