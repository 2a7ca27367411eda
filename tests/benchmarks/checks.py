"""The benchmarks run, and all sides of each give the same result. How quick they are is no test's business.

`make bench` runs these first. `make test` does not: they say nothing about the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import Engine, event

from tenantry import Level, Role
from tests.benchmarks import engines
from tests.benchmarks.databases import opened, sqlite_url
from tests.benchmarks.doors import Owner
from tests.benchmarks.engines import LIMIT, OURS, PEERS, Agencies, Disagreement, agencies, agree
from tests.benchmarks.engines.dictionary import Dictionary
from tests.benchmarks.report import line, markdown
from tests.benchmarks.requests import requests
from tests.benchmarks.subjects import measured
from tests.benchmarks.timing import QUICK, Timed
from tests.postgres import Server

INSTALLED = [peer for peer in PEERS if peer.is_installed()]
WORLD = agencies(tenants=2, members=5, workspaces=4)


def test_every_ratio_of_the_report_is_measured(postgres_server: Server) -> None:
    with postgres_server.database() as url:
        found = list(measured(url, QUICK, INSTALLED))
    names = {(section.heading, ratio.name, ratio.column) for section, ratio in found}
    assert len(names) == len(found)
    report = markdown(found)
    for section, ratio in found:
        assert ratio.ratio > 0
        assert f"{ratio.name}, {ratio.column}".removesuffix(", ") in line(ratio)
        assert f"## {section.heading}\n\n{section.note}" in report
        assert f"| {ratio.name} |" in report
        assert ratio.column in report


def test_by_hand_means_the_very_statements_that_tenantry_executes(tmp_path: Path) -> None:
    with opened(sqlite_url(tmp_path, "by_hand"), members=60, workspaces=4) as database:
        for pair in requests(Owner(database.engine), database.world, database.engine):
            assert executed(database.engine, pair.limit) == executed(database.engine, pair.ours), pair.name


def executed(engine: Engine, timed: Timed) -> list[str]:
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        found.append(statement.replace(" AS kind", ""))  # a name for the dictionary

    event.listen(engine, "before_cursor_execute", note)
    timed(1)
    event.remove(engine, "before_cursor_execute", note)
    return found


def test_all_engines_agree_on_every_question() -> None:
    assert agree([engine(WORLD) for engine in (LIMIT, *OURS, *INSTALLED)]) > 1_000


def without_a_grant(world: Agencies) -> Agencies:
    return evolve(world, given=world.given[:-1])


def without_inheritance(world: Agencies) -> Agencies:
    return changed(world, Level.WORKSPACE, "member", lambda role: evolve(role, inherits=()))


def with_a_narrower_wildcard(world: Agencies) -> Agencies:
    return changed(world, Level.WORKSPACE, "member", lambda role: evolve(role, permissions=["campaign-api:*:create"]))


def without_acting_in_workspaces(world: Agencies) -> Agencies:
    return changed(world, Level.TENANT, "auditor", lambda role: evolve(role, acts_as=None))


def changed(world: Agencies, level: Level, key: str, change: Callable[[Role], Role]) -> Agencies:
    roles = [change(role) if (role.level, role.key) == (level, key) else role for role in world.scheme.roles]
    return evolve(world, scheme=evolve(world.scheme, roles=roles))


@pytest.mark.parametrize("engine", [LIMIT, *OURS, *INSTALLED], ids=lambda engine: engine.name)
@pytest.mark.parametrize(
    "spoilt",
    [without_a_grant, without_inheritance, with_a_narrower_wildcard, without_acting_in_workspaces],
    ids=lambda spoilt: spoilt.__name__,
)
def test_an_engine_that_was_told_something_else_is_caught(
    engine: type[engines.Engine], spoilt: Callable[[Agencies], Agencies]
) -> None:
    with pytest.raises(Disagreement, match=engine.name):
        agree([LIMIT(WORLD), engine(spoilt(WORLD))])


class YesToOneStranger(Dictionary):
    name = "yes to one stranger"

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        if (tenant, user, workspace, permission) == ("ten_1", "user_made_up", None, "tenant-api:audit:read"):
            return True
        return super().can(tenant, user, workspace, permission)


class WrongPage(Dictionary):
    name = "wrong page"

    def can_each(self, tenant: str, user: str, workspaces: Sequence[str], permission: str) -> list[bool]:
        return super().can_each(tenant, user, workspaces, permission)[::-1]


class WrongList(Dictionary):
    name = "wrong list"

    def workspaces_where(self, tenant: str, user: str, permission: str) -> frozenset[str]:
        return frozenset(self.agencies.workspaces[tenant])


@pytest.mark.parametrize("wrong", [YesToOneStranger, WrongPage, WrongList])
def test_one_wrong_answer_is_enough(wrong: type[engines.Engine]) -> None:
    with pytest.raises(Disagreement, match=wrong.name):
        agree([LIMIT(WORLD), wrong(WORLD)])
