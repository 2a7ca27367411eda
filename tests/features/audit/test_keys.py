"""The keys of a trail change, one may go, and what it has signed is still proven."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from tenantry import SYSTEM, Invalid, TenantContext, Tenantry, TrailBroken, schemes
from tenantry.audit.keys import AuditKeys
from tenantry.ports import Store
from tests.features.audit.vault import Vault
from tests.features.people import ADA, SECRET, Company
from tests.scale import rounds

FIRST, SECOND, THIRD = "first" * 7, "second" * 6, "third" * 7


class Trail:
    """One tenant, whose application is started with one set of keys after another."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.id = self._tenancy([FIRST]).person(ADA).create_tenant("Acme").id

    def context(self, *keys: str) -> TenantContext:
        return self._tenancy(keys).tenant(self.id, by=ADA)

    def _tenancy(self, keys: Sequence[str]) -> Tenantry:
        return Tenantry(store=self.store, scheme=schemes.AGENCY, secret_keys=[SECRET], audit_keys=keys)


@pytest.fixture
def trail(store: Store) -> Trail:
    """With four events of the first key, and two of the second."""
    trail = Trail(store)
    trail.context(FIRST).workspaces.create("One")
    for name in ("Two", "Three"):
        trail.context(SECOND, FIRST).workspaces.create(name)
    return trail


def test_each_event_names_its_key(trail: Trail) -> None:
    named = [event._key_id for event in Vault(trail.store).events(trail.id)]
    assert named == [AuditKeys([FIRST]).newest] * 4 + [AuditKeys([SECOND]).newest] * 2
    for keys in ((SECOND, FIRST), (FIRST, SECOND), (THIRD, SECOND, FIRST)):
        assert trail.context(*keys).audit.verify().first_bad is None


def test_what_a_missing_key_has_signed_is_not_proven(trail: Trail) -> None:
    found = trail.context(SECOND).audit.verify()

    assert (found.intact, found.complete, found.agrees, found.first_bad) == (False, True, None, 1)
    assert found.reason == f"Event 1 names the key {AuditKeys([FIRST]).newest}, which is not among the audit keys."
    with pytest.raises(TrailBroken, match="not among the audit keys") as refused:
        trail.context(SECOND).audit.checkpoint()
    assert refused.value.data == {"first_bad": 1}


def test_a_key_may_go_after_a_checkpoint_that_a_newer_one_has_signed(trail: Trail) -> None:
    kept = trail.context(SECOND, FIRST).audit.checkpoint()
    trail.context(SECOND).workspaces.create("Four")

    assert trail.context(SECOND).audit.verify(checkpoint=kept)

    later = trail.context(THIRD, SECOND).audit.checkpoint(since=kept)
    assert trail.context(THIRD).audit.verify(checkpoint=later)
    trail.context(THIRD).workspaces.create("Five")
    assert trail.context(THIRD).audit.verify(checkpoint=later)


def test_a_checkpoint_of_the_key_that_went_proves_nothing(trail: Trail) -> None:
    kept = trail.context(FIRST, SECOND).audit.checkpoint()

    with pytest.raises(Invalid, match=f"The key {AuditKeys([FIRST]).newest} of this checkpoint is not among"):
        trail.context(SECOND).audit.verify(checkpoint=kept)


def test_what_the_missing_key_has_signed_after_the_checkpoint_is_not_proven(trail: Trail) -> None:
    kept = trail.context(SECOND, FIRST).audit.checkpoint()
    trail.context(FIRST).workspaces.create("By a process that was started before")

    found = trail.context(SECOND).audit.verify(checkpoint=kept)

    assert (found.intact, found.complete, found.agrees, found.first_bad) == (False, True, True, 7)


def test_an_edit_before_the_checkpoint_is_found_without_the_key(trail: Trail) -> None:
    """AU-03: it cannot be said which event it was, so that the first unproven is named."""
    kept = trail.context(SECOND, FIRST).audit.checkpoint()
    vault = Vault(trail.store)
    events = vault.events(trail.id)
    for at in range(4):
        vault.replace(trail.id, [evolve(e, principal="user_eve") if n == at else e for n, e in enumerate(events)])
        found = trail.context(SECOND).audit.verify(checkpoint=kept)
        assert (found.intact, found.complete, found.agrees, found.first_bad) == (False, True, True, 1)
        assert "is not what the checkpoint was made of" in (found.reason or "")
        assert trail.context(SECOND, FIRST).audit.verify().first_bad == at + 1


def test_a_broken_trail_gets_no_checkpoint(acme: Company, store: Store) -> None:
    """Nobody has a forgery vouched for."""
    vault = Vault(store)
    events = vault.events(acme.id)
    vault.replace(acme.id, [*events[:1], evolve(events[1], target="ws_other"), *events[2:]])

    with pytest.raises(TrailBroken, match=r"does not verify\. Event 2 is not what was written") as refused:
        acme.context().audit.checkpoint()
    assert refused.value.data == {"first_bad": 2}


class TestTheTextOfACheckpoint:
    def test_is_one_short_line_that_says_nothing_about_anybody(self, acme: Company) -> None:
        kept = acme.context().audit.checkpoint()
        name, tenant_id, sequence, head, _, key_id, made_at, _ = kept.split(":")

        assert len(kept) <= 400
        assert kept.isascii()
        assert kept.isprintable()
        assert (name, tenant_id, sequence) == ("tenantry-checkpoint-1", acme.id, "3")
        assert head == acme.context().get()._audit_head
        assert key_id == AuditKeys([SECRET]).newest
        assert made_at == "20260101T120000Z"

    def test_any_change_of_it_is_refused(self, acme: Company) -> None:
        context = acme.context(SYSTEM)
        kept = context.audit.checkpoint()
        others = "0aZ:_-. \n\u0660\u00e9\x00"
        positions = range(0, len(kept), max(1, len(kept) * len(others) // rounds(10_000)))
        changed = [kept[:at] + other + kept[at + 1 :] for at in positions for other in others if kept[at] != other]
        changed += [kept[:at] + kept[at + 1 :] for at in range(0, len(kept), 9)]
        changed += [
            kept + " ",
            " " + kept,
            kept + "\n",
            kept.upper(),
            kept * 2,
            "",
            "x" * 10_000,
            kept.replace(":", "::"),
        ]
        for each in changed:
            with pytest.raises(Invalid) as refused:
                context.audit.verify(checkpoint=each)
            assert refused.value.field == "checkpoint"

    @pytest.mark.parametrize("given", [7, b"tenantry-checkpoint-1", [], True])
    def test_what_is_no_text_is_refused(self, acme: Company, given: object) -> None:
        for ask in (
            lambda: acme.context().audit.verify(checkpoint=given),  # type: ignore[arg-type]
            lambda: acme.context().audit.checkpoint(since=given),  # type: ignore[arg-type]
        ):
            with pytest.raises(Invalid):
                ask()

    def test_that_of_another_tenant_is_refused(self, acme: Company, tenancy: Tenantry) -> None:
        """AU-03."""
        beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
        kept = beta.context().audit.checkpoint()

        for text in (kept, kept.replace(beta.id, acme.id)):
            with pytest.raises(Invalid, match="no checkpoint of this tenant"):
                acme.context().audit.verify(checkpoint=text)
