"""The registry of actions and what the code records are one and the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tenantry
from tenantry.audit import ACTIONS

SOURCE = Path(tenantry.__file__).parent
NOUNS = {name.partition(".")[0] for name in ACTIONS}
ACTION = re.compile(r"([a-z_]+)\.[a-z_]+")


def trees() -> Iterator[ast.Module]:
    for path in SOURCE.rglob("*.py"):
        if path != SOURCE / "audit" / "actions.py":
            yield ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.AST) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def recorded() -> Iterator[str]:
    """Every text that is the first argument of a call of `record`."""
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                yield from (each for each in texts(node.args[0]) if "." in each and not each.endswith("."))


def test_whatever_is_recorded_is_in_the_registry() -> None:
    """AU-01."""
    written = set(recorded())
    assert len(written) > 15
    assert written <= ACTIONS.keys()


def test_no_other_text_in_the_code_looks_like_an_action_and_is_none() -> None:
    """Some actions reach `record` by way of a variable."""
    unknown = {
        text
        for tree in trees()
        for text in texts(tree)
        if (found := ACTION.fullmatch(text)) and found[1] in NOUNS and text.endswith(("ed", "left", "sent"))
    }
    assert unknown <= ACTIONS.keys()


def test_whatever_is_in_the_registry_is_recorded_somewhere() -> None:
    """Those that are made of a noun and what was done are found by the parts of an f-string."""
    written = {text for tree in trees() for text in texts(tree)}
    in_parts = {f"{noun}.{done}" for noun in NOUNS if f"{noun}." in written for done in written}
    assert ACTIONS.keys() <= written | in_parts
