"""What is denied again and again is told once a minute, with how often; the rest is counted, and locks nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenantry import SYSTEM, Denied, NotFound, Origin, Principal, Stale, Tenantry, schemes
from tenantry.audit.denials import DENIALS
from tenantry.audit.repository import DenialRepository
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.sqlalchemy.records import Records as SQLRecords
from tenantry.tenants.model import version_of
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company
from tests.features.test_statements import counting
from tests.scale import rounds

MINUTE = timedelta(minutes=1)


def attempt(company: Company, who: Principal = BOB) -> Denied:
    with pytest.raises(Denied) as refused:
        company.context(who).update(name="Mine")
    return refused.value


def told(company: Company) -> list[Mapping[str, Any]]:
    """What each event about a denial says, oldest first."""
    events = company.context(SYSTEM).audit.list(order="oldest", limit=200)
    return [event.after for event in events if event.action == "access.denied"]


def version(company: Company) -> int:
    return version_of(company.context(SYSTEM).get())


def kept(tenancy: Tenantry) -> list[tuple[str, str, int]]:
    """What is counted: who, why, and how often since the trail has told."""
    with tenancy._store.jobs() as jobs:
        return [(each.principal, each.code, each.count) for each in jobs.records(DENIALS).list()]


def test_a_hostile_loop_is_one_event_a_minute_and_one_lock(
    acme: Company, clock: FrozenClock, request: pytest.FixtureRequest
) -> None:
    """Law 10: the next minute's first says how many there were."""
    times = 1_000 if "memory" in request.node.name else 100
    acme.add(BOB)
    before, locked = acme.trail(), version(acme)

    for _ in range(times):
        attempt(acme)

    assert acme.trail() == [*before, "access.denied"]
    assert version(acme) == locked + 1
    clock.advance(MINUTE - timedelta(microseconds=1))
    attempt(acme)
    clock.advance(microseconds=1)
    attempt(acme)
    attempt(acme)
    first = {"code": "permission_missing", "permission": "tenant-api:tenant:update"}
    assert told(acme) == [first, {**first, "repeated": times}]
    assert version(acme) == locked + 2
    assert acme.context().audit.verify().intact


def test_a_repeat_is_two_statements_and_none_of_them_touches_the_tenant(
    sql_store: SQLAlchemyStore, clock: FrozenClock
) -> None:
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    decision = attempt(acme).decision

    for error in [Denied("No.", decision=decision, tenant_id=acme.id, principal=BOB) for _ in range(2)]:
        with counting(sql_store.engine) as executed:
            tenancy.record_denial(error)
        assert len(executed) == 2
        assert not any("tenantry_tenants" in each for each in executed), executed
    assert kept(tenancy) == [(BOB.user_id, "permission_missing", 2)]


def test_each_principal_and_code_is_told_by_itself(acme: Company, tenancy: Tenantry) -> None:
    """Whatever else is asked, in whatever workspace, is the same code."""
    bob, cay = acme.add(BOB), acme.add(CAY, "admin")
    attempt(acme)
    for refused in (
        lambda: bob.workspaces.create("Justice"),
        bob.members.list,
        lambda: bob.require("workspace-api:member:invite", workspace=acme.general),
        lambda: cay.members.add(EVE.user_id, role="owner"),
        lambda: acme.context(Principal(BOB.user_id, active=False)).get(),
        lambda: acme.context(Principal(BOB.user_id, impersonated_by="support_7")).update(name="Mine"),
    ):
        with pytest.raises(Denied):
            refused()

    assert sorted(kept(tenancy)) == [
        ("support_7", "permission_missing", 0),
        (BOB.user_id, "permission_missing", 3),
        (BOB.user_id, "principal_inactive", 0),
        (CAY.user_id, "beyond_own_rights", 0),
    ]
    assert len(told(acme)) == 4


def test_a_deactivated_member_is_told_of_once_and_never_again(
    acme: Company, tenancy: Tenantry, clock: FrozenClock
) -> None:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    for _ in range(5):
        attempt(acme)
        clock.advance(days=1)
        tenancy.jobs.purge()

    assert told(acme) == [{"code": "member_deactivated", "permission": "tenant-api:tenant:update"}]
    assert kept(tenancy) == [(BOB.user_id, "member_deactivated", 0)]


def test_a_stranger_leaves_no_row(acme: Company, tenancy: Tenantry) -> None:
    """Nor does somebody who is a member no more, once the minute is over."""
    acme.add(BOB)
    refused = attempt(acme)
    acme.context().members.remove(BOB.user_id)
    with pytest.raises(NotFound):
        acme.context(EVE).update(name="Mine")
    tenancy.record_denial(Denied("No.", decision=refused.decision, tenant_id=acme.id, principal=EVE))
    tenancy.record_denial(Denied("No.", decision=refused.decision, tenant_id="ten_unknown", principal=BOB))

    assert kept(tenancy) == [(BOB.user_id, "permission_missing", 0)]
    assert len(told(acme)) == 1


class TestPurge:
    def test_tells_what_nobody_has_asked_again(self, acme: Company, tenancy: Tenantry, clock: FrozenClock) -> None:
        acme.add(BOB)
        acme.add(CAY)
        for who in (BOB, BOB, BOB, CAY):
            attempt(acme, who)
        clock.advance(seconds=59)
        tenancy.jobs.purge()
        assert len(told(acme)) == 2
        clock.advance(seconds=1)
        tenancy.jobs.purge()

        newest = acme.context(SYSTEM).audit.list(limit=1)[0]
        assert (newest.action, newest.principal, newest.target) == ("access.denied", BOB.user_id, BOB.user_id)
        assert newest.after == {"code": "permission_missing", "repeated": 2}
        assert len(told(acme)) == 3
        assert kept(tenancy) == []
        tenancy.jobs.purge()
        attempt(acme)
        assert told(acme)[3:] == [{"code": "permission_missing", "permission": "tenant-api:tenant:update"}]

    def test_names_support_and_for_whom(self, acme: Company, tenancy: Tenantry, clock: FrozenClock) -> None:
        acme.add(BOB)
        for _ in range(2):
            attempt(acme, Principal(BOB.user_id, impersonated_by="support_7"))
        clock.advance(MINUTE)
        tenancy.jobs.purge()

        newest = acme.context(SYSTEM).audit.list(limit=1)[0]
        assert (newest.principal, newest.on_behalf_of, newest.target) == ("support_7", BOB.user_id, BOB.user_id)

    def test_takes_all_of_a_purged_tenant_along(self, acme: Company, tenancy: Tenantry, clock: FrozenClock) -> None:
        acme.add(BOB)
        attempt(acme)
        attempt(acme)
        acme.context().delete(confirm="Acme")
        clock.advance(days=31)
        assert tenancy.jobs.purge().tenant_ids == (acme.id,)
        assert kept(tenancy) == []
        assert "repeated" not in str(told(acme))

    def test_leaves_a_tenant_alone_that_cannot_be_told(
        self, acme: Company, tenancy: Tenantry, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is tried again by the next run."""
        acme.add(BOB)
        attempt(acme)
        attempt(acme)
        clock.advance(MINUTE)

        def fail(self: object, *_: object) -> bool:
            raise Stale("Somebody is always faster.")

        with monkeypatch.context() as broken:
            broken.setattr(DenialRepository, "tell", fail)
            tenancy.jobs.purge()
        assert kept(tenancy) == [(BOB.user_id, "permission_missing", 1)]
        tenancy.jobs.purge()
        assert kept(tenancy) == []
        assert told(acme)[-1] == {"code": "permission_missing", "repeated": 1}


def test_forgetting_a_user_drops_what_was_counted(acme: Company, tenancy: Tenantry) -> None:
    acme.add(BOB)
    acme.add(CAY)
    attempt(acme)
    attempt(acme, CAY)
    attempt(acme, Principal(BOB.user_id, impersonated_by="support_7"))
    tenancy.forget(BOB.user_id)

    assert kept(tenancy) == [(CAY.user_id, "permission_missing", 0)]


def test_forgetting_a_user_who_has_left_is_recorded(acme: Company, tenancy: Tenantry) -> None:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    attempt(acme)
    acme.context().members.remove(BOB.user_id)
    tenancy.forget(BOB.user_id)

    assert kept(tenancy) == []
    assert acme.trail()[-1] == "member.forgotten"


class TestAGuest:
    @pytest.fixture
    def acme(self, sql_store: SQLAlchemyStore, clock: FrozenClock) -> Company:
        tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        acme.add(BOB)
        return acme

    def handled(self, acme: Company, session: Session) -> None:
        """A request that is denied, and the host's error handler."""
        tenancy = acme.tenancy.using(SessionStore(session))
        with pytest.raises(Denied) as refused:
            tenancy.tenant(acme.id, by=BOB, origin=Origin(request_id="1")).update(name="Mine")
        session.rollback()
        tenancy.record_denial(refused.value)

    def test_folds_as_well(self, acme: Company, sql_store: SQLAlchemyStore, clock: FrozenClock) -> None:
        locked = version(acme)
        for seconds in (0, 1, 1, 60):
            clock.advance(seconds=seconds)
            with Session(sql_store.engine) as session:
                self.handled(acme, session)
                session.commit()

        assert [each.get("repeated") for each in told(acme)] == [None, 2]
        assert version(acme) == locked + 2

    def test_counts_nothing_that_the_host_rolls_back(self, acme: Company, sql_store: SQLAlchemyStore) -> None:
        attempt(acme)
        with Session(sql_store.engine) as session:
            self.handled(acme, session)
            session.rollback()

        assert kept(acme.tenancy) == [(BOB.user_id, "permission_missing", 0)]

    @pytest.mark.parametrize("sql_store", ["postgresql"], indirect=True)  # on SQLite, who comes second waits
    def test_does_not_wait_for_the_tenant(self, acme: Company, sql_store: SQLAlchemyStore) -> None:
        refused = Denied("No.", decision=attempt(acme).decision, tenant_id=acme.id, principal=BOB)
        with sql_store.command(acme.id, gate=Open()), Session(sql_store.engine) as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            acme.tenancy.using(SessionStore(session)).record_denial(refused)
            session.commit()

        assert kept(acme.tenancy) == [(BOB.user_id, "permission_missing", 1)]


# --- many at the same time

THREADS, EACH = 4, 10


def hammered(store: Store, clock: FrozenClock) -> tuple[Tenantry, Company, int]:
    """How many denials the trail and the count know of, out of `THREADS * EACH`."""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    decision = attempt(acme).decision

    def ask(_: int) -> None:
        for _ in range(EACH):
            tenancy.record_denial(Denied("No.", decision=decision, tenant_id=acme.id, principal=BOB))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(THREADS)))
    counted = sum(count for _, _, count in kept(tenancy))
    return tenancy, acme, counted + sum(1 + each.get("repeated", 0) for each in told(acme)) - 1


class Ticking(FrozenClock):
    """A clock that goes on with each look, so that some denials are told and some are counted."""

    def __call__(self) -> Any:
        now = super().__call__()
        self.advance(seconds=10)
        return now


@pytest.mark.parametrize("kind", [FrozenClock, Ticking], ids=["one-minute", "many-minutes"])
def test_no_denial_is_lost_where_many_are_denied_at_once(store: Store, kind: Callable[[], FrozenClock]) -> None:
    for _ in range(rounds(1)):
        _, acme, known = hammered(store, kind())
        assert known == THREADS * EACH
        assert acme.context(SYSTEM).audit.verify().intact


def test_a_store_that_counts_without_a_look_is_caught(
    postgresql_store: SQLAlchemyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = SQLRecords.change

    def careless(self: SQLRecords[Any], values: Mapping[str, object], /, **where: object) -> int:
        return careful(self, values, **{name: value for name, value in where.items() if name != "count"})

    monkeypatch.setattr(SQLRecords, "change", careless)
    assert any(hammered(postgresql_store, FrozenClock())[2] < THREADS * EACH for _ in range(20))
