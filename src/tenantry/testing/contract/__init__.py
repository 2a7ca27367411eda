"""Every promise of `tenantry.ports`, as tests that a store has to pass."""

from __future__ import annotations

from .conditions import Conditions
from .feed import Feed
from .gates import Gates, SerialCommands
from .grants import Grants
from .guests import Guests
from .jobs import Jobs
from .lists import Lists
from .puts import Puts
from .roles import Roles
from .scopes import Scopes
from .sign_ins import SignIns
from .sums import Figures
from .tenants import OneTenant
from .totals import InAll
from .transactions import AllOrNothing
from .uniqueness import Uniqueness
from .values import Values

__all__ = ["StoreContract"]


class StoreContract(
    AllOrNothing,
    OneTenant,
    Uniqueness,
    Gates,
    SerialCommands,
    Guests,
    Values,
    Lists,
    Conditions,
    Figures,
    InAll,
    Grants,
    Roles,
    Scopes,
    SignIns,
    Jobs,
    Puts,
    Feed,
):
    """What a store has to keep. Subclass it in a test module, and give it the store as a fixture.

    The store need not be empty, may be shared by all the tests, and is used by several threads at once. Nothing is
    optional: a store that fails one of the tests would give a host another answer than ours do.

    Example:
        class TestMyStore(StoreContract):
            @pytest.fixture
            def store(self) -> Store:
                return MyStore(...)
    """
