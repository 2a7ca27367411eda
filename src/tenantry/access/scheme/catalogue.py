"""The permissions that tenantry itself asks for. A host adds its own to a scheme."""

from __future__ import annotations

from ..model import Level, Permission

__all__ = ["BUILT_IN", "OWN"]

OWN = "tenant-api:tenant:own"
"""The reserved permission that makes an owner: only the scheme's `owner_role` carries it, and no pattern reaches it."""


def _tenant(name: str, description: str) -> Permission:
    return Permission(f"tenant-api:{name}", Level.TENANT, description)


def _workspace(name: str, description: str) -> Permission:
    return Permission(f"workspace-api:{name}", Level.WORKSPACE, description)


BUILT_IN: tuple[Permission, ...] = (
    _tenant("tenant:own", "Be an owner: hold everything, and be one of those without whom there is no tenant"),
    _tenant("tenant:read", "See the tenant's name, slug and status"),
    _tenant("tenant:update", "Change the tenant's name and slug"),
    _tenant("tenant:suspend", "Suspend the tenant and resume it"),
    _tenant("tenant:delete", "Delete the tenant and restore it"),
    _tenant("billing:read", "See plan, usage and invoices"),
    _tenant("billing:update", "Change plan and payment"),
    _tenant("member:read", "List the members of the tenant and the invitations to it"),
    _tenant("member:invite", "Add and invite members, and see and withdraw invitations"),
    _tenant("member:update", "Change roles and status of members"),
    _tenant("member:delete", "Remove members"),
    _tenant("workspace:create", "Create workspaces"),
    _tenant("workspace:archive", "Archive workspaces and restore them"),
    _tenant("workspace:delete", "Delete workspaces and restore them"),
    _tenant("role:read", "List roles and the permission matrix"),
    _tenant("role:create", "Define custom roles"),
    _tenant("role:update", "Change custom roles"),
    _tenant("role:delete", "Delete custom roles"),
    _tenant("audit:read", "Read the audit trail"),
    _tenant("counter:update", "Record the host's figures of the tenant"),
    _workspace("workspace:read", "See the workspace"),
    _workspace("settings:update", "Change the workspace's name, slug, description and settings"),
    _workspace("counter:update", "Record the host's figures of the workspace"),
    _workspace("member:read", "List the members of the workspace and the invitations to it"),
    _workspace("member:invite", "Add members to the workspace, and invite outsiders into it"),
    _workspace("member:update", "Change roles in the workspace"),
    _workspace("member:delete", "Remove members from the workspace"),
)
