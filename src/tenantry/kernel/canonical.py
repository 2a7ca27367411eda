"""One spelling in bytes for each value: what two different values never share, so that it can be signed.

Every part says what it is and how long it is, so nothing can be shifted from one field into the next. A number keeps
its kind (`1` is not `1.0`), a text its code points (nothing is normalised), a mapping is sorted by its keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .errors import Invalid

__all__ = ["canonical"]


def canonical(value: object) -> bytes:
    """The bytes of a value made of None, booleans, numbers, texts, lists and mappings with texts as keys.

    Raises:
        Invalid: It holds something else, or a number that is none.
    """
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        return b"s%d:%b" % (len(text), text)
    if value is None or value is True or value is False:
        return _CONSTANTS[value]
    if isinstance(value, int):
        return _part(b"i", b"%d" % value)
    if isinstance(value, float) and math.isfinite(value):
        return _part(b"f", value.hex().encode())
    if isinstance(value, list | tuple):
        return _part(b"l", b"".join(map(canonical, value)))
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return _part(b"m", b"".join([canonical(each) for key in sorted(value) for each in (key, value[key])]))
    raise Invalid(
        f"A {type(value).__name__} cannot be written to the audit trail.",
        field="audit",
        rule="wrong_type",
        expected="plain data",
    )


def _part(kind: bytes, content: bytes) -> bytes:
    return b"%b%d:%b" % (kind, len(content), content)


_CONSTANTS = {each: _part(b"c", repr(each).encode()) for each in (None, True, False)}
