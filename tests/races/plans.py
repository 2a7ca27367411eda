"""The plans of the races: a tenant has the one whose name is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tenantry import Plan, Tenant

FREE: Final = Plan("Free")
HELD: Final = Plan("Four members", members=4)
OPEN: Final = Plan("Four members, whoever is invited", members=4, counts_invitations=False)
PLACES: Final = Plan("Three workspaces", workspaces=3)
FIGURES: Final = Plan("Three of each", counters={"sites": 3}, workspace_counters={"applications": 3})

PLANS: Final[Mapping[str, Plan]] = {plan.name: plan for plan in (HELD, OPEN, PLACES, FIGURES)}


def plan_of(tenant: Tenant, session: object) -> Plan:
    return PLANS.get(tenant.name, FREE)
