"""A pytest plugin: a ready `Tenantry` for the tests of a host.

A test that asks for `tenantry` and `given` has an empty `Tenantry` in memory whose time stands still. A host overrides
one of the fixtures in its `conftest.py` to say what is different: usually `tenantry_scheme` and `tenantry_store`.

pytest loads plugins before coverage is measured, so everything is imported in the fixture that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..access.scheme import Scheme
    from ..app import Tenantry
    from ..storage.ports import Store
    from .clock import FrozenClock
    from .given import Given

__all__ = ["given", "tenantry", "tenantry_clock", "tenantry_scheme", "tenantry_store"]

_KEYS = ["only for tests: a key of at least 32 bytes"]


@pytest.fixture
def tenantry_clock() -> FrozenClock:
    """What `tenantry` takes the time from: a clock that stands still until the test moves it."""
    from .clock import FrozenClock

    return FrozenClock()


@pytest.fixture
def tenantry_scheme() -> Scheme:
    """The permissions and roles of `tenantry`: `schemes.AGENCY`; override it with your own."""
    from .. import schemes

    return schemes.AGENCY


@pytest.fixture
def tenantry_store() -> Store:
    """Where `tenantry` keeps its tenants: a new `MemoryStore`; override it with a door to your database."""
    from ..memory import MemoryStore

    return MemoryStore()


@pytest.fixture
def tenantry(tenantry_store: Store, tenantry_scheme: Scheme, tenantry_clock: FrozenClock) -> Tenantry:
    """A ready `Tenantry`."""
    from ..app import Tenantry

    return Tenantry(store=tenantry_store, scheme=tenantry_scheme, secret_keys=_KEYS, clock=tenantry_clock)


@pytest.fixture
def given(tenantry: Tenantry) -> Given:
    """What the test takes as given: `given.tenant()`, `given.member(tenant, role=…)`, `given.invitation(tenant)`."""
    from .given import Given

    return Given(tenantry)
