"""What every use case is run by: one command, one transaction, run again when somebody else was faster."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Collection as Values
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import count
from typing import TypeVar

from ..access.compiled import Access, answers_of
from ..kernel import text
from ..kernel.errors import Denied, InviterLostAuthority, NotFound, Stale, TenantryError, Unavailable
from ..kernel.principal import Origin, Principal, require_origin
from ..members.model import MEMBERSHIPS
from ..storage.ports import Across, Gate, Open, Passes, Scope, Store, Transaction, Unlocked
from ..tenants.model import TENANTS, TenantStatus
from ..workspaces.model import MAX_WORKSPACES
from .denials import Refusal, note
from .here import require_outside
from .transaction import OneTenant, Owed
from .unit_of_work import Settings, UnitOfWork

__all__ = ["Runner", "across", "as_member", "pause_after", "reading", "repeat"]

T = TypeVar("T")

logger = logging.getLogger("tenantry")

_FIRST_PAUSE = 0.002  # seconds
_BRIEFLY = timedelta(seconds=1)
_FACTS = ("command", "tenant_id", "outcome", "tries", "milliseconds", "statements")
_LINE = "%s in %s: %s (tries %d, milliseconds %.1f, statements %d)"


def pause_after(tried: int) -> float:
    """How long to wait, in seconds, before a command that was told `Stale` this often is run again.

    It is random and grows, so that those who collided do not meet again.
    """
    return random.uniform(0, _FIRST_PAUSE * tried)  # noqa: S311 - spreads, hides nothing


def across(store: Store, scope: Scope) -> AbstractContextManager[Across]:
    """All tenants, to be read as far as the scope shows them; not by host code that takes part in a command."""
    require_outside()
    return store.across(scope)


@contextmanager
def reading(store: Store, scope: Scope) -> Iterator[Across]:
    """The same, before commands that follow from it; after a failure a guest's host can go on, as after a command."""
    if store.owns_transactions:
        with across(store, scope) as tenants:
            yield tenants
    else:
        with store.begin() as part, across(part, scope) as tenants:
            yield tenants


def as_member(user_id: str) -> Gate:
    """The gate for a user who is a member of the tenant, of any status."""
    return Passes(MEMBERSHIPS, {"user_id": user_id})


def repeat(store: Store, attempt: Callable[[], T]) -> T:
    """What `attempt` returns, tried again while it is told `Stale`, as often as the store allows."""
    for tried in count(1):
        try:
            return attempt()
        except Stale:
            if tried >= store.tries:
                raise
            store.pause(pause_after(tried))
    raise AssertionError("one counts without end")


class Runner:
    """One principal at one tenant: what the verbs are bound to.

    Args:
        store: Where the tenant is kept.
        settings: What the `Tenantry` was made with.
        tenant_id: Which tenant.
        by: Who acts.
        origin: Where the request came from.
        gate: Who is let into a command; the principal, if they are a member, unless given.

    Attributes:
        answers: What is known of the principal's access, for `can`; forgotten before and after each command.
    """

    __slots__ = ("_gate", "_known", "answers", "by", "origin", "settings", "store", "tenant_id")

    def __init__(
        self,
        store: Store,
        settings: Settings,
        tenant_id: str,
        by: Principal,
        origin: Origin | None = None,
        *,
        gate: Gate | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.tenant_id = tenant_id
        self.by = by
        self.origin = require_origin(origin)
        self._gate = gate
        self._forget()

    def command(self, name: str, work: Callable[[UnitOfWork], T]) -> T:
        """The result of `work`, all of which is kept; or its error, and nothing is.

        Args:
            name: What the command is called in the log.
            work: The use case. It may be run several times.
        """
        self._forget()
        try:
            with self.noting_denials():
                return self._run(name, lambda: self._write(self._gate or self._membership()), work, changes=True)
        finally:
            self._forget()  # what another task or thread has asked meanwhile

    def query(self, name: str, work: Callable[[UnitOfWork], T]) -> T:
        """The result of `work`, which only reads."""
        with self.noting_denials():
            return self._run(name, self._read, work)

    def record_denial(self, error: Denied | InviterLostAuthority) -> None:
        """Note in the audit trail, in a command of its own, that this principal was refused something; once an error.

        Within a transaction of ours that is done when the transaction has ended, however it ends. Whoever was refused
        waits for it, so it waits for the lock only briefly. Where that is not enough, the log says so; a guest's host
        is told.
        """
        if error.is_recorded:
            return
        if self._owed is not None:
            self._owed.append(error)
            return
        refusal = Refusal.of(error, self.by)
        gate = refusal.gate or self._membership()
        briefly = min(_BRIEFLY, self.settings.options.lock_timeout or _BRIEFLY)
        try:
            self._run(
                "tenancy.record_denial",
                lambda: self._write(Unlocked(), briefly),
                lambda uow: note(uow, refusal, gate),
            )
        except (Stale, Unavailable) as failure:
            if not self.store.owns_transactions:
                raise
            self._miss(failure)
        else:
            error.is_recorded = True

    @contextmanager
    def noting_denials(self) -> Iterator[None]:
        """Where the transactions are ours, a denial that leaves the block is in the audit trail before it does.

        Within a transaction of several steps it is there when that has ended. SYSTEM is denied nothing: what is refused
        to it is refused to whoever it looks for, such as who holds a link.
        """
        try:
            yield
        except TenantryError as error:
            denied = error.denial
            if denied is not None and not self.by.is_system:
                denied.tenant_id, denied.principal, denied.origin = self.tenant_id, self.by, self.origin
                if self.store.owns_transactions or self._owed is not None:
                    try:
                        self.record_denial(denied)
                    except NotFound:  # who is no member leaves no trace
                        pass
                    except TenantryError as failure:  # the denial is what the caller must hear of
                        self._miss(failure)
            raise

    def _miss(self, failure: TenantryError) -> None:
        logger.warning("A denial in %s is not in its audit trail: %s", self.tenant_id, failure)

    def load(self, workspaces: Values[str]) -> Access:
        """The principal's access, with the state of these workspaces."""
        return self._load(text.several(workspaces, "workspaces", most=MAX_WORKSPACES))

    def about(self, workspace: object) -> Access:
        """The principal's access, which also knows this workspace; kept until a command goes through this runner."""
        asked = None if workspace is None else text.exact(workspace, "workspace")
        known, answers = self._known, self.answers  # if a command ends while this loads, the runner has others by then
        if asked not in known:
            access = self._load([] if asked is None else [asked])
            found = answers_of(access)
            known.update(dict.fromkeys((asked, *found), access))
            answers.update(found)
        return known[asked]

    def _load(self, asked: Values[str]) -> Access:
        return self._run("tenant.access", self._read, lambda uow: uow.access(*asked))  # nothing in it is denied

    def _read(self) -> AbstractContextManager[Transaction]:
        return self.store.query(self.tenant_id)

    def _write(self, gate: Gate, patience: timedelta | None = None) -> AbstractContextManager[Transaction]:
        patience = patience or self.settings.options.lock_timeout
        return self.store.command(self.tenant_id, gate=gate, patience=patience)

    def _membership(self) -> Gate:
        """The gate that lets the principal in: a member of any status, or SYSTEM."""
        return Open() if self.by.is_system else as_member(self.by.user_id)

    @property
    def _owed(self) -> Owed | None:
        """What is to be recorded when the transaction has ended; None where that is not ours, or ends with the verb."""
        return self.store.owed if isinstance(self.store, OneTenant) else None

    def _forget(self) -> None:
        self._known: dict[str | None, Access] = {}
        self.answers: dict[str | None, Mapping[str, bool]] = {}

    def _run(
        self,
        name: str,
        begin: Callable[[], AbstractContextManager[Transaction]],
        work: Callable[[UnitOfWork], T],
        *,
        changes: bool = False,
    ) -> T:
        require_outside()
        started = time.perf_counter()
        tries = statements = 0
        outcome = "ok"

        def attempt() -> T:
            nonlocal tries, statements
            tries += 1
            with begin() as tx:
                try:
                    uow = UnitOfWork(tx, self.settings, self.by, self.origin, name)
                    if not changes:
                        return work(uow)
                    if uow.tenant.status is TenantStatus.PURGED:  # what is left of it is to be read only
                        raise TENANTS.missing()
                    result = work(uow)
                    uow.finish()
                    return result
                finally:
                    statements = tx.statements

        try:
            return repeat(self.store, attempt)
        except TenantryError as error:
            outcome = error.code
            raise
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            if logger.isEnabledFor(logging.DEBUG):
                milliseconds = (time.perf_counter() - started) * 1000
                facts = (name, self.tenant_id, outcome, tries, milliseconds, statements)
                logger.debug(_LINE, *facts, extra=dict(zip(_FACTS, facts, strict=True)))
