"""The list of all collections. Tables, purge, removal, the shipped contract and the histories are derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..access.custom import ROLES
from ..audit.denials import DENIALS
from ..audit.model import AUDIT_EVENTS
from ..invitations.model import INVITATIONS
from ..members.model import GRANTS, MEMBERSHIPS
from ..members.sign_ins import SIGN_INS
from ..notices.model import NOTICES
from ..storage.collection import Collection
from ..tenants.model import SLUGS, TENANTS
from ..workspaces.model import WORKSPACES

__all__ = [
    "COLLECTIONS",
    "LOCATABLE",
    "LOCATABLE_BY_THE_HOST",
    "OF_USERS",
    "PREFIXES",
    "dependents",
    "referred_first",
]


def referred_first(collections: Iterable[Collection[Any]]) -> tuple[Collection[Any], ...]:
    """The same collections in an order in which each comes after those that it refers to."""
    given = tuple(collections)
    ordered: dict[Collection[Any], None] = {}

    def place(collection: Collection[Any]) -> None:
        for target in collection.references.values():
            place(target)
        ordered[collection] = None

    for collection in given:
        place(collection)
    return tuple(collection for collection in ordered if collection in given)


COLLECTIONS: Final = referred_first(
    (TENANTS, SLUGS, WORKSPACES, MEMBERSHIPS, ROLES, GRANTS, INVITATIONS, AUDIT_EVENTS, DENIALS, NOTICES)
)
"""All that belong to tenants, in an order in which each comes after those that it refers to."""

OF_USERS: Final[tuple[Collection[Any], ...]] = (SIGN_INS,)
"""Those whose entities belong to users, over all tenants: no purge and no removal reaches them."""

PREFIXES: Final = frozenset(collection.prefix for collection in COLLECTIONS if collection.prefix)
"""What the ids of entities begin with."""

LOCATABLE: Final[tuple[Collection[Any], ...]] = (WORKSPACES, INVITATIONS)
"""Those of which an id alone leads a person to the tenant."""

LOCATABLE_BY_THE_HOST: Final[tuple[Collection[Any], ...]] = (*LOCATABLE, MEMBERSHIPS, ROLES)
"""Those of which an id alone leads the host to the tenant."""


def dependents(target: Collection[Any]) -> Iterator[tuple[Collection[Any], str]]:
    """The collections whose entities go with one of this collection, each with the field by which they do."""
    for collection in COLLECTIONS:
        for field in collection.fields_that_go_with(target):
            yield collection, field
