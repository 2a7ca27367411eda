"""Members: who belongs to a tenant."""

from .model import Forgotten, Heir, Membership, MembershipStatus, MyTenant, NewMember, Reactivated, RemovalPlan

__all__ = ["Forgotten", "Heir", "Membership", "MembershipStatus", "MyTenant", "NewMember", "Reactivated", "RemovalPlan"]
