"""Who may do what: permissions, roles, schemes, grants, and the decision."""

from ..members.model import Grant
from .compiled import ALL, Access
from .custom import AccessChange, Affected, CustomRole, RoleChoice, RoleUsage
from .model import Decision, Finding, Level, Permission, Role
from .scheme import Scheme, schemes
from .scheme.matrix import Matrix

__all__ = [
    "ALL",
    "Access",
    "AccessChange",
    "Affected",
    "CustomRole",
    "Decision",
    "Finding",
    "Grant",
    "Level",
    "Matrix",
    "Permission",
    "Role",
    "RoleChoice",
    "RoleUsage",
    "Scheme",
    "schemes",
]
