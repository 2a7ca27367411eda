"""Runs the examples in README.md, in docs/ and in the docstrings of src/."""

from __future__ import annotations

from contextlib import ExitStack, chdir
from doctest import ELLIPSIS
from tempfile import TemporaryDirectory
from typing import Any

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser


def go_elsewhere(namespace: dict[str, Any]) -> None:
    """Let a document leave its files in a directory of its own."""
    stack = namespace["_elsewhere"] = ExitStack()
    stack.enter_context(chdir(stack.enter_context(TemporaryDirectory())))


def come_back(namespace: dict[str, Any]) -> None:
    """Undo `go_elsewhere`."""
    namespace["_elsewhere"].close()


documents = Sybil(
    [PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), SkipParser()],
    pattern="*.md",
    setup=go_elsewhere,
    teardown=come_back,
)
docstrings = Sybil([DocTestParser(optionflags=ELLIPSIS)], path="src", pattern="*.py")

pytest_collect_file = (documents + docstrings).pytest()
