"""What is stored of roles and this release of the host does not know: none of it is granted; here it is listed."""

from __future__ import annotations

from collections.abc import Iterator

from ...members.model import GRANTS
from ...storage.ports import Across, Among, Slice
from ...workspaces.model import WORKSPACES
from ..custom import ROLES, CustomRole, as_role, lineage_of
from ..model import CUSTOM, Finding, Level
from ..scheme import Scheme
from ..scheme.faults import bonds, unknown
from ..scheme.inheritance import index

__all__ = ["findings"]

_AT_ONCE = 1_000


def findings(across: Across, scheme: Scheme) -> Iterator[Finding]:
    """Everything stored of roles, over all tenants, that the scheme does not know."""
    for role in _all(across):
        roles = index([*scheme.roles, *lineage_of(role)])
        if as_role(role) not in lineage_of(role):
            message = f"What is stored of the {role.level} role {role.name!r} is damaged; it grants nothing."
            yield Finding("role_damaged", role.id, role.tenant_id, message)
        for fault in (*unknown(scheme, as_role(role)), *bonds(scheme, roles, as_role(role))):
            yield Finding("role_outdated", role.id, role.tenant_id, fault)
    roles = index(scheme.roles)
    for level, place in ((Level.TENANT, None), (Level.WORKSPACE, Among(WORKSPACES, "id"))):
        held = across.records(GRANTS).count_by("role", "membership_id", workspace_id=place)
        for key, members in sorted(held.items()):
            if (level, key) not in roles and not key.startswith(CUSTOM):
                message = f"The scheme has no {level} role {key!r}; members who have it: {members}."
                yield Finding("role_unknown", key, None, message)


def _all(across: Across) -> Iterator[CustomRole]:
    last: tuple[str, ...] | None = None
    more = True
    while more:
        found = across.records(ROLES).list(Slice(limit=_AT_ONCE, after=last))
        yield from found
        more = len(found) == _AT_ONCE
        last = (found[-1].id,) if more else None
