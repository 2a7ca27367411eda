"""Values that somebody may pass by mistake or on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


class Odd(str):
    """Text that says it equals everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


MALFORMED: Mapping[str, Any] = {
    "None": None,
    "zero": 0,
    "minus one": -1,
    "true": True,
    "huge": 10**400,
    "float": 1.5,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "bytes": b"bytes",
    "list": ["a", {}],
    "set": {1},
    "object": object(),
    "class": str,
    "generator": (letter for letter in "ab"),
    "naive datetime": datetime(2026, 1, 1),  # noqa: DTZ001
    "negative duration": timedelta(-1),
    "endless duration": timedelta.max,
    "mapping of nonsense": {1: 2},
    "mapping to nonsense": {"a": object()},
    "odd text": Odd("odd"),
    "empty": "",
    "blank": " \t\n",
    "NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "too long": "x" * 10_001,
    "line separator": "a\N{LINE SEPARATOR}b",
}
"""What no parameter takes, but for those below."""

STRANGE: Mapping[str, Any] = {
    "quote": "' OR '1'='1",
    "statement": "x'); DROP TABLE tenantry_tenants; --",
    "wildcards": "%_*?[a]\\",
    "placeholders": ":tenant %(tenant)s ? $1 {tenant}",
    "markup": "<script>alert(1)</script>",
    "other scripts": "Ωμέγα 日本 🎉",
    "a tenant's id": "ten_00000000000000000000000000",
    "long": "y" * 255,
}
"""What is well formed: taken, or refused with any error of ours."""
