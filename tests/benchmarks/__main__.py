"""See `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from tests.postgres import house, serve

from . import __doc__ as what_it_is
from .engines import PEERS
from .report import line, markdown
from .subjects import measured
from .timing import FULL, QUICK

REPORT = Path("docs/benchmarks.md")


def main() -> None:
    """Print the ratios while they come, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=what_it_is)
    parser.add_argument("--quick", action="store_true", help="only see that all of it runs; nothing is written")
    quick = parser.parse_args().quick
    missing = [peer.distribution for peer in PEERS if not peer.is_installed()]
    if missing:
        parser.error(f"{', '.join(missing)} must be installed to compare with: run `make bench`, or add --group bench.")
    found = []
    with house() as home, serve(home).database() as url:
        for section, ratios in groupby(measured(url, QUICK if quick else FULL, PEERS), key=itemgetter(0)):
            tell(f"\n{section.heading}")
            for _, ratio in ratios:
                tell(f"  {line(ratio)}")
                found.append((section, ratio))
    if not quick:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(markdown(found), encoding="utf-8")


def tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
