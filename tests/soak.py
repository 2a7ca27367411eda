"""Goes round the random tests with growing counts until the time is over: `make soak MINUTES=60`.

The first round is every test there is, on every store, with everyday counts; it shows which tests are random. Each
further round is these, with counts twice as high and other seeds. The round that is not over in time is cut short; what
had ended by then counts. A failure ends the soak after its round: what pytest prints has the seed or, for Hypothesis,
the blob, and `TENANTRY_SEED` and `TENANTRY_SCALE` of the round bring it back.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

__all__ = ["Ended", "Lap", "laps", "main", "soak", "summary"]

GRACE: Final = 60
"""The seconds that a round gets to clean up when its time is over."""


@frozen
class Lap:
    """One round."""

    scale: int
    seed: int
    tests: Sequence[str] | None
    """The ids of the tests; None for every test there is."""


@frozen
class Ended:
    """A test that has come to its end."""

    test: str
    count: int
    passed: bool

    @classmethod
    def read(cls, lines: Iterable[str]) -> list[Ended]:
        """From what `tests.tally` has written; a line that was cut off was not said."""
        return [cls(**json.loads(line)) for line in lines if line.endswith("\n")]


@frozen
class Outcome:
    """What became of a round."""

    ended: Sequence[Ended]
    passed: bool
    over: bool = field(default=True, kw_only=True)
    """False if it was cut short."""


Run = Callable[[Lap, float], Outcome]
"""Runs a round, for so many seconds at most."""


def laps(seed: int) -> Iterator[tuple[int, int]]:
    """The scale and the first seed of one round after another: the seeds of no two rounds meet."""
    scale = 1
    while True:
        yield scale, seed
        seed += scale * 100_000  # more than any test asks for at that scale
        scale *= 2


def soak(seconds: float, run: Run, *, seed: int, clock: Callable[[], float] = time.monotonic) -> tuple[list[str], bool]:
    """Go round until the time is over.

    Returns:
        What is to be said of it, line by line, and whether nothing has failed.
    """
    end = clock() + seconds
    done: list[tuple[Lap, Outcome]] = []
    tests: Sequence[str] | None = None
    for scale, first in laps(seed):
        lap = Lap(scale, first, tests)
        outcome = run(lap, end - clock())
        done.append((lap, outcome))
        if tests is None:
            tests = [each.test for each in outcome.ended if each.count]
        if not (outcome.passed and outcome.over and tests) or clock() >= end:
            break
    return summary(done), all(outcome.passed for _, outcome in done)


def summary(done: Sequence[tuple[Lap, Outcome]]) -> list[str]:
    """How far each random test came, the variants of one together; then what became of the rounds."""
    counts: dict[str, list[tuple[int, Ended]]] = {}
    for number, (_, outcome) in enumerate(done):
        for each in outcome.ended:
            if each.count:
                counts.setdefault(each.test.partition("[")[0], []).append((number, each))
    lines = [f"{'rounds':>6}  {'highest':>9}  {'in all':>11}  test"]
    for test, ended in sorted(counts.items()):
        rounds, highest = len({number for number, _ in ended}), max(each.count for _, each in ended)
        total = sum(each.count for _, each in ended)
        lines.append(f"{rounds:>6}  {highest:>9,}  {total:>11,}  {test}")
    for number, (lap, outcome) in enumerate(done, 1):
        state = "over" if outcome.over else "cut short, since its time was over"
        failed = [each.test for each in outcome.ended if not each.passed]
        lines.append(f"Round {number} (TENANTRY_SCALE={lap.scale} TENANTRY_SEED={lap.seed}): {state}.")
        lines.extend(f"  failed: {test}" for test in failed)
        if not (outcome.passed or failed):
            lines.append("  failed, before any test did")
    return lines


def run(lap: Lap, seconds: float) -> Outcome:
    """Run a round with pytest, in processes of their own."""
    with tempfile.TemporaryDirectory() as directory:
        tally, chosen = Path(directory, "tally"), Path(directory, "tests")
        tally.touch()
        chosen.write_text("tests\n" if lap.tests is None else "".join(f"{test}\n" for test in lap.tests))
        settings = {
            "TENANTRY_SCALE": str(lap.scale),
            "TENANTRY_SEED": str(lap.seed),
            "TENANTRY_STORES": "all",
            "TENANTRY_TALLY": str(tally),
        }
        environment = {name: value for name, value in os.environ.items() if name != "CI"} | settings
        options = ("--numprocesses=auto", "--dist=worksteal", "--quiet", "-p", "tests.tally")
        command = [sys.executable, "-m", "pytest", *options, f"@{chosen}"]
        with subprocess.Popen(command, env=environment, start_new_session=True) as process:
            try:
                code, over = process.wait(max(seconds, 0)), True
            except subprocess.TimeoutExpired:
                code, over = _stopped(process), False
        ended = Ended.read(tally.read_text().splitlines(keepends=True))
    return Outcome(ended, all(each.passed for each in ended) and (code == 0 or not over), over=over)


def _stopped(process: subprocess.Popen[bytes]) -> int:
    """Let it clean up as on Ctrl-C; if that takes too long, end it with all that it has started."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak; 0 if nothing has failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Go round the random tests.")
    parser.add_argument("--minutes", type=float, required=True, help="how long")
    parser.add_argument("--seed", type=int, help="where the seeds begin; somewhere, unless given")
    given = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000_000) if given.seed is None else given.seed
    lines, passed = soak(given.minutes * 60, run, seed=seed)
    sys.stdout.write("\n".join(["", *lines, ""]))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
