"""Personal values may be erased, and whoever wipes them past us is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from tenantry import SYSTEM, Origin, Tenantry, TrailBroken, Verification
from tenantry.audit.erasures import MAX_NAMED
from tenantry.audit.model import AuditEvent
from tenantry.audit.service.erasing import erase
from tenantry.kernel.canonical import canonical
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.audit.vault import Vault
from tests.features.people import BOB, CAY, Company
from tests.features.tenants.test_purge import DAY, GRACE

ORIGIN = Origin(address="192.0.2.7", user_agent="Bob's browser", request_id="req-1")


@pytest.fixture
def lived_in(acme: Company, tenancy: Tenantry) -> Company:
    """Bob was invited, joined and acted; Cay is there, too."""
    issued = acme.invite(BOB, "admin")
    tenancy.person(BOB, origin=ORIGIN).accept(issued.token)
    tenancy.tenant(acme.id, by=BOB, origin=ORIGIN).workspaces.create("Justice")
    acme.add(CAY)
    acme.context(SYSTEM).members.update(CAY.user_id, name="Catherine")
    return acme


def verified(company: Company) -> Verification:
    return company.context(SYSTEM).audit.verify()


def wipe(store: Store, company: Company, *numbers: int, place: str | None = None) -> None:
    """Take personal values out of events, all or the one at a place, past everything."""
    vault = Vault(store)

    def wiped(event: AuditEvent) -> AuditEvent:
        kept = {at: pair for at, pair in event._personal.items() if place not in (None, at)}
        return evolve(event, personal=kept) if event.sequence in numbers else event

    vault.replace(company.id, map(wiped, vault.events(company.id)))


def with_values(store: Store, company: Company, wanted: Callable[[AuditEvent], bool] = lambda event: True) -> list[int]:
    """The numbers of the events that have personal values."""
    return [event.sequence for event in Vault(store).events(company.id) if event._personal and wanted(event)]


def lost(number: int) -> str:
    return f"Event {number} has lost a personal value that no erasure accounts for."


def test_a_wiped_value_is_found_wherever_it_was(lived_in: Company, store: Store) -> None:
    """Law 10: each value of each event."""
    events = Vault(store).events(lived_in.id)
    values = [(event.sequence, place) for event in events for place in event._personal]
    assert {place for _, place in values} >= {"target_name", "after.email", "after.name", "address", "user_agent"}
    for number, place in values:
        wipe(store, lived_in, number, place=place)
        found = verified(lived_in)
        assert (found.intact, found.complete, found.first_bad, found.erased) == (False, True, number, 0), place
        assert found.reason == lost(number)
        Vault(store).replace(lived_in.id, events)
    assert verified(lived_in).first_bad is None


def test_the_first_of_many_is_named(lived_in: Company, store: Store) -> None:
    """And no checkpoint is given for what was wiped."""
    numbers = with_values(store, lived_in)
    wipe(store, lived_in, *numbers)

    assert verified(lived_in).reason == lost(numbers[0])
    with pytest.raises(TrailBroken, match="lost a personal value"):
        lived_in.context().audit.checkpoint()


def test_what_is_forgotten_is_accounted_for_and_nothing_else(lived_in: Company, store: Store) -> None:
    kept = lived_in.context().audit.checkpoint()
    lived_in.tenancy.forget(BOB.user_id)
    later = lived_in.context().audit.checkpoint(since=kept)

    found = verified(lived_in)
    assert found.erased > 4
    for checkpoint in (kept, later):
        assert lived_in.context().audit.verify(checkpoint=checkpoint) == evolve(found, agrees=True, reason=None)
    for number in with_values(store, lived_in):
        events = Vault(store).events(lived_in.id)
        wipe(store, lived_in, number)
        assert verified(lived_in).reason == lost(number)
        assert not lived_in.context().audit.verify(checkpoint=later)
        assert verified(lived_in).erased == found.erased
        Vault(store).replace(lived_in.id, events)


def test_an_erasure_accounts_for_nothing_that_came_after_it(lived_in: Company, store: Store) -> None:
    """Somebody who was forgotten comes back."""
    lived_in.tenancy.forget(BOB.user_id)
    before = verified(lived_in).erased
    lived_in.add(BOB)
    lived_in.context(SYSTEM).members.update(BOB.user_id, name="Robert")
    number = with_values(store, lived_in, lambda event: event.target == BOB.user_id)[-1]

    wipe(store, lived_in, number)
    assert verified(lived_in).reason == lost(number)
    lived_in.tenancy.forget(BOB.user_id)

    again = verified(lived_in)
    assert again.first_bad is None  # it would have been erased anyway
    assert again.erased > before
    assert lived_in.trail().count("audit.erased") == 2


def test_an_event_that_accounts_for_a_wipe_cannot_be_made_up(lived_in: Company, store: Store) -> None:
    """AU-03: it is in the chain as every other."""
    vault = Vault(store)
    lived_in.workspace("Another")
    wipe(store, lived_in, *with_values(store, lived_in))
    *others, last = vault.events(lived_in.id)
    vault.replace(lived_in.id, [*others, evolve(last, action="audit.erased", after={"everything": True})])

    found = verified(lived_in)

    assert (found.intact, found.first_bad) == (False, last.sequence)


@pytest.mark.parametrize("said", [None, "user_bob", 7, [7, None, ["user_bob"]], {"user_bob": 1}], ids=str)
def test_an_erasure_that_says_nonsense_accounts_for_nothing(lived_in: Company, store: Store, said: object) -> None:
    vault = Vault(store)
    lived_in.workspace("Another")
    *others, last = vault.events(lived_in.id)
    number = with_values(store, lived_in, lambda event: event.target == BOB.user_id)[0]
    changed = evolve(last, action="audit.erased", after={"targets": said, "principals": said, "everything": said})
    vault.replace(lived_in.id, [*others, changed])
    wipe(store, lived_in, number)

    assert verified(lived_in).first_bad == number


def test_a_purge_accounts_for_everything(lived_in: Company, tenancy: Tenantry, clock: FrozenClock) -> None:
    kept = lived_in.context().audit.checkpoint()
    lived_in.context().delete(confirm="Acme")
    clock.advance(GRACE + DAY)
    tenancy.jobs.purge()

    found = lived_in.context(SYSTEM).audit.verify(checkpoint=kept)

    assert found
    assert found.erased > 10
    assert lived_in.context(SYSTEM).audit.list(limit=2)[1].after == {"everything": True}


def test_an_erasure_is_as_short_for_many_events_and_has_a_bound(lived_in: Company) -> None:
    """Law 10: a user in 100,000 events, and thousands of invitations."""
    for number in range(40):
        lived_in.context(SYSTEM).members.update(BOB.user_id, name=f"Robert {number}")
    many = [f"inv_{number}" for number in range(2 * MAX_NAMED)]

    def work(uow: object) -> None:
        erase(uow, targets=[BOB.user_id, *many], principals=[BOB.user_id])  # type: ignore[arg-type]

    lived_in.context(SYSTEM)._runner.command("erase", work)

    assert verified(lived_in).first_bad is None
    events = [event for event in lived_in.context(SYSTEM).audit.list() if event.action == "audit.erased"]
    assert [len(event.after["targets"]) for event in reversed(events)] == [MAX_NAMED, MAX_NAMED, 1]
    assert [event.after["principals"] for event in reversed(events)] == [[BOB.user_id], [], []]
    assert all(len(canonical(event.after)) < 10_000 for event in events)


def test_an_erasure_is_undone_with_its_command(lived_in: Company, store: Store) -> None:
    before = Vault(store).events(lived_in.id)

    def work(uow: object) -> None:
        erase(uow, targets=[BOB.user_id], principals=[])  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        lived_in.context(SYSTEM)._runner.command("erase", work)

    assert Vault(store).events(lived_in.id) == before
