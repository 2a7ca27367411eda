"""For the tests of hosts and of those who write stores.

Nothing here is loaded before it is asked for: a host that only wants a clock needs neither pytest nor Hypothesis.
`tenantry.testing.strategies` and `agreement` need Hypothesis (`tenantry[testing]`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import FrozenClock
    from .contract import StoreContract
    from .given import Given
    from .machine import agreement
    from .matrix import assert_matrix
    from .scheduler import Scheduler

__all__ = ["FrozenClock", "Given", "Scheduler", "StoreContract", "agreement", "assert_matrix"]

_ROOMS = {
    "FrozenClock": "clock",
    "Given": "given",
    "Scheduler": "scheduler",
    "StoreContract": "contract",
    "agreement": "machine",
    "assert_matrix": "matrix",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f".{_ROOMS[name]}", __name__), name)
    except ModuleNotFoundError as missing:
        if missing.name != "hypothesis":
            raise
        raise ImportError(f"{name} needs hypothesis: install tenantry[testing].") from missing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
