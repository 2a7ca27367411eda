"""What roles get from the roles that they inherit from. Works for any roles, also for those of a faulty scheme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from ..model import Level, Role

__all__ = ["Roles", "acting", "circle", "forebears", "index", "lineage", "merge", "paths"]

Roles = Mapping[tuple[Level, str], Role]


def index(roles: Iterable[Role]) -> Roles:
    """The roles, to be found by level and key."""
    return {(role.level, role.key): role for role in roles}


def paths(roles: Roles, role: Role) -> Iterator[tuple[Role, ...]]:
    """The shortest path from the role to itself and to each that it inherits from, the nearest first."""
    found: list[tuple[Role, ...]] = [(role,)]
    seen = {role.key}
    for path in found:  # which grows
        yield path
        for key in sorted(path[-1].inherits):  # of several ways of one length, always the same
            parent = roles.get((role.level, key))
            if parent is not None and key not in seen:
                seen.add(key)
                found.append((*path, parent))


def forebears(roles: Roles, role: Role) -> Iterator[Role]:
    """The role itself and every role that it inherits from, at any distance, each once and the nearest first."""
    return (path[-1] for path in paths(roles, role))


def circle(roles: Roles, role: Role) -> tuple[Role, ...]:
    """The path by which the role inherits from itself, or nothing."""
    return next(((*path, role) for path in paths(roles, role) if role.key in path[-1].inherits), ())


def acting(roles: Roles, role: Role) -> frozenset[str]:
    """The workspace role that a tenant role acts as: by itself or, if it does not say, by what it inherits from.

    Of several, one would have to be chosen by chance, so more than one is a fault.
    """
    several: set[str] = set()
    waiting = [role.key]
    for key in waiting:  # which grows, by each role once: there may be many ways to one
        found = roles.get((role.level, key))
        if found is not None and found.acts_as is not None:
            several.add(found.acts_as)
        elif found is not None:
            waiting += [parent for parent in found.inherits if parent not in waiting]
    return frozenset(several)


def lineage(roles: Roles, role: Role) -> tuple[Role, ...]:
    """The custom ones among the role itself, its forebears, the workspace roles that these act as, and their forebears.

    Also of one that acts as another than its forebears do: what they hold everywhere is needed to compare with them.
    """
    inherited = list(forebears(roles, role))
    acted = {(Level.WORKSPACE, key) for each in inherited for key in acting(roles, each)}
    everywhere = [roles[key] for key in sorted(acted & roles.keys())]
    return merge(each for origin in (role, *everywhere) for each in forebears(roles, origin) if each.is_custom)


def merge(roles: Iterable[Role]) -> tuple[Role, ...]:
    """These roles, each once, in the order of their keys."""
    return tuple(sorted({role.key: role for role in roles}.values(), key=attrgetter("key")))
