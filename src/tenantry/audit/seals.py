"""Personal values enter the trail as salted digests, so that they can be erased and the chain still verifies."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any

from ..kernel.canonical import canonical
from ..kernel.errors import Invalid

__all__ = ["ERASED", "Personal", "fits", "seal"]

ERASED = "(erased)"
"""What stands where a personal value was."""

Personal = Mapping[str, tuple[str, Any]]
"""For each personal value, by where it stands (`after.email`, `address`), its salt and itself."""


def seal(value: Any) -> tuple[str, tuple[str, Any]]:
    """The digest that enters the trail in place of a value, and what it was made of."""
    salt = os.urandom(16).hex()
    return _digest(salt, value), (salt, value)


def fits(digest: object, salt: str, value: Any) -> bool:
    """Whether the digest was made of this salt and value."""
    try:
        return digest == _digest(salt, value)
    except (Invalid, ValueError):
        return False


def _digest(salt: str, value: Any) -> str:
    return "sha256:" + hmac.digest(bytes.fromhex(salt), canonical(value), "sha256").hex()
