"""How many statements each verb may cost, counted twice: at the engine, and in the one log record that it leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tenantry import SYSTEM, Denied, NotFound, Tenantry, schemes
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import ADA, BOB, DAN, EVE, SECRET, Company, someone
from tests.features.verbs import GUESSED, IN_A_TENANT, VERBS, World

DENIED_BUDGET = 4
"""What a verb may cost until it is denied; what is noted of it, in a command of its own, is counted apart."""
NOTE_BUDGET = 5

NOT_COUNTED = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that the engine executes meanwhile."""
    executed: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] not in NOT_COUNTED:
            executed.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def _every_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tenantry")


def facts(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int, int]]:
    """What the log says of each command: name, outcome, tries, statements."""
    return [(r.command, r.outcome, r.tries, r.statements) for r in caplog.records]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_keeps_to_its_budget_and_tells_what_it_cost(
    sql_store: SQLAlchemyStore, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(sql_store)
    verb, arguments = world.verb(name, VERBS[name].by), VERBS[name].args(world)
    caplog.clear()

    with counting(sql_store.engine) as executed:
        verb(**arguments)

    assert len(executed) <= VERBS[name].statements, executed
    if caplog.records:
        [(_, _, tries, statements)] = facts(caplog)
        assert (tries, statements) == (1, len(executed) - VERBS[name].across)
    else:
        assert not executed or VERBS[name].across == VERBS[name].statements


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_a_denied_verb_keeps_to_its_budget(
    sql_store: SQLAlchemyStore, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(sql_store)
    world.acme.add(EVE)
    verb, arguments = world.verb(name, EVE), VERBS[name].args(world)
    caplog.clear()

    with counting(sql_store.engine) as executed:
        try:
            verb(**arguments)
        except Denied:
            *_, (_, _, _, statements), noted = facts(caplog)
            assert statements <= DENIED_BUDGET
            assert noted == ("tenancy.record_denial", "ok", 1, NOTE_BUDGET)
            assert len(executed) == statements + NOTE_BUDGET
        except NotFound:
            assert name in GUESSED
            assert len(executed) <= DENIED_BUDGET


def test_a_stranger_costs_one_statement_and_no_note(sql_store: SQLAlchemyStore) -> None:
    """Law 2: the gate is shut."""
    world = World(sql_store)

    for name in ("tenant.update", "members.remove", "workspaces.create", "invitations.send", "members.list"):
        verb, arguments = world.verb(name, EVE), VERBS[name].args(world)
        with counting(sql_store.engine) as executed, pytest.raises(NotFound):
            verb(**arguments)
        assert len(executed) == 1


def test_a_refused_invitation_costs_the_same_whosever_the_address_is(sql_store: SQLAlchemyStore) -> None:
    """EM-16: a member's, an invited person's, one that is declined, or nobody's; by who may not invite, and where."""
    world = World(sql_store)
    world.tenancy.person(EVE).decline(world.acme.invite(EVE).token)
    by = world.acme.add(someone("gus"), workspaces={world.justice: "viewer"})
    seen = set()
    with pytest.raises(Denied):
        by.workspaces.create("Health")  # so that all that follow are repeats

    for email in ("bob@acme.test", "ADA@acme.test", "dan@acme.test", "eve@acme.test", "nobody@acme.test"):
        with counting(sql_store.engine) as executed, pytest.raises(Denied) as denied:
            by.invitations.send(email, workspaces={world.justice: "viewer"})
        [*_, event] = world.acme.context(SYSTEM).audit.list(order="oldest", limit=200)
        seen.add((tuple(executed), str(denied.value), str(denied.value.data), event.action, str(event.after)))

    assert len(seen) == 1


def test_a_check_from_nothing_is_one_statement_and_the_next_is_none(sql_store: SQLAlchemyStore) -> None:
    world = World(sql_store)
    context = world.acme.context(BOB)

    with counting(sql_store.engine) as executed:
        assert context.can("workspace-api:member:invite", workspace=world.justice)
    assert len(executed) == 1
    with counting(sql_store.engine) as executed:
        assert context.can("workspace-api:member:read", workspace=world.justice)
        assert not context.can("tenant-api:member:read")
        assert context.check("workspace-api:member:read", workspace=world.justice)
        assert context.workspaces_where("workspace-api:member:read") == frozenset({world.justice})
        context.require("tenant-api:tenant:read")
    assert not executed
    with counting(sql_store.engine) as executed:
        access = context.access(workspaces=[world.justice, world.acme.general, world.hidden])
        assert [access.can("workspace-api:member:read", workspace=id) for id in (world.justice, world.hidden)] == [
            True,
            False,
        ]
    assert len(executed) == 1


def test_accepting_is_at_most_ten(sql_store: SQLAlchemyStore) -> None:
    """By a newcomer, by a member, again, and where a workspace is gone."""
    world = World(sql_store)
    places = {world.acme.workspace(f"Client {number}"): "viewer" for number in range(5)}
    newcomer, member = (
        world.acme.invite(EVE, workspaces=places),
        world.acme.invite(someone("bob-private"), workspaces=places),
    )
    world.acme.context().workspaces.archive(next(iter(places)))

    for who, token in (
        (EVE, newcomer.token),
        (EVE, newcomer.token),
        (someone("bob", email="bob-private@acme.test"), member.token),
        (DAN, world.issued.token),
    ):
        with counting(sql_store.engine) as executed:
            world.tenancy.person(who).accept(token)
        assert len(executed) <= 10, executed


def test_a_page_costs_the_same_whatever_its_size(sql_store: SQLAlchemyStore) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    with tenancy.transaction() as tx:
        context = tx.tenant(acme.id, by=SYSTEM)
        places = [context.workspaces.create(f"Client {number}").id for number in range(40)]
        for number in range(210):
            context.members.add(
                f"user_{number}", workspaces=dict.fromkeys(places[number % 30 : number % 30 + 3], "viewer")
            )

    for limit in (5, 50, 200):
        with counting(sql_store.engine) as executed:
            assert len(acme.context().members.list(limit=limit)) == limit
        assert len(executed) <= 3, executed
    for limit in (5, 40):
        with counting(sql_store.engine) as executed:
            assert len(acme.context().workspaces.list(limit=limit)) == limit
        assert len(executed) <= 3, executed
