"""What roles get from the roles that they inherit from. Works for any roles, also for those of a faulty scheme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .model import Level, Role

__all__ = ["Roles", "acting", "circle", "forebears", "index"]

Roles = Mapping[tuple[Level, str], Role]


def index(roles: tuple[Role, ...]) -> Roles:
    """The roles, to be found by level and key."""
    return {(role.level, role.key): role for role in roles}


def forebears(roles: Roles, role: Role) -> Iterator[Role]:
    """The role itself and every role that it inherits from, at any distance, each once and the nearest first."""
    waiting = [role.key]
    for key in waiting:  # which grows
        found = roles.get((role.level, key))
        if found is not None:
            yield found
            waiting += [parent for parent in found.inherits if parent not in waiting]


def circle(roles: Roles, role: Role) -> tuple[str, ...]:
    """The path by which the role inherits from itself, or nothing."""
    paths: list[tuple[str, ...]] = [(role.key,)]
    seen: set[str] = set()
    for path in paths:  # which grows
        found = roles.get((role.level, path[-1]))
        for parent in () if found is None else found.inherits:
            if parent == role.key:
                return (*path, parent)
            if parent not in seen:
                seen.add(parent)
                paths.append((*path, parent))
    return ()


def acting(roles: Roles, role: Role) -> frozenset[str]:
    """The workspace role that a tenant role acts as: by itself or, if it does not say, by what it inherits from.

    Of several, one would have to be chosen by chance, so more than one is a fault of the scheme.
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
