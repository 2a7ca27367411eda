"""The awaited front door has one line for each verb: its name, signature and docstring, as a coroutine function."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import tenantry.aio
from tenantry import SYSTEM, AsyncTenantry, Tenantry, schemes
from tenantry.aio import AsyncTenantContext, Awaited
from tenantry.contexts import TenantContext
from tenantry.memory import MemoryStore
from tests.features.front_door import BY_HAND, rooms, without_twin
from tests.features.people import ADA, SECRET
from tests.features.verbs import VERBS

ROOMS, AWAITED_ROOMS = rooms(Tenantry), rooms(AsyncTenantry)
TWINS: Mapping[type, type] = {kind: AWAITED_ROOMS[name] for name, kind in ROOMS.items() if name in AWAITED_ROOMS}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def verbs() -> list[tuple[type, str]]:
    return [
        (kind, name)
        for kind in TWINS
        for name, _ in inspect.getmembers_static(kind, inspect.isfunction)
        if name[0] != "_"
    ]


AWAITED = [(kind, name) for kind, name in verbs() if not (kind is Tenantry and f"tenancy.{name}" in BY_HAND)]


def of(kind: type, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = inspect.getattr_static(kind, name)
    return found


def test_every_room_and_every_verb_has_its_twin() -> None:
    """Law 13."""
    assert without_twin(Tenantry, AsyncTenantry) == set()


@pytest.mark.parametrize("kind", TWINS, ids=lambda kind: kind.__name__)
def test_the_twin_is_made_of_this_very_room(kind: type) -> None:
    assert TWINS[kind].__orig_bases__ == (Awaited[kind],)  # type: ignore[attr-defined, valid-type]


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


def test_a_verb_that_only_reads_is_an_answer_to_type_checkers() -> None:
    """They report where its call is taken for the answer; of other verbs they report where nothing awaits the call."""
    lines = re.findall(r"^    (\w+) = (\w+)\((\w+)\.\w+\)", inspect.getsource(tenantry.aio), re.MULTILINE)
    kinds = {kind.__name__: (room, kind) for room, kind in ROOMS.items()}
    for verb, written, of_kind in lines:
        room, kind = kinds[of_kind]
        answers = VERBS[f"{room}.{verb}"].reads and of(kind, verb).__annotations__["return"] != "None"
        assert written == ("AsyncAnswer" if answers else "Async"), f"{room}.{verb}"
    assert len(lines) == len(AWAITED) - 1  # `jobs.dispatch_notices` awaits its mailer, and is written by hand


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_what_is_written_twice_takes_the_same(name: str) -> None:
    verb, twin = (of(door, name.removeprefix("tenancy.")) for door in (Tenantry, AsyncTenantry))

    assert list(inspect.signature(twin).parameters) == list(inspect.signature(verb).parameters)
    assert twin.__doc__


@pytest.mark.parametrize("room", sorted(rooms(TenantContext, "tenant").keys() - {"tenant"}))
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
