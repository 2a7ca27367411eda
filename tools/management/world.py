"""A tenant with people of every rank on both sides of a command, and what becomes of each attempt in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeAlias

from attrs import evolve, frozen

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Level,
    Permission,
    Principal,
    Scheme,
    TenantContext,
    Tenantry,
    TenantryError,
    schemes,
)
from tenantry.ports import Store

__all__ = ["DONE", "HOST", "STRANGER", "Command", "Rank", "Scene", "Target", "Trial", "World"]

DONE = "done"
"""What became of a command that was not refused."""


@frozen
class Rank:
    """What somebody is: a tenant role and, for some, a role in one workspace beside it."""

    label: str
    role: str = ""
    """The key of the tenant role; empty for who is no member."""
    place: str = ""
    """The id of the workspace in which they have a role."""
    there: str = ""
    """The key of the role in it."""

    @property
    def workspaces(self) -> Mapping[str, str]:
        """The role in the workspace, as verbs take it."""
        return {self.place: self.there} if self.place else {}

    @property
    def level(self) -> Level:
        """The level of the role that sets the rank apart."""
        return Level.WORKSPACE if self.place else Level.TENANT

    @property
    def key(self) -> str:
        """The key of that role."""
        return self.there or self.role


HOST = Rank("SYSTEM")
STRANGER = Rank("no member")


@frozen
class Target:
    """Who or what a command is tried on."""

    label: str
    id: str
    """A `user_id`, or the key of a custom role."""
    rank: Rank
    """What they are, or what the role holds."""


@frozen
class Scene:
    """One attempt, within a transaction that is undone afterwards."""

    world: World
    tenancy: Tenantry
    by: Rank
    """What the principal is."""
    on: Target
    new: Rank
    """What they are to be, or what the role is to hold."""

    @property
    def context(self) -> TenantContext:
        """The context of the principal."""
        return self.tenancy.tenant(self.world.id, by=self.world.principal(self.by))

    @property
    def host(self) -> TenantContext:
        """The context of SYSTEM, for what has to be there before."""
        return self.tenancy.tenant(self.world.id, by=SYSTEM)


Command: TypeAlias = Callable[[Scene], Callable[[], object]]
"""Prepares a scene, and gives back what is to be attempted in it."""


@frozen
class Trial:
    """A command that somebody is to try."""

    topic: str
    name: str
    command: Command
    by: Rank
    on: Target
    new: Rank


class World:
    """A tenant of a scheme, with two workspaces, custom roles, and two people of each rank: one acts, one is acted on.

    Args:
        scheme: One of the schemes that come with tenantry; campaigns are added to it, as a host would.
        store: Where the tenant is made.
    """

    def __init__(self, scheme: Scheme, store: Store) -> None:
        scheme = _with_campaigns(scheme)
        self.tenancy = Tenantry(store=store, scheme=scheme, secret_keys=["a secret of the documentation, no other"])
        self.id = self.tenancy.person(Principal("founder")).create_tenant("Acme").id
        self._host = host = self.tenancy.tenant(self.id, by=SYSTEM)
        self.here, elsewhere = (host.workspaces.create(name).id for name in ("Here", "Elsewhere"))
        self.spare = host.roles.define("Spare", permissions=["tenant-api:tenant:read"], level="tenant").id
        lowest, admin = scheme.member_role, scheme.workspace_admin_role
        manages = ["tenant-api:member:*", "tenant-api:role:*"]
        deputy = host.roles.define("Deputy", permissions=manages, level="tenant", inherits=[lowest])
        auditor, manager = host.roles.adopt("auditor"), host.roles.adopt("client_manager")
        built_in = [Rank(role.key, role.key) for role in scheme.roles if role.level is Level.TENANT]
        there = [role.key for role in scheme.roles if role.level is Level.WORKSPACE]
        self.deputy = Rank(deputy.name, deputy.id)
        self.at_tenant = (*built_in, self.deputy, Rank(auditor.name, auditor.id))
        self.in_workspace = (
            *(Rank(f"{key} here", lowest, self.here, key) for key in there),
            Rank(f"{manager.name} here", lowest, self.here, manager.id),
        )
        self.elsewhere = Rank(f"{admin} elsewhere", lowest, elsewhere, admin)
        self.templates = [Rank(template.name, template.key) for template in scheme.templates]
        self.owner = built_in[0]
        self.owner_here = Rank(f"{self.owner.label} and {there[-1]} here", self.owner.role, self.here, there[-1])
        self.members = (*self.at_tenant, *self.in_workspace, self.elsewhere)
        self.principals = (HOST, *self.members, STRANGER)
        for rank in self.members:
            self._add(f"by {rank.label}", rank)
        for rank in (*self.members, self.owner_here):
            self._add(f"on {rank.label}", rank)
        self.roles = [self._like(rank) for rank in (*self.at_tenant[1:], *self.in_workspace)]

    def _add(self, user_id: str, rank: Rank) -> None:
        self._host.members.add(user_id, role=rank.role, workspaces=rank.workspaces)

    def _like(self, rank: Rank) -> Target:
        """A custom role that holds what the rank holds; one member has it."""
        role = self._host.roles.define(f"Like {rank.label}", permissions=[], level=rank.level, inherits=[rank.key])
        at_tenant = rank.level is Level.TENANT
        self._add(f"has {role.id}", evolve(rank, role=role.id) if at_tenant else evolve(rank, there=role.id))
        return Target(rank.label, role.id, rank)

    def principal(self, rank: Rank) -> Principal:
        """Who acts."""
        return SYSTEM if rank is HOST else Principal(f"by {rank.label}")

    def outcome(self, trial: Trial) -> str:
        """What becomes of it: `DONE`, or the code of the refusal. Nothing of it stays."""
        outcome = DONE
        with suppress(_Undone), self.tenancy.transaction() as tenancy:
            attempt = trial.command(Scene(self, tenancy, trial.by, trial.on, trial.new))
            try:
                attempt()
            except Denied as refused:
                outcome = refused.decision.code
            except Conflict as refused:
                outcome = refused.rule
            except TenantryError as refused:
                outcome = refused.code
            raise _Undone
        return outcome


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _with_campaigns(scheme: Scheme) -> Scheme:
    """The scheme as a host has it: with something to work on, so that workspace roles differ."""
    editor = [role.key for role in scheme.roles if role.level is Level.WORKSPACE][1]
    return scheme.extend(
        permissions=[
            Permission("campaign-api:campaign:read", Level.WORKSPACE, "See campaigns"),
            Permission("campaign-api:campaign:update", Level.WORKSPACE, "Write campaigns"),
        ],
        workspace_roles={editor: ["campaign-api:campaign:update"]},
        templates=() if scheme.templates else schemes.AGENCY.templates,
    )
