"""One knob for how much the tests do.

`TENANTRY_SCALE` is a percentage: 1, the default, for everyday and CI runs; 100 for a soak.
"""

from __future__ import annotations

import os

SCALE = int(os.environ.get("TENANTRY_SCALE", "1"))


def rounds(full: int) -> int:
    """How often to do what a soak does `full` times: about a hundredth as often, but at least 20 times."""
    return max(min(full, 20), full * SCALE // 100)
