"""What all tests share: Hypothesis' profile and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import postgres
from tests.scale import rounds

settings.register_profile(
    "tenantry",
    deadline=None,
    derandomize="CI" in os.environ,  # a change is judged by its own examples; a soak looks for new ones
    max_examples=rounds(10_000),
    print_blob=True,
)
settings.load_profile("tenantry")

HOUSE = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the session one house for its servers; the workers of pytest-xdist share their controller's."""
    if worker := getattr(config, "workerinput", None):
        config.stash[HOUSE] = Path(worker["house"])
    else:
        stack = ExitStack()
        config.stash[HOUSE] = stack.enter_context(postgres.house())
        config.add_cleanup(stack.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the house is."""
    node.workerinput["house"] = str(node.config.stash[HOUSE])


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> postgres.Server:
    """A PostgreSQL server, started when the first test asks for it."""
    try:
        return postgres.serve(pytestconfig.stash[HOUSE])
    except postgres.Missing as missing:
        raise pytest.fail.Exception(f"No PostgreSQL for the tests. {missing}", pytrace=False) from None


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """An empty database that no other process uses."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def icu_postgres_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """An empty database that sorts text as people do, not by its bytes."""
    try:
        server = postgres.serve(pytestconfig.stash[HOUSE], "icu")
    except postgres.Missing:
        # No wheel has a server with ICU, and a machine that has only Python is welcome too.
        pytest.skip("no PostgreSQL with ICU on this machine: install your system's PostgreSQL 15 or newer")
    with server.database(icu=True) as url:
        yield url
