"""What pyright reports, in its standard mode, where an `await` was forgotten. Nothing here runs.

An ignore that nothing needs is an error here: so each line that has one is reported.
"""
# mypy: ignore-errors
# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from tenantry import AsyncTenantContext, AsyncTenantry
from tenantry.aio import AsyncJobsContext
from tenantry.notices import Mailer


def conditions(context: AsyncTenantContext) -> object:
    if context.can("a:b:c"):  # pyright: ignore[reportGeneralTypeIssues]
        return "granted"
    while not context.can("a:b:c"):  # pyright: ignore[reportGeneralTypeIssues]
        return "denied"
    assert context.can("a:b:c")  # pyright: ignore[reportGeneralTypeIssues]
    return "on" if context.can("a:b:c") else "off"  # pyright: ignore[reportGeneralTypeIssues]


def filters(context: AsyncTenantContext) -> list[str]:
    return [name for name in ("a:b:c", "a:b:d") if context.can(name)]  # pyright: ignore[reportGeneralTypeIssues]


def other_answers(context: AsyncTenantContext) -> object:
    if context.check("a:b:c"):  # pyright: ignore[reportGeneralTypeIssues]
        return "granted"
    if context.workspaces_where("a:b:c"):  # pyright: ignore[reportGeneralTypeIssues]
        return "granted"
    return "whole" if context.audit.verify() else "broken"  # pyright: ignore[reportGeneralTypeIssues]


async def what_is_not_done(tenancy: AsyncTenantry, context: AsyncTenantContext) -> None:
    context.require("a:b:c")  # pyright: ignore[reportUnusedCoroutine]
    context.members.add("user_bob")  # pyright: ignore[reportUnusedCoroutine]
    context.members.remove("user_bob")  # pyright: ignore[reportUnusedCoroutine]
    context.run(lambda t: t.get())  # pyright: ignore[reportUnusedCoroutine]
    tenancy.retry(several)  # pyright: ignore[reportUnusedCoroutine]


async def several(tx: AsyncTenantry) -> None:
    await tx.resolve("acme")


async def mail(jobs: AsyncJobsContext, mailer: Mailer) -> None:
    jobs.dispatch_notices(mailer)  # pyright: ignore[reportUnusedCoroutine]
