"""The keys of the audit trail: each tenant has its own, made from the host's."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import NoReturn

from ..kernel.tokens import checked_keys

__all__ = ["AuditKeys"]


class AuditKeys:
    """The host's keys for the audit trail: the first writes, all verify.

    Args:
        keys: One key or more, newest first, each text or bytes of at least 32 bytes.

    Raises:
        Invalid: There is no key, or one is too short, given twice, or neither text nor bytes.
    """

    __slots__ = ("_keys", "newest")

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        self._keys = {_id(key): key for key in checked_keys(keys, "audit_keys")}
        self.newest = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"<AuditKeys of {len(self._keys)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("AuditKeys hold secrets and are never pickled or copied.")

    def knows(self, key_id: str) -> bool:
        """Whether the key of this id is here."""
        return key_id in self._keys

    def sign(self, tenant_id: str, key_id: str, purpose: str, data: bytes) -> str:
        """What a tenant's key makes of some bytes: 64 hexadecimal digits.

        Args:
            tenant_id: Whose key; a digest of one tenant says nothing in another.
            key_id: From which of the host's keys it is made.
            purpose: What is signed; a digest for one purpose says nothing for another.
            data: The bytes.
        """
        theirs = hmac.digest(self._keys[key_id], f"tenantry.audit.{purpose}\0{tenant_id}".encode(), "sha256")
        return hmac.digest(theirs, data, "sha256").hex()


def _id(key: bytes) -> str:
    """What a key is called in events: it says nothing about the key."""
    return hashlib.sha256(b"tenantry.audit.key\0" + key).hexdigest()[:16]
