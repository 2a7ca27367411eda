"""The world that every engine is built from: what an agency's roles hold, and who has which role where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from attrs import frozen

from tenantry import Level, Permission, Role, Scheme, schemes

__all__ = ["SCHEME", "Agencies", "Given", "agencies"]

SCHEME = schemes.AGENCY.extend(
    permissions=[
        Permission(f"{entity}-api:{entity}:{action}", Level.WORKSPACE)
        for entity in ("campaign", "report")
        for action in ("read", "create", "update", "delete")
    ],
    roles=[Role("auditor", Level.TENANT, ["tenant-api:audit:*"], inherits=["member"], acts_as="viewer")],
    workspace_roles={"member": ["campaign-api:*:*", "report-api:report:create"]},
)
"""Roles of both levels that inherit and name permissions by wildcards; three tenant roles act in every workspace."""


@frozen
class Given:
    """A role that a user has, at the tenant or in one of its workspaces."""

    tenant: str
    user: str
    role: str
    workspace: str | None = None


@frozen(slots=False)
class Agencies:
    """Everything that an engine must know.

    Args:
        scheme: The permissions, and the roles: what each holds, by names and patterns, from which it inherits, and as
            what it acts in every workspace. What follows from that, each engine works out for itself.
        workspaces: Of each tenant, the ids.
        given: Who has which role.
    """

    scheme: Scheme
    workspaces: Mapping[str, Sequence[str]]
    given: Sequence[Given]

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, Sequence[Given]]]:
        """Of each tenant, the users with what each was given."""
        found: dict[str, dict[str, list[Given]]] = {tenant: {} for tenant in self.workspaces}
        for each in self.given:
            found[each.tenant].setdefault(each.user, []).append(each)
        return found

    def permissions(self, level: Level) -> Sequence[str]:
        """What may be asked at a level; all but the right to be an owner, of which only tenantry knows."""
        return sorted(self.scheme.names[level] - {"tenant-api:tenant:own"})

    def at(self, level: Level) -> Iterator[Role]:
        """The roles of a level, each after those that it inherits from."""
        waiting = [role for role in self.scheme.roles if role.level is level]
        done: set[str] = set()
        while waiting:
            role = waiting.pop(0)
            if done.issuperset(role.inherits):
                done.add(role.key)
                yield role
            else:
                waiting.append(role)

    def named(self, role: Role) -> Sequence[str]:
        """What a role itself holds, its patterns expanded, without what it inherits."""
        return [name for name in self.permissions(role.level) if any(matches(each, name) for each in role.permissions)]

    def everywhere(self, key: str) -> str | None:
        """The workspace role as which the holders of a tenant role act in every workspace."""
        role = next(role for role in self.at(Level.TENANT) if role.key == key)
        return role.acts_as or next(filter(None, map(self.everywhere, role.inherits)), None)

    def in_workspaces(self, given: Given) -> Iterator[tuple[str, str]]:
        """The workspaces in which this counts, each with the workspace role that it is there."""
        if given.workspace is not None:
            yield given.workspace, given.role
        elif role := self.everywhere(given.role):
            yield from ((workspace, role) for workspace in self.workspaces[given.tenant])


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern, in which a whole segment may be `*`, stands for this permission."""
    return all(wanted in ("*", has) for wanted, has in zip(pattern.split(":"), name.split(":"), strict=True))


def agencies(*, tenants: int, members: int, workspaces: int) -> Agencies:
    """So many agencies, each with so many clients: an owner, an admin, an auditor, and members with work in a few."""
    places = {f"ten_{t}": [f"wsp_{t}_{w}" for w in range(workspaces)] for t in range(tenants)}
    return Agencies(SCHEME, places, [g for t in range(tenants) for g in _agency(t, members, places[f"ten_{t}"])])


def _agency(number: int, members: int, workspaces: Sequence[str]) -> Iterator[Given]:
    tenant = f"ten_{number}"
    for n in range(members):
        user = f"user_{number}_{n}"
        yield Given(tenant, user, ("owner", "admin", "auditor")[n] if n < 3 else "member")
        for step, role in enumerate(("admin", "member", "viewer") if n > 1 else ()):
            yield Given(tenant, user, role, workspaces[(n + step) % len(workspaces)])
