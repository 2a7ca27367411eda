"""The awaited front door has one line for each verb: its name, signature and docstring, as a coroutine function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tenantry import SYSTEM, AsyncTenantry, PersonContext, TenantContext, Tenantry, schemes
from tenantry.access.service.roles import Roles
from tenantry.aio import (
    AsyncAudit,
    AsyncInvitations,
    AsyncJobsContext,
    AsyncMembers,
    AsyncPersonContext,
    AsyncPlans,
    AsyncRoles,
    AsyncTenantContext,
    AsyncWorkspaces,
)
from tenantry.audit.service.audit import Audit
from tenantry.invitations.service.invitations import Invitations
from tenantry.jobs import JobsContext
from tenantry.members.service.members import Members
from tenantry.memory import MemoryStore
from tenantry.plans.service.plans import Plans
from tenantry.workspaces.service.workspaces import Workspaces
from tests.features.people import ADA, SECRET
from tests.features.verbs import ROOMS

TWINS: Mapping[type, type] = {
    Tenantry: AsyncTenantry,
    PersonContext: AsyncPersonContext,
    TenantContext: AsyncTenantContext,
    Members: AsyncMembers,
    Workspaces: AsyncWorkspaces,
    Invitations: AsyncInvitations,
    Roles: AsyncRoles,
    Plans: AsyncPlans,
    Audit: AsyncAudit,
    JobsContext: AsyncJobsContext,
}
BY_HAND = {"using", "person", "tenant", "transaction", "retry"}
"""What asks the store nothing by itself, or takes what awaits: written twice, with the same parameters."""


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def verbs() -> list[tuple[type, str]]:
    return [
        (kind, name)
        for kind in TWINS
        for name, _ in inspect.getmembers_static(kind, inspect.isfunction)
        if name[0] != "_"
    ]


AWAITED = [(kind, name) for kind, name in verbs() if not (kind is Tenantry and name in BY_HAND)]


def of(kind: type, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = inspect.getattr_static(kind, name)
    return found


def test_every_room_has_its_twin() -> None:
    assert set(TWINS) == set(ROOMS.values())


@pytest.mark.parametrize("kind", TWINS, ids=lambda kind: kind.__name__)
def test_the_twin_has_the_same_names_and_no_others(kind: type) -> None:
    own = {"run"} | ({"of"} if kind is Tenantry else set())
    not_awaited = {"name"}  # of a service, for the log

    assert public(TWINS[kind]) - own == public(kind) - not_awaited


@pytest.mark.parametrize(("kind", "name"), AWAITED, ids=lambda each: getattr(each, "__name__", each))
def test_an_awaited_verb_is_its_twin_as_a_coroutine(kind: type, name: str) -> None:
    verb, twin = of(kind, name), of(TWINS[kind], name)

    assert inspect.iscoroutinefunction(twin)
    assert (twin.__name__, twin.__doc__) == (verb.__name__, verb.__doc__)
    assert verb.__doc__
    assert inspect.signature(twin) == inspect.signature(verb)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_what_is_written_twice_takes_the_same(name: str) -> None:
    verb, twin = of(Tenantry, name), of(AsyncTenantry, name)

    assert list(inspect.signature(twin).parameters) == list(inspect.signature(verb).parameters)
    assert twin.__doc__


@pytest.mark.parametrize("room", ["workspaces", "members", "invitations", "audit"])
def test_a_part_of_the_context_is_the_part_awaited(room: str) -> None:
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    twin = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])

    part = getattr(tenancy.tenant("ten_1", by=SYSTEM), room)
    twins = getattr(twin.tenant("ten_1", by=SYSTEM), room)

    assert type(twins) is TWINS[type(part)]
    assert of(AsyncTenantContext, room).__doc__ == of(TenantContext, room).__doc__


def test_an_awaited_verb_is_taken_by_create_task() -> None:
    async def main() -> int:
        tenancy = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
        acme = await asyncio.create_task(tenancy.person(ADA).create_tenant("Acme"), name="birth")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(tenancy.tenant(acme.id, by=ADA).members.list())
        return len(task.result())

    assert asyncio.run(main()) == 1


def test_a_bound_verb_shows_its_own_signature() -> None:
    tenancy = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    context = tenancy.tenant("ten_1", by=ADA)
    sync = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET]).tenant("ten_1", by=ADA)

    assert inspect.signature(context.members.list) == inspect.signature(sync.members.list)
    assert inspect.signature(context.can) == inspect.signature(sync.can)
