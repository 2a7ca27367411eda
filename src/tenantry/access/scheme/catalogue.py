"""The permissions that tenantry itself asks for. A host adds its own to a scheme."""

from __future__ import annotations

from ..model import Level, Permission

__all__ = ["BUILT_IN", "OWN"]

OWN = "tenant-api:tenant:own"
"""The reserved permission that makes an owner: only the scheme's `owner_role` carries it, and no pattern reaches it."""


def _tenant(name: str, description: str, *, in_person: bool = False) -> Permission:
    return Permission(f"tenant-api:{name}", Level.TENANT, description, in_person=in_person)


def _workspace(name: str, description: str, *, in_person: bool = False) -> Permission:
    return Permission(f"workspace-api:{name}", Level.WORKSPACE, description, in_person=in_person)


BUILT_IN: tuple[Permission, ...] = (
    _tenant(
        "tenant:own",
        "Be an owner: hold everything, and be one of those without whom there is no tenant",
        in_person=True,
    ),
    _tenant("tenant:read", "See the tenant's name, slug and status"),
    _tenant("tenant:update", "Change the tenant's name and slug"),
    _tenant("tenant:suspend", "Suspend the tenant and resume it", in_person=True),
    _tenant("tenant:delete", "Delete the tenant and restore it", in_person=True),
    _tenant("billing:read", "See plan, usage and invoices"),
    _tenant("billing:update", "Change plan and payment"),
    _tenant("member:read", "List the members of the tenant and the invitations to it"),
    _tenant("member:invite", "Add and invite members, and see and withdraw invitations", in_person=True),
    _tenant("member:update", "Change roles and status of members", in_person=True),
    _tenant("member:delete", "Remove members", in_person=True),
    _tenant("workspace:create", "Create workspaces"),
    _tenant("workspace:archive", "Archive workspaces and restore them"),
    _tenant("workspace:delete", "Delete workspaces and restore them", in_person=True),
    _tenant("role:read", "List roles and the permission matrix"),
    _tenant("role:create", "Define custom roles", in_person=True),
    _tenant("role:update", "Change custom roles", in_person=True),
    _tenant("role:delete", "Delete custom roles", in_person=True),
    _tenant("audit:read", "Read the audit trail"),
    _tenant("counter:update", "Record the host's figures of the tenant"),
    _workspace("workspace:read", "See the workspace"),
    _workspace("settings:update", "Change the workspace's name, slug, description and settings"),
    _workspace("counter:update", "Record the host's figures of the workspace"),
    _workspace("member:read", "List the members of the workspace and the invitations to it"),
    _workspace("member:invite", "Add members to the workspace, and invite outsiders into it", in_person=True),
    _workspace("member:update", "Change roles in the workspace", in_person=True),
    _workspace("member:delete", "Remove members from the workspace", in_person=True),
)
