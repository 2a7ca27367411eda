"""Processes and servers that die in the middle of their work: what was confirmed is there, and all is sound."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import text

from tenantry import SYSTEM, Tenantry
from tenantry.audit.model import AUDIT_EVENTS
from tenantry.notices.model import NOTICES, NoticeKind
from tests import postgres
from tests.conftest import HOUSE
from tests.faults.workload import USERS, store_on, tenancy_on
from tests.races.snapshot import Snapshot
from tests.scale import rounds


@contextmanager
def at_work(
    url: str, journal: str, seeds: Sequence[int], tenants: Sequence[str]
) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are all busy."""
    command = [sys.executable, "-m", "tests.faults.workload", url, journal]
    workers = [
        subprocess.Popen([*command, str(seed), *tenants], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for seed in seeds
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            _out(worker).close()


def confirmed(workers: Sequence[subprocess.Popen[str]]) -> set[str]:
    """What the workers have said until they died; a line that is cut off was not said."""
    return {line.strip() for worker in workers for line in _out(worker) if line.endswith("\n")}


def _out(worker: subprocess.Popen[str]) -> IO[str]:
    assert worker.stdout is not None
    return worker.stdout


def require_sound(tenancy: Tenantry, tenants: Sequence[str], said: set[str]) -> None:
    """I1 to I11, and everything that was said is in the trails."""
    kept: set[str] = set()
    for tenant_id in tenants:
        snapshot = Snapshot.of(tenancy._store, tenant_id)
        assert [*snapshot.broken()] == []
        verified = tenancy.tenant(tenant_id, by=SYSTEM).audit.verify()
        assert (verified.intact, verified.complete) == (True, True)
        with tenancy._store.query(tenant_id) as tx:
            trail, notices = tx.records(AUDIT_EVENTS).list(), tx.records(NOTICES).list()
        kept |= {event.request_id for event in trail if event.request_id}
        sent = sum(event.action in ("invitation.sent", "invitation.resent") for event in trail)
        assert sum(notice.kind is NoticeKind.INVITATION for notice in notices) == sent
    assert said <= kept


@contextmanager
def opened(url: str, journal: str = "own") -> Iterator[Tenantry]:
    store = store_on(url, journal)
    try:
        yield tenancy_on(store)
    finally:
        store.dispose()


def founded(url: str, journal: str = "own") -> list[str]:
    """Two new tenants."""
    store = store_on(url, journal)
    store.create_all()
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "sqlite":
            mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
            assert mode == ("wal" if journal == "own" else "delete")
    tenants = [tenancy_on(store).create_tenant("Acme", owner=USERS[0]).id for _ in range(2)]
    store.dispose()
    return tenants


@pytest.fixture(params=["sqlite, WAL", "sqlite, rollback journal", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The URL of a database, and whose engine is used on it."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url"), "own"
    return f"sqlite:///{tmp_path / 'app.db'}", "own" if "WAL" in request.param else "delete"


def test_a_process_that_is_killed_at_any_moment_leaves_tenants_sound(database: tuple[str, str]) -> None:
    """CR-01: kill -9 under load; nothing that was confirmed is lost, and every chain verifies."""
    url, journal = database
    tenants = founded(url, journal)
    for crash in range(rounds(50, everyday=2)):
        with at_work(url, journal, range(crash * 2, crash * 2 + 2), tenants) as workers:
            first = {_out(worker).readline().strip() for worker in workers}  # all are busy
            time.sleep(0.05 * (crash % 5))
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
            said = first | confirmed(workers)
            assert len(said) >= len(workers)
        with opened(url, journal) as tenancy:
            require_sound(tenancy, tenants, said)


def test_a_server_that_is_stopped_at_once_comes_back_with_all_that_it_has_confirmed(
    pytestconfig: pytest.Config,
) -> None:
    """CR-02."""
    house = pytestconfig.stash[HOUSE]
    server = postgres.serve(house, "mortal")
    tenants = founded(server.url)
    for crash in range(rounds(5, everyday=1)):
        with at_work(server.url, "own", range(crash * 4, crash * 4 + 4), tenants) as workers:
            first = {_out(worker).readline().strip() for worker in workers}
            postgres.crash(house, "mortal")
            for worker in workers:
                worker.kill()
            said = first | confirmed(workers)
        postgres.serve(house, "mortal")
        with opened(server.url) as tenancy:
            require_sound(tenancy, tenants, said)
