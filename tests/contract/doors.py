"""A guest's door, used as a host uses it: each transaction is the host's, who commits it at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from tenantry.ports import Across, Gate, Jobs, Scope, Store, Transaction
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore

Host = Session | Connection


class Hosted:
    """A store that opens a session or connection of the host for each transaction, and commits it."""

    tries = 5
    owns_transactions = True

    def __init__(self, opened: Callable[[], AbstractContextManager[Host]]) -> None:
        self._opened = opened

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    @contextmanager
    def begin(self) -> Iterator[Store]:
        with self._opened() as host:
            yield SessionStore(host)
            host.commit()

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with self._opened() as host:
            with SessionStore(host).command(tenant_id, gate=gate) as transaction:
                yield transaction
            host.commit()

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        with self._opened() as host, SessionStore(host).query(tenant_id) as transaction:
            yield transaction

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        with self._opened() as host:
            with SessionStore(host).across(scope) as across:
                yield across
            host.commit()

    def jobs(self) -> AbstractContextManager[Jobs]:
        with self._opened() as host:  # a guest does no jobs: what a host runs them with is beside it
            return SQLAlchemyStore(host.get_bind().engine if isinstance(host, Session) else host.engine).jobs()
