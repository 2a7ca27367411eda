"""What every use case is run by: one command, one transaction, run again when somebody else was faster."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Values
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from inspect import signature
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar, cast

from . import text
from .access.compiled import Access, Answers
from .collection import Collection
from .errors import Denied, Invalid, Stale, TenantryError
from .pages import Page, page
from .ports import Gate, Member, Open, Reader, Store, Transaction
from .principal import Origin, Principal
from .unit_of_work import Settings, UnitOfWork

__all__ = ["Desk", "Service", "command", "listed", "pauses", "query", "repeat"]

E = TypeVar("E")
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")
T = TypeVar("T")

logger = logging.getLogger("tenantry")

_FIRST_PAUSE = 0.002  # seconds
_MOST_WORKSPACES = 1_000
_FACTS = ("command", "tenant_id", "outcome", "tries", "milliseconds", "statements")
_LINE = "%s in %s: %s after %d tries, %.1f ms, %d statements"


def pauses(store: Store) -> Iterator[float | None]:
    """For each time that a command may be tried: how long to wait if it is told `Stale`, or None if it was the last.

    The waiting is random and grows, so that those who collided do not meet again.
    """
    for tried in range(1, store.tries):
        yield random.uniform(0, _FIRST_PAUSE * tried)  # noqa: S311 - spreads, hides nothing
    yield None


def repeat(store: Store, attempt: Callable[[], T]) -> T:
    """What `attempt` returns, tried again while it is told `Stale`, as often as the store allows."""
    for pause in pauses(store):
        try:
            return attempt()
        except Stale:
            if pause is None:
                raise
            store.pause(pause)
    raise AssertionError("there is a last try")


class Desk:
    """One principal at one tenant: what the verbs are bound to.

    It remembers the answers about the principal, for `can`, until a command goes through it.
    """

    __slots__ = ("_access", "_answers", "_asked", "by", "origin", "settings", "store", "tenant_id")

    def __init__(
        self, store: Store, settings: Settings, tenant_id: str, by: Principal, origin: Origin | None = None
    ) -> None:
        self.store = store
        self.settings = settings
        self.tenant_id = tenant_id
        self.by = by
        self.origin = origin
        self._access: Access | None = None
        self._asked: frozenset[str] = frozenset()
        self._answers: Answers = {}

    def command(self, name: str, work: Callable[[UnitOfWork], T], *, gate: Gate | None = None) -> T:
        """The result of `work`, all of which is kept; or its error, and nothing is.

        Args:
            name: What the command is called in the log.
            work: The use case. It may be run several times.
            gate: Who is let in; the principal, if they are a member, unless given.
        """
        self._forget()
        let_in = gate or self._gate()
        with self._noting_denials():
            return self._run(name, lambda: self.store.command(self.tenant_id, gate=let_in), work, UnitOfWork.finish)

    def query(self, name: str, work: Callable[[UnitOfWork], T]) -> T:
        """The result of `work`, which only reads."""
        with self._noting_denials():
            return self._run(name, lambda: self.store.query(self.tenant_id), work, lambda uow: None)

    def record_denial(self, error: Denied) -> None:
        """Note in the audit trail, in a command of its own, that this principal was denied something; once an error."""
        if error.is_recorded:
            return
        details: dict[str, object] = {
            name: error.data[name] for name in ("permission", "missing") if name in error.data
        }

        def work(uow: UnitOfWork) -> None:
            uow.record(
                "access.denied",
                uow.by.user_id,
                workspace_id=error.data.get("workspace"),
                after={"code": error.decision.code, **details},
            )

        gate = self._gate()
        self._run("record_denial", lambda: self.store.command(self.tenant_id, gate=gate), work, UnitOfWork.finish)
        error.is_recorded = True

    @contextmanager
    def _noting_denials(self) -> Iterator[None]:
        try:
            yield
        except Denied as error:
            error.origin = self.origin
            if self.store.owns_transactions:
                with suppress(TenantryError):  # the denial is what the caller must hear of
                    self.record_denial(error)
            raise

    def _load(self, workspaces: Values[str]) -> Access:
        """The principal's access, with the state of these workspaces."""
        if isinstance(workspaces, str | bytes) or not isinstance(workspaces, Values):
            raise Invalid("workspaces must be a collection of workspace ids.", field="workspaces")
        if len(workspaces) > _MOST_WORKSPACES:
            raise Invalid(f"At most {_MOST_WORKSPACES:,} workspaces can be asked about at once.", field="workspaces")
        asked = [text.exact(id, "workspace") for id in workspaces]
        return self.query("access", lambda uow: uow.access(*asked))

    def _about(self, workspace: object) -> Access:
        """The principal's access, which also knows this workspace; kept until a command goes through this desk."""
        unknown = set() if workspace is None else {text.exact(workspace, "workspace")} - self._asked
        if self._access is None or unknown:
            asked = self._asked | unknown
            self._access = self._load(asked)
            self._asked = asked
            self._answers = self._access.answers
        return self._access

    def _forget(self) -> None:
        self._access = None
        self._asked = frozenset()
        self._answers = {}

    def _gate(self) -> Gate:
        return Open() if self.by.is_system else Member(self.by.user_id)

    def _run(
        self,
        name: str,
        begin: Callable[[], AbstractContextManager[Transaction]],
        work: Callable[[UnitOfWork], T],
        finish: Callable[[UnitOfWork], None],
    ) -> T:
        started = time.perf_counter()
        tries = statements = 0
        outcome = "ok"

        def attempt() -> T:
            nonlocal tries, statements
            tries += 1
            with begin() as tx:
                try:
                    uow = UnitOfWork(tx, self.settings, self.by, self.origin)
                    result = work(uow)
                    finish(uow)
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
            milliseconds = (time.perf_counter() - started) * 1000
            facts = (name, self.tenant_id, outcome, tries, milliseconds, statements)
            logger.debug(_LINE, *facts, extra=dict(zip(_FACTS, facts, strict=True)))


class Service:
    """The verbs of one feature, bound to a desk. Each is a method marked `command` or `query`."""

    name: ClassVar[str]
    """What the feature is called in the log and in cursors."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk


def command(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
    """A verb that changes the tenant: its body is run in a command, on the unit of work that callers do not see."""
    return _verb(method, Desk.command)


def query(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
    """A verb that only reads."""
    return _verb(method, Desk.query)


def _verb(method: Callable[Concatenate[S, UnitOfWork, P], R], run: Callable[..., R]) -> Callable[Concatenate[S, P], R]:
    @wraps(method)
    def verb(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        return run(self._desk, f"{self.name}.{method.__name__}", lambda uow: method(self, uow, *args, **kwargs))

    whole = signature(method)
    shown = [parameter for name, parameter in whole.parameters.items() if name != "uow"]
    verb.__signature__ = whole.replace(parameters=shown)  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[S, P], R], verb)


def listed(
    uow: UnitOfWork,
    verb: str,
    reader: Reader[E],
    collection: Collection[E],
    where: Mapping[str, object],
    *,
    present: Callable[[Sequence[E]], Sequence[T]],
    filters: Mapping[str, object],
    **paging: Any,
) -> Page[T]:
    """One page of a tenant's list; its cursors are good for this tenant, verb and filters alone."""
    context = f"{uow.tx.tenant_id} {verb} {sorted(filters.items())}"
    return page(reader, collection, where, keys=uow.settings.keys, context=context, present=present, **paging)
