"""Who acts is said by the host, and by nobody else."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Principal
from tenantry.memory import MemoryStore
from tests.features.people import ADA
from tests.features.verbs import VERBS, World


@pytest.mark.parametrize("by", [None, "", 0, "system", ADA.user_id, True, object(), type(SYSTEM)])
def test_nothing_that_is_missing_or_looks_alike_is_the_system(by: Any) -> None:
    """PE-23"""
    world = World(MemoryStore())
    for ask in (
        lambda: world.tenancy.tenant(world.acme.id, by=by),
        lambda: world.tenancy.person(by),
        lambda: world.tenancy.create_tenant("Beta", owner=ADA, by=by),
        lambda: world.tenancy.create_tenant("Beta", owner=by),
    ):
        with pytest.raises(Invalid):
            ask()


@pytest.mark.parametrize("user_id", ["system", "system:nightly", "service", "service:importer", "system:"])
def test_no_user_has_the_systems_name(user_id: str) -> None:
    """PE-23"""
    with pytest.raises(Invalid):
        Principal(user_id)


@pytest.mark.parametrize(
    "field", ["role", "roles", "tenant_id", "is_owner", "email_verified", "created_at", "id", "status"]
)
def test_what_an_update_does_not_know_is_an_error(field: str) -> None:
    """PE-13"""
    world = World(MemoryStore())
    for name in ("tenant.update", "workspaces.update", "members.update", "workspaces.create", "invitations.send"):
        if field not in signature(world.verb(name)).parameters:
            with pytest.raises(TypeError):
                world.verb(name)(**VERBS[name].args(world), **{field: "owner"})
