"""Members: who belongs to a tenant."""

from .model import Forgotten, Membership, MembershipStatus, MyTenant, NewMember, Reactivated

__all__ = ["Forgotten", "Membership", "MembershipStatus", "MyTenant", "NewMember", "Reactivated"]
