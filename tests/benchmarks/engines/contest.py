"""Every engine beside the dictionary, on one world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from timeit import Timer

from ..timing import Pair
from .agencies import Agencies
from .cedar import Cedar
from .dictionary import Dictionary
from .engine import Engine, agree, questions
from .ours import Context, Snapshot
from .py_rbac import PyRBAC
from .pycasbin import PyCasbin

__all__ = ["LIMIT", "OURS", "PEERS", "contest", "described"]

LIMIT: type[Engine] = Dictionary
OURS: Sequence[type[Engine]] = (Snapshot, Context)
PEERS: Sequence[type[Engine]] = (PyRBAC, Cedar, PyCasbin)
"""From PyPI, the quickest first."""

WORLD = """\
{tenants} agencies, each with {members} members and {workspaces} workspaces. Roles inherit, name permissions by
wildcards, and are held in one workspace, or at the tenant, from where three of them act in every workspace. Each engine
has all of that in memory, in the quickest sensible way that we found, and must first give the same answer as the others
to each of {questions:,} questions. Then it is asked about one member. The figures are multiples of the first line.

"""
MAY = "campaign-api:campaign:update"
PAGE = 1_000


def contest(agencies: Agencies, peers: Sequence[type[Engine]]) -> Iterator[Pair]:
    """The pairs of this subject.

    Raises:
        Disagreement: An engine answers differently.
    """
    limit, *others = (kind(agencies) for kind in (LIMIT, *OURS, *peers))
    agree([limit, *others])
    tenant, members = next(iter(agencies.members.items()))
    user = list(members)[3]
    _, yes, _, no = (each.workspace for each in members[user])
    assert yes
    assert no
    page = list(islice(cycle(agencies.workspaces[tenant]), PAGE))
    for engine in others:
        for column, code, workspaces in (
            ("a check: yes", "check", [yes]),
            ("a check: no", "check", [no]),
            (f"{PAGE:,} checks for a page", "page", page),
            ("workspaces where", "where", page),
        ):
            ours, theirs = (
                Timer(getattr(each, code), globals=each.asked(tenant, user, workspaces) | {"permission": MAY}).timeit
                for each in (engine, limit)
            )
            yield Pair(engine.title(), ours, theirs, column=column)


def described(agencies: Agencies, peers: Sequence[type[Engine]]) -> str:
    """What is asked of whom, for the report."""
    tenant = next(iter(agencies.workspaces))
    world = WORLD.format(
        tenants=len(agencies.workspaces),
        members=len(agencies.members[tenant]),
        workspaces=len(agencies.workspaces[tenant]),
        questions=sum(1 for _ in questions(agencies)),
    )
    return world + "\n".join(f"* *{engine.title()}* is {engine.how}." for engine in (LIMIT, *OURS, *peers))
