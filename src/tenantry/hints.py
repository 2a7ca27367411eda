"""What modules name in annotations only, put to where `typing.get_type_hints` looks for it.

These modules cannot import it: what they name imports them. Once everything is loaded, to put it there costs nothing.
"""

from __future__ import annotations

from . import app, errors
from .access.model import Decision, Standing
from .aio import AsyncTenantry
from .audit.model import AuditEvent
from .kernel import errors as raised
from .kernel.principal import Origin, Principal
from .storage import ports
from .tenants.model import Tenant, Totals

__all__: list[str] = []

for _module, _named in (
    (app, (AsyncTenantry,)),
    (ports, (AuditEvent, Standing, Tenant, Totals)),
    (raised, (Decision, Origin, Principal)),
):
    _module.__dict__.update({each.__name__: each for each in _named})

# The errors say that they are of the module from which hosts import them, so it is there that one looks.
errors.__dict__.update({**vars(raised), **vars(errors)})
