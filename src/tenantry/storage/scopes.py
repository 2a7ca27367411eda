"""What a reader over all tenants is opened for; which rows that shows says `tenantry.runtime.sights`."""

from __future__ import annotations

from typing import NamedTuple

from ..kernel.values import frozen

__all__ = ["Located", "Operator", "Person", "Scope", "Slug"]


class Person(NamedTuple):
    """Shows what concerns one person: their memberships, and the invitations to their address.

    Args:
        user_id: The user.
        email_key: The canonical key of an address that the person has proven; None shows no invitation.
    """

    user_id: str
    email_key: str | None = None


class Slug(NamedTuple):
    """Shows which tenant has or once had this slug.

    Args:
        slug: The slug.
    """

    slug: str


class Located(NamedTuple):
    """Shows in which tenant a workspace or an invitation is, if it is one of the person's tenants.

    A person's tenants are those of which they are a member, and those with a pending invitation to their address.

    Args:
        id: `ws_…` or `inv_…`.
        user_id: The user who asks.
        email_key: The canonical key of an address that the user has proven, or None.
    """

    id: str
    user_id: str
    email_key: str | None = None


@frozen
class Operator:
    """Shows everything: for the host itself and its jobs, never on behalf of a person."""


Scope = Person | Slug | Located | Operator
