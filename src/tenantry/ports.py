"""What an adapter must provide. `tenantry.storage.ports` has it; hosts import it from here."""

from .runtime.sights import View
from .storage import ports
from .storage.ports import *  # noqa: F403

__all__ = ["View"]
__all__ += ports.__all__
