"""The demo: what a person sees who tries tenantry for the first time."""

from __future__ import annotations

import os
import subprocess
import sys


def run_demo(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_demo_tells_its_story_and_ends_well() -> None:
    story = run_demo(PYTHONIOENCODING="utf-8")

    for part in (
        "tenant          Acme Agency",
        "✓ Cleo accepts\n        Welcome to Acme Agency: role member, with City Museum.",
        "✗ Ada leaves, who is the only owner\n        A tenant always has an active owner",
        "(inviter_lost_authority)",
        "(invitation_replaced)",
        "invitation.accepted         dan@bakery.test",
    ):
        assert part in story
    assert max(map(len, story.splitlines())) <= 100
    assert not any(line != line.rstrip() for line in story.splitlines())


def test_the_demo_runs_on_a_terminal_without_unicode() -> None:
    assert "? Cleo accepts" in run_demo(PYTHONIOENCODING="ascii")
