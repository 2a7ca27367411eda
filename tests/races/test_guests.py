"""Guests: the host's transactions, their isolation, their order and their end are the host's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from secrets import token_hex
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenantry import Stale, Tenantry
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.faults.injection import contents
from tests.races.arenas import together
from tests.races.race import new_tenancy
from tests.races.scenarios import ADA, BOB, ZOE, Stage, invited, stage
from tests.races.snapshot import Snapshot
from tests.scale import rounds

# --- RC-13: opposite lock orders

Step = Callable[[Session, str], object]


def by_hand(session: Session, tenant_id: str) -> object:
    """What a store without an eye for it would do."""
    return session.execute(text("UPDATE tenantry_tenants SET name = 'Bolt' WHERE id = :id"), {"id": tenant_id})


def as_guest(tenancy: Tenantry, session: Session, tenant_id: str) -> object:
    return tenancy.using(SessionStore(session)).tenant(tenant_id, by=ADA).update(name=token_hex(6))


def host(engine: Engine, order: tuple[str, str], both_began: Barrier, step: Step) -> object:
    """One transaction over two tenants; the error, if it was not to be."""
    with Session(engine) as session:
        session.execute(DETECT_SOON)
        try:
            step(session, order[0])
            both_began.wait()
            step(session, order[1])
            session.commit()
        except (Stale, OperationalError) as error:
            return error
    return None


DETECT_SOON = text("SELECT set_config('deadlock_timeout', '10ms', true) WHERE current_setting('is_superuser') = 'on'")


def cross(engine: Engine, tenant_ids: tuple[str, str], step: Step) -> list[object]:
    """What comes of two transactions that lock two tenants the other way round."""
    both_began = Barrier(2, timeout=30)
    orders = [tenant_ids, tenant_ids[::-1]]
    return [*together([partial(host, engine, order, both_began, step) for order in orders])]


def test_of_two_guests_that_lock_two_tenants_the_other_way_round_one_gets_stale(on_postgres: SQLAlchemyStore) -> None:
    """RC-13: with statements by hand it is the driver's deadlock error that comes out."""
    tenancy = new_tenancy(on_postgres)
    two = (stage(tenancy).tenant_id, stage(tenancy).tenant_id)
    lost = [each for each in cross(on_postgres.engine, two, by_hand) if each is not None]
    assert [type(each) for each in lost] == [OperationalError]

    for _ in range(rounds(2_000)):
        lost = [each for each in cross(on_postgres.engine, two, partial(as_guest, tenancy)) if each is not None]
        assert [type(each) for each in lost] == [Stale]
        assert not any([*Snapshot.of(on_postgres, id).broken()] for id in two)


def test_single_commands_on_two_tenants_and_two_members_never_deadlock(on_postgres: SQLAlchemyStore) -> None:
    """RC-13."""
    tenancy = new_tenancy(on_postgres)
    here, there = (stage(tenancy, bob="member", carl="member").tenant_id for _ in range(2))

    def back_and_forth(order: tuple[str, str], members: tuple[str, str]) -> None:
        for tenant_id in order:
            for member in members:
                for role in ("admin", "member"):
                    tenancy.tenant(tenant_id, by=ADA).members.change_role(member, role=role)

    bob, carl = "user_bob", "user_carl"
    contenders = [
        (here, there, bob, carl),
        (there, here, carl, bob),
        (here, there, carl, bob),
        (there, here, bob, carl),
    ]
    for _ in range(rounds(2_000)):
        together([partial(back_and_forth, (a, b), (c, d)) for a, b, c, d in contenders])
    assert not any([*Snapshot.of(on_postgres, id).broken()] for id in (here, there))


# --- the host's isolation


def step_down_by_hand(session: Session, here: Stage, user_id: str) -> str:
    """Lock the tenant, take the role away and count the owners who are left, as one would."""
    values = {"tenant": here.tenant_id, "user": user_id}
    session.execute(text("SELECT id FROM tenantry_tenants WHERE id = :tenant FOR UPDATE"), values)
    mine = "SELECT id FROM tenantry_memberships WHERE tenant_id = :tenant AND user_id = :user"
    session.execute(
        text(f"DELETE FROM tenantry_grants WHERE tenant_id = :tenant AND membership_id IN ({mine})"), values
    )
    left = session.scalar(
        text("SELECT count(*) FROM tenantry_grants WHERE tenant_id = :tenant AND role = 'owner'"), values
    )
    if not left:
        session.rollback()
        return "last owner"
    session.commit()
    return "done"


@pytest.mark.parametrize(("isolation", "holds"), [("READ COMMITTED", True), ("REPEATABLE READ", False)])
def test_a_lock_that_writes_nothing_does_not_keep_the_last_owner(
    on_postgres: SQLAlchemyStore, isolation: str, holds: bool
) -> None:
    """Why the gate is an UPDATE: at REPEATABLE READ two who have waited for a lock still see the past."""
    engine = on_postgres.engine.execution_options(isolation_level=isolation)
    here = stage(new_tenancy(on_postgres), bob="owner")
    have_read = Barrier(2, timeout=30)

    def contender(user_id: str) -> str:
        with Session(engine) as session:
            session.execute(text("SELECT count(*) FROM tenantry_tenants"))
            have_read.wait()
            return step_down_by_hand(session, here, user_id)

    outcomes = together([partial(contender, user.user_id) for user in (ADA, BOB)])
    assert sorted(map(str, outcomes)) == (["done", "last owner"] if holds else ["done", "done"])
    assert ("no active owner" in Snapshot.of(on_postgres, here.tenant_id).broken()) is not holds


# --- RC-19: the host rolls back


def everything(tenancy: Tenantry, here: Stage, token: str) -> None:
    """A little of each, all of it good."""
    context = tenancy.tenant(here.tenant_id, by=ADA)
    context.update(name="Bolt", slug=f"bolt{here.tag}")
    workspace = context.workspaces.create("Press", admin=BOB.user_id)
    context.workspaces.add_member(workspace.id, "user_carl", role="viewer")
    tenancy.person(ZOE).accept(token)
    context.members.change_role(BOB.user_id, role="owner")
    context.members.remove("user_carl")
    issued = context.invitations.send("yan@gov.test", workspaces={workspace.id: "admin"})
    context.invitations.resend(issued.invitation.id)
    context.invitations.revoke(issued.invitation.id)
    tenancy.person(BOB).create_tenant("Bob and sons", slug=f"bob{here.tag}")


@pytest.fixture(params=["postgresql", "sqlite"])
def store(request: pytest.FixtureRequest) -> SQLAlchemyStore:
    name = {"postgresql": "on_postgres", "sqlite": "on_sqlite"}[request.param]
    found: SQLAlchemyStore = request.getfixturevalue(name)
    return found


@pytest.mark.parametrize("door", [Session, Engine.connect])
def test_when_the_host_rolls_back_nothing_remains(store: SQLAlchemyStore, door: Callable[..., Any]) -> None:
    """RC-19."""
    tenancy = new_tenancy(store)
    here = stage(tenancy, bob="member", carl="member")
    _, token = invited(tenancy, here)
    before = contents(store.engine)
    with door(store.engine) as host:
        everything(tenancy.using(SessionStore(host)), here, token)
        host.rollback()
    assert contents(store.engine) == before

    with door(store.engine) as host:
        everything(tenancy.using(SessionStore(host)), here, token)
        host.commit()
    assert contents(store.engine) != before
    assert not [*Snapshot.of(store, here.tenant_id).broken()]


@pytest.mark.parametrize("door", [Session, Engine.connect])
def test_when_the_host_rolls_back_to_its_savepoint_the_rest_remains(
    store: SQLAlchemyStore, door: Callable[..., Any]
) -> None:
    """RC-19."""
    tenancy = new_tenancy(store)
    here = stage(tenancy, bob="member", carl="member")
    _, token = invited(tenancy, here)
    with door(store.engine) as host:
        guest = tenancy.using(SessionStore(host))
        guest.tenant(here.tenant_id, by=ADA).workspaces.create("Kept")
        savepoint = host.begin_nested()
        everything(guest, here, token)
        savepoint.rollback()
        host.commit()
    after = Snapshot.of(store, here.tenant_id)
    assert not [*after.broken()]
    assert [workspace.name for workspace in after.workspaces] == ["General", "Kept"]
    assert [member.user_id for member in after.memberships] == ["user_ada", "user_bob", "user_carl"]
