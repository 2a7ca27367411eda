"""A sign-in: when a user last signed in to the host."""

from __future__ import annotations

from datetime import datetime

from ..kernel.values import frozen
from ..storage.collection import Collection

__all__ = ["SIGN_INS", "SignIn"]


@frozen
class SignIn:
    """When a user last signed in to the host. It belongs to the user, and to no tenant.

    Args:
        user_id: The host's id of the user; one sign-in is kept for each.
        signed_in_at: When, in UTC.
    """

    user_id: str
    signed_in_at: datetime


SIGN_INS: Collection[SignIn] = Collection("sign_ins", "sign-in", SignIn, key="user_id")
