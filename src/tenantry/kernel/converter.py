"""Our values as plain data that `json.dumps` takes: for a host's API, its logs, its exports.

What `repr` hides stays hidden here: tokens, nonces, and the keys that we sort and compare by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import fields, has

from .errors import Invalid

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["to_plain"]


def to_plain(value: object) -> Any:
    """A value of ours, or a page, list or dictionary of them, as dictionaries, lists, texts and numbers.

    A page becomes `{"items": […], "next": …, "total": …}`, a time ISO 8601, a status its text, a set a sorted list.

    Args:
        value: What tenantry returns. `Access` is none: ask it, and send what it answers.

    Raises:
        Invalid: The value, or one within it, is nothing that can be shown as plain data.

    Example:
        >>> from tenantry import Decision
        >>> to_plain(Decision(True, "allowed", ("SYSTEM is allowed everything.",)))
        {'allowed': True, 'code': 'allowed', 'reasons': ['SYSTEM is allowed everything.']}
    """
    return _converter().unstructure(value)


@cache
def _converter() -> Converter:
    """The one converter. What it is made of is slow to import, so it waits for its first use."""
    from cattrs import Converter
    from cattrs.gen import make_dict_unstructure_fn, override

    converter = Converter(
        unstruct_collection_overrides={Sequence: list, AbstractSet: sorted},
        unstructure_fallback_factory=lambda cls: _refuse,
    )

    def by_fields(cls: type[Any]) -> Callable[[Any], Any]:
        hidden = {each.name for each in fields(cls) if not each.repr or each.name.startswith("_")}
        if len(hidden) == len(fields(cls)):
            return _refuse
        omitted: dict[str, Any] = {name: override(omit=True) for name in hidden}
        return make_dict_unstructure_fn(cls, converter, **omitted)

    def page(value: Any) -> dict[str, Any]:
        return {"items": converter.unstructure(list(value)), "next": value.next, "total": value.total}

    converter.register_unstructure_hook_factory(has, by_fields)
    converter.register_unstructure_hook_func(_is_page, page)
    converter.register_unstructure_hook_func(
        lambda cls: cls in (str, int, float, bool, type(None)), lambda value: value
    )
    converter.register_unstructure_hook(StrEnum, attrgetter("value"))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(bytes, _refuse)
    return converter


def _is_page(cls: Any) -> bool:
    """Whether it is our `Page`, which the kernel does not know."""
    return isinstance(cls, type) and issubclass(cls, Sequence) and hasattr(cls, "next") and hasattr(cls, "total")


def _refuse(value: object) -> NoReturn:
    raise Invalid(f"A {type(value).__name__} cannot be shown as plain data.")
