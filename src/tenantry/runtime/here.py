"""What is open here and now: host code within one of our commands, and transactions that keep tenants locked.

No tenant is ambient. This is the one context variable there is, and all it can do is refuse a call that would wait for
itself for ever. Another thread or task has its own; one that is started within has what its parent had, and is refused
for as long as that is open: it would wait for its parent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from ..kernel.errors import Invalid

__all__ = ["Lock", "held", "hold", "require_outside", "working"]


class Lock(Protocol):
    """What must not be waited for here."""

    refusal: str
    """What a caller is told who would wait for it."""
    rule: str
    """The same, as the `rule` of the error."""

    @property
    def is_held(self) -> bool:
        """Whether it still is; who is not is forgotten."""
        ...

    def bars(self, where: object, tenant_id: str | None, writes: bool) -> bool:
        """Whether somebody would wait for it who begins a transaction there: on this tenant, if it is of one only."""
        ...


_here: ContextVar[tuple[Lock, ...]] = ContextVar("tenantry_here", default=())


def held() -> tuple[Lock, ...]:
    """What is held here."""
    known = _here.get()
    if not known:
        return known
    still = tuple(lock for lock in known if lock.is_held)
    if len(still) < len(known):
        _here.set(still)
    return still


def hold(lock: Lock) -> None:
    """Refuse whatever would wait for this, until it is not held any more."""
    _here.set((*held(), lock))


def require_outside(where: object = None, tenant_id: str | None = None, *, writes: bool = True) -> None:
    """Go on only if this is not called by host code within a command, and would not wait for what is held here.

    Args:
        where: Where a transaction is about to begin or to lock, if it is known; what the locks there are told apart by.
        tenant_id: The tenant that it will lock, if one.
        writes: Whether it writes.

    Raises:
        Invalid: It is, or would.
    """
    for lock in held():
        if lock.bars(where, tenant_id, writes):
            raise Invalid(lock.refusal, field="store", rule=lock.rule)


class _HostCode:
    """Host code at work within a command, which keeps the tenant locked until it returns."""

    is_held = True
    rule = "reentered"

    def __init__(self, who: str) -> None:
        self.refusal = f"{who} calls tenantry from inside one of its commands."

    def bars(self, where: object, tenant_id: str | None, writes: bool) -> bool:
        return True


@contextmanager
def working(who: str) -> Iterator[None]:
    """Host code is at work in the block, and must not call tenantry.

    Args:
        who: What it is called in the error, if it does.
    """
    token = _here.set((*_here.get(), _HostCode(who)))
    try:
        yield
    finally:
        _here.reset(token)
