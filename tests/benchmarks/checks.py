"""A check, against what no library can beat: a nested dictionary of frozen sets, asked by one method call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from timeit import Timer
from typing import Any

from tenantry import Access
from tenantry.access import Level
from tenantry.memory import MemoryStore

from .timing import Pair
from .world import ADA, SCHEME, World, tenantry_on

__all__ = ["checks"]

MAY = "workspace-api:member:invite"
PAGE = 1_000


class Plain:
    """For each tenant, user and workspace, the permissions that are held there."""

    def __init__(self, held: Mapping[str, Mapping[str, Mapping[str | None, frozenset[str]]]]) -> None:
        self._held = held

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        return permission in self._held[tenant][user][workspace]


def checks() -> Iterator[Pair]:
    """The pairs of this subject."""
    world = World(tenantry_on(MemoryStore()), members=4, workspaces=10)
    desk = world.tenancy.tenant(world.tenant_id, by=world.member)
    access = desk.access(workspaces=world.workspaces)
    plain = Plain({world.tenant_id: {world.member.user_id: _held(access, world.workspaces)}})
    asked = {
        "tenant": world.tenant_id,
        "user": world.member.user_id,
        "permission": MAY,
        "workspace": world.workspaces[0],
        "page": (world.workspaces * PAGE)[:PAGE],
        "access": access,
        "desk": desk,
        "plain": plain,
    }
    by_hand = "plain.can(tenant, user, {}, permission)"
    yield _pair("`Access.can`", "access.can(permission, workspace=workspace)", by_hand.format("workspace"), asked)
    yield _pair("`desk.can`, warm", "desk.can(permission, workspace=workspace)", by_hand.format("workspace"), asked)
    yield _pair(
        f"`Access.can`, {PAGE:,} times for a page",
        "[access.can(permission, workspace=each) for each in page]",
        f"[{by_hand.format('each')} for each in page]",
        asked,
    )
    large = World(tenantry_on(MemoryStore()), members=4, workspaces=PAGE)
    asked["large"] = large.tenancy.tenant(large.tenant_id, by=ADA).access(workspaces=large.workspaces)
    asked["small"] = world.tenancy.tenant(world.tenant_id, by=ADA).access(workspaces=world.workspaces)
    asked["there"] = large.workspaces[0]
    yield _pair(
        f"`Access.can`, with {PAGE:,} workspaces against 10",
        "large.can(permission, workspace=there)",
        "small.can(permission, workspace=workspace)",
        asked,
    )


def _held(access: Access, workspaces: list[str]) -> dict[str | None, frozenset[str]]:
    held: dict[str | None, frozenset[str]] = {None: frozenset(p for p in SCHEME.names[Level.TENANT] if access.can(p))}
    for id in workspaces:
        held[id] = frozenset(p for p in SCHEME.names[Level.WORKSPACE] if access.can(p, workspace=id))
    return held


def _pair(name: str, ours: str, limit: str, asked: dict[str, Any]) -> Pair:
    assert eval(ours, asked) == eval(limit, asked), name
    return Pair(name, Timer(ours, globals=asked).timeit, Timer(limit, globals=asked).timeit)
