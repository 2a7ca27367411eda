"""Tenants: the customers, the hard boundary of data and permissions."""

from .model import Owner, Purged, Tenant, TenantStatus

__all__ = ["Owner", "Purged", "Tenant", "TenantStatus"]
