"""The reference pages say what the code says. Whether those in the repository do, `make generated` checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenantry.invitations.model import TRANSITIONS as INVITATIONS
from tenantry.members.model import TRANSITIONS as MEMBERS
from tenantry.tenants.model import TRANSITIONS as TENANTS
from tenantry.workspaces.model import TRANSITIONS as WORKSPACES
from tools import generate


def test_a_stale_or_missing_page_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the pages that take seconds to make: `test_management.py` and `test_errors.py` have what they say."""
    monkeypatch.delitem(generate.PAGES, "management.md")
    monkeypatch.delitem(generate.PAGES, "errors.md")
    assert generate.main(["--check"], tmp_path) == 1
    assert not list(tmp_path.iterdir())
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / "audit.md").write_text("# The audit trail\n")
    capsys.readouterr()
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "Stale: audit.md. Run `make format`.\n"


def test_the_house_is_drawn_between_its_markers_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "PAGES", {})
    guide = tmp_path / "CONTRIBUTING.md"
    guide.write_text(f"before\n{generate.BEGIN}an older house\n{generate.END}after\n")

    assert generate.main(["--check"], tmp_path, guide) == 1
    assert generate.main([], tmp_path, guide) == 0
    page = guide.read_text()
    assert page.startswith(f"before\n{generate.BEGIN}\n```mermaid\n")
    assert page.endswith(f"\n{generate.END}after\n")
    assert "an older house" not in page


def test_every_diagram_has_every_transition_and_no_other() -> None:
    page = list(generate.state_machines())
    arrows = {line.strip() for line in page if " --> " in line and "[*]" not in line and "time passes" not in line}
    notes = {line.strip() for line in page if "note right of" in line}
    moves = [*TENANTS.items(), *INVITATIONS.items(), *MEMBERS.items(), *WORKSPACES.items()]
    assert arrows == {f"{before} --> {after}: {act}" for (before, act), after in moves if before != after}
    assert notes == {
        f"note right of {state}: {act} keeps it {state}" for (state, act), after in moves if state == after
    }
