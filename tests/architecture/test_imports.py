"""What an import brings along is part of what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    *("cattrs", "email_validator", "hypothesis", "pytest", "_pytest", "sqlalchemy", "greenlet", "sqlite3", "asyncpg"),
    *("psycopg", "aiosqlite", "fastapi", "starlette", "pydantic", "flask", "werkzeug", "django", "jinja2"),
}


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has after this statement and not before (what measures it may load some)."""
    script = f"import sys; there = set(sys.modules); {statement}; print('\\n'.join(set(sys.modules) - there))"
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import tenantry",
        "import tenantry, tenantry.memory",
        "import tenantry.testing",
        "from tenantry.testing import FrozenClock, Given, Scheduler, StoreContract",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(statement: str) -> None:
    assert {name.partition(".")[0] for name in loaded_by(statement)} & HEAVY == set()


def test_the_front_door_leaves_adapters_and_test_tools_alone() -> None:
    loaded = loaded_by("import tenantry")
    leaves = ("memory", "sqlalchemy", "testing", "jinja", "smtp")
    assert not [room for room in loaded if room.startswith(tuple(f"tenantry.{leaf}" for leaf in leaves))]
    assert not loaded & {"smtplib", "email"}


def test_the_plugin_loads_nothing_but_pytest_and_the_front_door() -> None:
    rooms = loaded_by("import tenantry.testing.plugin")
    assert {name.partition(".")[0] for name in rooms} & (HEAVY - {"pytest", "_pytest"}) == set()
    assert {room for room in rooms if room.startswith("tenantry.testing")} == {
        "tenantry.testing",
        "tenantry.testing.plugin",
    }


def test_the_test_tools_have_only_the_names_they_promise() -> None:
    import tenantry.testing as tools

    assert set(tools.__all__) <= set(dir(tools))
    assert all(getattr(tools, name) for name in tools.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tools.nothing
