"""A deleted tenant goes for good when nobody can restore it any more. Its trail and its slugs stay."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import column, delete, event, func, insert, select, table

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Invalid,
    InvalidToken,
    NotFound,
    Origin,
    Purged,
    SlugTaken,
    Tenantry,
    TenantStatus,
    schemes,
)
from tenantry.jobs import JobsContext
from tenantry.members.sign_ins import SIGN_INS
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.runtime.participants import Change
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore, metadata
from tenantry.sqlalchemy.numbering import SERVERS
from tenantry.sqlalchemy.tables import TABLES
from tenantry.tenants.service import purge as purging
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.features.stores import emptied
from tests.features.verbs import VERBS, World

GRACE, DAY, TICK = timedelta(days=30), timedelta(days=1), timedelta(microseconds=1)
KEPT = {"tenantry_slugs", "tenantry_audit_events"}


def full(tenancy: Tenantry, name: str = "Acme") -> Company:
    """A tenant with something of everything."""
    origin = Origin(address="192.0.2.7", user_agent="a browser", request_id="1")
    acme = Company(tenancy, tenancy.person(ADA, origin=origin).create_tenant(name))
    justice = acme.workspace("Justice")
    acme.add(BOB, workspaces={justice: "admin"})
    acme.context().roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant")
    acme.context().update(slug=f"{name.lower()}-two")
    acme.invite(CAY, workspaces={justice: "viewer"})
    tenancy.person(DAN, origin=origin).decline(acme.invite(DAN).token, "No time.")
    acme.context().members.update(BOB.user_id, name="Robert", email="robert@acme.test")
    with suppress(Denied):
        acme.context(BOB).delete()
    return acme


def ended(acme: Company, clock: FrozenClock) -> None:
    """Delete it, and wait until it is due."""
    acme.context(SYSTEM).delete()
    clock.advance(GRACE + DAY)


@pytest.fixture
def tenancy(store: Store, clock: FrozenClock) -> Tenantry:
    return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)


def test_a_tenant_is_purged_a_day_after_it_could_be_restored(tenancy: Tenantry, clock: FrozenClock) -> None:
    """TM-05: never before, for a clock that is up to a day ahead of the others."""
    acme = full(tenancy)
    start = clock()
    acme.context().delete(confirm="Acme")

    for moment in (timedelta(0), GRACE - TICK, GRACE, GRACE + DAY - TICK):
        clock.set(start + moment)
        assert tenancy.jobs.purge() == Purged((), {}, 0)
    clock.set(start + GRACE + DAY)
    assert tenancy.jobs.purge() == Purged((acme.id,), {}, 0)
    assert tenancy.jobs.purge() == Purged((), {}, 0)


def test_a_clock_that_jumps_a_day_and_back_takes_no_time_from_anybody(tenancy: Tenantry, clock: FrozenClock) -> None:
    """TM-05"""
    acme = full(tenancy)
    until = acme.context().delete(confirm="Acme").purge_at
    assert until is not None
    clock.set(until - TICK)

    clock.advance(DAY)
    assert tenancy.jobs.purge().tenant_ids == ()
    clock.advance(-DAY)
    assert acme.context().restore().status is TenantStatus.ACTIVE


def test_no_row_of_it_is_left_but_tombstone_slugs_and_trail(sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
    """LC-06, LC-07, AU-12: by reflection over the schema, so that no table is forgotten; the other tenant is whole."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    acme, other = full(tenancy), full(tenancy, "Beta")

    def rows(tenant_id: str) -> Mapping[str, int]:
        with sql_store.engine.connect() as connection:
            return {
                name: connection.scalar(
                    select(func.count()).where(
                        (each.c.id if "tenant_id" not in each.c else each.c.tenant_id) == tenant_id
                    )
                )
                or 0
                for name, each in metadata.tables.items()
                if name not in (TABLES[SIGN_INS].name, SERVERS.name)  # which belong to no tenant
            }

    before, beside = rows(acme.id), rows(other.id)
    assert all(before.values()), before
    ended(acme, clock)
    tenancy.jobs.purge()

    after = rows(acme.id)
    assert {name for name, number in after.items() if number} == KEPT | {"tenantry_tenants"}
    assert after["tenantry_slugs"] == before["tenantry_slugs"] == 2
    assert after["tenantry_audit_events"] == before["tenantry_audit_events"] + 3  # deleted, erased, purged
    assert rows(other.id) == {**beside, "tenantry_denials": 0}  # all of them were told, and are told only once


def test_nothing_of_it_is_left_in_memory(clock: FrozenClock) -> None:
    """LC-06"""
    store = MemoryStore()
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    acme = full(tenancy)
    assert all(each.rows for each in store._state.tenants[acme.id].values())

    ended(acme, clock)
    tenancy.jobs.purge()

    left = {name for name, each in store._state.tenants[acme.id].items() if each.rows}
    assert left == {"tenants", "slugs", "audit_events"}


def test_the_tombstone_and_the_trail_say_nothing_of_anybody(tenancy: Tenantry, clock: FrozenClock) -> None:
    """AU-12"""
    acme = full(tenancy)
    acme.context(SYSTEM).suspend("Bob has not paid.")
    before = [(event.sequence, event.action) for event in acme.context(SYSTEM).audit.list(order="oldest", limit=200)]
    ended(acme, clock)
    tenancy.jobs.purge()

    tombstone = acme.context(SYSTEM).get()
    assert (tombstone.name, tombstone.status) == ("(purged)", TenantStatus.PURGED)
    assert (tombstone.members, tombstone.workspaces, tombstone.reason) == (0, 0, None)
    events = acme.context(SYSTEM).audit.list(order="oldest", limit=200)
    assert [(event.sequence, event.action) for event in events][: len(before)] == before
    last = events[-1]
    assert (last.action, last.principal, last.target) == ("tenant.purged", "system:purge", acme.id)
    assert (last.before["status"], last.after["status"]) == ("deleted", "purged")
    for personal in ("acme.test", "Robert", "192.0.2.7", "a browser", "No time.", "Bob has not paid."):
        assert personal not in repr(list(events)), personal
    assert acme.context(SYSTEM).audit.verify().first_bad is None


def test_the_chain_is_that_of_before(tenancy: Tenantry, clock: FrozenClock) -> None:
    """AU-12: a checkpoint that was taken before still agrees."""
    acme = full(tenancy)
    checkpoint = acme.context().audit.checkpoint()
    ended(acme, clock)
    tenancy.jobs.purge()

    assert acme.context(SYSTEM).audit.verify(checkpoint=checkpoint).agrees


def test_it_cannot_be_brought_back(tenancy: Tenantry, clock: FrozenClock) -> None:
    """TI-11, RC-07: nobody is a member, and for the system there is nothing to command."""
    world = World(tenancy._store, clock=clock)
    commands = {name: VERBS[name].args(world) for name in ("members.add", "workspaces.create", "invitations.send")}
    ended(world.acme, clock)
    world.tenancy.jobs.purge()
    before = world.acme.trail()

    for name, arguments in commands.items():
        for by in (ADA, SYSTEM):
            with pytest.raises(NotFound) as refused:
                world.verb(name, by)(**arguments)
            assert str(refused.value) == "There is no such tenant."
    for act in ("resume", "restore", "delete"):
        for by in (ADA, BOB, SYSTEM):
            with pytest.raises(NotFound):
                getattr(world.acme.context(by), act)()
    for act in ("get", "owners"):
        with pytest.raises(NotFound):
            getattr(world.acme.context(), act)()
    assert not world.acme.context().can("tenant-api:tenant:read")
    assert not world.tenancy.person(ADA).tenants()
    assert world.acme.trail() == before


def test_tokens_cursors_and_slugs_of_it_are_dead(tenancy: Tenantry, clock: FrozenClock) -> None:
    """TI-11, E03"""
    acme = full(tenancy)
    issued = acme.invite(EVE)
    cursor = acme.context().members.list(limit=1).next
    assert cursor
    ended(acme, clock)
    tenancy.jobs.purge()

    for act in (tenancy.inspect_invitation, tenancy.person(EVE).accept, tenancy.person(EVE).decline):
        with pytest.raises(InvalidToken):
            act(issued.token)
    assert not tenancy.person(EVE).invitations()
    for slug in ("acme", "acme-two"):
        with pytest.raises(NotFound):
            tenancy.resolve(slug)
        with pytest.raises(SlugTaken):
            tenancy.person(ADA).create_tenant("Acme", slug=slug)
    second = tenancy.person(ADA).create_tenant("Acme")
    assert second.id != acme.id
    assert second.slug.startswith("acme-")
    with pytest.raises(Invalid):
        tenancy.tenant(second.id, by=ADA).members.list(limit=1, after=cursor)
    assert len(tenancy.tenant(second.id, by=ADA).audit.list()) == 3


class Campaigns:
    """What the host has of each tenant."""

    name = "campaigns"

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self.told: list[tuple[Change, Any]] = []
        self.broken: set[str] = set()
        self.error: type[BaseException] = ZeroDivisionError

    def delete_tenant(self, change: Change, session: Any) -> int:
        self.told.append((change, session))
        if change.tenant_id in self.broken:
            raise self.error
        return self.of.pop(change.tenant_id, 0)

    def delete(self, change: Change, session: Any) -> int:
        raise AssertionError("no member goes, and no workspace")

    delete_workspace = delete


@pytest.fixture
def campaigns() -> Campaigns:
    return Campaigns()


@pytest.fixture
def taking_part(store: Store, clock: FrozenClock, campaigns: Campaigns) -> Tenantry:
    return Tenantry(
        store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, participants=[campaigns], notices=True
    )


def test_participants_remove_what_is_theirs(taking_part: Tenantry, clock: FrozenClock, campaigns: Campaigns) -> None:
    acme = full(taking_part)
    campaigns.of[acme.id] = 7
    ended(acme, clock)
    taking_part.jobs.purge()

    [(change, session)] = campaigns.told
    assert (change.kind, change.tenant_id, change.user_id, change.to) == ("tenant.purged", acme.id, None, None)
    assert (change.by.user_id, change.at) == ("system:purge", clock())
    assert (session is None) == isinstance(taking_part._store, MemoryStore)
    assert acme.context(SYSTEM).audit.list(limit=1)[0].after["resources"] == {"campaigns": 7}


def state(acme: Company) -> list[object]:
    host = acme.context(SYSTEM)
    return [host.get(), *(list(each.list()) for each in (host.members, host.workspaces, host.roles, host.audit))]


def test_one_that_fails_stays_as_it_was_and_keeps_no_other_from_it(
    taking_part: Tenantry, clock: FrozenClock, campaigns: Campaigns, caplog: pytest.LogCaptureFixture
) -> None:
    """CR-05: whatever a participant raises."""
    first, second, third = (full(taking_part, name) for name in ("Acme", "Beta", "Gamma"))
    campaigns.broken = {first.id, third.id}
    for each in (first, second, third):
        each.context(SYSTEM).delete()
    clock.advance(GRACE + DAY)
    before = state(first)

    done = taking_part.jobs.purge(limit=1)

    assert done == Purged((second.id,), {first.id: "ZeroDivisionError"}, 2)
    assert state(first) == before
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.message for record in warned] == [f"Tenant {first.id} could not be purged."]
    campaigns.broken = set()
    assert taking_part.jobs.purge() == Purged((first.id, third.id), {}, 0)


class Killed(BaseException):
    """The process ends."""


def test_a_purge_that_is_killed_goes_on_where_it_was(
    taking_part: Tenantry, clock: FrozenClock, campaigns: Campaigns
) -> None:
    """CR-05"""
    first, second, third = (full(taking_part, name) for name in ("Acme", "Beta", "Gamma"))
    for each in (first, second, third):
        each.context(SYSTEM).delete()
    clock.advance(GRACE + DAY)
    before = state(second)
    campaigns.broken, campaigns.error = {second.id}, Killed

    with pytest.raises(Killed):
        taking_part.jobs.purge()

    campaigns.broken = set()
    assert first.context(SYSTEM).get().status is TenantStatus.PURGED
    assert state(second) == before
    assert taking_part.jobs.purge() == Purged((second.id, third.id), {}, 0)


def test_one_that_was_restored_meanwhile_is_left_alone(
    taking_part: Tenantry, store: Store, clock: FrozenClock, campaigns: Campaigns
) -> None:
    """CR-05: by somebody whose clock is behind, while the first was purged."""
    first, second = full(taking_part), full(taking_part, "Beta")
    for each in (first, second):
        each.context(SYSTEM).delete()
    behind = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=FrozenClock(clock()))
    clock.advance(GRACE + DAY)
    running = purging._due(store, clock() - DAY)
    assert next(running) == first.id
    behind.tenant(second.id, by=ADA).restore()
    before = state(second)

    assert not purging.Purging(second.context(SYSTEM)._runner).purge()
    assert taking_part.jobs.purge() == Purged((first.id,), {}, 0)
    assert state(second) == before
    assert [change.tenant_id for change, _ in campaigns.told] == [first.id]


def test_a_tenant_of_any_size_is_purged_in_parts(
    tenancy: Tenantry, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held in memory has a bound."""
    monkeypatch.setattr(purging, "_AT_ONCE", 2)
    tenants = [full(tenancy, name) for name in ("Acme", "Beta", "Gamma", "Delta", "Epsilon")]
    for each in tenants:
        for number in range(5):
            each.context(SYSTEM).members.add(f"user_{number}", workspaces={each.general: "viewer"})
        each.context(SYSTEM).delete()
    clock.advance(GRACE + DAY)

    assert tenancy.jobs.purge(limit=2).remaining == 3
    assert tenancy.jobs.purge(limit=5) == Purged(tuple(each.id for each in tenants[2:]), {}, 0)
    assert not tenants[0].user_ids()


def test_more_that_fail_than_are_read_at_a_time_are_each_tried_once(
    taking_part: Tenantry, clock: FrozenClock, campaigns: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CR-05"""
    monkeypatch.setattr(purging, "_AT_ONCE", 2)
    tenants = [full(taking_part, name) for name in ("Acme", "Beta", "Gamma", "Delta", "Epsilon")]
    for each in tenants:
        each.context(SYSTEM).delete()
    campaigns.broken = {each.id for each in tenants[:4]}
    clock.advance(GRACE + DAY)

    assert taking_part.jobs.purge().tenant_ids == (tenants[4].id,)
    assert [change.tenant_id for change, _ in campaigns.told] == [each.id for each in tenants]


class Purging:
    """A participant that calls what it must not, through a handle that it had before."""

    name = "purging"

    def __init__(self) -> None:
        self.jobs: JobsContext | None = None

    def delete_tenant(self, change: Change, session: Any) -> int:
        assert self.jobs is not None
        return len(self.jobs.purge().tenant_ids)

    delete = delete_workspace = delete_tenant


def test_a_participant_purges_nothing(store: Store, clock: FrozenClock) -> None:
    """Its call is refused as a whole, not tenant by tenant."""
    purging_one = Purging()
    tenancy = Tenantry(
        store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, participants=[purging_one], notices=True
    )
    acme = full(tenancy)
    ended(acme, clock)
    purging_one.jobs = tenancy.jobs

    assert tenancy.jobs.purge() == Purged((), {acme.id: "Invalid"}, 1)


def test_what_is_due_is_found_without_a_look_at_every_tenant(sqlite_store: SQLAlchemyStore) -> None:
    """Deleted tenants are few among many."""
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    engine = emptied(sqlite_store).engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        Tenantry(store=sqlite_store, scheme=schemes.AGENCY, secret_keys=[SECRET]).jobs.purge()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        found = [each for each in asked if "FROM tenantry_tenants" in each[0]]
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all()) for sql, given in found]
    assert len(plans) == 2
    assert all("ix_tenantry_tenants_status_purge_at" in plan for plan in plans), plans


@pytest.mark.parametrize("limit", [0, -1, 1_001, True, "1", None])
def test_the_limit_is_a_number(tenancy: Tenantry, limit: Any) -> None:
    with pytest.raises(Invalid):
        tenancy.jobs.purge(limit=limit)


def test_a_guest_purges_nothing(tenancy: Tenantry, clock: FrozenClock) -> None:
    """One transaction for each tenant is not to be had in the host's."""
    acme = full(tenancy)
    ended(acme, clock)

    with tenancy.transaction() as tx, pytest.raises(Invalid):
        tx.jobs.purge()
    assert acme.context().get().status is TenantStatus.DELETED


def test_it_is_too_late_to_restore_before_it_is_purged(tenancy: Tenantry, clock: FrozenClock) -> None:
    """TM-05"""
    acme = full(tenancy)
    acme.context().delete(confirm="Acme")
    clock.advance(GRACE)

    with pytest.raises(Conflict):
        acme.context().restore()
    assert tenancy.jobs.purge().tenant_ids == ()


@pytest.fixture
def notes(sql_store: SQLAlchemyStore) -> Iterator[Any]:
    """A table of the host."""
    notes = table("host_purge_notes", column("tenant_id"))
    with sql_store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE host_purge_notes (tenant_id TEXT)")
    yield notes
    with sql_store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE host_purge_notes")


def test_the_rows_of_the_host_go_in_the_same_transaction(
    sql_store: SQLAlchemyStore, clock: FrozenClock, notes: Any
) -> None:
    """CR-05: both or none."""

    class Notes:
        name = "notes"
        works = False

        def delete_tenant(self, change: Change, session: Any) -> int:
            removed: int = session.execute(delete(notes).where(notes.c.tenant_id == change.tenant_id)).rowcount
            if not self.works:
                raise ZeroDivisionError
            return removed

        delete = delete_workspace = delete_tenant

    rows = Notes()
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, participants=[rows])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    with sql_store.engine.begin() as connection:
        connection.execute(insert(notes), [{"tenant_id": acme.id}, {"tenant_id": "ten_other"}])

    def left() -> list[str]:
        with sql_store.engine.connect() as connection:
            return list(connection.scalars(select(notes.c.tenant_id).order_by(notes.c.tenant_id)))

    ended(acme, clock)
    assert tenancy.jobs.purge().failed == {acme.id: "ZeroDivisionError"}
    assert left() == sorted([acme.id, "ten_other"])
    rows.works = True
    assert tenancy.jobs.purge().tenant_ids == (acme.id,)
    assert left() == ["ten_other"]
    with sql_store.engine.connect() as connection, pytest.raises(Invalid):
        tenancy.using(SessionStore(connection)).jobs.purge()
