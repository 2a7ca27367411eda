"""Who may do what: permissions, roles, schemes, grants, and the decision."""

from . import schemes
from .compiled import ALL, Access
from .model import Decision, Grant, Level, Permission, Role
from .scheme import Scheme

__all__ = ["ALL", "Access", "Decision", "Grant", "Level", "Permission", "Role", "Scheme", "schemes"]
