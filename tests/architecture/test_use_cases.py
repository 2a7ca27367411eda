"""Every use case is the body of a command or a query; what is none of them is listed here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import tenantry

SOURCE = Path(tenantry.__file__).parent

EXCEPTIONS: Mapping[str, str] = {
    "audit/service/feed.py events": "reads all tenants, and no single one",
    "invitations/service/sending.py require_deliverable": "asks the host with no transaction open, and so before one",
    "members/service/members.py memberships_of": "reads all tenants, and no single one",
    "members/service/forgetting.py forget": "finds the tenants, in each of which a command then runs",
    "members/service/profiles.py _outdated": "finds the tenants, in each of which a command then runs",
    "members/service/profiles.py forget_sign_in.attempt": "a sign-in is the user's, and no tenant's",
    "members/service/profiles.py signed_in.attempt": "a sign-in is the user's, and no tenant's",
    "audit/service/denials.py tell_due": "job tables: finds what is due, of which a command then tells, and drops it",
    "delivery/service/dispatch.py Dispatch._delivery": "job tables: a worker claims, sends and marks, each by itself",
    "delivery/service/dispatch.py Dispatch._jobs.attempt": "job tables: they belong to no tenant's command",
    "delivery/service/dispatch.py dead": "job tables: they belong to no tenant's command",
    "delivery/service/dispatch.py retry.attempt": "job tables: they belong to no tenant's command",
    "overview/service/overviews.py Overviews._inbox": "counts over all tenants, after the query of the one",
    "tenants/service/finding.py list_tenants": "reads all tenants, and no single one",
    "tenants/service/finding.py _tenant_with": "reads all tenants, and no single one",
    "tenants/service/purge.py _due": "finds the tenants, in each of which a command then runs",
    "tenants/service/purge.py purge_due": "counts the tenants that are left",
    "tenants/service/tenants.py resolve": "reads all tenants, and no single one",
}

OPENING = {"command", "query", "across", "reading", "jobs", "begin"}
"""What opens a transaction, of a store or of a runner."""


def openings(source: Path) -> Iterator[str]:
    """Every function in a `service` package that opens a transaction by itself."""
    for path in sorted(source.glob("*/service/*.py")):
        yield from (
            f"{path.relative_to(source).as_posix()} {name}" for name in _opening(ast.parse(path.read_text()), "")
        )


def _opening(node: ast.AST, inside: str) -> Iterator[str]:
    found = False
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            decorators = {each.id for each in child.decorator_list if isinstance(each, ast.Name)}
            if not decorators & {"command", "query", "watched"}:
                yield from _opening(child, f"{inside}.{child.name}".lstrip("."))
        else:
            found = found or any(_opens(each) for each in ast.walk(child))
    if found and inside:
        yield inside


def _opens(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in OPENING


def test_only_what_is_listed_opens_a_transaction_by_itself() -> None:
    found = set(openings(SOURCE))

    strangers = sorted(found - EXCEPTIONS.keys())
    assert not strangers, f"These open a transaction themselves; make each a @command or @query body: {strangers}"
    gone = sorted(EXCEPTIONS.keys() - found)
    assert not gone, f"These open none any more; strike them from the list: {gone}"


def test_a_use_case_beside_the_decorators_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "widgets" / "service" / "widgets.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(
        "class Widgets(Service):\n"
        "    @command\n"
        "    def add(self, uow): ...\n"
        "    def remove(self):\n"
        "        return self._runner.command('widgets.remove', lambda uow: None)\n"
    )

    assert list(openings(tmp_path)) == ["widgets/service/widgets.py Widgets.remove"]
