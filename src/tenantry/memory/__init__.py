"""A store in memory that keeps every promise of `tenantry.ports`: for tests, demos and prototypes."""

from .store import MemoryStore

__all__ = ["MemoryStore"]
