"""How our values are made: `frozen`, which is that of attrs and costs nearly nothing at import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import Signature, signature
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

__all__ = ["fill_in", "frozen"]

T = TypeVar("T")

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls: type | None = None, /, **options: Any) -> Any:
        """Make a frozen attrs class, which compares, hashes and prints itself by its fields.

        For each class attrs writes and compiles methods, which would be a third of what our import costs. So all
        classes share those that compare, hash and print; a class that has one of its own keeps it. The others are
        written when the class is first used: an object of it is made, or somebody asks for its fields. So a process
        pays for the values that it has. No class has slots, for which attrs would make a second class; values are read
        as fast.

        Args:
            cls: The class. It leaves `__init__` to attrs.
            options: As for `attrs.frozen`.
        """
        if cls is None:
            return lambda cls: frozen(cls, **options)
        if not options.keys() & {"eq", "cache_hash"}:
            _share(cls, __eq__=_equal, __hash__=_hash)
        if "repr" not in options:
            _share(cls, __repr__=_text)
        _share(cls, __setstate__=_restore)
        _make_later(cls, options)
        return cls


_making = RLock()  # to make a class may need another one: its base


def _make_later(cls: Any, options: Mapping[str, Any]) -> None:
    """Let attrs make the class when it is first used."""

    def make() -> None:
        with _making:
            if vars(cls)["__attrs_attrs__"] is unmade:
                attrs.frozen(cls, slots=False, init=True, **options)  # it leaves alone what else the class has
                made: Any = cls.__init__
                made.__wrapped__ = unmade
                __init__.__annotations__ = made.__annotations__

    def __init__(self: object, *args: Any, **values: Any) -> None:  # noqa: N807 - attrs puts its own in this place
        make()
        cls.__init__(self, *args, **values)

    unmade = _Unmade(cls, make)
    setattr(__init__, "__wrapped__", unmade)  # noqa: B010 - the type of a function knows no other
    cls.__init__ = __init__
    cls.__attrs_attrs__ = unmade


class _Unmade:
    """Stands where attrs keeps the fields of a class until the class is made.

    It is also where `inspect.signature` looks for the arguments of the class, and `typing.get_type_hints` for what
    their annotations name: the constructor that attrs writes knows no module.
    """

    def __init__(self, cls: Any, make: Callable[[], None]) -> None:
        self._cls = cls
        self._make = make

    def __get__(self, instance: object, cls: Any) -> Any:
        self._make()
        return cls.__attrs_attrs__

    @property
    def __signature__(self) -> Signature:
        self._make()
        return signature(self._cls.__init__, follow_wrapped=False)

    @property
    def __globals__(self) -> dict[str, Any]:
        self._make()
        return vars(sys.modules[self._cls.__module__])


def fill_in(value: T, **derived: Any) -> T:
    """The same value with fields that a query derives, and nobody gives: as `attrs.evolve`, but nothing is checked.

    A page has hundreds of values to be filled in, and this takes a tenth of the time.
    """
    same = object.__new__(type(value))
    vars(same).update(vars(value), **derived)
    return same


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


def _restore(self: object, state: Mapping[str, Any]) -> None:
    """What a copy, or what was pickled, is given back; in a new process it may be the first of its class."""
    kind: Any = self.__class__
    attrs.fields(kind)  # now it is frozen
    vars(self).update(state)


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
