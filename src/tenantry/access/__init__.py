"""Who may do what: permissions, roles, schemes, grants, and the decision."""

from . import schemes
from .checkup import Finding
from .compiled import ALL, Access
from .custom import AccessChange, Affected, CustomRole, RoleUsage
from .matrix import Matrix
from .model import Decision, Grant, Level, Permission, Role
from .scheme import Scheme

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
    "RoleUsage",
    "Scheme",
    "schemes",
]
