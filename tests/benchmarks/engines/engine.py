"""What an engine is asked, and that all of them answer the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, ClassVar

from attrs import frozen

from tenantry import Level

from .agencies import Agencies

__all__ = ["Disagreement", "Engine", "Question", "agree", "questions"]


class Engine:
    """One way to answer. What is timed is written down as code, so that no call is timed but those of the engine.

    Args:
        agencies: What it must know.
    """

    name: ClassVar[str]
    how: ClassVar[str]
    """What it is, and how it is put to work: the rest of a sentence."""
    distribution: ClassVar[str] = ""
    """Of a peer, its name on PyPI."""
    module: ClassVar[str] = "tenantry"

    check: ClassVar[str] = "engine.can(tenant, user, workspace, permission)"
    page: ClassVar[str] = "engine.can_each(tenant, user, page, permission)"
    where: ClassVar[str] = "engine.workspaces_where(tenant, user, permission)"

    def __init__(self, agencies: Agencies) -> None:
        self.agencies = agencies

    @classmethod
    def is_installed(cls) -> bool:
        """Whether the package is there."""
        return find_spec(cls.module) is not None

    @classmethod
    def title(cls) -> str:
        """The name, of a peer with its version."""
        return f"{cls.name} {version(cls.distribution)}" if cls.distribution else cls.name

    def can(self, tenant: str, user: str, workspace: str | None, permission: str) -> bool:
        """Whether the user may do that in a workspace, or at the tenant (None)."""
        raise NotImplementedError

    def can_each(self, tenant: str, user: str, workspaces: Sequence[str], permission: str) -> list[bool]:
        """Whether the user may do that, in each of these."""
        return [self.can(tenant, user, workspace, permission) for workspace in workspaces]

    def workspaces_where(self, tenant: str, user: str, permission: str) -> frozenset[str]:
        """The workspaces of the tenant in which the user may do that."""
        workspaces = self.agencies.workspaces[tenant]
        answers = self.can_each(tenant, user, workspaces, permission)
        return frozenset(workspace for workspace, yes in zip(workspaces, answers, strict=True) if yes)

    def asked(self, tenant: str, user: str, page: Sequence[str]) -> dict[str, Any]:
        """What the code names, beside the permission: the engine itself, who is asked about, and where."""
        return {"engine": self, "tenant": tenant, "user": user, "page": page, "workspace": page[0]}


class Disagreement(Exception):
    """An engine does not answer as the first does: nothing that it does fast is worth a line in the report."""


@frozen
class Question:
    """May this user do that here?"""

    tenant: str
    user: str
    workspace: str | None
    permission: str


def questions(agencies: Agencies, tenants: int = 3) -> Iterator[Question]:
    """Every question about some of the tenants: also about strangers, and about workspaces that are not theirs."""
    names = list(agencies.workspaces)
    for tenant, other in zip(names[:tenants], names[1:] + names[:1], strict=False):
        for user in (*agencies.members[tenant], *list(agencies.members[other])[:1], "user_made_up"):
            for name in agencies.permissions(Level.TENANT):
                yield Question(tenant, user, None, name)
            for workspace in (*agencies.workspaces[tenant], agencies.workspaces[other][0], "wsp_made_up"):
                for name in agencies.permissions(Level.WORKSPACE):
                    yield Question(tenant, user, workspace, name)


def agree(engines: Sequence[Engine]) -> int:
    """Ask all of them everything.

    Returns:
        How many questions.

    Raises:
        Disagreement: One says something else than the first.
    """
    first, *others = engines
    agencies = first.agencies
    asked = list(questions(agencies))
    expected = [first.can(q.tenant, q.user, q.workspace, q.permission) for q in asked]
    for engine in others:
        for q, answer in zip(asked, expected, strict=True):
            _same(engine, q, engine.can(q.tenant, q.user, q.workspace, q.permission), answer)
        for q in {Question(q.tenant, q.user, None, q.permission): None for q in asked if q.workspace}:
            if q.user in agencies.members[q.tenant]:
                where = first.workspaces_where(q.tenant, q.user, q.permission)
                _same(engine, q, engine.workspaces_where(q.tenant, q.user, q.permission), where)
                places = agencies.workspaces[q.tenant]
                each = [place in where for place in places]
                _same(engine, q, engine.can_each(q.tenant, q.user, places, q.permission), each)
    return len(asked)


def _same(engine: Engine, question: Question, answer: object, expected: object) -> None:
    if answer != expected:
        raise Disagreement(f"{engine.name} answers {answer} instead of {expected} to {question}.")
