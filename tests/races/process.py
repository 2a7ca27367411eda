"""A process that does what it is told, line by line: `python -m tests.races.process KIND URL`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final

from attrs import asdict, frozen

from tenantry import Principal, Tenantry
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.races.naive import NaiveSQLAlchemyStore
from tests.races.race import Contender, attempt, new_tenancy, told

KINDS: Final = {"ours": SQLAlchemyStore, "naive": NaiveSQLAlchemyStore}


@frozen
class Deed:
    """What somebody does, in words that another process understands."""

    user_id: str
    email: str | None
    verb: str
    """Such as `members.leave`."""
    args: Sequence[str]
    tenant_id: str | None
    """Where they do it; None for what a person does outside of any tenant."""

    @classmethod
    def by(cls, who: Principal, verb: str, *args: str, at: str | None = None) -> Deed:
        return cls(who.user_id, who.email, verb, args, at)

    def __call__(self, tenancy: Tenantry) -> object:
        who = Principal(self.user_id, email=self.email, email_verified=True)
        found: Any = tenancy.person(who) if self.tenant_id is None else tenancy.tenant(self.tenant_id, by=who)
        for name in self.verb.split("."):
            found = getattr(found, name)
        return found(*self.args)


@frozen
class Process:
    """One that waits for lines."""

    _process: subprocess.Popen[str]

    def begin(self, deed: Contender) -> None:
        """Let it do this; what is not a `Deed` cannot be told."""
        assert isinstance(deed, Deed)
        self._write(json.dumps(asdict(deed)))

    def answer(self) -> str:
        """How that ended."""
        line = _pipe(self._process.stdout).readline()
        assert line.endswith("\n"), "the process has died"
        return line.strip()

    def _write(self, line: str) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(f"{line}\n")
        pipe.flush()


@contextmanager
def processes(store: SQLAlchemyStore, number: int) -> Iterator[list[Process]]:
    """So many, each with a store of its own on the same database."""
    kind = next(name for name, each in KINDS.items() if type(store) is each)
    command = [sys.executable, "-m", "tests.races.process", kind, store.engine.url.render_as_string(False)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(number)
    ]
    try:
        yield [Process(each) for each in started]
    finally:
        for each in started:
            _pipe(each.stdin).close()  # whereupon it ends
        for each in started:
            each.wait(timeout=60)
            _pipe(each.stdout).close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def main(kind: str, url: str) -> None:
    store = KINDS[kind](url)
    tenancy = new_tenancy(store)
    for line in sys.stdin:
        sys.stdout.write(f"{told(attempt(Deed(**json.loads(line)), tenancy))}\n")
        sys.stdout.flush()
    store.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
