"""What of the tests' tools can be had without the extra, and what is said of the rest."""

from __future__ import annotations

import subprocess
import sys

BARE = """
import sys
sys.modules["hypothesis"] = sys.modules["pytest"] = None
import tenantry.testing as ours
ours.FrozenClock, ours.Given, ours.Scheduler, ours.StoreContract
try:
    ours.agreement
except ImportError as error:
    print(error)
"""


def test_only_random_histories_need_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["agreement needs hypothesis: install tenantry[testing]."]
