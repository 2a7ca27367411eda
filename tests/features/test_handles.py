"""What a host holds in its hands while it looks for a mistake of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tenantry import AsyncTenantry, Invalid, Principal, Tenantry, schemes
from tenantry.memory import MemoryStore

ADA = Principal("user_ada")
KEYS = ["a key for these tests, of 32 bytes or more"]


def test_a_handle_says_whose_it_is() -> None:
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=KEYS)
    assert repr(tenancy.person(ADA)) == "<PersonContext of user_ada>"
    context = tenancy.tenant("ten_acme", by=ADA)
    assert repr(context) == "<TenantContext of user_ada in ten_acme>"
    assert repr(context.members) == "<Members of ten_acme, by user_ada>"


def test_an_awaited_handle_says_so() -> None:
    tenancy = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=KEYS)
    assert repr(tenancy.tenant("ten_acme", by=ADA)) == "<awaited <TenantContext of user_ada in ten_acme>>"


@pytest.mark.parametrize("front_door", [Tenantry, AsyncTenantry])
def test_a_class_of_stores_is_no_store(front_door: Any) -> None:
    with pytest.raises(Invalid, match=r"store must be .*, not type"):
        front_door(store=MemoryStore, scheme=schemes.AGENCY, secret_keys=KEYS)


def test_run_refuses_a_coroutine_function() -> None:
    tenancy = AsyncTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=KEYS)

    async def work(_: Tenantry) -> None:
        raise AssertionError

    async def mistaken() -> object:
        return await tenancy.run(work)

    with pytest.raises(Invalid, match="run takes a synchronous function"):
        asyncio.run(mistaken())
