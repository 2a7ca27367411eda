"""A command records what it changed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import SYSTEM, AuditEvent, NotFound, Options, Origin, Principal, Tenant, schemes
from tenantry.audit.keys import AuditKeys
from tenantry.audit.model import AUDIT_EVENTS, show
from tenantry.kernel.tokens import KeyRing
from tenantry.memory import MemoryStore
from tenantry.notices.model import NoticeKind
from tenantry.ports import Creating, Gate, Open
from tenantry.runtime.unit_of_work import Settings, UnitOfWork
from tenantry.runtime.writes import NothingRecorded
from tenantry.tenants.model import rename
from tenantry.testing import FrozenClock
from tenantry.workspaces.model import Workspace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = Settings(
    scheme=schemes.AGENCY,
    keys=KeyRing(["k" * 32]),
    audit_keys=AuditKeys(["k" * 32]),
    clock=FrozenClock(NOW),
    options=Options(),
    notices=True,
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
            uow = UnitOfWork(tx, SETTINGS, by, origin, "tests.record")
            yield uow
            uow.finish()

    def events(self) -> list[AuditEvent]:
        with self.store.query(ACME.id) as tx:
            return [show(event) for event in tx.records(AUDIT_EVENTS).list()][1:]

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
        assert trail.tenant()._audit_sequence == 5

    def test_a_command_that_changes_nothing_leaves_no_trace(self, trail: Trail) -> None:
        """Law 10."""
        before = trail.tenant()
        with trail.command() as uow:
            uow.tenant = evolve(uow.tenant)
            uow.workspaces.records.save()
            assert not uow.record("tenant.updated", ACME.id, before={"name": "Acme"}, after={"name": "Acme"})
        assert (trail.tenant(), trail.tenant()._version) == (before, before._version)
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


PLACE = Workspace(tenant_id=ACME.id, id="ws_a", name="Press", slug="press", created_at=NOW)


def add_and_remove(uow: UnitOfWork) -> None:
    uow.workspaces.records.add(PLACE)
    uow.workspaces.records.remove(PLACE)


def add_in_a_part(uow: UnitOfWork) -> None:
    with uow.tx.nested():
        uow.workspaces.records.add(PLACE)


def write_what_is_undone(uow: UnitOfWork) -> None:
    with suppress(ZeroDivisionError), uow.tx.nested():
        uow.workspaces.records.add(PLACE)
        _ = 1 / 0


def rename_it(uow: UnitOfWork) -> None:
    uow.tenant = rename(uow.tenant, name="Other", slug="other")


def tell(uow: UnitOfWork) -> None:
    uow.tell(NoticeKind.REMOVED, "bob@acme.test")


def write_everywhere(uow: UnitOfWork) -> None:
    for work in (rename_it, tell, add_in_a_part):
        work(uow)


class TestNothingIsLost:
    """Law 13."""

    @pytest.mark.parametrize(
        ("work", "where"),
        [
            (add_and_remove, "workspaces"),
            (add_in_a_part, "workspaces"),
            (rename_it, "tenants"),
            (lambda uow: uow.tx.save_tenant(uow.tenant), "tenants"),
            (tell, "notices"),
            (write_everywhere, "notices, tenants, workspaces"),
        ],
    )
    def test_a_command_that_writes_and_records_nothing_is_a_mistake_of_ours(
        self, trail: Trail, work: Callable[[UnitOfWork], object], where: str
    ) -> None:
        before = trail.tenant()
        with pytest.raises(NothingRecorded) as raised, trail.command() as uow:
            work(uow)
        said = f"The command `tests.record` has written to {where} and recorded nothing, so all of it would be lost."
        assert str(raised.value).startswith(f"{said} Call uow.record for each subject")
        assert (trail.tenant(), trail.tenant()._version, trail.events()) == (before, before._version, [])

    def test_what_is_undone_was_not_written(self, trail: Trail) -> None:
        with trail.command() as uow:
            write_what_is_undone(uow)
        assert trail.events() == []

    def test_a_write_that_is_refused_was_not_written(self, trail: Trail) -> None:
        with trail.command() as uow, suppress(NotFound):
            uow.workspaces.records.save(PLACE)
        assert trail.events() == []


class TestNames:
    """The subject and the workspace are named by what the command has read or written, as it was at last."""

    def named(self, trail: Trail, work: Callable[[UnitOfWork], object], by: Principal = SYSTEM) -> list[str | None]:
        """What the event calls its subject, and its workspace."""
        with trail.command(by) as uow:
            uow.record("workspace.updated", PLACE.id, workspace_id=PLACE.id)
            work(uow)
        event = trail.events()[-1]
        return [event.target_name, event.workspace_name]

    def test_what_was_written_is_named_also_where_that_was_later(self, trail: Trail) -> None:
        assert self.named(trail, lambda uow: uow.workspaces.records.add(PLACE)) == ["Press", "Press"]

    @pytest.mark.parametrize("read", ["get", "find", "list", "standing"])
    def test_what_was_read_is_named(self, trail: Trail, read: str) -> None:
        self.named(trail, lambda uow: uow.workspaces.records.add(PLACE))
        reading: Mapping[str, Callable[[UnitOfWork], object]] = {
            "get": lambda uow: uow.workspaces.records.get(PLACE.id),
            "find": lambda uow: uow.workspaces.records.find(slug="press"),
            "list": lambda uow: uow.workspaces.records.list(),
            "standing": lambda uow: uow.access(PLACE.id),
        }
        assert self.named(trail, reading[read]) == ["Press", "Press"]

    def test_the_last_state_counts(self, trail: Trail) -> None:
        def work(uow: UnitOfWork) -> None:
            uow.workspaces.records.add(PLACE)
            uow.workspaces.records.save(evolve(PLACE, name="Media"))

        assert self.named(trail, work) == ["Media", "Media"]

    def test_what_was_undone_was_not_seen(self, trail: Trail) -> None:
        assert self.named(trail, write_what_is_undone) == [None, None]

    def test_no_statement_looks_for_a_name(self, trail: Trail) -> None:
        self.named(trail, lambda uow: uow.workspaces.records.add(PLACE))
        assert self.named(trail, lambda uow: uow.workspaces.records.find(slug="other")) == [None, None]

    def test_the_tenant_is_named_as_it_is_then(self, trail: Trail) -> None:
        with trail.command() as uow:
            uow.record("audit.read", ACME.id)
            rename_it(uow)
            uow.record("tenant.updated", ACME.id)
        assert [event.target_name for event in trail.events()] == ["Other", "Other"]

    @pytest.mark.parametrize(
        ("principal", "name"),
        [
            (Principal("user_bob", name="Bob", email="bob@acme.test"), "Bob"),
            (Principal("user_bob", email="bob@acme.test"), "bob@acme.test"),
            (Principal("user_bob", name="\0", email="nowhere"), None),
            (Principal("user_bob"), None),
        ],
        ids=["name", "address", "neither that can be kept", "unknown"],
    )
    def test_a_principal_is_named_by_what_the_host_says(
        self, trail: Trail, principal: Principal, name: str | None
    ) -> None:
        with trail.command(principal) as uow:
            uow.record("access.denied", "user_bob")
            uow.record("member.forgotten", "user_bob")
        assert [event.target_name for event in trail.events()] == [name, None]


def test_an_event_is_frozen(trail: Trail) -> None:
    with trail.command() as uow:
        uow.record("workspace.updated", "thing")
    with pytest.raises(FrozenInstanceError):
        trail.events()[0].action = "workspace.archived"  # type: ignore[misc]
