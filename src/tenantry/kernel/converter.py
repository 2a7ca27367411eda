"""Our values as plain data that `json.dumps` takes: for a host's API, its logs, its exports.

A dictionary has what its value shows: every public field, and every public property, such as `Usage.left` or
`Membership.is_active`. Names with an underscore are for our own use. What `repr` hides, such as a token, stays hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import fields, has

from .errors import Invalid

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["to_dict"]


def to_dict(value: object) -> Any:
    """Turn a value of ours, or a page, list or dictionary of them, into dictionaries, lists, texts and numbers.

    A dictionary has the public fields and properties of its value. A page becomes `{"items": […], "next": …,
    "total": …}`, with what a `RolePlan` has besides. A time becomes ISO 8601, a span of time its seconds, a status its
    text, a set a sorted list.

    Args:
        value: What tenantry returns. `Access` is none: ask it, and send what it answers.

    Raises:
        Invalid: The value, or one within it, is nothing that can be shown as plain data.

    Example:
        >>> from tenantry import Decision
        >>> to_dict(Decision(True, "allowed", ("SYSTEM is allowed everything.",)))
        {'allowed': True, 'code': 'allowed', 'reasons': ['SYSTEM is allowed everything.']}
    """
    return _converter().unstructure(value)


@cache
def _converter() -> Converter:
    """The one converter. What it is made of is slow to import, so it waits for its first use."""
    from cattrs import Converter

    converter = Converter(
        unstruct_collection_overrides={Sequence: list, AbstractSet: sorted},
        unstructure_fallback_factory=lambda cls: _refuse,
    )

    def by_names(cls: type[Any]) -> Callable[[Any], Any]:
        shown = [each.name for each in fields(cls) if each.repr and not each.name.startswith("_")]
        if not shown:
            return _refuse
        names = dict.fromkeys([*shown, *_properties(cls)])
        return lambda value: {name: converter.unstructure(getattr(value, name)) for name in names}

    def page(value: Any) -> dict[str, Any]:
        names = [name for cls in reversed(type(value).__mro__) for name in getattr(cls, "__slots__", ())]
        shown = {name: converter.unstructure(getattr(value, name)) for name in names if not name.startswith("_")}
        return {"items": converter.unstructure(list(value)), **shown}

    converter.register_unstructure_hook_factory(has, by_names)
    converter.register_unstructure_hook_func(_is_page, page)
    converter.register_unstructure_hook_func(
        lambda cls: cls in (str, int, float, bool, type(None)), lambda value: value
    )
    converter.register_unstructure_hook(StrEnum, attrgetter("value"))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_unstructure_hook(bytes, _refuse)
    return converter


def _properties(cls: type[Any]) -> Iterator[str]:
    """The public properties of a class, in their order."""
    for base in reversed(cls.__mro__):
        for name, each in vars(base).items():
            if isinstance(each, property) and not name.startswith("_"):
                yield name


def _is_page(cls: Any) -> bool:
    """Whether it is our `Page`, which the kernel does not know."""
    return isinstance(cls, type) and issubclass(cls, Sequence) and hasattr(cls, "next") and hasattr(cls, "total")


def _refuse(value: object) -> NoReturn:
    raise Invalid(
        f"A {type(value).__name__} cannot be shown as plain data.", rule="wrong_type", expected="value of tenantry"
    )
