"""What a verb that is awaited returns: a coroutine that is never taken for its answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Generator
from functools import cache, wraps
from types import CodeType, CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

__all__ = ["AsyncCall", "guarded", "marked"]

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class AsyncCall(Coroutine[Any, Any, T_co]):
    """A call of a verb that is awaited: the coroutine, but neither true nor false.

    Every other object is true, so that a forgotten `await` in front of `can` would grant.

    Args:
        coroutine: What does the work.
    """

    __slots__ = ("__weakref__", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, T_co]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self._coroutine.__await__()

    def __repr__(self) -> str:
        return repr(self._coroutine)

    def send(self, value: Any, /) -> Any:
        """See `collections.abc.Coroutine.send`."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """See `collections.abc.Coroutine.throw`."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """See `collections.abc.Coroutine.close`."""
        self._coroutine.close()

    if TYPE_CHECKING:  # by this, type checkers report a call where a condition is expected

        def __bool__(self) -> NoReturn: ...
    else:

        def __bool__(self) -> bool:
            if sys._getframe(1).f_globals.get("__name__") == "asyncio.base_tasks":  # noqa: SLF001 - whoever asks
                return True  # to print a task, asyncio asks whether it has a coroutine, since Python 3.12
            if not (self.cr_running or self.cr_suspended):  # what a task has begun is the task's
                self._coroutine.close()  # so that no warning follows the error
            raise TypeError(
                f"{self.__qualname__}() was not awaited: write `await` before the call. A coroutine is neither true nor"
                " false."
            )

        # `inspect.iscoroutine` asks for the class, and task groups of anyio ask it before they take a coroutine.
        __class__ = property(lambda _: CoroutineType)

        def __getattr__(self, name: str) -> Any:
            """What debuggers and `inspect` read of a coroutine: its name, its frame, and whether it runs."""
            if name in AsyncCall.__slots__:
                raise AttributeError(name)
            return getattr(self._coroutine, name)


if sys.version_info >= (3, 12):
    from inspect import markcoroutinefunction as marked
else:

    def marked(function: F) -> F:
        """Let `inspect.iscoroutinefunction` be true of a function that returns a coroutine.

        Until Python 3.12 it reads one flag of the code and nothing else. In code that makes no coroutine by itself,
        the interpreter does not read this flag.
        """
        code: Any = function
        code.__code__ = _flagged(code.__code__)
        return function

    @cache
    def _flagged(code: CodeType) -> CodeType:
        return code.replace(co_flags=code.co_flags | 0x80)  # inspect.CO_COROUTINE


def guarded(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The coroutine function, each call of which is an `AsyncCall`."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return AsyncCall(function(*args, **kwargs))

    return marked(call)
