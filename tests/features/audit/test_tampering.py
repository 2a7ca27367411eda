"""Whoever writes to the trail past us is found, and so is what they have touched first."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from tenantry import SYSTEM, AuditEvent, Denied, Origin, Tenantry, Verification
from tenantry.audit.model import AUDIT_EVENTS, chain
from tenantry.ports import Store
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, CAY, EVE, Company
from tests.scale import rounds

Trail = list[AuditEvent]
ORIGIN = Origin(address="192.0.2.7", user_agent="curl/8", request_id="req-1")
FIELDS = [name for name in AUDIT_EVENTS.fields if name not in ("tenant_id", "personal", "sequence")]


def lived_in(company: Company) -> Company:
    """A tenant whose trail has events of many kinds: with personal values, without, of denials, of the host."""
    tenancy, id = company.tenancy, company.id
    ada = tenancy.tenant(id, by=ADA, origin=ORIGIN)
    justice = ada.workspaces.create("Justice", settings={"limits": [1, 2.5, None], "on": True})
    issued = ada.invitations.send("bob@acme.test", workspaces={justice.id: "viewer"})
    tenancy.person(BOB, origin=ORIGIN).accept(issued.token)
    ada.members.update(BOB.user_id, name="Robert", email="robert@acme.test")
    company.context(SYSTEM.job("nightly")).workspaces.record_counters(justice.id, {"mails": 7})
    with pytest.raises(Denied):
        tenancy.tenant(id, by=BOB, origin=ORIGIN).workspaces.create("Mine")
    ada.members.change_role(BOB.user_id, role="admin")
    company.context(BOB).workspaces.update(justice.id, settings={"limits": [1e-22, -0.0], "on": False})
    company.add(CAY)
    ada.members.remove(CAY.user_id)
    return company


@pytest.fixture
def beta(tenancy: Tenantry, acme: Company) -> Company:
    """Another tenant with the same owner and much the same trail."""
    return lived_in(Company(tenancy, tenancy.person(ADA).create_tenant("Beta")))


def other(value: Any, chance: random.Random) -> Any:
    """Something else that could stand there."""
    match value:
        case str() if value:
            at = chance.randrange(len(value))
            changed = value[:at] + chance.choice([c for c in "0aZ_" if c != value[at]]) + value[at + 1 :]
            longer = [value + " "] if len(value) < 64 else []  # a column has an end
            return chance.choice([*longer, value[:-1], value[1:], changed])
        case bool() | None | "":
            return chance.choice(["x", "user_eve"])
        case int():
            return value + chance.choice([-1, 1, 100])
        case datetime():
            return value + timedelta(microseconds=chance.choice([-1, 1, 10**6, 86_400 * 10**6]))
        case Mapping() if value and chance.random() < 0.7:
            name = chance.choice(list(value))
            rest = {each: there for each, there in value.items() if each != name}
            return chance.choice([rest, {**rest, name + "x": value[name]}, {**rest, name: other(value[name], chance)}])
        case Mapping():
            return {**value, "extra": chance.choice([None, 1, "x", []])}
        case _:
            return [value]


def place(trail: Trail, chance: random.Random) -> int:
    return chance.randrange(len(trail))


def replaced(trail: Trail, at: int, **values: Any) -> Trail:
    return [*trail[:at], evolve(trail[at], **values), *trail[at + 1 :]]


def renumbered(trail: Trail, since: int, by: int) -> Trail:
    return [evolve(event, sequence=event.sequence + by) if n >= since else event for n, event in enumerate(trail)]


def edit(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at, name = place(trail, chance), chance.choice(FIELDS)
    return replaced(trail, at, **{name: other(AUDIT_EVENTS.value(trail[at], name), chance)})


def edit_personal(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = chance.choice([n for n, event in enumerate(trail) if event._personal])
    personal = dict(trail[at]._personal)
    name = chance.choice(list(personal))
    salt, value = personal[name]
    changed = [(salt, value + "x"), (salt, None), (salt[::-1] + "0", value), (salt, [value]), ("", value)]
    personal[name] = chance.choice(changed)
    return replaced(trail, at, personal=chance.choice([personal, {**trail[at]._personal, "after.more": (salt, value)}]))


def move(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = place(trail, chance)
    return replaced(trail, at, sequence=chance.choice([-1, 0, len(trail) + 1, len(trail) + 100]))


def remove(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = place(trail, chance)
    return [*trail[:at], *trail[at + 1 :]]


def remove_and_close_up(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = place(trail, chance)
    return renumbered([*trail[:at], *trail[at + 1 :]], at, -1)


def cut_the_tail(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    return trail[: place(trail, chance)]


def insert(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = chance.randrange(len(trail) + 1)
    new = evolve(chance.choice(trail), id=f"evt_{chance.random()}", sequence=at + 1)
    return [*trail[:at], new, *renumbered(trail[at:], 0, 1)]


def swap(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    one, two = sorted(chance.sample(range(len(trail)), 2))
    swapped = replaced(trail, one, sequence=trail[two].sequence)
    return replaced(swapped, two, sequence=trail[one].sequence)


def copy_from_another_tenant(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    at = place(trail, chance)
    taken = evolve(foreign[at], tenant_id=trail[at].tenant_id)
    kept = evolve(taken, id=trail[at].id, target=trail[at].target)
    return [*trail[:at], chance.choice([taken, kept]), *trail[at + 1 :]]


def take_all_from_another_tenant(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    return [evolve(event, tenant_id=trail[0].tenant_id) for event in foreign]


def redate(trail: Trail, foreign: Trail, chance: random.Random) -> Trail:
    since, by = place(trail, chance), timedelta(seconds=chance.choice([-3600, -1, 1, 86_400]))
    return [*trail[:since], *(evolve(event, occurred_at=event.occurred_at + by) for event in trail[since:])]


TAMPERS: Sequence[Callable[[Trail, Trail, random.Random], Trail]] = [
    *(edit, edit, edit, edit_personal, move, remove, remove_and_close_up, cut_the_tail, insert, swap),
    *(copy_from_another_tenant, take_all_from_another_tenant, redate),
]


def first_difference(before: Trail, after: Trail) -> int:
    """The number of the first event that is not what it was."""
    one, two = ({event.sequence: event for event in trail} for trail in (before, after))
    return min(number for number in one.keys() | two.keys() if one.get(number) != two.get(number))


def test_every_tamper_is_found_and_the_first_bad_event_is_named(store: Store, acme: Company, beta: Company) -> None:
    """AU-03: edits of every field, deletions, insertions, swaps, copies between tenants, other dates, a cut tail."""
    vault, chance = Vault(store), random.Random(3)
    lived_in(acme)
    trail, foreign = vault.events(acme.id), vault.events(beta.id)
    context = acme.context()
    kept = context.audit.checkpoint()
    assert context.audit.verify(checkpoint=kept)

    for number in range(rounds(10_000)):
        tamper = TAMPERS[number % len(TAMPERS)]
        tampered = tamper(trail, foreign, chance)
        vault.replace(acme.id, tampered)
        found = context.audit.verify(checkpoint=kept)
        assert not found, (tamper, number)
        assert not (found.intact and found.complete), (tamper, number)
        assert found.first_bad == first_difference(trail, tampered), (tamper, number, found)
        assert found.reason
        assert found.events == len(tampered)

    vault.replace(acme.id, trail)
    assert context.audit.verify(checkpoint=kept) == Verification(
        intact=True, complete=True, agrees=True, events=len(trail)
    )
    assert beta.context().audit.verify().first_bad is None


def test_what_comes_before_the_first_event_makes_a_trail_that_is_not_complete(store: Store, acme: Company) -> None:
    """AU-03."""
    vault = Vault(store)
    first, *others = vault.events(lived_in(acme).id)
    vault.replace(acme.id, [evolve(first, id="evt_before", sequence=0), first, *others])

    found = acme.context().audit.verify()

    assert (found.complete, found.first_bad) == (False, 0)


@pytest.mark.parametrize("intact", [True, False])
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("agrees", [True, False, None])
def test_a_verdict_without_an_anchor_is_not_true(intact: bool, complete: bool, agrees: bool | None) -> None:
    """Law 10, AU-03: also where whoever wrote the trail has the keys, so that nothing else is wrong with it."""
    found = Verification(intact=intact, complete=complete, agrees=agrees, events=1)
    assert bool(found) is (intact and complete and agrees is True)


def test_without_a_checkpoint_it_is_said_what_is_missing(acme: Company, checkpoint: str) -> None:
    """Law 10."""
    found = acme.context().audit.verify()

    assert not found
    assert (found.intact, found.complete, found.agrees, found.first_bad) == (True, True, None, None)
    assert found.reason == (
        "No checkpoint was given, so nothing here tells whether the whole trail was put back to an earlier state."
    )
    proven = acme.context().audit.verify(checkpoint=checkpoint)
    assert proven
    assert proven.reason is None


@pytest.fixture
def checkpoint(acme: Company) -> str:
    """The first one, which has no anchor itself."""
    return acme.context().audit.checkpoint()


@pytest.mark.parametrize("name", [*FIELDS, "sequence"])
def test_no_field_of_any_event_can_be_edited(store: Store, acme: Company, name: str) -> None:
    """AU-03."""
    vault, chance = Vault(store), random.Random(name)
    trail = vault.events(lived_in(acme).id)

    for at, event in enumerate(trail):
        value = len(trail) + 1 if name == "sequence" else other(AUDIT_EVENTS.value(event, name), chance)
        vault.replace(acme.id, replaced(trail, at, **{name: value}))
        found = acme.context().audit.verify()
        assert (bool(found), found.first_bad) == (False, at + 1), found


def test_the_digest_of_an_edited_event_is_no_use_without_the_key(store: Store, acme: Company) -> None:
    """AU-03: nor is what follows, however it is signed with another."""
    vault = Vault(store)
    forger = Tenantry(
        store=store, scheme=acme.tenancy._settings.scheme, secret_keys=["a guess, as long as a key has to be"]
    )
    trail = vault.events(lived_in(acme).id)
    keys, head, forged = forger._settings.audit_keys, "", []
    for event in trail:
        forged.append(chain(evolve(event, principal=EVE.user_id, key_id=keys.newest), keys, head))
        head = forged[-1]._digest
    vault.replace(acme.id, forged)
    vault.set_row(acme.id, audit_head=head)

    found = acme.context().audit.verify()

    assert (found.intact, found.complete, found.first_bad) == (False, True, 1)
    assert found.reason == f"Event 1 names the key {keys.newest}, which is not among the audit keys."
    ours = acme.tenancy._settings.audit_keys.newest
    vault.replace(acme.id, [evolve(event, key_id=ours) for event in forged])
    assert acme.context().audit.verify().reason == (
        "Event 1 is not what was written, or does not follow the one before it."
    )


class TestTheEnd:
    def test_a_cut_tail_is_found_by_the_tenants_row(self, store: Store, acme: Company) -> None:
        """AU-03, E91."""
        vault = Vault(store)
        trail = vault.events(acme.id)
        vault.replace(acme.id, trail[:-1])

        found = acme.context().audit.verify()

        assert found == Verification(
            intact=True, complete=False, agrees=None, events=2, first_bad=3, reason="Event 3 is missing."
        )

    def test_where_the_row_was_cut_too_the_checkpoint_tells(self, store: Store, acme: Company) -> None:
        """AU-03, E91."""
        vault = Vault(store)
        kept = acme.context().audit.checkpoint()
        trail = vault.events(acme.id)
        vault.replace(acme.id, trail[:-1])
        vault.set_row(acme.id, audit_sequence=2, audit_head=trail[1]._digest)

        assert acme.context().audit.verify().first_bad is None
        found = acme.context().audit.verify(checkpoint=kept)

        assert (found.intact, found.complete, found.agrees, found.first_bad) == (True, True, False, 3)
        assert found.reason == "Event 3 is missing; the checkpoint is of a later one."
        acme.workspace("Another")
        found = acme.context().audit.verify(checkpoint=kept)
        assert (found.intact, found.complete, found.agrees, found.first_bad) == (True, True, False, 3)
        assert found.reason == "Event 3 is not the one that the checkpoint names."

    @pytest.mark.parametrize(
        ("row", "first_bad", "reason"),
        [
            ({"audit_sequence": 2}, 3, "Event 3 is one more than the tenant's row knows of."),
            ({"audit_sequence": 5}, 4, "Event 4 is missing."),
            ({"audit_head": "0" * 64}, 3, "Event 3 is the last, and not the one that the tenant's row names."),
        ],
    )
    def test_the_row_says_where_it_is(
        self, store: Store, acme: Company, row: dict[str, Any], first_bad: int, reason: str
    ) -> None:
        """AU-03."""
        Vault(store).set_row(acme.id, **row)

        found = acme.context().audit.verify()

        assert found == Verification(
            intact=True, complete=False, agrees=None, events=3, first_bad=first_bad, reason=reason
        )

    def test_an_empty_trail_is_not_complete(self, store: Store, acme: Company) -> None:
        """AU-03."""
        kept = acme.context().audit.checkpoint()
        Vault(store).replace(acme.id, [])

        found = acme.context().audit.verify(checkpoint=kept)

        assert (found.intact, found.complete, found.agrees, found.events, found.first_bad) == (True, False, False, 0, 1)
