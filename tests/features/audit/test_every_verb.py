"""Whatever changes something says so in the trail of the tenant it has changed: every verb there is, by reflection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, AuditEvent, Denied, TenantryError
from tenantry.audit import ACTIONS
from tenantry.audit.denials import DENIALS
from tenantry.audit.model import AUDIT_EVENTS, without_personal
from tenantry.memory import MemoryStore
from tenantry.notices.model import NOTICES
from tenantry.tenants.model import TENANTS
from tests.features.people import EVE
from tests.features.verbs import IN_A_TENANT, QUESTIONS, VERBS, World

NOTED = {"tenancy.record_denial": "access.denied", "audit.list": "audit.read"}
"""What changes nothing but the trail."""

NAMES = {"Ada", "Bob", "Cay", "Dan", "Eve", "Fay", "Robert"}


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def facts(store: MemoryStore) -> Mapping[str, Any]:
    """All that is stored of each tenant but its trail, its outbox and the denials that are counted."""
    return {
        id: {
            (name, key): evolve(row, audit_sequence=0, audit_head="") if name == TENANTS.name else row
            for name, table in tables.items()
            if name not in (AUDIT_EVENTS.name, DENIALS.name, NOTICES.name)
            for key, row in table.rows.items()
        }
        for id, tables in store._state.tenants.items()
    }


def trails(store: MemoryStore) -> Mapping[str, list[AuditEvent]]:
    return {
        id: sorted(tables[AUDIT_EVENTS.name].rows.values(), key=lambda event: event.sequence)
        for id, tables in store._state.tenants.items()
    }


@pytest.mark.parametrize("name", VERBS)
def test_what_changes_something_has_its_events_and_what_does_not_has_none(name: str) -> None:
    """AU-01, E90: one for each subject, under the tenant that has changed, and the chain goes on."""
    store = MemoryStore()
    world = World(store)
    verb, arguments = world.verb(name, VERBS[name].by), VERBS[name].args(world)
    before, then = facts(store), trails(store)

    verb(**arguments)

    after, now = facts(store), trails(store)
    for id, rows in after.items():
        old = then.get(id, [])
        assert [*map(without_personal, now[id][: len(old)])] == [*map(without_personal, old)]
        new = now[id][len(old) :]
        if name in NOTED:
            assert [event.action for event in new] == [NOTED[name]]
        else:
            assert (rows != before.get(id)) == bool(new), name
        assert not (VERBS[name].reads and (new or rows != before.get(id))), f"`{name}` does not only read."
        subjects = Counter((event.action, event.target, event.workspace_id) for event in new)
        assert all(times == 1 for times in subjects.values())
        assert {event.action for event in new} <= ACTIONS.keys()
        assert {event.tenant_id for event in new} <= {id}
        assert len({event.occurred_at for event in new}) <= 1
        assert world.tenancy.tenant(id, by=SYSTEM).audit.verify().first_bad is None


@pytest.mark.parametrize("name", VERBS)
def test_what_is_done_again_has_its_events_or_changes_nothing(name: str) -> None:
    """AU-01, law 13: nothing that is written the second time is lost."""
    store = MemoryStore()
    world = World(store, notices=True)
    arguments = VERBS[name].args(world)
    world.verb(name, VERBS[name].by)(**arguments)
    before, then = facts(store), trails(store)

    with suppress(TenantryError):
        world.verb(name, VERBS[name].by)(**arguments)

    for id, rows in facts(store).items():
        new = trails(store)[id][len(then.get(id, [])) :]
        done = [event for event in new if event.action not in (*NOTED.values(), "access.denied")]
        assert (rows != before.get(id)) == bool(done)


@pytest.mark.parametrize("name", VERBS)
def test_what_is_about_a_person_is_in_no_event_but_can_be_erased(name: str) -> None:
    """Addresses, names and free text are beside the chain, also those of verbs that are yet to come."""
    store = MemoryStore()
    world = World(store)
    verb, arguments = world.verb(name, VERBS[name].by), VERBS[name].args(world)
    said = [each for at, each in arguments.items() if at in ("message", "reason") and isinstance(each, str)]

    verb(**arguments)

    for trail in trails(store).values():
        for event in trail:
            chained = [*texts(event.before), *texts(event.after), event.address, event.user_agent, event.target_name]
            personal = [each for each in chained if each in said or (each and ("@" in each or each in NAMES))]
            assert not personal, event.action


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_what_is_denied_is_on_record_and_nothing_else_has_happened(name: str) -> None:
    """AU-01, E90."""
    store = MemoryStore()
    world = World(store)
    world.acme.add(EVE)
    world.acme.context().members.deactivate(EVE.user_id)
    act, arguments = world.verb(name, EVE), VERBS[name].args(world)
    before, then = facts(store), trails(store)[world.acme.id]

    if name in QUESTIONS:
        act(**arguments)
        assert trails(store)[world.acme.id] == then
        return
    with pytest.raises(Denied):
        act(**arguments)

    [event] = trails(store)[world.acme.id][len(then) :]
    assert (event.action, event.outcome, event.principal) == ("access.denied", "denied", EVE.user_id)
    assert facts(store) == before
