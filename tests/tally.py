"""What each random test has done, for a soak: a plugin that only `tests.soak` loads, with `-p tests.tally`.

A test is random if it asked for a count, or is one of Hypothesis'; so no list has to be kept. `TENANTRY_TALLY` names a
file, to which a line is added for each test as soon as it has ended: also what is cut short says how far it came.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings

from tests import scale

COUNT = "count"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Note the count, in the process that runs the test."""
    try:
        return (yield)
    finally:
        asked = [*scale.ASKED]
        scale.ASKED.clear()
        if is_hypothesis_test(getattr(item, "obj", None)):
            asked.append(settings().max_examples)
        if asked:
            item.user_properties.append((COUNT, max(asked)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what was asked for while modules were imported; what a fixture asks for is the test's."""
    scale.ASKED.clear()


class Tally:
    """Writes down what all processes report."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            count = dict(report.user_properties).get(COUNT, 0)
            line: dict[str, Any] = {"test": report.nodeid, "count": count, "passed": report.passed}
            with self._file.open("a") as file:
                file.write(json.dumps(line) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that hears of all tests writes."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(Path(os.environ["TENANTRY_TALLY"])))
