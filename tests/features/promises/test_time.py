"""Times are instants in UTC, to the microsecond, whatever zone they were told in."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from tenantry import SYSTEM, Invalid, InvitationExpired, Tenantry, TenantryError, schemes
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore, metadata
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, SECRET, Company
from tests.features.verbs import VERBS, World

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "told",
    [
        datetime(2026, 3, 1, 12, 0, 0, 123456, UTC),
        datetime(2026, 3, 1, 12, 0, 0, 1, timezone(timedelta(hours=5, minutes=45))),
        datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=BERLIN),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
        datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN),  # which no clock has shown
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
    ],
    ids=repr,
)
def test_an_instant_survives_every_store(store: Store, told: datetime) -> None:
    """TM-04"""
    clock = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)

    tenancy.person(BOB).signed_in(told)

    seen = acme.member(BOB).last_sign_in_at
    assert seen == told.astimezone(UTC)
    assert seen is not None
    assert seen.tzinfo is UTC


@pytest.mark.parametrize(
    "told",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 30, tzinfo=timezone(-timedelta(hours=1))),
    ],
    ids=repr,
)
def test_what_is_no_instant_in_utc_is_refused(tenancy: Tenantry, told: datetime) -> None:
    """TM-04"""
    with pytest.raises(Invalid):
        tenancy.person(BOB).signed_in(told)


def test_a_clock_may_tell_any_zone(store: Store) -> None:
    """TM-04"""
    now = datetime(2026, 7, 1, 12, tzinfo=BERLIN)
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=lambda: now)

    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    [event, *_] = acme.context().audit.list()
    for seen in (acme.context().get().created_at, acme.member(ADA).joined_at, event.occurred_at):
        assert (seen, seen.tzinfo) == (now, UTC)


def test_a_clock_without_a_zone_is_refused(store: Store) -> None:
    """TM-04"""
    naive = datetime(2026, 7, 1)  # noqa: DTZ001
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=lambda: naive)

    with pytest.raises(Invalid):
        tenancy.person(ADA).create_tenant("Acme")


def test_no_statement_asks_the_database_for_the_time(sql_store: SQLAlchemyStore) -> None:
    """TM-03: the injected clock alone decides."""
    clock, asked = FrozenClock(datetime(2100, 1, 1, tzinfo=UTC)), []
    world = World(sql_store, clock=clock)
    event.listen(sql_store.engine, "before_cursor_execute", lambda *about: asked.append(about[2].lower()))

    for name, verb in VERBS.items():
        with suppress(TenantryError):
            world.verb(name, verb.by)(**verb.args(world))

    assert len(asked) > 300
    clocks = re.compile(
        r"current_(time|date)|localtime|\bnow\s*\(|clock_timestamp|statement_timestamp|julianday|strftime"
    )
    assert [statement for statement in asked if clocks.search(statement)] == []
    with sql_store.engine.connect() as connection:
        times = [
            value
            for table in metadata.tables.values()
            for row in connection.execute(select(table))
            for value in row
            if isinstance(value, datetime)
        ]
    assert len(times) > 50
    assert {time for time in times if 2021 < time.year < 2090} <= {datetime(2026, 1, 1, tzinfo=UTC)}  # a sign-in


def test_two_processes_whose_clocks_differ_never_both_win(store: Store, clock: FrozenClock) -> None:
    """TM-03: each decides by its own clock, and under the lock the first to decide has decided."""
    ahead = FrozenClock(clock() + timedelta(minutes=5))
    early, late = (
        Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=each) for each in (clock, ahead)
    )
    acme = Company(early, early.person(ADA).create_tenant("Acme"))
    issued = acme.context().invitations.send("bob@acme.test", expires_in=timedelta(minutes=5))

    with pytest.raises(InvitationExpired):
        late.person(BOB).accept(issued.token)
    assert early.person(BOB).accept(issued.token).membership.user_id == BOB.user_id
    assert late.person(BOB).accept(issued.token).already_member

    ends = clock() + timedelta(minutes=2)
    late.tenant(acme.id, by=ADA).members.add_role(BOB.user_id, role="admin", ends_at=ends + timedelta(minutes=5))
    assert late.tenant(acme.id, by=BOB).can("tenant-api:member:read")
    clock.set(ends + timedelta(minutes=5))
    assert not early.tenant(acme.id, by=BOB).can("tenant-api:member:read")
    assert early.tenant(acme.id, by=SYSTEM).audit.verify().first_bad is None
