"""Which rows a reader over all tenants shows, by the scope that it was opened with.

The table is the specification for every store, and for the policies of a database that enforces it once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..access.custom import ROLES
from ..invitations.model import INVITATIONS, PENDING
from ..members.model import GRANTS, MEMBERSHIPS
from ..members.sign_ins import SIGN_INS
from ..storage.collection import Collection
from ..storage.conditions import Among, AnyOf, OneOf
from ..storage.scopes import Located, Operator, Person, Scope, Slug
from ..tenants.model import SLUGS, TENANTS
from ..workspaces.model import WORKSPACES
from .registry import LOCATABLE

__all__ = ["View"]


Alternatives = Sequence[Mapping[str, Any]]
"""A row is shown where all conditions of one of these hold."""


class _Sight(NamedTuple):
    shown: Mapping[Collection[Any], Alternatives]
    """What a reader can be asked for."""
    asked: Mapping[Collection[Any], Alternatives] = MappingProxyType({})
    """What only the conditions of a question may speak of."""


def _of_person(scope: Person) -> _Sight:
    mine, waiting = _theirs(scope.user_id, scope.email_key)
    granted = {"membership_id": Among(MEMBERSHIPS, "id", mine)}
    return _Sight(
        shown={
            TENANTS: _tenants("id", mine, waiting),
            MEMBERSHIPS: [mine, {"user_id": Among(INVITATIONS, "backers", waiting, part="texts")}],
            GRANTS: [granted],
            SIGN_INS: [mine],
            INVITATIONS: [{"email_key": waiting["email_key"]}],
            WORKSPACES: [
                {"id": Among(GRANTS, "workspace_id", granted)},
                {"id": Among(INVITATIONS, "workspaces", waiting, part="keys")},
            ],
            ROLES: [
                {"id": Among(GRANTS, "role", granted)},
                {"id": Among(INVITATIONS, "role", waiting)},
                {"id": Among(INVITATIONS, "workspaces", waiting, part="texts")},
            ],
        }
    )


def _of_slug(scope: Slug) -> _Sight:
    named = {"slug": scope.slug}
    return _Sight(shown={SLUGS: [named]}, asked={TENANTS: [{"id": Among(SLUGS, "tenant_id", named)}]})


def _of_located(scope: Located) -> _Sight:
    mine, waiting = _theirs(scope.user_id, scope.email_key)
    there = [{"id": scope.id, **each} for each in _tenants("tenant_id", mine, waiting)]
    return _Sight(
        shown=dict.fromkeys(LOCATABLE, there),
        asked={TENANTS: _tenants("id", mine, waiting)},
    )


def _theirs(user_id: str, email_key: str | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The conditions on a person's memberships, and on the pending invitations to their address."""
    return {"user_id": user_id}, {"email_key": OneOf([email_key] if email_key else []), "status": PENDING}


def _tenants(name: str, mine: Mapping[str, Any], waiting: Mapping[str, Any]) -> Alternatives:
    """The field is the id of a tenant of which the person is a member, or to which they are invited."""
    return [{name: Among(MEMBERSHIPS, "tenant_id", mine)}, {name: Among(INVITATIONS, "tenant_id", waiting)}]


_SIGHTS: Mapping[type, Callable[[Any], _Sight]] = {Person: _of_person, Slug: _of_slug, Located: _of_located}
"""Which rows each scope shows. A collection that a scope does not name is not to be read through it."""


class View:
    """The conditions that a store adds to every question of a reader over all tenants.

    Args:
        scope: What the reader was opened for.

    Raises:
        TypeError: It is no scope.
    """

    def __init__(self, scope: Scope) -> None:
        sight = _SIGHTS.get(type(scope))
        if sight is None and not isinstance(scope, Operator):
            raise TypeError(f"A reader over all tenants is opened with a scope, not with {scope!r}.")
        self.scope = scope
        self._sight = sight and sight(scope)

    def require(self, collection: Collection[Any]) -> None:
        """Go on only if the scope shows something of this collection.

        Raises:
            TypeError: It shows nothing of it, and to ask is a mistake in the program.
        """
        if self._sight is not None and collection not in self._sight.shown:
            raise self._unknown(collection)

    def require_everything(self) -> None:
        """Go on only if the scope shows everything.

        Raises:
            TypeError: It does not.
        """
        if self._sight is not None:
            raise TypeError(f"{type(self.scope).__name__} does not show the events of all tenants; Operator does.")

    def require_person(self) -> str:
        """Go on only if the scope is that of a person, and tell the `user_id`.

        Raises:
            TypeError: It is another.
        """
        if not isinstance(self.scope, Person):
            raise TypeError(f"{type(self.scope).__name__} keeps no sign-in; Person does.")
        return self.scope.user_id

    def narrowed(self, collection: Collection[Any], where: Mapping[str, Any]) -> Mapping[str, Any]:
        """The conditions of a question, and those of the scope; also within each `Among` of the question.

        Raises:
            TypeError: A condition speaks of a collection of which the scope knows nothing, or has alternatives.
        """
        if self._sight is None:
            return where
        if AnyOf.NAME in where:
            raise TypeError(
                f"{type(self.scope).__name__} has alternatives of its own; only Operator takes a question's."
            )
        alternatives = self._sight.shown.get(collection) or self._sight.asked.get(collection)
        if alternatives is None:
            raise self._unknown(collection)
        asked = {name: self._within(condition) for name, condition in where.items()}
        return {**asked, AnyOf.NAME: AnyOf(alternatives)}

    def _within(self, condition: Any) -> Any:
        if isinstance(condition, Among):
            return condition._replace(where=self.narrowed(condition.collection, condition.where))
        return condition

    def _unknown(self, collection: Collection[Any]) -> TypeError:
        return TypeError(f"{type(self.scope).__name__} shows nothing of {collection!r}.")
