"""How a broken promise is told: by a sentence, and by what was found instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from ...kernel.errors import TenantryError

__all__ = ["allowed", "holds", "interrupt", "interrupted", "mistaken", "refused", "same"]


def holds(condition: object, promise: str) -> None:
    """Fail with the promise, unless the condition is true."""
    if not condition:
        raise AssertionError(f"Broken promise: {promise}")


def same(found: object, expected: object, promise: str) -> None:
    """Fail with the promise, unless what was found is equal to what was expected; for a list, any sequence is."""
    if isinstance(expected, list) and isinstance(found, Sequence):
        found = list(found)
    if found != expected:
        raise AssertionError(f"Broken promise: {promise}\n  expected: {expected!r}\n  found:    {found!r}")


@contextmanager
def refused(error: type[TenantryError], promise: str, *, rule: str | None = None) -> Iterator[None]:
    """Fail with the promise, unless the block ends by this error, and for a `Conflict` by this rule."""
    try:
        yield
    except error as refusal:
        if rule is not None:
            same(getattr(refusal, "rule", None), rule, f"{promise} (the rule that is named)")
    except AssertionError:
        raise
    except Exception as other:
        raise AssertionError(
            f"Broken promise: {promise}\n  expected: {error.__name__}\n  found:    {other!r}"
        ) from other
    else:
        raise AssertionError(f"Broken promise: {promise}\n  expected: {error.__name__}\n  found:    no refusal")


@contextmanager
def allowed(promise: str) -> Iterator[None]:
    """Fail with the promise, if the block is refused."""
    try:
        yield
    except TenantryError as refusal:
        raise AssertionError(f"Broken promise: {promise}\n  found:    {refusal!r}") from refusal


def mistaken(ask: Callable[[], object], promise: str) -> None:
    """Fail with the promise, unless this is refused as a mistake in the program."""
    try:
        ask()
    except TypeError:
        return
    holds(condition=False, promise=promise)


class _Interruption(BaseException):
    """What a block is left by; no store can know of it."""


def interrupt() -> NoReturn:
    """Leave the blocks around, up to `interrupted()`, by an exception."""
    raise _Interruption


@contextmanager
def interrupted() -> Iterator[None]:
    """Fail, unless the exception of `interrupt()` comes out of the block."""
    try:
        yield
    except _Interruption:
        return
    raise AssertionError("Broken promise: the exception of a block comes out of it")
