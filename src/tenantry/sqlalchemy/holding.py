"""Host code in our transaction cannot end it: what would do so is refused before the database hears of it.

Events come too late for that: none can stop a rollback, and a commit that one has stopped leaves a transaction behind
that nobody can use. And a stand-in for the session would be gone round: host code has other ways to the same session,
by its registry, its asynchronous twin, or an object that is in it. So as long as host code is at work, the session, the
connection and their transactions are themselves of a class that refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from types import new_class
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.engine import Transaction
from sqlalchemy.orm import Session

from ..kernel.errors import Invalid

__all__ = ["Hold"]

_ENDS: Final = ("commit", "rollback", "close", "reset", "invalidate", "prepare", "commit_prepared", "rollback_prepared")
_OPTIONS: Final = "execution_options"


class Hold:
    """Nobody can end the transaction in the block; savepoints that are begun in it are whose they are.

    Args:
        host: What host code has in its hands: a session, or the connection.
        connection: The connection.

    Attributes:
        undone: Whether SQLAlchemy itself has rolled back all or a part of it, since a flush has failed.

    Raises:
        Invalid: It was tried. Also at the end of the block, if the block has caught the refusal: who wanted a rollback
            must not go on as if there had been one.
    """

    def __init__(self, host: Session | Connection, connection: Connection) -> None:
        self.undone = False
        self._session = host if isinstance(host, Session) else None
        self._connection = connection
        self._held: list[tuple[Any, Any]] = []
        self._refused: Invalid | None = None

    def __enter__(self) -> None:
        for each in self._reached():
            if each not in _HOLDS:
                before: Any = type(each)
                self._held.append((each, before))
                _HOLDS[each] = self
                each.__class__ = _refusing(before)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        for each, before in self._held:
            each.__class__ = before
            del _HOLDS[each]
        if error is None and self._refused is not None:
            raise self._refused

    def _reached(self) -> Iterator[Any]:
        """All through which the transaction, or a savepoint around the block, can be ended."""
        yield self._connection
        yield self._connection.get_transaction()
        savepoint: Any = self._connection.get_nested_transaction()
        while savepoint is not None:
            yield savepoint
            savepoint = savepoint._previous_nested  # noqa: SLF001 - the only way to those further out
        if self._session is not None:
            yield self._session
            part = self._session.get_nested_transaction() or self._session.get_transaction()
            while part is not None:
                yield part
                part = part.parent

    def permits(self, held: object, name: str, given: tuple[Any, ...], options: dict[str, Any]) -> bool:
        """Is it SQLAlchemy itself that calls this, or does it end nothing?"""
        if name == _OPTIONS:
            return "isolation_level" not in options
        if name == "invalidate":  # with the error by which it has found out that the connection is lost
            return bool(given) and isinstance(held, Connection)
        flushing = self._session is not None and self._session._flushing  # noqa: SLF001 - which it tells nobody
        if flushing and name == "rollback" and isinstance(held, Transaction):
            self.undone = True
            return True
        return False

    def refusal(self, name: str) -> Invalid:
        """The error for whoever calls this."""
        message = f"Host code inside a command of tenantry cannot end its transaction: `{name}` is refused."
        self._refused = Invalid(message, field="session", rule="ends_transaction", call=name)
        return self._refused


_HOLDS: Final[WeakKeyDictionary[Any, Hold]] = WeakKeyDictionary()


@lru_cache(maxsize=128)  # few kinds are ever in use, but a host can make a class for each of its sessions
def _refusing(kind: Any) -> type:
    """The same class, refusing."""
    methods = {name: _method(kind, name) for name in (*_ENDS, _OPTIONS) if callable(getattr(kind, name, None))}
    body = {"__slots__": (), "__module__": kind.__module__, "__doc__": kind.__doc__, **methods}
    return new_class(kind.__name__, (kind,), exec_body=lambda namespace: namespace.update(body))


def _method(kind: type, name: str) -> Callable[..., Any]:
    original: Callable[..., Any] = getattr(kind, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        hold = _HOLDS[self]
        if hold.permits(self, name, args, kwargs):
            return original(self, *args, **kwargs)
        raise hold.refusal(name)

    return method
