"""Everything that is tried: each command, by everybody, on everybody, for every rank."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Final, TypeAlias

from tenantry import Scheme
from tenantry.memory import MemoryStore

from . import commands
from .world import HOST, Command, Rank, Target, Trial, World

__all__ = ["Found", "in_memory", "trials"]

Found: TypeAlias = Sequence[tuple[Trial, str]]
"""What was tried, and what became of it."""

NOTHING: Final = Rank("")
NOBODY: Final = Target("", "", NOTHING)


def trials(world: World) -> Iterator[Trial]:
    """What is tried in a world, topic by topic."""
    at_tenant, in_workspace = world.at_tenant, world.in_workspace
    people = [_somebody(rank) for rank in (*at_tenant, *in_workspace)]
    inside = [_somebody(rank) for rank in (*in_workspace, world.owner_here)]
    everybody = partial(_product, by=world.principals)
    yield from everybody("role", commands.CHANGING, on=people, new=at_tenant)
    yield from everybody("membership", commands.ENDING, on=people)
    yield from everybody("ownership", commands.HANDING_OVER, on=people)
    yield from everybody("newcomer", commands.INVITING, new=(*at_tenant, *in_workspace, world.elsewhere))
    yield from everybody("into workspace", commands.ADDING, on=people[: len(at_tenant)], new=in_workspace)
    yield from everybody("in workspace", commands.CHANGING_HERE, on=inside, new=in_workspace)
    yield from everybody("out of workspace", commands.ENDING_HERE, on=inside)
    yield from everybody("new workspace", commands.CREATING, on=people)
    for rank in world.members:
        yield from _oneself(world, rank)
    last = [Target("", f"by {world.owner.label}", world.owner)]
    yield from _product("last owner", commands.LAST, by=[HOST, world.owner], on=last, new=at_tenant[1:2])
    yield from everybody("new role", commands.DEFINING, new=(*at_tenant, *in_workspace))
    yield from everybody("template", commands.ADOPTING, new=world.templates)
    for role in (*world.roles, Target(f"{world.deputy.label} itself", world.deputy.key, world.deputy)):
        peers = at_tenant[1:] if role.rank in at_tenant else in_workspace  # ownership is given one by one
        others = [rank for rank in peers if rank.key != role.id]
        yield from everybody("custom role", commands.RESHAPING, on=[role], new=others)
    yield from everybody("unused role", commands.DELETING, on=world.roles)


@cache
def in_memory(scheme: Scheme) -> tuple[World, Found]:
    """A world of this scheme in memory, and what became of everything that is tried in it; a process does this once."""
    world = World(scheme, MemoryStore())
    return world, [(trial, world.outcome(trial)) for trial in trials(world)]


def _somebody(rank: Rank) -> Target:
    return Target(rank.label, f"on {rank.label}", rank)


def _oneself(world: World, rank: Rank) -> Iterator[Trial]:
    """What somebody of this rank tries on themselves."""
    oneself = partial(_product, by=[rank], on=[Target("", f"by {rank.label}", rank)])
    yield from oneself("oneself", commands.CHANGING, new=world.at_tenant)
    yield from oneself("oneself", commands.LEAVING)
    if rank in world.in_workspace:
        yield from oneself("oneself in workspace", commands.CHANGING_HERE, new=world.in_workspace)
        yield from oneself("oneself in workspace", commands.ENDING_HERE)


def _product(
    topic: str,
    commands: Mapping[str, Command],
    *,
    by: Collection[Rank],
    on: Collection[Target] = (NOBODY,),
    new: Collection[Rank] = (NOTHING,),
) -> Iterator[Trial]:
    for principal in by:
        for target in on:
            for rank in new:
                for name, command in commands.items():
                    yield Trial(topic, name, command, principal, target, rank)
