"""How our values are made: `frozen`, which is that of attrs and costs half as much at import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["frozen"]

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls: type | None = None, /, **options: Any) -> Any:
        """Make a frozen attrs class, which compares, hashes and prints itself by its fields.

        For each class attrs writes and compiles these methods, and to give it slots makes it twice. That is most of
        what a class costs at import. So here all classes share the methods, and have no slots unless they ask for them;
        values are read as fast. A class that has a method of its own keeps it.

        Args:
            cls: The class.
            options: As for `attrs.frozen`.
        """
        if cls is None:
            return lambda cls: frozen(cls, **options)
        if not options.keys() & {"eq", "cache_hash"}:
            _share(cls, __eq__=_equal, __hash__=_hash)
        if "repr" not in options:
            _share(cls, __repr__=_text)
        return attrs.frozen(cls, **({"slots": False} | options))  # it leaves alone what the class has


def _share(cls: type, **methods: Callable[..., Any]) -> None:
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)


def _equal(self: object, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    kind: Any = self.__class__
    compared = _compared(kind)
    return compared(self) == compared(other)


def _hash(self: object) -> int:
    kind: Any = self.__class__
    return hash(_hashed(kind)(self))


def _text(self: object) -> str:
    kind: Any = self.__class__
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in _shown(kind))
    return f"{kind.__qualname__}({shown})"


@cache
def _compared(cls: type) -> Callable[[object], Any]:
    return _values(each.name for each in attrs.fields(cls) if each.eq)


@cache
def _hashed(cls: type) -> Callable[[object], Any]:
    return _values(each.name for each in attrs.fields(cls) if (each.eq if each.hash is None else each.hash))


@cache
def _shown(cls: type) -> tuple[str, ...]:
    return tuple(each.name for each in attrs.fields(cls) if each.repr)


def _values(names: Iterable[str]) -> Callable[[object], Any]:
    """A function from a value to those of these fields; the class among them, so that there is always one."""
    return attrgetter("__class__", *names)
