"""Participants: host code that owns resources and takes part in our commands, inside the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from inspect import iscoroutinefunction
from typing import Any, Literal, Protocol
from warnings import warn

from attrs import field

from ..kernel import text
from ..kernel.errors import Invalid
from ..kernel.principal import Principal
from ..kernel.values import frozen
from .here import working

__all__ = ["Change", "Participant", "Participants", "require_participants"]

_DELETING = ("delete", "delete_workspace", "delete_tenant")
_TOLD = ("joined", "workspace_made", "roles_changed")
_METHODS = ("count", "reassign", "revoke", *_DELETING, *_TOLD)


@frozen(kw_only=True)
class Change:
    """What is about to happen, as a participant is told.

    Args:
        kind: The action that the audit trail will have, such as `member.removed` or `tenant.purged`.
        tenant_id: Where.
        user_id: The member that it is about, or None.
        workspace_id: The workspace that it is about, or None.
        to: The `user_id` of the member who gets what this one owned, or None.
        roles: Where somebody joins, or where roles change: the keys of the roles that they have from now on, by the id
            of the workspace, and by None for the tenant. Where roles change, only the places in which they do.
        previous: The roles that they had before, at the same places.
        by: Who does it.
        at: When, in UTC.
    """

    kind: str
    tenant_id: str
    user_id: str | None = None
    workspace_id: str | None = None
    to: str | None = None
    roles: Mapping[str | None, tuple[str, ...]] = field(factory=dict, hash=False)
    previous: Mapping[str | None, tuple[str, ...]] = field(factory=dict, hash=False)
    by: Principal
    at: datetime

    @property
    def scope(self) -> Literal["member", "workspace", "tenant"]:
        """What it is about: one member, one workspace, or the whole tenant."""
        if self.user_id is not None:
            return "member"
        return "tenant" if self.workspace_id is None else "workspace"


class Participant(Protocol):
    """Something of the host's that takes part in our commands.

    A plain object: it has a `name`, and those of these methods that it needs. Each is called inside the transaction,
    synchronously, with the host's session (or connection; None in memory). Whatever it raises undoes everything and
    reaches the caller unchanged. It cannot end the transaction, which is not its own: to try is `Invalid`, and where it
    does so past SQLAlchemy, the command ends with `OutcomeUnknown`. It must not call tenantry. A command that is
    repeated calls it again, after all that it did in the transaction was undone: so it works in the database, with this
    session, and nowhere else.

    What a member, a workspace or a tenant leaves behind is one method each, so that none of them is taken for another.
    """

    name: str
    """What the resources are called in plans and in the audit trail: lower-case letters, digits, underscores."""

    def count(self, change: Change, session: Any) -> int:
        """How many resources the change is about; for plans. Changes nothing."""
        ...

    def reassign(self, change: Change, session: Any) -> int:
        """Give what belonged to the member `change.user_id` to `change.to`, and say how many it were."""
        ...

    def delete(self, change: Change, session: Any) -> int:
        """Remove what belonged to the member `change.user_id` in this tenant, and say how many it were."""
        ...

    def delete_workspace(self, change: Change, session: Any) -> int:
        """Remove everything of the workspace `change.workspace_id`, and say how many it were."""
        ...

    def delete_tenant(self, change: Change, session: Any) -> int:
        """Remove everything of the tenant `change.tenant_id`, and say how many it were."""
        ...

    def revoke(self, change: Change, session: Any) -> int:
        """End what lets `change.user_id` in: sessions, tokens, keys. The membership may live on."""
        ...

    def joined(self, changes: Sequence[Change], session: Any) -> None:
        """These have become members, each by a change of their own, and not otherwise if this raises."""
        ...

    def workspace_made(self, change: Change, session: Any) -> None:
        """There is a workspace `change.workspace_id`, and not if this raises."""
        ...

    def roles_changed(self, changes: Sequence[Change], session: Any) -> None:
        """These members have other roles than before, or for other times; and not if this raises."""
        ...


def require_participants(participants: object) -> tuple[Any, ...]:
    """The host's participants.

    Warns:
        UserWarning: One removes what some leave behind, and not what others do.

    Raises:
        Invalid: One is a class, has no name or none of the methods, has one that is to be awaited or whose name is
            nearly that of one of them, or two have one name.
    """
    if isinstance(participants, str | bytes) or not isinstance(participants, Iterable):
        raise Invalid(
            "participants must be a sequence of participants.",
            field="participants",
            rule="wrong_type",
            expected="sequence",
        )
    checked = tuple(participants)
    names = tuple(map(_require_participant, checked))
    if len(set(names)) < len(names):
        raise Invalid("Two participants have the same name.", field="participants", rule="duplicate")
    return checked


def _require_participant(given: object) -> str:
    """The name of a participant."""
    from difflib import get_close_matches  # which is slow to import, and many hosts have no participant

    if isinstance(given, type):
        raise Invalid(
            f"{given.__name__} is a class; give an instance of it.",
            field="participants",
            rule="wrong_type",
            expected="instance",
        )
    name = text.counter_name(getattr(given, "name", None), "participants")
    methods = {method: found for method in _METHODS if callable(found := getattr(given, method, None))}
    if any(map(iscoroutinefunction, methods.values())):
        raise Invalid(
            f"Participant {name!r} is called synchronously, in `run_sync`.", field="participants", rule="awaited"
        )
    for other in dir(given):
        meant = get_close_matches(other, _METHODS, n=1, cutoff=0.8)
        if meant and other not in _METHODS and not other.startswith("_") and callable(getattr(given, other, None)):
            message = f"Participant {name!r} has `{other}`, which is never called: `{meant[0]}` is."
            raise Invalid(
                f"{message} If it is something else, begin its name with an underscore.",
                field="participants",
                rule="misspelled",
            )
    if not methods:
        raise Invalid(f"Participant {name!r} has none of: {', '.join(_METHODS)}.", field="participants", rule="empty")
    removing = [method for method in _DELETING if method in methods]
    given_on = ["delete"] if "reassign" in methods else []  # then nothing of a member's is left
    missing = [method for method in _DELETING if method not in (*removing, *given_on)]
    if removing and missing:
        message = f"Participant {name!r} has `{removing[0]}`, but no {' and no '.join(f'`{each}`' for each in missing)}"
        warn(f"{message}: what it would remove there is left behind.", UserWarning, stacklevel=4)
    return name


@frozen
class Participants:
    """The host's participants, within one transaction."""

    each: Sequence[Any]
    session: Any
    part: Callable[[], AbstractContextManager[None]] = nullcontext
    """Begins a part of the transaction, in which nobody can end it."""

    def count(self, change: Change) -> Mapping[str, int]:
        """What the change is about, by the names of the participants; nothing of those that cannot count."""
        return self._asked(change, "count")

    def revoke(self, change: Change) -> Mapping[str, int]:
        """End what lets the user in."""
        return self._asked(change, "revoke")

    def hand_over(self, change: Change) -> Mapping[str, int]:
        """Give what the user owned to somebody else, or remove what cannot be given."""
        return self._asked(change, "reassign", "delete")

    def delete_tenant(self, change: Change) -> Mapping[str, int]:
        """Remove everything of the tenant."""
        return self._asked(change, "delete_tenant")

    def listen(self, method: str) -> bool:
        """Whether one of them is to be told by this method."""
        return any(callable(getattr(each, method, None)) for each in self.each)

    def tell(self, method: str, told: Change | Sequence[Change]) -> None:
        """Tell all that listen, who may object by raising."""
        for each in self.each:
            self._call(each, method, told)

    def _asked(self, change: Change, *methods: str) -> Mapping[str, int]:
        """What each of them answers that has one of these methods, by the first that it has."""
        asked: dict[str, int] = {}
        for each in self.each:
            method = next((name for name in methods if callable(getattr(each, name, None))), None)
            if method is not None:
                number = self._call(each, method, change)
                asked[each.name] = text.integer(number, f"number that {each.name}.{method} returns", low=0, high=2**53)
        return asked

    def _call(self, each: Any, method: str, told: object) -> object:
        call = getattr(each, method, None)
        if not callable(call):
            return None
        with working(f"Participant {each.name!r}"), self.part():
            answer: object = call(told, self.session)
            getattr(self.session, "flush", _nothing)()  # what an ORM session holds back
        return answer


def _nothing() -> None:
    """A connection holds nothing back."""
