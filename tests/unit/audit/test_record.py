"""A command records what it changed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from tenantry import SYSTEM, AuditEvent, NotFound, Options, Origin, Principal, Tenant, schemes
from tenantry.audit.keys import AuditKeys
from tenantry.audit.model import AUDIT_EVENTS
from tenantry.kernel.tokens import KeyRing
from tenantry.memory import MemoryStore
from tenantry.ports import Creating, Gate, Open
from tenantry.runtime.unit_of_work import Settings, UnitOfWork
from tenantry.testing import FrozenClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = Settings(
    scheme=schemes.AGENCY,
    keys=KeyRing(["k" * 32]),
    audit_keys=AuditKeys(["k" * 32]),
    clock=FrozenClock(NOW),
    options=Options(),
)
ACME = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_general", created_at=NOW)


class Trail:
    """One tenant in memory, and what is recorded of it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        with self.command(gate=Creating(ACME)) as uow:
            uow.record("tenant.created", ACME.id)

    @contextmanager
    def command(
        self, by: Principal = SYSTEM, *, origin: Origin | None = None, gate: Gate | None = None
    ) -> Iterator[UnitOfWork]:
        with self.store.command(ACME.id, gate=gate or Open()) as tx:
            uow = UnitOfWork(tx, SETTINGS, by, origin)
            yield uow
            uow.finish()

    def events(self) -> list[AuditEvent]:
        with self.store.query(ACME.id) as tx:
            return [event.shown() for event in tx.records(AUDIT_EVENTS).list()][1:]

    def tenant(self) -> Tenant:
        with self.store.query(ACME.id) as tx:
            return tx.tenant()


@pytest.fixture
def trail() -> Trail:
    return Trail()


class TestValues:
    @pytest.mark.parametrize(
        ("before", "after", "kept"),
        [
            ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ({"b": 2}, {"b": 3})),
            ({"a": 1}, {"b": 1}, ({"a": 1}, {"b": 1})),
            ({"a": None}, {"a": 0}, ({"a": None}, {"a": 0})),
            ({"a": 1}, None, ({"a": 1}, {})),
            (None, {"a": 1}, ({}, {"a": 1})),
            (None, None, ({}, {})),
        ],
        ids=["one of two", "other names", "none to zero", "gone", "new", "no values"],
    )
    def test_those_that_did_not_change_are_dropped(
        self,
        trail: Trail,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        kept: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> None:
        """Law 10."""
        with trail.command() as uow:
            uow.record("workspace.updated", "thing", before=before, after=after)
        [event] = trail.events()
        assert (event.before, event.after) == kept

    def test_where_none_changed_there_is_no_event(self, trail: Trail) -> None:
        """Law 10."""
        with trail.command() as uow:
            uow.record("workspace.updated", "thing", before={"a": 1}, after={"a": 1})
            uow.record("role.updated", "other", before={"a": 1}, after={"a": 2})
        assert [event.action for event in trail.events()] == ["role.updated"]


class TestTrail:
    def test_is_numbered_without_gaps_over_commands(self, trail: Trail) -> None:
        for _ in range(2):
            with trail.command() as uow:
                uow.record("workspace.archived", "one")
                uow.record("workspace.restored", "two")
        assert [event.sequence for event in trail.events()] == [2, 3, 4, 5]
        assert trail.tenant().audit_sequence == 5

    def test_a_command_that_records_nothing_leaves_no_trace(self, trail: Trail) -> None:
        """Law 10: also what it wrote is not kept."""
        before = trail.tenant()
        with trail.command() as uow:
            uow.tenant = uow.tenant.renamed(name="Other", slug="other")
            uow.record("tenant.updated", ACME.id, before={"name": "Acme"}, after={"name": "Acme"})
        assert trail.tenant() == before
        assert trail.events() == []

    def test_a_command_that_fails_records_nothing(self, trail: Trail) -> None:
        def failing() -> None:
            with trail.command() as uow:
                uow.record("workspace.archived", "one")
                uow.workspaces.records.get("ws_nowhere")

        with pytest.raises(NotFound):
            failing()
        assert trail.events() == []

    def test_what_the_registry_does_not_know_is_a_mistake_of_ours(self, trail: Trail) -> None:
        with pytest.raises(KeyError), trail.command() as uow:
            uow.record("workspace.painted", "ws_a")
        assert trail.events() == []

    def test_an_event_says_who_did_what_to_what_when_and_from_where(self, trail: Trail) -> None:
        """L1."""
        helper = Principal("user_help", on_behalf_of="user_ada")
        origin = Origin(address="192.0.2.7", user_agent="curl/8", request_id="r-1")
        with trail.command(helper, origin=origin) as uow:
            uow.record("workspace.updated", "thing", workspace_id="ws_a")
        [event] = trail.events()
        assert (event.action, event.target, event.workspace_id) == ("workspace.updated", "thing", "ws_a")
        assert (event.principal, event.on_behalf_of, event.occurred_at) == ("user_help", "user_ada", NOW)
        assert (event.address, event.user_agent, event.request_id) == ("192.0.2.7", "curl/8", "r-1")

    def test_the_host_is_named_as_such(self, trail: Trail) -> None:
        """PE-23."""
        with trail.command(SYSTEM.job("nightly")) as uow:
            uow.record("workspace.updated", "thing")
        assert [event.principal for event in trail.events()] == ["system:nightly"]


def test_an_event_is_frozen(trail: Trail) -> None:
    with trail.command() as uow:
        uow.record("workspace.updated", "thing")
    with pytest.raises(FrozenInstanceError):
        trail.events()[0].action = "workspace.archived"  # type: ignore[misc]
