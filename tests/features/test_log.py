"""Each command leaves one record in the log `tenantry`, at DEBUG, without addresses and tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from tenantry import Denied, LastOwner, NotFound, Tenantry, schemes
from tenantry.memory import MemoryStore
from tests.features.people import ADA, BOB, DAN, EVE, SECRET, Company


@pytest.fixture(autouse=True)
def _every_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tenantry")


def outcomes(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    """What the log says of each command: name, outcome, tries."""
    return [(r.command, r.outcome, r.tries) for r in caplog.records]  # type: ignore[attr-defined]


def test_a_command_leaves_one_record(tenancy: Tenantry, acme: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()

    acme.context().members.add(BOB.user_id, name="Bob", email=BOB.email)

    [record] = caplog.records
    known: dict[str, Any] = record.__dict__
    assert (record.levelname, record.name) == ("DEBUG", "tenantry")
    assert (known["command"], known["tenant_id"], known["outcome"], known["tries"]) == ("members.add", acme.id, "ok", 1)
    assert known["statements"] > 3
    assert known["milliseconds"] > 0
    assert acme.id in record.getMessage()
    assert not [said for said in (BOB.email, BOB.user_id, ADA.user_id) if str(said) in repr(known)]


def test_a_refusal_leaves_its_code(acme: Company, caplog: pytest.LogCaptureFixture) -> None:
    acme.add(BOB)
    caplog.clear()

    with pytest.raises(LastOwner):
        acme.context().members.leave()
    with pytest.raises(Denied):
        acme.context(BOB).members.list()
    with pytest.raises(NotFound):
        acme.context(EVE).get()

    assert outcomes(caplog) == [
        ("members.leave", "last_owner", 1),
        ("members.list", "denied", 1),
        ("tenancy.record_denial", "ok", 1),
        ("tenant.get", "not_found", 1),
    ]


def test_a_command_that_was_run_again_says_so(caplog: pytest.LogCaptureFixture) -> None:
    rivals: list[Callable[[], object]] = []

    def switch() -> None:
        if rivals:
            rivals.pop()()

    tenancy = Tenantry(store=MemoryStore(switch=switch), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    rivals.append(lambda: acme.add(DAN))
    caplog.clear()

    acme.context().members.add(BOB.user_id)

    assert outcomes(caplog) == [
        ("members.add", "ok", 1),
        ("members.add", "ok", 2),
    ]
