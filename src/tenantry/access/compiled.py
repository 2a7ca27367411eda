"""The same decision as in `policy`, at the speed of a dictionary.

A principal's facts become one dictionary of yes and no for the tenant, and one for each workspace that is known and
live. Principals with the same roles share them. A check is three look-ups; only what fails to be found takes the slow
way, through the policy: an unknown permission, a permission of the other level, a workspace that is not this tenant's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, Final, Literal, TypeAlias

from attrs import Factory, field

from ..kernel import text
from ..kernel.errors import Denied, Invalid, NotFound
from ..kernel.principal import Principal
from ..kernel.values import frozen
from ..workspaces.model import WorkspaceStatus
from .model import Decision, Facts, Level
from .policy import decide, obstacle, roles_held, withheld
from .scheme import NOTHING, Scheme, keep

__all__ = ["ALL", "MAX_QUESTIONS", "Access", "Answers", "Held", "answers_of", "facts_of", "held_of", "pairs", "refusal"]

MAX_QUESTIONS: Final = 5_000
"""How many questions `check_many` takes: five for each of as many workspaces as one statement may name."""

ALL: Final = "all"
"""What `workspaces_where` answers when no workspace of the tenant is left out."""

Answers: TypeAlias = Mapping[str | None, Mapping[str, bool]]
Held: TypeAlias = dict[str | None, frozenset[str]]


@frozen(repr=False, eq=False)
class Access:
    """The facts about one principal in one tenant, as of one instant: a value that answers.

    Get one from `TenantContext.access`. It knows the workspaces in which the principal has a role and those it was
    loaded with; every other id is a no.
    """

    _scheme: Scheme
    _facts: Facts
    _compiled: tuple[Answers, Mapping[str, bool]] = field(
        init=False, default=Factory(lambda self: _compile(self._scheme, self._facts), takes_self=True)
    )
    _answers: Answers = field(init=False, default=Factory(lambda self: self._compiled[0], takes_self=True))
    """For the tenant (None) and each known workspace in use, yes or no for every permission of the level."""
    _elsewhere: Mapping[str, bool] = field(init=False, default=Factory(lambda self: self._compiled[1], takes_self=True))
    """The same for a workspace without a grant; a cached property would slow every check down."""

    @cached_property
    def _held(self) -> dict[datetime | None, Held]:
        """What `guard` has worked out, by the time until which it was asked; it depends on the facts alone."""
        return {}

    def __repr__(self) -> str:
        return f"<Access of {self.principal.user_id} in {self.tenant_id} as of {self.as_of.isoformat()}>"

    @property
    def tenant_id(self) -> str:
        """The tenant that the answers are about."""
        return self._facts.tenant_id

    @property
    def principal(self) -> Principal:
        """Who the answers are about."""
        return self._facts.by

    @property
    def as_of(self) -> datetime:
        """The instant that the answers are true of."""
        return self._facts.as_of

    @property
    def epoch(self) -> int:
        """Grows with every command that may have taken rights away from the principal; 0 for who is no member.

        What a host's session or token has remembered is stale where this is another number by now.
        """
        return self._facts.standing.epoch

    @property
    def is_member(self) -> bool:
        """Whether the principal belongs to the tenant, with whatever status."""
        return self._facts.standing.membership_status is not None

    @property
    def is_live(self) -> bool:
        """Whether nothing stands in the way, whatever they hold."""
        return obstacle(self._facts) is None

    def can(self, permission: str, *, workspace: str | None = None) -> bool:
        """Whether the principal may do that here.

        Args:
            permission: The name of a permission of the scheme.
            workspace: For a workspace permission, the id of the workspace.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        try:
            if type(permission) is str:  # a subclass may compare as it likes
                return self._answers[workspace][permission]
        except (KeyError, TypeError):
            pass
        return self.check(permission, workspace=workspace).allowed

    def check(self, permission: str, *, workspace: str | None = None) -> Decision:
        """The same answer as `can`, with its reasons.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        if workspace is not None:
            text.exact(workspace, "workspace")
        return decide(self._scheme, self._facts, permission, workspace)

    def check_many(self, questions: Iterable[str | tuple[str, str]]) -> Sequence[Decision]:
        """The decision on each of several questions, in their order; all are of one instant.

        Args:
            questions: Permissions of the tenant, and pairs of a permission and a workspace id.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: There is no question, there are more than 5,000, or one is neither a permission nor such a pair.
        """
        return [self.check(permission, workspace=workspace) for permission, workspace in pairs(questions)]

    def at_least(self, role: str, *, workspace: str | None = None) -> bool:
        """Whether the principal has this role or a higher one, at the tenant or in this workspace.

        Args:
            role: The key of a built-in role of that level, or of a custom one that the principal has.
            workspace: The id of a workspace; None for the tenant.

        Raises:
            Invalid: There is no such role.
        """
        level = Level.at(workspace)
        scheme = self._scheme.joined(self._facts.standing.roles)
        wanted = scheme.role(role, level).key
        if not self.is_live or (workspace is not None and text.exact(workspace, "workspace") not in self._answers):
            return False
        held = roles_held(scheme, self._facts, workspace)
        return self.principal.is_system or any(scheme.role_at_least(key, wanted, level) for key, _ in held)

    def require(self, permission: str, *, workspace: str | None = None) -> None:
        """Go on only if the principal may do that here.

        Raises:
            Denied: They may not; the error carries the decision.
            NotFound: They are no member, which looks the same as a tenant that does not exist.
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        if not self.can(permission, workspace=workspace):
            decision = self.check(permission, workspace=workspace)
            raise refusal(self._facts, decision, permission=permission, workspace=workspace)

    def workspaces_where(self, permission: str) -> frozenset[str] | Literal["all"]:
        """The workspaces in which the principal may do that: their ids, or `"all"`.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: It is not a permission of workspaces.
        """
        if type(permission) is not str or permission not in self._elsewhere:
            self._scheme.permission(permission, at_workspace=True)
        if self._elsewhere[permission]:
            return ALL
        return frozenset([id for id, answers in self._answers.items() if id is not None and answers[permission]])


def answers_of(access: Access) -> Answers:
    """For the tenant (None) and each known workspace in use, yes or no for every permission of the level."""
    return access._answers  # noqa: SLF001 - of the same module


def held_of(access: Access, until: datetime | None) -> Held:
    """By place, every permission that is held from now until then, as far as that is worked out."""
    return access._held.setdefault(until, {})  # noqa: SLF001 - of the same module


def facts_of(access: Access) -> tuple[Scheme, Facts]:
    """What the answers rest on: the scheme, without the tenant's own roles, and the facts."""
    return access._scheme, access._facts  # noqa: SLF001 - of the same module


def refusal(facts: Facts, decision: Decision, **data: Any) -> Denied | NotFound:
    """The error that a decision means for whom it is about: who may not know of something does not find it."""
    message = " ".join(decision.reasons)
    kind, _, what = decision.code.partition("_")
    if what == "not_found":
        return NotFound(message, kind=kind)
    known = {name: value for name, value in data.items() if value is not None}
    return Denied(message, decision=decision, tenant_id=facts.tenant_id, principal=facts.by, **known)


def pairs(questions: Iterable[str | tuple[str, str]]) -> Sequence[tuple[str, str | None]]:
    """Several questions, each as a permission and the workspace that it is asked in, or None.

    Raises:
        Invalid: There is none, there are more than 5,000, or one is neither a permission nor a pair; nothing is allowed
            by accident.
    """
    if isinstance(questions, str | bytes) or not isinstance(questions, Iterable):
        raise Invalid(
            "questions is a sequence of permissions, and of pairs of one and a workspace.",
            field="questions",
            rule="wrong_type",
            expected="sequence",
        )
    asked: list[tuple[str, str | None]] = []
    for question in islice(questions, MAX_QUESTIONS + 1):
        if isinstance(question, tuple) and len(question) == 2:
            asked.append((question[0], text.exact(question[1], "workspace")))
        else:
            asked.append((text.exact(question, "permission"), None))
    if len(asked) > MAX_QUESTIONS:
        message = f"At most {MAX_QUESTIONS:,} questions can be asked at once."
        raise Invalid(message, field="questions", rule="too_many", max=MAX_QUESTIONS)
    if not asked:
        raise Invalid("Nothing was asked, so nothing can be answered.", field="questions", rule="empty")
    return asked


def _compile(scheme: Scheme, facts: Facts) -> tuple[Answers, Mapping[str, bool]]:
    """The answers for the tenant and each known workspace, and those for any other."""
    answers, elsewhere = _compile_roles(scheme, facts)
    without = withheld(scheme, facts)
    if not without:
        return answers, elsewhere

    def narrowed(there: Mapping[str, bool]) -> Mapping[str, bool]:
        return {name: yes and name not in without for name, yes in there.items()}

    return {place: narrowed(there) for place, there in answers.items()}, narrowed(elsewhere)


def _compile_roles(scheme: Scheme, facts: Facts) -> tuple[Answers, Mapping[str, bool]]:
    """The answers that the principal's roles give."""
    scheme = scheme.joined(facts.standing.roles)
    live = [id for id, status in facts.standing.workspaces.items() if status is WorkspaceStatus.ACTIVE]
    blocked = obstacle(facts) is not None
    if facts.by.is_system or blocked:
        roles = _NOBODY if blocked else _EVERYBODY
        elsewhere = _yes_and_no(scheme, Level.WORKSPACE, roles)
        return {None: _yes_and_no(scheme, Level.TENANT, roles)} | dict.fromkeys(live, elsewhere), elsewhere
    at_tenant: set[str] = set()
    here: dict[str, set[str]] = {}
    for grant in facts.live_grants():
        if grant.workspace_id is None:
            at_tenant.add(grant.role)
        else:
            here.setdefault(grant.workspace_id, set()).add(grant.role)
    everywhere = frozenset(role for role in map(scheme.acts_as, at_tenant) if role is not None)
    elsewhere = _yes_and_no(scheme, Level.WORKSPACE, everywhere)
    answers: dict[str | None, Mapping[str, bool]] = {None: _yes_and_no(scheme, Level.TENANT, frozenset(at_tenant))}
    answers |= dict.fromkeys(live, elsewhere)
    for id, own in here.items():
        if id in answers:
            answers[id] = _yes_and_no(scheme, Level.WORKSPACE, everywhere | own)
    return answers, elsewhere


_NOBODY: Final[frozenset[str]] = frozenset()
_EVERYBODY: Final = None


def _yes_and_no(scheme: Scheme, level: Level, roles: frozenset[str] | None) -> Mapping[str, bool]:
    """For every permission of the level, whether one of these roles holds it. Made once for each set of roles."""
    answers = scheme.answers.get((level, roles))
    if answers is None:
        names = scheme.names[level]
        held = names if roles is None else NOTHING.union(*(scheme.permissions_of(role, level) for role in roles))
        answers = keep(scheme.answers, (level, roles), {name: name in held for name in names})
    return answers
