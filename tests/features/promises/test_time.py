"""Times are instants in UTC, to the microsecond, whatever zone they were told in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tenantry import Invalid, Tenantry, schemes
from tenantry.ports import Store
from tests.features.people import ADA, BOB, SECRET, Company

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
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    ],
    ids=repr,
)
def test_an_instant_survives_every_store(acme: Company, told: datetime) -> None:
    """TM-04"""
    acme.add(BOB)

    acme.desk().members.record(BOB.user_id, last_sign_in_at=told)

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
def test_what_is_no_instant_in_utc_is_refused(acme: Company, told: datetime) -> None:
    """TM-04"""
    acme.add(BOB)

    with pytest.raises(Invalid):
        acme.desk().members.record(BOB.user_id, last_sign_in_at=told)


def test_a_clock_may_tell_any_zone(store: Store) -> None:
    """TM-04"""
    now = datetime(2026, 7, 1, 12, tzinfo=BERLIN)
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=lambda: now)

    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))

    [event, *_] = acme.desk().audit.list()
    for seen in (acme.desk().get().created_at, acme.member(ADA).joined_at, event.occurred_at):
        assert (seen, seen.tzinfo) == (now, UTC)


def test_a_clock_without_a_zone_is_refused(store: Store) -> None:
    """TM-04"""
    naive = datetime(2026, 7, 1)  # noqa: DTZ001
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=lambda: naive)

    with pytest.raises(Invalid):
        tenancy.person(ADA).create_tenant("Acme")
