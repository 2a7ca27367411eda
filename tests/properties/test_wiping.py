"""Whatever is erased or wiped: a value that is gone is found exactly if no later erasure accounts for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from attrs import evolve

from tenantry.audit.erasures import ERASING, rules
from tenantry.audit.keys import AuditKeys
from tenantry.audit.model import AuditEvent, chain, digest_of, is_of_origin, seal_values
from tenantry.audit.verification import Verification, Walk
from tests.scale import SEED, rounds

KEYS = AuditKeys(["k" * 32])
WHO = ["ada", "bob", "cay", "inv_1"]
AT = datetime(2026, 3, 1, tzinfo=UTC)

Trail = list[AuditEvent]
Gone = set[tuple[int, str]]


def trail(chance: Random) -> Trail:
    """Events about persons, and erasures of some of them, as they were written; nothing is erased yet."""
    events: Trail = []
    for sequence in range(1, chance.randint(2, 14)):
        action, target, after = _happening(chance)
        event = AuditEvent(
            tenant_id="ten_a",
            id=f"evt_{sequence}",
            sequence=sequence,
            action=action,
            principal=chance.choice(WHO),
            target=target,
            target_name=chance.choice([None, "Bob"]),
            after=after,
            occurred_at=AT,
            address=chance.choice([None, "192.0.2.7"]),
            user_agent=chance.choice([None, "curl"]),
            key_id=KEYS.newest,
        )
        events.append(chain(seal_values(event), KEYS, digest_of(events[-1]) if events else ""))
    return events


def _happening(chance: Random) -> tuple[str, str, dict[str, object]]:
    if chance.random() < 0.3:
        some = [chance.sample(WHO, chance.randint(0, 2)) for _ in range(2)]
        said = [dict(rule) for rule in rules(*some)] or [{"targets": [], "principals": []}]
        return ERASING, "ten_a", chance.choice([*said, {"everything": True}])
    after: dict[str, object] = {"name": chance.choice([None, "Robert"]), "email": "bob@gov.test", "roles": ["admin"]}
    return chance.choice(["member.recorded", "invitation.sent", "workspace.created"]), chance.choice(WHO), after


def erased(events: Trail) -> Gone:
    """By the words of each erasure: what it takes out of the events before it."""
    gone: Gone = set()
    for number, said in ((event.sequence, event.after) for event in events if event.action == ERASING):
        for event in events[: number - 1]:
            for place in event._personal:
                named = said.get("principals", []) if is_of_origin(place) else said.get("targets", [])
                whose = event.principal if is_of_origin(place) else event.target
                if "everything" in said or whose in named:
                    gone.add((event.sequence, place))
    return gone


def without(events: Trail, gone: Gone) -> Trail:
    return [
        evolve(event, personal={at: pair for at, pair in event._personal.items() if (event.sequence, at) not in gone})
        for event in events
    ]


def verified(events: Sequence[AuditEvent]) -> Verification:
    walk = Walk(KEYS, None)
    for event in events:
        walk.take(event)
    waiting = len(walk._losses._open)
    assert waiting <= 2 * len(WHO) + 1, "it remembers persons, not events"
    return walk.end(len(events), digest_of(events[-1]))


def test_a_wiped_value_is_found_exactly_if_nothing_accounts_for_it() -> None:
    """Law 10."""
    for seed in range(SEED, SEED + rounds(20_000)):
        chance = Random(seed)
        events = trail(chance)
        allowed = erased(events)
        everything = {(event.sequence, place) for event in events for place in event._personal}
        wiped = set(chance.sample(sorted(everything), chance.choice([0, 0, 1, len(everything) // 2])))
        kept = set(chance.sample(sorted(allowed), len(allowed) // 3)) if chance.random() < 0.3 else set()

        found = verified(without(events, (allowed - kept) | wiped))

        lost = {number for number, _ in wiped - allowed}
        assert found.intact is not bool(lost), seed
        assert found.first_bad == min(lost, default=None), seed
        assert found.erased == len((allowed - kept) | (wiped & allowed)), seed
