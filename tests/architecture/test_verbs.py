"""Every public verb: whoever adds one has to say what it takes, and it has to refuse whom it must."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pkgutil import walk_packages

import pytest

import tenantry
from tenantry import Denied, Level, NotFound, Role, Tenantry, schemes
from tenantry.memory import MemoryStore
from tenantry.runtime.service import Service
from tests.features.front_door import behind_no_door, not_described
from tests.features.people import EVE, someone
from tests.features.verbs import GUESSED, IN_A_TENANT, QUESTIONS, VERBS, World

NOBODY = someone("nobody")
NOTHING = schemes.AGENCY.extend(roles=[Role("nothing", Level.TENANT)])

FOR_EVERY_MEMBER = {
    "members.leave": "anybody may go",
    "workspaces.list": "of those they see: none",
    "tenant.workspaces_where": "none",
    "tenant.overview": "what they cannot see is left out",
    "tenant.owners": "so that one knows whom to ask",
    "roles.choices": "what roles are called is no secret",
}


def services() -> Collection[type[Service]]:
    """Every service that a module of a `service` package defines."""
    return {
        kind
        for found in walk_packages(tenantry.__path__, "tenantry.")
        if ".service." in found.name
        for kind in vars(import_module(found.name)).values()
        if isinstance(kind, type) and issubclass(kind, Service) and kind is not Service
    }


@pytest.fixture
def world() -> World:
    world = World(MemoryStore(), scheme=NOTHING)
    world.acme.add(NOBODY, "nothing")
    return world


def test_the_table_has_every_verb_and_every_parameter(world: World) -> None:
    """Law 13."""
    assert not_described(Tenantry, {name: verb.args(world).keys() for name, verb in VERBS.items()}) == set()


def test_a_door_leads_to_every_verb_of_every_service() -> None:
    """Law 13."""
    assert behind_no_door(Tenantry, services()) == set()


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_a_member_with_a_role_that_holds_nothing_is_refused(world: World, name: str) -> None:
    """PE-03"""
    act, arguments = world.verb(name, NOBODY), VERBS[name].args(world)
    before = world.acme.trail()
    if name in FOR_EVERY_MEMBER:
        act(**arguments)
    elif name in QUESTIONS:
        answer = act(**arguments)
        assert not (any(answer) if name == "tenant.check_many" else answer) or name == "tenant.access"
        assert world.acme.trail() == before
    elif name in GUESSED:
        with pytest.raises(NotFound, match="There is no such workspace"):
            act(**arguments)
        assert world.acme.trail() == before
    else:
        with pytest.raises(Denied):
            act(**arguments)
        assert world.acme.trail() == [*before, "access.denied"]


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_a_deactivated_member_is_refused(world: World, name: str) -> None:
    """PE-03, PE-11, TI-10: also by what is for every member."""
    world.acme.context().members.change_role(NOBODY.user_id, role="owner")
    world.acme.context().members.deactivate(NOBODY.user_id)
    act, arguments = world.verb(name, NOBODY), VERBS[name].args(world)
    if name in QUESTIONS:
        answer = act(**arguments)
        assert not (any(answer) if name == "tenant.check_many" else answer) or name == "tenant.access"
    else:
        with pytest.raises(Denied) as refused:
            act(**arguments)
        assert refused.value.decision.code == "member_deactivated"


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_a_stranger_is_told_that_there_is_no_such_tenant(world: World, name: str) -> None:
    """PE-03, E05: nothing is recorded, and nothing is said of what they named."""
    act, arguments = world.verb(name, EVE), VERBS[name].args(world)
    before, version = world.acme.trail(), world.acme.context().get()._version
    if name in QUESTIONS:
        answer = act(**arguments)
        assert not (any(answer) if name == "tenant.check_many" else answer) or name == "tenant.access"
    else:
        with pytest.raises(NotFound) as refused:
            act(**arguments)
        assert (str(refused.value), refused.value.data) == ("There is no such tenant.", {"kind": "tenant"})
    assert (world.acme.trail(), world.acme.context().get()._version) == (before, version)
