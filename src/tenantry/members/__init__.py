"""Members: who belongs to a tenant."""

from .model import Forgotten, Membership, MembershipStatus, MyTenant, NewMember, Reactivated, RemovalPlan

__all__ = ["Forgotten", "Membership", "MembershipStatus", "MyTenant", "NewMember", "Reactivated", "RemovalPlan"]
