"""Which codes and rules the source can raise: read from its syntax, so that none is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import tenantry
from tenantry import Invalid, TenantryError, TenantStatus
from tenantry.kernel import errors

__all__ = ["ANY", "Raised", "problems", "raised"]

Raised: TypeAlias = tuple[str, str]
"""The name of a class of errors, and a rule."""

ANY: Final = "*"
"""The rule of what is called as the host calls it: the counter of a plan."""

CLASSES: Final[Mapping[str, type[TenantryError]]] = {name: getattr(errors, name) for name in errors.__all__}
NAMED_BY_HOST: Final = "usage.name"
DECLARED: Final = ("self.rule", "lock.rule")
"""A rule of uniqueness says itself what it is called, and so does a lock that must not be waited for."""
STATUSES: Final = {"status": [TenantStatus.SUSPENDED.value, TenantStatus.DELETED.value]}
"""What stands for `status` in a code that is made of one: what a tenant can be that has members and is not active."""


@cache
def raised() -> frozenset[Raised]:
    """Every code and rule that the source can raise."""
    return frozenset({each for module in _modules() for each in module.raised()})


def problems() -> list[str]:
    """A sentence for each place where the rule of an error cannot be read from the source."""
    return sorted(problem for module in _modules() for problem in module.problems())


def _modules() -> Iterator[_Module]:
    root = Path(tenantry.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if "testing" not in path.relative_to(root).parts and path != root / "kernel" / "errors.py":
            yield _Module(path)


class _Module:
    """The syntax of one module, and which function stands around what."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.around = {
            child: function
            for function in ast.walk(self.tree)
            if isinstance(function, ast.FunctionDef)
            for child in ast.walk(function)
        }  # the innermost comes last, since `walk` goes outside in
        self.inner = {
            decision
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and _name(node.func) in CLASSES and _name(node.func) != "Denied"
            if (decision := _keyword(node, "decision")) is not None
        }
        """Decisions of which a leaf of `Denied` is made; their codes are rules of the leaf."""

    def raised(self) -> Iterator[Raised]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and node not in self.inner:
                yield from self._of_call(node)
            elif isinstance(node, ast.Assign) and _name(node.targets[0]) == "rule" and _is_text(node.value):
                yield Invalid.__name__, _text(node.value)  # of a lock
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and (cls := CLASSES.get(node.exc.id)):
                yield cls.__name__, cls.code
            elif isinstance(node, ast.Tuple) and node.elts and (cls := CLASSES.get(_name(node.elts[0]))):
                yield from [(cls.__name__, cls.code)] if _is_text(node.elts[-1]) else []  # a table of refusals

    def problems(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or not _is_error(node):
                continue
            where = f"{self.path.name}:{node.lineno}"
            rule = _keyword(node, "rule")
            if rule is None and CLASSES.get(_name(node.func)) is Invalid:
                yield f'{where}: say which rule was broken: rule="…".'
            elif rule is not None and not (_is_text(rule) or self._passed_on(rule) or _is_named_elsewhere(rule)):
                yield f"{where}: the rule has to be a literal, not {ast.unparse(rule)}."

    def _of_call(self, call: ast.Call) -> Iterator[Raised]:
        name = _name(call.func)
        if name == "Unique":
            cls = CLASSES[_name(call.args[0])]
            yield cls.__name__, _text(_keyword(call, "rule")) or cls.code
        elif name == "Decision" or (name == "refuse" and len(call.args) == 3):
            yield from (("Denied", code) for code in _codes(call.args[1]) if not _is_yes_or_missing(code))
        elif name in CLASSES and (decision := _keyword(call, "decision")) is not None and name != "Denied":
            if _keyword(call, "rule") is not None:
                yield from ((name, rule) for rule in self._rules(call, ""))
            else:
                yield from ((name, code) for code in _codes(decision.args[1]))  # type: ignore[attr-defined]
        elif name in CLASSES and name != "Denied":
            yield from ((name, rule) for rule in self._rules(call, CLASSES[name].code))

    def _rules(self, call: ast.Call, code: str) -> Iterator[str]:
        rule = _keyword(call, "rule")
        if rule is None:
            yield code
        elif _is_text(rule):
            yield _text(rule)
        elif function := self._passed_on(rule):
            defaults = dict(zip((a.arg for a in function.args.kwonlyargs), function.args.kw_defaults, strict=True))
            for other in ast.walk(self.tree):
                if isinstance(other, ast.Call) and _name(other.func) == function.name:
                    yield _text(_keyword(other, "rule") or defaults["rule"])
        elif ast.unparse(rule) == NAMED_BY_HOST:
            yield ANY

    def _passed_on(self, rule: ast.expr) -> ast.FunctionDef | None:
        """The function that was given the rule, whose calls then say which."""
        function = self.around.get(rule)
        known = function is not None and any(each.arg == "rule" for each in function.args.kwonlyargs)
        return function if known and _name(rule) == "rule" else None


def _is_named_elsewhere(rule: ast.expr) -> bool:
    return ast.unparse(rule) in (NAMED_BY_HOST, *DECLARED)


def _is_error(call: ast.Call) -> bool:
    return _name(call.func) in CLASSES or _keyword(call, "rule") is not None


def _is_yes_or_missing(code: str) -> bool:
    """Whether a decision of this code denies nobody: it allows, or says that there is no such thing."""
    return code in ("", "allowed") or code.endswith("_not_found")


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _codes(node: ast.expr) -> Iterator[str]:
    """A code, or several where it is made of a status."""
    if not isinstance(node, ast.JoinedStr):
        yield _text(node)
        return
    [first, *values] = node.values
    for value in values:
        if isinstance(value, ast.FormattedValue):
            yield from (f"{_text(first)}{each}" for each in STATUSES[_name(value.value)])
