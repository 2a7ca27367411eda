"""What is no text, although it may look like one."""

from __future__ import annotations

from typing import Any


class Lying(str):
    """Text that says it is equal to any other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("admin")


NO_TEXT: list[Any] = [
    None,
    7,
    10**5000,
    True,
    1.5,
    b"admin",
    ["admin"],
    {"admin": 1},
    {"admin"},
    object(),
    Lying("admin"),
]
