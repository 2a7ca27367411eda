"""Every error that a public call may raise. `tenantry.kernel.errors` has it; hosts import it from here."""

from .kernel.errors import *  # noqa: F403
from .kernel.errors import __all__  # noqa: F401
