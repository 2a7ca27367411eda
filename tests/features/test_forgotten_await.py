"""A call of an awaited verb: a coroutine to whoever awaits it, and an error to whoever forgets to."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import warnings
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from tenantry import AsyncTenantContext, AsyncTenantry, Invalid, Page
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import AsyncSQLAlchemyStore
from tests.features.awaiting import awaiting
from tests.features.people import ADA

READ = "tenant-api:member:read"


class Silent:
    """A mailer that sends nothing."""

    def send(self, _: object) -> None: ...


async def several(tx: AsyncTenantry) -> None:
    await tx.resolve("acme")


@pytest.fixture
def tenancy() -> AsyncTenantry:
    return awaiting(MemoryStore())


@pytest.fixture
def context(tenancy: AsyncTenantry) -> AsyncTenantContext:
    acme = asyncio.run(_as_main(tenancy.person(ADA).create_tenant("Acme")))
    return tenancy.tenant(acme.id, by=ADA)


async def _as_main(call: Awaitable[Any]) -> Any:
    return await call


@pytest.fixture(params=[False, True], ids=["quiet", "debug"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """What `asyncio.run` is, in debug mode too."""
    return partial(asyncio.run, debug=request.param)


MISUSES: dict[str, Callable[[Any], object]] = {
    "if": lambda call: "granted" if call else "denied",
    "not": lambda call: not call,
    "and": lambda call: call and "granted",
    "or": lambda call: call or "granted",
    "bool": bool,
    "any": lambda call: any([call]),
    "all": lambda call: all([call]),
    "filter": lambda call: list(filter(None, [call])),
    "a comprehension": lambda call: [1 for _ in range(1) if call],
    "a key": lambda call: list(filter(lambda _: call, [1])),
}

CALLS: dict[str, Callable[[AsyncTenantry, AsyncTenantContext], object]] = {
    "TenantContext.can": lambda _, context: context.can(READ),
    "Members.list": lambda _, context: context.members.list(),
    "TenantContext.suspend": lambda _, context: context.suspend("Unpaid."),
    "PersonContext.tenants": lambda tenancy, _: tenancy.person(ADA).tenants(),
    "Awaited.run": lambda _, context: context.run(lambda t: t.can(READ)),
    "AsyncTenantry.retry": lambda tenancy, _: tenancy.retry(several),
    "AsyncJobsContext.dispatch_notices": lambda tenancy, _: tenancy.jobs.dispatch_notices(Silent()),
    "AsyncSQLAlchemyStore.create_all": lambda *_: AsyncSQLAlchemyStore("sqlite+aiosqlite://").create_all(),
    "AsyncSQLAlchemyStore.dispose": lambda *_: AsyncSQLAlchemyStore("sqlite+aiosqlite://").dispose(),
}


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_a_call_is_neither_true_nor_false(context: AsyncTenantContext, misuse: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"^TenantContext\.can\(\) was not awaited: write `await`"):
        misuse(context.can(READ))


@pytest.mark.parametrize("name", CALLS)
def test_so_is_whatever_is_awaited(tenancy: AsyncTenantry, context: AsyncTenantContext, name: str) -> None:
    """And it is not run."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(TypeError, match=f"^{name}"):
            bool(CALLS[name](tenancy, context))
        gc.collect()
    assert said == []  # the error says it; one warning more would say it twice


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_nobody_awaits_still_warns(tenancy: AsyncTenantry, context: AsyncTenantContext, name: str) -> None:
    with pytest.warns(RuntimeWarning, match=f"coroutine '{name}' was never awaited"):
        CALLS[name](tenancy, context)


def test_whoever_waits_for_it_gets_the_answer(context: AsyncTenantContext, run: Callable[..., Any]) -> None:
    """Also in debug mode, which looks at each coroutine."""

    async def main() -> None:
        answers: list[Any] = [
            await context.can(READ),
            await asyncio.create_task(context.can(READ), name="asking"),
            await asyncio.ensure_future(context.can(READ)),
            *await asyncio.gather(context.can(READ), context.can(READ)),
            await asyncio.wait_for(context.can(READ), 5),
            await asyncio.shield(context.can(READ)),
            *[await each for each in asyncio.as_completed([context.can(READ)])],
        ]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(context.can(READ))
        async with asyncio.timeout(5):
            answers += [task.result(), await context.can(READ)]
        assert answers == [True] * 10

    run(main())


def test_the_loop_runs_it(context: AsyncTenantContext, run: Callable[..., Any]) -> None:
    async def main() -> str:
        return repr(asyncio.current_task())

    assert len(run(context.members.list())) == 1
    with asyncio.Runner() as runner:
        assert runner.run(context.can(READ)) is True
    run(main())


def test_a_task_of_it_is_printed_and_cancelled_like_others(tenancy: AsyncTenantry, run: Callable[..., Any]) -> None:
    """Since Python 3.12 asyncio asks for the truth of a task's coroutine to print it."""
    started, never = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, _: object) -> None:
            started.set()
            await never.wait()

    async def main() -> None:
        notified = AsyncTenantry(
            store=MemoryStore(), scheme=tenancy._sync._settings.scheme, secret_keys=[b"k" * 32], notices=True
        )
        acme = await notified.person(ADA).create_tenant("Acme")
        await notified.tenant(acme.id, by=ADA).invitations.send("bob@acme.test")
        task = asyncio.create_task(notified.jobs.dispatch_notices(Slow()))
        assert "coro=<AsyncJobsContext.dispatch_notices()" in repr(task)
        await started.wait()
        assert "coro=<AsyncJobsContext.dispatch_notices()" in repr(task)
        call: Any = task.get_coro()
        assert inspect.getcoroutinestate(call) == "CORO_SUSPENDED"
        with pytest.raises(TypeError, match="await"):
            bool(call)  # which leaves it to the task
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no eager tasks")
def test_an_eager_task_takes_it(context: AsyncTenantContext) -> None:
    async def main() -> bool:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        return await asyncio.create_task(context.can(READ))

    assert asyncio.run(main())


def test_task_groups_of_anyio_take_it(context: AsyncTenantContext) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(context.workspaces.create, "Justice")
            group.start_soon(partial(context.members.list, limit=5))
        with anyio.fail_after(5):
            assert len(await context.workspaces.list()) == 2

    anyio.run(main)
    anyio.run(context.members.list)


def test_it_is_a_coroutine_by_every_question(context: AsyncTenantContext) -> None:
    """By which frameworks and schedulers decide whether to await."""
    call = context.can(READ)
    assert isinstance(call, Coroutine)
    assert inspect.isawaitable(call)
    assert inspect.iscoroutine(call)
    assert asyncio.iscoroutine(call)
    assert inspect.getcoroutinestate(call) == inspect.CORO_CREATED
    assert weakref.ref(call)() is call
    assert repr(call).startswith("<coroutine object TenantContext.can")
    call.close()


@pytest.mark.parametrize("name", ["can", "run"])
def test_a_verb_is_a_coroutine_function_by_every_question(context: AsyncTenantContext, name: str) -> None:
    """APScheduler asks this of a job, through partials, before it awaits the call on the loop and not in a thread."""
    verb = getattr(context, name)
    for each in (verb, partial(verb, READ), getattr(type(context), name)):
        assert inspect.iscoroutinefunction(each)
    for each in (verb, getattr(type(context), name)):
        assert sys.version_info >= (3, 14) or asyncio.iscoroutinefunction(each)


def test_fastapi_awaits_it(context: AsyncTenantContext) -> None:
    """As a dependency, as a route, and where a function hands it on."""
    app = FastAPI()

    def asked() -> Coroutine[Any, Any, bool]:
        return context.can(READ)

    @app.get("/dependency")
    async def dependency(page: Page[Any] = Depends(context.members.list)) -> int:  # noqa: B008
        return len(page)

    @app.get("/handed-on")
    async def handed_on() -> bool:
        return await asked()

    app.get("/route", response_model=None)(context.roles.matrix)
    app.get("/answer")(context.can)

    async def main() -> list[Any]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://acme.test") as client:
            paths = ("/dependency?limit=5", "/handed-on", f"/answer?permission={READ}", "/route")
            return [(await client.get(path)).json() for path in paths]

    *answers, matrix = asyncio.run(main())
    assert answers == [1, True, True]
    assert {role["id"] for role in matrix["roles"]} > {"tenant:owner", "tenant:admin"}


def test_run_refuses_a_verb_that_is_awaited(context: AsyncTenantContext) -> None:
    with pytest.raises(Invalid, match="synchronous function"):
        asyncio.run(_as_main(context.run(lambda _: context.can(READ))))
