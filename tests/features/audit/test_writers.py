"""Many write to one trail, and it is one trail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event

from tenantry import SYSTEM, Conflict, Invalid, Tenantry, schemes
from tenantry.audit import repository
from tenantry.audit.repository import AuditRepository
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, EVE, SECRET, Company
from tests.scale import rounds

WRITERS = 8


def test_eight_writers_make_one_unbroken_sequence(acme: Company, store: Store) -> None:
    """AU-09, E91: no number twice, none left out, also not where commands and transactions were rolled back."""
    start = acme.context(SYSTEM).get()._audit_sequence
    each_writes = rounds(10_000)

    def write(writer: int) -> None:
        by = SYSTEM.job(f"writer_{writer}")
        context = acme.tenancy.tenant(acme.id, by=by)
        for number in range(each_writes):
            if number % 5 == 4:
                with pytest.raises(Conflict):
                    context.workspaces.create("Refused", slug="general")
            if number % 10 == 9:
                with pytest.raises(ZeroDivisionError):
                    acme.tenancy.retry(lambda tx: fail(tx.tenant(acme.id, by=by), writer))
            context.workspaces.record_counters(acme.general, {f"by_{writer}": number})

    def fail(context: Any, writer: int) -> None:
        context.workspaces.record_counters(acme.general, {f"by_{writer}": 10**9})
        raise ZeroDivisionError

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))

    events = Vault(store).events(acme.id)
    assert [each.sequence for each in events] == list(range(1, start + WRITERS * each_writes + 1))
    for writer in range(WRITERS):
        theirs = [each.after["counters"] for each in events if each.principal == f"system:writer_{writer}"]
        assert [counters[f"by_{writer}"] for counters in theirs] == list(range(each_writes))
    found = acme.context().audit.verify()
    assert found.first_bad is None
    assert found.events == len(events)


@pytest.mark.parametrize("end", [lambda: 1 / 0, lambda: Invalid("No.")], ids=["failed", "given up"])
def test_what_is_rolled_back_leaves_no_event_and_no_hole(acme: Company, end: Callable[[], Any]) -> None:
    """AU-14, E90."""
    before = acme.trail()

    def give_up() -> None:
        with acme.tenancy.transaction() as tx:
            tx.tenant(acme.id, by=ADA).workspaces.create("Justice")
            tx.tenant(acme.id, by=ADA).members.add(BOB.user_id)
            raise end()

    with pytest.raises((ZeroDivisionError, Invalid)):
        give_up()

    assert acme.trail() == before
    acme.workspace("Next")
    found = acme.context().audit.verify()
    assert found.first_bad is None
    assert found.events == len(before) + 1


def test_what_is_done_again_is_recorded_once(acme: Company) -> None:
    """AU-14: the same person accepting again gets the same answer."""
    issued = acme.invite(BOB)
    acme.tenancy.person(BOB).accept(issued.token)
    before = acme.trail()

    acme.tenancy.person(BOB).accept(issued.token)

    assert acme.trail() == before


def test_an_event_is_under_the_tenant_that_was_meant(acme: Company, tenancy: Tenantry) -> None:
    """E94: whatever else is open; nothing is ever the active tenant."""
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    there, here = acme.context(), beta.context()
    there.can("tenant-api:member:read")
    before = acme.trail()

    here.workspaces.create("Justice")
    there.can("tenant-api:member:read")
    tenancy.retry(lambda tx: tx.tenant(beta.id, by=ADA).members.add(EVE.user_id))

    assert acme.trail() == before
    assert beta.trail()[-2:] == ["workspace.created", "member.added"]
    assert {event.tenant_id for event in Vault(tenancy._store).events(beta.id)} == {beta.id}


class TestReading:
    def test_takes_pages_of_a_bounded_size(self, acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        """A trail is not held in memory."""
        for number in range(9):
            acme.workspace(f"Workspace {number}")
        read: list[int] = []
        pages = AuditRepository.pages

        def watched(self: AuditRepository, *args: Any, **where: object) -> Any:
            for page in pages(self, *args, **where):
                read.append(len(page))
                yield page

        monkeypatch.setattr(AuditRepository, "pages", watched)
        for size, expected in ((5, [5, 5, 2]), (6, [6, 6, 0]), (12, [12, 0]), (500, [12])):
            monkeypatch.setattr(repository, "PAGE", size)
            read.clear()
            found = acme.context().audit.verify()
            assert found.first_bad is None
            assert (found.events, read) == (12, expected)

    def test_is_not_disturbed_by_who_writes_meanwhile(self, sql_store: SQLAlchemyStore) -> None:
        """E91: what was committed between the last page and the tenant's row is read as well."""
        tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        waiting = [f"Workspace {number}" for number in range(3)]

        writing: list[str] = []

        def write(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if "FROM tenantry_tenants" in statement and waiting and not writing:
                writing.append(waiting.pop())
                acme.workspace(writing[0])
                writing.clear()

        context = acme.context(SYSTEM)
        event.listen(sql_store.engine, "before_cursor_execute", write)
        try:
            found, kept = context.audit.verify(), context.audit.checkpoint()
        finally:
            event.remove(sql_store.engine, "before_cursor_execute", write)

        assert found.first_bad is None
        assert not waiting
        assert context.audit.verify(checkpoint=kept)
