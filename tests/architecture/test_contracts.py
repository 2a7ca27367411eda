"""A new module is bound by the import contracts from its birth: one is added to a copy of the package, and told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import tenantry

HOUSE = Path(__file__).parents[2]
DOCSTRING = '"""Planted."""\n'

BADGES: Mapping[str, str] = {
    "badges/__init__.py": "",
    "badges/model.py": "from ..storage.collection import Collection\n",
    "badges/repository.py": "from ..storage.ports import Transaction\nfrom .model import Collection\n",
    "badges/service/__init__.py": "",
    "badges/service/badges.py": "from ...runtime.service import Service\nfrom ..repository import Transaction\n",
}
"""A feature that keeps the contracts, which do not name it."""


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one feature more."""
    house = tmp_path_factory.mktemp("house")
    copytree(Path(tenantry.__file__).parent, house / "tenantry", ignore=ignore_patterns("__pycache__"))
    (house / "pyproject.toml").write_text((HOUSE / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (house / "tenantry" / "badges" / "service").mkdir(parents=True)
    for name, text in BADGES.items():
        (house / "tenantry" / name).write_text(DOCSTRING + text, encoding="utf-8")
    return house


def broken(house: Path) -> Mapping[str, str]:
    """What breaks each contract that does not hold."""
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(house)!r}); {lint}", "--no-logo"]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    said = subprocess.run(command, cwd=house, env=unmeasured, capture_output=True, text=True, check=False).stdout
    assert re.search(r"^Contracts: \d+ kept, \d+ broken\.$", said, re.MULTILINE), said
    names = re.findall(r"^(.+) BROKEN(?: .*)?$", said, re.MULTILINE)
    report = said.partition("Broken contracts\n")[2]
    told = {name: report.partition(f"\n{name}\n{'-' * len(name)}\n")[2] for name in names}
    return {name: re.split(r"\n\n\n", text)[0] for name, text in told.items()}


def test_a_feature_that_keeps_the_contracts_is_welcome(house: Path) -> None:
    assert broken(house) == {}


WRONG = [
    ("members.model", "tenantry.members.service.planted", "services are reached through the front door"),
    ("badges.model", "tenantry.badges.service.badges", "services are reached through the front door"),
    ("badges.model", "tenantry.badges.repository", "a repository is reached through the unit of work"),
    ("workspaces.model", "tenantry.badges.repository", "a repository is reached through the unit of work"),
    ("badges.model", "tenantry.storage.ports", "models know no storage but their collections"),
    ("badges.model", "tenantry.runtime.unit_of_work", "only services open a unit of work"),
    ("badges.service.badges", "tenantry.app", "the front door is for hosts"),
    ("badges.service.badges", "tenantry.memory", "adapters are leaves"),
    ("badges.service.badges", "sqlalchemy", "no database and no web framework outside the adapter"),
    ("badges.service.badges", "smtplib", "mail is sent in one place"),
    ("kernel.text", "tenantry.badges.model", "the kernel knows only itself"),
    ("storage.collection", "tenantry.badges.model", "a collection knows only the kernel"),
]
"""Imports that go the wrong way: the module, what it imports, and the contract that forbids it."""


@pytest.fixture(scope="session")
def report(house: Path) -> Mapping[str, str]:
    """What is told of all of them, planted at once, and of a service module that is new."""
    package = house / "tenantry"
    before = {path: path.read_text(encoding="utf-8") for path in {_path(package, module) for module, _, _ in WRONG}}
    new = package / "members" / "service" / "planted.py"
    new.write_text(DOCSTRING, encoding="utf-8")
    for module, imported, _ in WRONG:
        with _path(package, module).open("a", encoding="utf-8") as file:
            file.write(f"import {imported}\n")
    found = broken(house)
    new.unlink()
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")
    return found


def _path(package: Path, module: str) -> Path:
    return package / f"{module.replace('.', '/')}.py"


@pytest.mark.parametrize(("module", "imported", "contract"), WRONG)
def test_an_import_that_goes_the_wrong_way_is_told(
    report: Mapping[str, str], module: str, imported: str, contract: str
) -> None:
    """Law 13: by the name of the contract, with the two modules and the line."""
    [told] = (text for name, text in report.items() if name.startswith(contract))
    assert re.search(rf"tenantry\.{re.escape(module)} -> {re.escape(imported)} \(l\.\d+\)", told)
