"""The benchmarks run, and both sides of each give the same result. How quick they are is no test's business."""

from __future__ import annotations

from tests.benchmarks.report import line, markdown
from tests.benchmarks.subjects import measured
from tests.benchmarks.timing import QUICK
from tests.postgres import Server


def test_every_ratio_of_the_report_is_measured(postgres_server: Server) -> None:
    with postgres_server.database() as url:
        found = list(measured(url, QUICK))
    names = {(heading, ratio.name) for heading, ratio in found}
    assert len(names) == len(found)
    report = markdown(found)
    for _, ratio in found:
        assert ratio.ratio > 0
        assert ratio.name in line(ratio)
        assert ratio.name in report
