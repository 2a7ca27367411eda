"""Tenants: the customers, the hard boundary of data and permissions."""

from .model import Tenant, TenantStatus

__all__ = ["Tenant", "TenantStatus"]
