"""The outbox is on."""

from __future__ import annotations

import pytest

from tenantry import Tenantry, schemes
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import SECRET


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
