"""Plans: how much a tenant may have."""

from .model import UNLIMITED, Plan, Unlimited, Usage

__all__ = ["UNLIMITED", "Plan", "Unlimited", "Usage"]
