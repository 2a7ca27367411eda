"""The schemes that come with tenantry. A host extends one (`AGENCY.extend(...)`) or writes its own `Scheme`."""

from __future__ import annotations

from typing import Final

from ..model import Level, Role
from .scheme import Scheme

__all__ = ["AGENCY", "CENTRAL_IT", "CONTENT"]

_MANAGER: Final = (
    "tenant-api:tenant:read",
    "tenant-api:tenant:update",
    "tenant-api:member:*",
    "tenant-api:workspace:*",
    "tenant-api:role:*",
    "tenant-api:audit:*",
    "tenant-api:counter:*",
)


def _workspace_roles(editor: str) -> tuple[Role, ...]:
    return (
        Role("admin", Level.WORKSPACE, ["*:*:*"], inherits=[editor], description="Runs this workspace"),
        Role(editor, Level.WORKSPACE, inherits=["viewer"], description="Works in this workspace"),
        Role("viewer", Level.WORKSPACE, ["*:*:read"], description="Sees this workspace"),
    )


_TEMPLATES: Final = (
    Role(
        "client_manager",
        Level.WORKSPACE,
        ["*:*:read", "workspace-api:settings:update", "workspace-api:counter:update", "workspace-api:member:*"],
        name="Client Manager",
        description="Looks after a client: its settings and its people, not its content",
    ),
    Role(
        "campaign_creator",
        Level.WORKSPACE,
        ["*:*:read", "*:campaign:*"],
        name="Campaign Creator",
        description="Sees everything, and does everything with campaigns",
    ),
    Role(
        "auditor",
        Level.TENANT,
        ["*:*:read"],
        acts_as="viewer",
        name="Auditor",
        description="Sees everything, billing and the audit trail included, and changes nothing",
    ),
)
"""What an agency's tenants often need beside the built-in roles; patterns are expanded when a tenant adopts one."""


AGENCY: Final = Scheme(
    "agency",
    (
        Role("owner", Level.TENANT, ["*:*:*"], acts_as="admin", description="Everything, billing included"),
        Role("admin", Level.TENANT, _MANAGER, acts_as="admin", description="Everything but billing and deletion"),
        Role("member", Level.TENANT, ["tenant-api:tenant:read"], description="Works where given a workspace role"),
        *_workspace_roles("member"),
    ),
    owner_role="owner",
    member_role="member",
    default_workspace_role="member",
    templates=_TEMPLATES,
)
"""An agency with a workspace for each client: Owner, Admin, Member; in a workspace Admin, Member, Viewer."""

CENTRAL_IT: Final = Scheme(
    "central_it",
    (
        Role("admin", Level.TENANT, ["*:*:*"], acts_as="admin", description="Runs the tenant and every workspace"),
        Role("member", Level.TENANT, ["tenant-api:tenant:read"], description="Sees the assigned workspaces only"),
        *_workspace_roles("editor"),
    ),
    owner_role="admin",
    member_role="member",
    default_workspace_role="editor",
)
"""Shared services for departments: Admin, Member; in a workspace Admin, Editor, Viewer."""

CONTENT: Final = Scheme(
    "content",
    (
        Role("admin", Level.TENANT, ["*:*:*"], acts_as="admin", description="Everything, members included"),
        Role("writer", Level.TENANT, inherits=["viewer"], acts_as="writer", description="Writes, and sees the members"),
        Role(
            "viewer",
            Level.TENANT,
            ["tenant-api:member:read"],
            inherits=["basic"],
            acts_as="viewer",
            description="Reads, and sees the members",
        ),
        Role("basic", Level.TENANT, ["tenant-api:tenant:read"], description="Belongs, and sees no members"),
        *_workspace_roles("writer"),
    ),
    owner_role="admin",
    member_role="basic",
    default_workspace_role="writer",
)
"""A publication whose roles hold everywhere: Admin, Writer, Viewer, Basic; in a workspace Admin, Writer, Viewer."""
