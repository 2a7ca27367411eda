"""What `import tenantry` costs beside the libraries and the parts of Python that it needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from .timing import Pair, Timed

__all__ = ["imports"]

NEEDED = "import sys; before = set(sys.modules); import tenantry; print(*(sys.modules.keys() - before))"
TIMED = """
from importlib import import_module
from time import perf_counter
started = perf_counter()
for name in {names}:
    import_module(name)
print(perf_counter() - started)
"""


def imports() -> Iterator[Pair]:
    """The pair of this subject."""
    needed = [name for name in _python(NEEDED).split() if name.partition(".")[0] != "tenantry"]
    ours, others = _importing("tenantry"), _importing(*sorted(needed))
    yield Pair("`import tenantry`, against what it imports", ours, others, most=1)


def _importing(*names: str) -> Timed:
    code = TIMED.format(names=names)
    return lambda calls: sum(float(_python(code)) for _ in range(calls))


def _python(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], text=True)
