"""Any number of workers share one outbox: nothing is lost, and nothing is sent twice but by a worker that died."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenantry import Delivery, Tenantry, schemes
from tenantry.delivery.service.dispatch import LEASE
from tenantry.notices.model import NOTICES, NoticeStatus
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox, owe, statuses
from tests.features.people import ADA, SECRET, Company
from tests.scale import rounds

WORKERS = 8


class Killed(BaseException):
    """A worker is gone, between a delivery and its mark."""


class Deadly:
    """Keeps what it is given; now and then that is the last thing that its worker does."""

    def __init__(self, seed: int) -> None:
        self.keys: Counter[str] = Counter()
        self.kills = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def send(self, delivery: Delivery) -> None:
        with self._lock:
            self.keys[delivery.key] += 1
            if self._random.random() < 0.05:
                self.kills += 1
                raise Killed


def together(work: Callable[[], object]) -> None:
    """Several threads do the same at the same time; what goes wrong in one is raised."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for each in [pool.submit(work) for _ in range(WORKERS)]:
            each.result()


def test_eight_workers_lose_nothing_and_double_only_what_a_dead_one_had(
    tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """RC-09, RC-17, CR-07"""
    number = rounds(10_000)
    owed = owe(acme, number)
    mailer = Deadly(number)

    def work() -> None:
        while True:
            try:
                if not tenancy.jobs.dispatch_notices(mailer, limit=7).sent:
                    return
            except Killed:  # its successor
                continue

    while "waiting" in statuses(acme):
        together(work)
        clock.advance(LEASE)

    assert mailer.keys.keys() == set(owed)
    assert mailer.keys.total() - number <= mailer.kills
    assert set(statuses(acme)) == {"sent"}


def test_workers_that_claim_nothing_would_send_twice(tenancy: Tenantry, acme: Company) -> None:
    """RC-09: what the race is to catch, planted."""
    owe(acme, 1)
    store = tenancy._store
    keys: list[str] = []
    all_have_read = threading.Barrier(WORKERS)

    def naive() -> None:
        with store.jobs() as jobs:
            due = jobs.records(NOTICES).list(status=NoticeStatus.WAITING)
        all_have_read.wait()
        keys.extend(notice.id for notice in due)

    together(naive)

    assert len(keys) > len(set(keys))


WORKER = """
import os, signal, sys
from tenantry import Tenantry, schemes
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.people import SECRET

class Fatal:
    def send(self, delivery):
        with open(sys.argv[2], "a") as sent:
            print(delivery.key, file=sent)
        os.kill(os.getpid(), signal.SIGKILL)

tenancy = Tenantry(store=SQLAlchemyStore(sys.argv[1]), scheme=schemes.AGENCY, secret_keys=[SECRET], notices=True)
tenancy.jobs.dispatch_notices(Fatal())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_process_that_was_killed_leaves_it_to_the_next(
    sql_store: SQLAlchemyStore, clock: FrozenClock, tmp_path: Path
) -> None:
    """CR-01, CR-07"""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], notices=True)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    owed = owe(acme, 2)
    sent = tmp_path / "sent"
    url = sql_store.engine.url.render_as_string(hide_password=False)

    for _ in owed:
        worker = subprocess.run([sys.executable, "-c", WORKER, url, str(sent)], check=False, env=dict(os.environ))
        assert worker.returncode == -signal.SIGKILL

    assert sent.read_text().split() == owed
    later = Tenantry(
        store=sql_store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        clock=FrozenClock(tenancy._settings.now() + LEASE),
        notices=True,
    )
    postbox = Postbox()
    assert later.jobs.dispatch_notices(postbox).sent == 2
    assert [delivery.key for delivery in postbox.got] == owed
