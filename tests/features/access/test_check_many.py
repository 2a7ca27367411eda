"""Many questions at once: one statement, one instant, the answers in the order of the questions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, Denied, Invalid, TenantContext, Tenantry, TenantStatus, UnknownPermission, schemes
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.hostile import Odd
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company, someone
from tests.features.test_statements import counting

INVITE = "workspace-api:member:invite"
READ = "workspace-api:workspace:read"
TENANT = "tenant-api:tenant:read"
MEMBERS = "tenant-api:member:read"


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


@pytest.fixture
def bob(acme: Company, justice: str) -> TenantContext:
    return acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"})


def test_each_answer_is_that_of_the_single_question(acme: Company, bob: TenantContext, justice: str) -> None:
    """E50, AC-40: of both levels, mixed and repeated, in their order."""
    questions: list[str | tuple[str, str]] = [
        (INVITE, acme.general),
        TENANT,
        (INVITE, justice),
        MEMBERS,
        (READ, "ws_made_up"),
        (INVITE, justice),
        (READ, acme.general),
        TENANT,
    ]
    single = [bob.check(each) if isinstance(each, str) else bob.check(each[0], workspace=each[1]) for each in questions]

    decisions = acme.context(BOB).check_many(questions)

    assert decisions == single
    assert [decision.allowed for decision in decisions] == [False, True, True, False, False, True, True, True]
    assert decisions[4].code == "workspace_not_found"
    assert bob.access(workspaces=["ws_made_up"]).check_many(questions) == single
    assert acme.context(BOB).check_many(questions[::-1]) == single[::-1]


def test_all_and_any_are_pythons(acme: Company, bob: TenantContext, justice: str) -> None:
    """AC-25, E31"""
    assert all(bob.check_many([TENANT, (INVITE, justice)]))
    assert not all(bob.check_many([TENANT, MEMBERS]))
    assert any(bob.check_many([MEMBERS, (INVITE, justice)]))


@pytest.mark.parametrize("nothing", [[], (), {}, set(), iter([])], ids=lambda value: type(value).__name__)
def test_nothing_asked_is_an_error(acme: Company, bob: TenantContext, nothing: Any) -> None:
    """E33, AC-25: for everybody."""
    for context in (bob, acme.context(), acme.context(SYSTEM), acme.context(EVE)):
        with pytest.raises(Invalid):
            context.check_many(nothing)
        with pytest.raises(Invalid):
            context.access().check_many(nothing)


def test_questions_may_be_read_once_only(bob: TenantContext, justice: str) -> None:
    def asked() -> Iterator[str | tuple[str, str]]:
        yield TENANT
        yield INVITE, justice

    assert all(bob.check_many(asked()))
    assert all(bob.access().check_many(asked()))


HOSTILE: dict[str, Any] = {
    "one text": TENANT,
    "bytes": b"tenant-api:tenant:read",
    "None": None,
    "number": 5,
    "a pair alone": (READ, "ws_1"),
    "None in it": [None],
    "number in it": [TENANT, 5],
    "bytes in it": [TENANT.encode()],
    "no workspace": [(READ, None)],
    "empty workspace": [(READ, "")],
    "blank workspace": [(READ, "  ")],
    "NUL": [(READ, "ws\0")],
    "surrogate": [(READ, "ws\ud800")],
    "long workspace": [(READ, "w" * 256)],
    "odd workspace": [(READ, Odd("ws_1"))],
    "odd permission": [Odd(TENANT)],
    "odd permission there": [(Odd(READ), "ws_1")],
    "a list for a pair": [[READ, "ws_1"]],
    "three": [(READ, "ws_1", "ws_2")],
    "one in a tuple": [(TENANT,)],
    "swapped": [("ws_1", READ)],
    "no permission": [(None, "ws_1")],
    "empty permission": [("", "ws_1")],
    "a pattern": ["tenant-api:*:read"],
    "another spelling": ["Tenant-API:tenant:read"],
    "of the other level": [READ],
    "of the other level there": [(TENANT, "ws_1")],
    "unknown among known": [TENANT, "tenant-api:tenants:read"],
}


@pytest.mark.parametrize("questions", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_question_is_an_error_for_everybody(acme: Company, bob: TenantContext, questions: Any) -> None:
    """E32, AC-12, AC-16, AC-29, IN-08: never a quiet no, nor a yes to the rest."""
    for context in (bob, acme.context(), acme.context(SYSTEM), acme.context(EVE)):
        for asked in (context, context.access(workspaces=["ws_1"])):
            with pytest.raises(Invalid):
                asked.check_many(questions)


def test_an_unknown_permission_is_named(bob: TenantContext) -> None:
    """E32"""
    with pytest.raises(UnknownPermission, match="Did you mean 'tenant-api:tenant:read'"):
        bob.check_many([TENANT, "tenant-api:tenants:read"])


def test_a_thousand_workspaces_are_asked_at_once_and_no_more(acme: Company, bob: TenantContext, justice: str) -> None:
    made_up = [(READ, f"ws_{number}") for number in range(999)]

    assert [d.allowed for d in bob.check_many([*made_up, (READ, justice), TENANT])].count(True) == 2
    for ask in (bob.check_many, acme.context(SYSTEM).check_many):
        with pytest.raises(Invalid):
            ask([*made_up, (READ, justice), (READ, "ws_999")])
    assert len(bob.check_many([(READ, justice), (INVITE, justice)] * 1_000)) == 2_000


def test_it_tells_every_obstacle_like_the_single_question(
    tenancy: Tenantry, acme: Company, bob: TenantContext, justice: str, store: Store
) -> None:
    questions: list[str | tuple[str, str]] = [TENANT, (READ, justice), (READ, "ws_made_up")]
    acme.add(CAY)
    acme.context().members.deactivate(CAY.user_id)

    def codes(context: TenantContext) -> set[str]:
        return {decision.code for decision in context.check_many(questions)}

    assert codes(acme.context(CAY)) == {"member_deactivated"}
    assert codes(acme.context(EVE)) == {"tenant_not_found"}
    assert codes(acme.context(someone("bob", active=False))) == {"principal_inactive"}
    assert codes(tenancy.tenant("ten_made_up", by=SYSTEM)) == {"tenant_not_found"}
    with store.command(acme.id, gate=Open()) as tx:
        tx.save_tenant(evolve(tx.tenant(), status=TenantStatus.SUSPENDED))
    assert codes(acme.context(BOB)) == codes(acme.context(ADA)) == {"tenant_suspended"}
    assert codes(acme.context(SYSTEM)) == {"allowed", "workspace_not_found"}


def test_a_no_is_an_answer_and_leaves_no_trace(acme: Company, bob: TenantContext, justice: str) -> None:
    """AU-01: who asks is not denied; who goes on is."""
    before = acme.trail()

    assert not any(bob.check_many([MEMBERS, (INVITE, acme.general)]))
    assert acme.trail() == before
    with pytest.raises(Denied):
        bob.require(MEMBERS)
    assert acme.trail() == [*before, "access.denied"]


def test_however_many_questions_are_one_statement(sql_store: SQLAlchemyStore) -> None:
    """E50"""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    context = acme.context()
    lead = context.roles.define("Lead", permissions=[READ], level="workspace").id
    with tenancy.transaction() as tx:
        ids = [tx.tenant(acme.id, by=SYSTEM).workspaces.create(f"Client {number}").id for number in range(40)]
    acme.add(BOB, workspaces=dict.fromkeys(ids[::2], lead))

    for size in (1, 40, 1_000):
        page = (ids + [f"ws_{number}" for number in range(960)])[:size]
        questions: list[str | tuple[str, str]] = [TENANT, *((READ, id) for id in page), *((INVITE, id) for id in page)]
        with counting(sql_store.engine) as executed:
            decisions = acme.context(BOB).check_many(questions)
        assert len(executed) == 1
        assert sum(map(bool, decisions)) == 1 + min(size + 1, 40) // 2


def test_so_many_questions_are_answered_and_no_more(acme: Company) -> None:
    """Law 10: what anybody can cause has a bound; of an endless sequence no more is read."""
    access, context = acme.context().access(), acme.context()
    assert len(context.check_many([TENANT] * 5_000)) == len(access.check_many([TENANT] * 5_000)) == 5_000
    for ask in (context.check_many, access.check_many):
        for questions in ([TENANT] * 5_001, repeat(TENANT)):
            with pytest.raises(Invalid) as refused:
                ask(questions)
            assert refused.value.data["max"] == 5_000
