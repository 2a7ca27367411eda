"""What an adapter must provide. `tenantry.storage.ports` has it; hosts import it from here."""

from .storage.ports import *  # noqa: F403
from .storage.ports import __all__  # noqa: F401
