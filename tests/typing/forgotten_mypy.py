"""What mypy reports where an `await` was forgotten. Nothing here runs.

An ignore that nothing needs is an error here. `warn_unreachable` is no part of `strict`: hosts turn it on.
"""
# mypy: warn-unreachable
# pyright: reportGeneralTypeIssues=false

from __future__ import annotations

from tenantry import AsyncTenantContext, AsyncTenantry


def an_if(context: AsyncTenantContext) -> object:
    if context.can("a:b:c"):
        return "granted"  # type: ignore[unreachable]
    return "denied"  # type: ignore[unreachable]


def an_assertion(context: AsyncTenantContext) -> object:
    assert context.can("a:b:c")
    return "granted"  # type: ignore[unreachable]


def another_answer(context: AsyncTenantContext) -> object:
    if context.audit.verify():
        return "whole"  # type: ignore[unreachable]
    return "broken"  # type: ignore[unreachable]


async def what_is_not_done(tenancy: AsyncTenantry, context: AsyncTenantContext) -> None:
    context.require("a:b:c")  # type: ignore[unused-coroutine]
    context.members.remove("user_bob")  # type: ignore[unused-coroutine]
    context.run(lambda t: t.get())  # type: ignore[unused-coroutine]
    tenancy.retry(several)  # type: ignore[unused-coroutine]


async def several(tx: AsyncTenantry) -> None:
    await tx.resolve("acme")
