"""Members: who belongs to a tenant."""

from .model import Membership, MembershipStatus, MyTenant

__all__ = ["Membership", "MembershipStatus", "MyTenant"]
