"""Who reads the trail is in it; the host, its jobs, and what proves the trail are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tenantry import SYSTEM, AuditEvent, Denied, Invalid, InvalidCursor, NotFound, Origin, TenantContext, Tenantry
from tests.features.people import ADA, BOB, CAY, EVE, Company


def readings(acme: Company) -> list[AuditEvent]:
    """The readings on record, oldest first."""
    everything = acme.context(SYSTEM).audit.list(order="oldest", limit=200)
    return [event for event in everything if event.action == "audit.read"]


def to_the_end(context: TenantContext, *, limit: int, order: str) -> list[int]:
    """The numbers of all events, read page by page."""
    numbers: list[int] = []
    after: str | None = None
    while True:
        page = context.audit.list(limit=limit, order=order, after=after)
        numbers += [event.sequence for event in page]
        after = page.next
        if after is None:
            return numbers
        assert len(numbers) < 100


def test_a_reading_is_on_record_with_what_was_read(tenancy: Tenantry, acme: Company) -> None:
    """AU-11: by whom, from where, and which events; not what was in them."""
    acme.add(BOB, "admin")
    context = tenancy.tenant(acme.id, by=BOB, origin=Origin(address="192.0.2.7"))

    page = context.audit.list(limit=3, total=True)

    assert ([event.sequence for event in page], page.total) == ([4, 3, 2], 4)
    [event] = readings(acme)
    assert (event.sequence, event.principal, event.target) == (5, BOB.user_id, acme.id)
    assert (event.before, event.after, event.address) == ({}, {"first": 2, "last": 4}, "192.0.2.7")
    assert acme.context(SYSTEM).audit.verify().first_bad is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_who_reads_to_the_end_gets_there(acme: Company, order: str, limit: int) -> None:
    """AU-11: each page is a reading, and a page of readings alone is none."""
    numbers = to_the_end(acme.context(), limit=limit, order=order)

    assert {1, 2, 3} <= set(numbers)
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers, reverse=order == "newest")
    assert {number for event in readings(acme) for number in range(event.after["first"], event.after["last"] + 1)} >= {
        1,
        2,
        3,
    }


def test_two_who_read_to_the_end_side_by_side_get_there(acme: Company) -> None:
    acme.add(CAY, "admin")
    first = second = None
    for _ in range(20):
        one = acme.context().audit.list(limit=1, order="oldest", after=first)
        other = acme.context(CAY).audit.list(limit=1, order="oldest", after=second)
        if one.next is None and other.next is None:
            return
        first, second = one.next or first, other.next or second
    raise AssertionError("they read each other's readings for ever")


def test_the_host_reads_without_a_trace(acme: Company) -> None:
    """AU-11: and so it does not take the lock."""
    before, version = acme.trail(), acme.context().get()._version

    acme.context(SYSTEM.job("nightly")).audit.list()

    assert (acme.trail(), acme.context().get()._version) == (before, version)


def test_what_proves_the_trail_reads_nothing_out(acme: Company) -> None:
    """AU-11: a checkpoint and a verdict say nothing of what happened; and readings do not make a checkpoint void."""
    context, before = acme.context(), acme.trail()
    checkpoint = context.audit.checkpoint()
    assert context.audit.verify(checkpoint=checkpoint)
    assert acme.trail() == before

    context.audit.list()

    assert context.audit.verify(checkpoint=checkpoint).agrees


@pytest.mark.parametrize(
    ("reads", "error"),
    [
        (lambda acme: acme.context(BOB).audit.list(), Denied),
        (lambda acme: acme.context(EVE).audit.list(), NotFound),
        (lambda acme: acme.context().audit.list(after="cursor"), InvalidCursor),
        (lambda acme: acme.context().audit.list(limit=0), Invalid),
        (lambda acme: acme.context().audit.list(order="name"), Invalid),
    ],
    ids=["denied", "stranger", "cursor", "limit", "order"],
)
def test_who_was_shown_nothing_has_not_read(
    acme: Company, reads: Callable[[Company], object], error: type[Exception]
) -> None:
    """AU-11"""
    acme.add(BOB, workspaces={acme.general: "admin"})
    before = acme.trail()

    with pytest.raises(error):
        reads(acme)

    assert acme.trail() == before + ["access.denied"] * (error is Denied)


def test_in_a_closed_tenant_nobody_reads(acme: Company) -> None:
    """AU-11, E08"""
    acme.context(SYSTEM).suspend("Unpaid")

    with pytest.raises(Denied) as denied:
        acme.context().audit.list()

    assert denied.value.decision.code == "tenant_suspended"
    assert not readings(acme)


def test_a_reading_that_is_undone_is_not_on_record(tenancy: Tenantry, acme: Company) -> None:
    """AU-14"""

    def read_and_fail(tx: Tenantry) -> None:
        assert tx.tenant(acme.id, by=ADA).audit.list()
        raise LookupError

    with pytest.raises(LookupError):
        tenancy.retry(read_and_fail)

    assert not readings(acme)
