"""Whatever is passed to whatever parameter: an answer or one of our own errors, and the same on every store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from inspect import signature
from typing import Any

import pytest

from tenantry import Access, Invalid, PersonContext, TenantContext, TenantryError
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tests.features.hostile import MALFORMED, STRANGE
from tests.features.people import ADA
from tests.features.verbs import VERBS, World

ACCEPTED: Mapping[str, set[str]] = {
    "total": {"true"},
    "actions": {"true"},
    "offset": {"zero"},
    "description": {"empty"},
    "message": {"empty"},
    "reason": {"empty"},
    "acts_as": {"empty"},
    "order": {"None"},
    "rows": {"generator"},
    "amount": {"zero", "minus one"},
    "tenant.access workspaces": {"mapping to nonsense"},  # a collection of ids all the same
    "workspaces.list ids": {"mapping to nonsense"},
}
"""What is malformed elsewhere, and is not here. None is what every parameter takes that has it as its default."""

NO_INPUT = "tenancy.retry"
"""What it takes is code of the host, whose errors are the host's."""


def tried(world: World, name: str, arguments: dict[str, Any]) -> str:
    """What came of it, in one word."""
    try:
        result = world.verb(name, VERBS[name].by)(**arguments)
        if isinstance(result, PersonContext):  # these two ask nothing yet
            result.tenants()
        if isinstance(result, TenantContext):
            result.update(name="Acme")
    except Invalid as error:
        return f"invalid: {error.code}" if str(error) and repr(error) else "says nothing"
    except TenantryError as error:
        return error.code
    return "ok"


def each_parameter(world: World) -> Iterator[tuple[str, str, dict[str, Any], object]]:
    for name in [name for name in VERBS if name != NO_INPUT]:
        for parameter in signature(world.verb(name)).parameters.values():
            yield name, parameter.name, VERBS[name].args(world), parameter.default


def takes(name: str, parameter: str, default: object, label: str) -> bool:
    accepted = ACCEPTED.get(parameter, set()) | ACCEPTED.get(f"{name} {parameter}", set())
    return label in accepted or (label == "None" and default is None)


def test_what_no_parameter_takes_is_invalid(store: Store) -> None:
    """IN-08, IN-09, IN-10, PE-14, PE-23"""
    world = World(store)
    parameters = list(each_parameter(world))  # what some of them need is done now
    before, row = world.acme.trail(), world.acme.context().get()

    wrong = {
        (name, parameter, label): outcome
        for name, parameter, arguments, default in parameters
        for label, value in MALFORMED.items()
        if not takes(name, parameter, default, label)
        if not (outcome := tried(world, name, arguments | {parameter: value})).startswith("invalid")
    }

    assert wrong == {}
    assert (world.acme.trail(), world.acme.context().get()) == (before, row)


ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("after", "exclusive"): "offset",
    ("emails", "not_an_address"): "email",
    ("emails", "wrong_type"): "email",
    ("questions", "unknown_permission"): "permission",
    ("questions", "wrong_type"): "permission",
    ("workspace", "not_held"): "role",
}
"""By parameter and rule, what is refused instead: the other of two, or one of several."""


def test_the_field_of_an_error_is_the_parameter_that_is_refused() -> None:
    """A form shows it there."""
    world = World(MemoryStore())
    wrong = set()
    for name, parameter, arguments, _ in list(each_parameter(world)):
        for value in MALFORMED.values():
            with suppress(TenantryError):
                try:
                    world.verb(name, VERBS[name].by)(**arguments | {parameter: value})
                except Invalid as error:
                    field = (error.field or parameter).partition(".")[0]
                    if field not in (parameter, ELSEWHERE.get((parameter, error.rule))):
                        wrong.add((name, parameter, error.rule, field))

    assert wrong == set()


@cache
def in_memory() -> Mapping[tuple[str, str, str], str]:
    return strange_outcomes(World(MemoryStore()))


def strange_outcomes(world: World) -> Mapping[tuple[str, str, str], str]:
    """What came of strange text, verb by verb; what was accepted changes the world for those that follow."""
    return {
        (name, parameter, label): tried(world, name, arguments | {parameter: value})
        for name, parameter, arguments, _ in each_parameter(world)
        for label, value in STRANGE.items()
    }


def test_strange_text_is_the_same_to_every_store(store: Store) -> None:
    """IN-09, IN-11: what means something to a database or a browser means nothing here."""
    world = World(store)

    assert strange_outcomes(world) == in_memory()
    assert {tenant.tenant.id for tenant in world.tenancy.person(ADA).tenants()} == {world.acme.id}


@pytest.mark.parametrize("label", STRANGE)
def test_strange_text_comes_back_as_it_went_in(store: Store, label: str) -> None:
    """IN-11"""
    context, value = World(store).acme.context(), STRANGE[label]
    name = value[:100]

    made = context.workspaces.create(name, description=value, settings={value: [value]})
    context.members.update("user_bob", name=name)
    context.members.add(value, name=name)
    sent = context.invitations.send("new@acme.test", message=value).invitation

    seen = context.workspaces.get(made.id)
    assert (seen.name, seen.description, seen.settings) == (name, value, {value: [value]})
    assert (context.members.get(value).user_id, context.members.get("user_bob").name) == (value, name)
    assert context.invitations.get(sent.id).message == value
    assert [event.target for event in context.audit.list(limit=2)] == [sent.id, value]
    assert [m.user_id for m in context.members.list(search=name, order="newest")] == [value, "user_bob"]


def test_an_access_is_asked_like_a_context() -> None:
    """IN-08"""
    world = World(MemoryStore())
    access: Access = world.acme.context().access()
    for question in (access.can, access.check, access.require, access.workspaces_where, world.acme.context().can):
        for value in MALFORMED.values():
            with pytest.raises(Invalid):
                question(value)
    for value in MALFORMED.values():
        if value is not None:
            with pytest.raises(Invalid):
                access.can("workspace-api:member:read", workspace=value)
