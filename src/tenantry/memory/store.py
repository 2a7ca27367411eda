"""The store itself, and the store as one transaction sees it.

What is committed is one immutable `State`. Beginning a transaction keeps a reference to it: that is the snapshot.
Writes go to copies of the tables they touch. Ending a transaction checks that nobody else has changed the tenant
meanwhile, and swaps one reference. A command that has lost is told `Stale`, and is run again by its caller.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from attrs import evolve

from ..kernel.errors import Invalid, Stale
from ..members.sign_ins import SignIn
from ..runtime.here import hold, require_outside
from ..storage.ports import Gate, Scope
from .jobs import Jobs
from .state import State
from .transaction import Across, Transaction


class MemoryStore:
    """A store in memory, for one process. It is thread-safe, and forgets everything with the process.

    Args:
        switch: Called at each step of a transaction; a test passes a scheduler that lets another thread go on here.
    """

    tries = 64
    """Losing is what waiting for a lock is elsewhere; every time somebody loses, somebody else has won."""

    owns_transactions = True

    def __init__(self, *, switch: Callable[[], object] | None = None) -> None:
        self._state = State()
        self._lock = threading.Lock()
        self._switch = switch or (lambda: None)

    def pause(self, seconds: float) -> None:
        """Let other threads run."""
        time.sleep(0)

    @contextmanager
    def begin(self) -> Iterator[Guest]:
        """See `tenantry.ports.Store.begin`."""
        with self._writing() as guest:
            hold(guest)
            try:
                yield guest
            finally:
                guest.is_held = False

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.command`."""
        with self._writing() as guest, guest.command(tenant_id, gate=gate) as transaction:
            yield transaction

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        """See `tenantry.ports.Store.query`."""
        yield Transaction(self._state, tenant_id, self._switch)

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        """See `tenantry.ports.Store.across`."""
        guest = Guest(self._state, self._switch, self._number, self)
        yield Across(guest, scope)
        if guest.sign_ins:
            self._publish(guest)

    @contextmanager
    def jobs(self) -> Iterator[Jobs]:
        """See `tenantry.ports.Store.jobs`."""
        guest = Guest(self._state, self._switch, self._number, self)
        yield Jobs(guest)
        self._publish(guest)

    @contextmanager
    def _writing(self) -> Iterator[Guest]:
        guest = Guest(self._state, self._switch, self._number, self)
        try:
            yield guest
            self._publish(guest)
        finally:
            with self._lock:
                self._state = evolve(self._state, writing=self._state.writing - {guest.number})

    def _number(self) -> int:
        """The number of a transaction that begins to write; it is open until the transaction has ended."""
        with self._lock:
            number = self._state.numbers + 1
            self._state = evolve(self._state, numbers=number, writing=self._state.writing | {number})
            return number

    def _publish(self, guest: Guest) -> None:
        self._switch()
        with self._lock:
            state = self._state
            for tenant_id in guest.touched:
                if state.tenants.get(tenant_id) is not guest.base.tenants.get(tenant_id):
                    raise Stale("Another command changed this tenant at the same time; run the transaction again.")
            for tenant_id in guest.touched:
                state = state.changed(tenant_id, guest.state.tenants[tenant_id])
            if guest.sign_ins:  # row by row, so that no two users and no command are in each other's way
                state = state.signed_in(*guest.sign_ins)
            others = [claim for claim in self._state.claims.items() if claim[1] not in guest.touched]
            if any(state.claims.get(claim) != holder for claim, holder in others):
                raise Stale("Another command took a name at the same time; run the transaction again.")
            self._state = state


class Guest:
    """The store as one transaction sees it: what it has changed is in its own `state` until it is published.

    While its block is open, nobody else here changes what it has changed: it would be `Stale` at its end.

    Attributes:
        number: That of the transaction, from its first lock on.
    """

    tries = 1
    owns_transactions = False
    refusal = "A transaction that is open here has changed this tenant: use the Tenantry that transaction() gave you."
    rule = "open_here"

    def __init__(
        self, state: State, switch: Callable[[], object], begin: Callable[[], int], store: object = None
    ) -> None:
        self.base = self.state = state
        self.number: int | None = None
        self.touched: set[str] = set()
        self.sign_ins: list[tuple[str, SignIn | None]] = []
        self.is_held = True
        self._switch = switch
        self._begin = begin
        self.store = store

    def bars(self, where: object, tenant_id: str | None, writes: bool) -> bool:
        others = isinstance(where, Guest) and where is not self and where.store is self.store
        return others and tenant_id in self.touched

    def pause(self, seconds: float) -> None:
        raise AssertionError("a guest repeats nothing")

    @contextmanager
    def begin(self) -> Iterator[Guest]:
        before, touched, sign_ins = self.state, set(self.touched), list(self.sign_ins)
        try:
            yield self
        except BaseException:
            self.state, self.touched, self.sign_ins = before, touched, sign_ins
            raise

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        require_outside(self, tenant_id)
        transaction = self.transaction(tenant_id)
        transaction.enter(gate)
        yield transaction
        if not transaction.discarded:
            self.changed(transaction)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        yield self.transaction(tenant_id)

    def transaction(self, tenant_id: str) -> Transaction:
        """One tenant, as it is within this transaction."""
        return Transaction(self.state, tenant_id, self._switch, self._numbered)

    def _numbered(self) -> int:
        if self.number is None:
            self.number = self._begin()
        return self.number

    @contextmanager
    def across(self, scope: Scope) -> Iterator[Across]:
        yield Across(self, scope)

    def jobs(self) -> NoReturn:
        raise Invalid(
            "Jobs need a store that owns its transactions; this is a guest in one.", field="store", rule="guest_store"
        )

    def changed(self, transaction: Transaction) -> None:
        """What was done to one tenant, within this transaction."""
        self.state = self.state.changed(transaction.tenant_id, transaction.tables)
        self.touched.add(transaction.tenant_id)

    def signed_in(self, user_id: str, sign_in: SignIn | None) -> None:
        """When a user has signed in, within this transaction; or that nothing of it is to be kept."""
        self.sign_ins.append((user_id, sign_in))
        self.state = self.state.signed_in((user_id, sign_in))
