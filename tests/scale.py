"""One knob for how much the tests do.

`TENANTRY_SCALE` is a percentage: 1, the default, for everyday and CI runs; 100 for a soak.
"""

from __future__ import annotations

import os

SCALE = int(os.environ.get("TENANTRY_SCALE", "1"))


def rounds(full: int, *, everyday: int | None = None) -> int:
    """How often to do what a soak does `full` times.

    Args:
        full: How often a soak does it.
        everyday: How often an everyday run does; about a hundredth as often unless given, but at least 20 times.
    """
    if everyday is None:
        everyday = max(min(full, 20), full // 100)
    return everyday + (full - everyday) * (SCALE - 1) // 99
