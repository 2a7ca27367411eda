"""Every event names the subject that has changed, and the workspace wherever one is touched: every verb there is."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from tenantry.memory import MemoryStore
from tests.features.verbs import VERBS, World
from tests.races.snapshot import Snapshot
from tests.trails import mistold


def around(name: str) -> tuple[Snapshot | None, Snapshot]:
    """The tenant that a verb is about, before and after it."""
    store = MemoryStore()
    world = World(store)
    verb, arguments = world.verb(name, VERBS[name].by), VERBS[name].args(world)
    before = {id: Snapshot.of(store, id) for id in store._state.tenants}
    verb(**arguments)
    ids = [*store._state.tenants]
    about = ids[-1] if len(ids) > len(before) else world.acme.id
    return before.get(about), Snapshot.of(store, about)


@pytest.mark.parametrize("name", VERBS)
def test_an_events_target_is_what_has_changed(name: str) -> None:
    """AU-01"""
    assert [*mistold(*around(name))] == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("workspaces.update", {"target": "ws_other"}),
        ("workspaces.update", {"workspace_id": None}),
        ("workspaces.update", {"target_name": "Other"}),
        ("workspaces.update", {"target_name": None}),
        ("workspaces.update", {"workspace_name": None}),
        ("workspaces.add_member", {"workspace_name": "Other"}),
        ("workspaces.add_member", {"workspace_name": None}),
        ("members.change_role", {"target_name": None}),
        ("members.remove", {"target_name": None}),
        ("invitations.revoke", {"target_name": None}),
        ("roles.update", {"target_name": None}),
        ("workspaces.add_member", {"workspace_id": None}),
        ("workspaces.add_member", {"workspace_id": "ws_other"}),
        ("workspaces.remove_member", {"target": "user_ada"}),
        ("members.change_role", {"target": "user_ada"}),
        ("members.change_role", {"workspace_id": "ws_other"}),
        ("invitations.revoke", {"target": "inv_other"}),
        ("person.accept", {"target": "user_dan"}),
        ("roles.update", {"target": "rol_other"}),
        ("tenant.update", {"target": "user_ada"}),
        ("members.deactivate", {"action": "member.left", "target": "user_ada"}),
    ],
)
def test_an_event_about_something_else_is_found(name: str, wrong: dict[str, Any]) -> None:
    before, after = around(name)
    spoiled = evolve(after, trail=(*after.trail[:-1], evolve(after.trail[-1], **wrong)))

    assert [*mistold(before, spoiled)]


@pytest.mark.parametrize("without", ["workspaces.create", "members.add_role", "invitations.send", "plan.use"])
def test_a_change_without_an_event_is_found(without: str) -> None:
    before, after = around(without)

    assert [*mistold(before, evolve(after, trail=after.trail[:-1]))]
