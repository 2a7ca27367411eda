"""Many users become members at once: all of them, or none and a list of what is wrong with which row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Final, TypeVar

from ...access.compiled import Access
from ...access.guard import is_within, require_ceiling, require_workspaces
from ...access.model import Places
from ...access.scheme import Scheme
from ...kernel.errors import AlreadyMember, Invalid, InvalidRows, TenantryError
from ...runtime.service import Service, command
from ...runtime.unit_of_work import UnitOfWork
from ..model import MEMBERSHIPS, Membership, NewMember
from .joining import Joining, admit, new_membership, resolve_terms, roles_in
from .waiting import Waiting

__all__ = ["MAX_ROWS", "ManyMembers"]

R = TypeVar("R")
T = TypeVar("T")

MAX_ROWS: Final = 10_000
"""How many rows one call takes, and how many workspaces these may name together: no driver takes any number."""

MAX_PLACES: Final = 100_000
"""How many roles in workspaces one call gives, over all rows: they are held in memory, and the tenant is locked."""

Terms = tuple[str, Mapping[str, str]]


class ManyMembers(Service):
    """Members by the thousand: a part of the verbs of `Members`."""

    __slots__ = ()

    def add_many(self, rows: Iterable[NewMember]) -> Sequence[Membership]:
        """Make users of the host members at once: all of them, or none.

        Each row is judged as `add` would judge it. Pending invitations of their addresses are closed. A row whose
        address has one that the principal could not revoke is a fault.

        Args:
            rows: At most 10,000, each a `NewMember`, with at most 100,000 roles in workspaces together.

        Raises:
            InvalidRows: Some cannot be accepted; `errors` has what each would be refused with alone.
            LimitReached: The plan has no place for all of them.
            Invalid: These are no rows, or too many.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not add members.
        """
        return self._add_many(_number_rows(rows))

    @command
    def _add_many(self, uow: UnitOfWork, given: Mapping[int, NewMember]) -> Sequence[Membership]:
        faults = _Faults()
        rows = faults.without(given, _require_row)
        if sum(len(row.workspaces) for row in rows.values() if isinstance(row.workspaces, Mapping)) > MAX_PLACES:
            raise Invalid(
                f"At most {MAX_PLACES:,} roles in workspaces can be given at once.",
                field="rows",
                rule="too_many",
                max=MAX_PLACES,
            )
        scheme = uow.scheme(*(role for row in rows.values() for role in roles_in(row.role, row.workspaces)))
        named = faults.without(rows, lambda _, row: resolve_terms(scheme, row.role, row.workspaces))
        if not named:
            faults.require_none(of=len(given))
        access = uow.access(*_places(named.values()))
        access.require("tenant-api:member:invite")
        require_terms = _judge_of_terms(scheme, access)

        def judged(number: int, asked: Terms) -> Joining:
            require_terms(*asked)
            return Joining(new_membership(uow, rows[number]), *asked)

        joining = faults.without(named, judged)
        waiting = Waiting(uow, [each.member for each in joining.values()], access)
        joining = faults.without(joining, _judge_of_invitations(waiting))
        joining = faults.without(joining, _judge_of_users(uow, rows, joining))
        faults.require_none(of=len(given))
        waiting.close()
        uow.limits.require_members(len(joining))
        return admit(uow, [*joining.values()])


def _number_rows(rows: object) -> Mapping[int, NewMember]:
    """The rows by number, read before the command begins, which may be run again.

    Raises:
        Invalid: They are none, or too many.
    """
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise Invalid("rows must be a sequence of NewMember.", field="rows", rule="wrong_type", expected="sequence")
    given = dict(enumerate(islice(rows, MAX_ROWS + 1), 1))
    if len(given) > MAX_ROWS:
        raise Invalid(f"At most {MAX_ROWS:,} rows can be added at once.", field="rows", rule="too_many", max=MAX_ROWS)
    return given


class _Faults:
    """What is wrong, by the number of the row: of each the first thing, which is what `add` would say of it."""

    def __init__(self) -> None:
        self._errors: dict[int, TenantryError] = {}

    def without(self, rows: Mapping[int, T], judge: Callable[[int, T], R]) -> dict[int, R]:
        """What is made of each row, without those that are refused."""
        accepted: dict[int, R] = {}
        for number, row in rows.items():
            try:
                accepted[number] = judge(number, row)
            except TenantryError as error:  # nothing is asked of the store here
                self._errors[number] = error
        return accepted

    def require_none(self, of: int) -> None:
        """Go on only if no row was refused.

        Raises:
            InvalidRows: Some were.
        """
        if self._errors:
            errors = sorted(self._errors.items())
            first, error = errors[0]
            raise InvalidRows(
                f"{len(errors):,} of {of:,} rows cannot be added, so none was. Row {first}: {error}",
                field="rows",
                errors=dict(errors),
            )


def _require_row(number: int, row: object) -> NewMember:
    if not isinstance(row, NewMember):
        raise Invalid(
            f"A row must be a NewMember, not {type(row).__name__}.",
            field="rows",
            rule="wrong_type",
            expected="NewMember",
        )
    return row


def _places(named: Iterable[Terms]) -> frozenset[str]:
    """All workspaces that are named.

    Raises:
        Invalid: They are too many.
    """
    places = frozenset(id for _, there in named for id in there)
    if len(places) > MAX_ROWS:
        raise Invalid(
            f"At most {MAX_ROWS:,} different workspaces can be named at once.",
            field="rows",
            rule="too_many",
            max=MAX_ROWS,
        )
    return places


def _judge_of_terms(scheme: Scheme, access: Access) -> Callable[[str, Mapping[str, str]], None]:
    """A function that refuses what the principal may not give, and workspaces that are not in use."""

    @cache
    def holds(place: str | None, role: str) -> bool:
        return is_within(scheme, access, {place: [role]})

    def require(role: str, places: Mapping[str, str]) -> None:
        if not (holds(None, role) and all(holds(id, there) for id, there in places.items())):
            offered: Places = {None: [role], **{id: [there] for id, there in places.items()}}
            require_ceiling(scheme, access, offered, naming=True)
        require_workspaces(access, places)

    return require


def _judge_of_invitations(waiting: Waiting) -> Callable[[int, Joining], Joining]:
    """A function that refuses those for whom something waits that the principal could not revoke."""

    def judge(number: int, each: Joining) -> Joining:
        waiting.require_closable(each.member)
        return each

    return judge


def _judge_of_users(
    uow: UnitOfWork, rows: Mapping[int, NewMember], joining: Mapping[int, Joining]
) -> Callable[[int, Joining], Joining]:
    """A function that refuses users who are members already, or whom an earlier row adds."""
    members = uow.members.users_among({each.member.user_id for each in joining.values()}) if joining else frozenset()
    first: dict[object, int] = {}
    for number, row in rows.items():
        if type(row.user_id) is str:
            first.setdefault(row.user_id, number)

    def judge(number: int, each: Joining) -> Joining:
        if each.member.user_id in members:
            raise MEMBERSHIPS.unique[0].refusal()
        if (earlier := first[each.member.user_id]) < number:
            raise AlreadyMember(f"Row {earlier} adds this user already.", field="user_id")
        return each

    return judge
