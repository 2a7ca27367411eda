"""The same questions, asked of a nested dictionary, of tenantry, and of other engines for authorization.

All of them are built from one description of tenants, roles and members, and are made to agree before they are timed.
"""

from .agencies import Agencies, agencies
from .contest import LIMIT, OURS, PEERS, contest, described
from .engine import Disagreement, Engine, agree

__all__ = [
    "LIMIT",
    "OURS",
    "PEERS",
    "Agencies",
    "Disagreement",
    "Engine",
    "agencies",
    "agree",
    "contest",
    "described",
]
