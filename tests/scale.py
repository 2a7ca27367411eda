"""One setting for how much the random tests do.

`TENANTRY_SCALE` is a percentage of the full counts: 1, the default, for everyday and CI runs. `make soak` makes it grow
until its time is over, beyond 100 if there is enough of it. `TENANTRY_SEED` is the seed with which tests begin that
count their seeds: 0 by default; a soak begins elsewhere, so that one finds what another did not.
"""

from __future__ import annotations

import os

SCALE = int(os.environ.get("TENANTRY_SCALE", "1"))
SEED = int(os.environ.get("TENANTRY_SEED", "0"))

ASKED: list[int] = []
"""The counts that were asked for; a soak empties it before each test, and so knows what the test has done."""


def rounds(full: int, *, everyday: int | None = None) -> int:
    """How often to do what has a full count.

    Args:
        full: The full count, of a scale of 100.
        everyday: How often an everyday run does; about a hundredth as often unless given, but at least 20 times.
    """
    if everyday is None:
        everyday = max(min(full, 20), full // 100)
    count = everyday + (full - everyday) * (SCALE - 1) // 99
    ASKED.append(count)
    return count


def seeds(full: int, *, everyday: int | None = None) -> range:
    """As many seeds as `rounds` would do rounds."""
    return range(SEED, SEED + rounds(full, everyday=everyday))
