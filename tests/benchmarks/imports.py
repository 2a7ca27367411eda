"""What `import tenantry` costs beyond its dependencies: its own part, in CPU, beside the import of `sqlalchemy.orm`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from .timing import Pair, Timed

__all__ = ["imports"]

NEEDED = "import sys; before = set(sys.modules); import tenantry; print(*(sys.modules.keys() - before))"
TIMED = """
from importlib import import_module
from time import process_time
for name in {before}:
    import_module(name)
started = process_time()
import_module({name!r})
print(process_time() - started)
"""


def imports() -> Iterator[Pair]:
    """The pair of this subject. Each import has an interpreter of its own, and finds its bytecode written."""
    with TemporaryDirectory() as bytecode:
        needed = sorted(name for name in _python(NEEDED, bytecode).split() if name.partition(".")[0] != "tenantry")
        ours, other = _importing("tenantry", needed, bytecode), _importing("sqlalchemy.orm", [], bytecode)
        yield Pair("`import tenantry`, its own part, against `sqlalchemy.orm`", ours, other, most=1, best=True)


def _importing(name: str, before: list[str], bytecode: str) -> Timed:
    code = TIMED.format(before=before, name=name)
    return lambda calls: sum(float(_python(code, bytecode)) for _ in range(calls))


def _python(code: str, bytecode: str) -> str:
    written = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    written["PYTHONPYCACHEPREFIX"] = bytecode
    return subprocess.check_output([sys.executable, "-c", code], text=True, env=written)
