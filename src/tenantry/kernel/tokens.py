"""What we hand out and get back through other people's hands: invitation tokens and page cursors, both signed.

An invitation token is 48 raw bytes (the tenant's id, the invitation's id, a random nonce) in base64url, a dot, and
their signature: 108 characters that may stand in a URL as they are. Nothing in it is secret but the signature, and
nothing is stored but the nonce, which is worthless without a key. It has no version: the salt stands for the format,
and another format gets another salt.

A cursor is a payload and its signature. The signature also covers a *context* (tenant, verb, filters) that is not in
the text: a cursor that comes back to another list does not verify.

Every text has one spelling. Base64 alone would let the spare bits of a last character vary, so what is decoded is
encoded again and compared.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import NoReturn

from attrs import field
from itsdangerous import Signer

from . import ids
from .errors import Invalid, InvalidCursor, InvalidToken
from .values import frozen

__all__ = ["InvitationToken", "KeyRing", "checked_keys", "new_nonce"]

_SHORTEST_KEY = 32  # bytes; RFC 2104, section 3: not shorter than the digest
_NONCE = 16  # bytes, 128 bits
_LONGEST_CURSOR = 1_024
_SIGNED = r"([A-Za-z0-9_-]{64})\.([A-Za-z0-9_-]{43})"
_CURSOR = r"([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{43})"
_TOKEN_LENGTH = 64 + 1 + 43


def new_nonce() -> bytes:
    """Draw the random part of an invitation token: 128 bits from the system's generator."""
    return secrets.token_bytes(_NONCE)


@frozen
class InvitationToken:
    """What a verified invitation token says. It was signed by us; whether it still holds, only the row knows."""

    tenant_id: str
    invitation_id: str
    nonce: bytes = field(repr=False)


class KeyRing:
    """The host's secret keys: the first signs, all verify.

    To change the key, put a new one first; what the old one signed stays good until the old one is taken out.

    Args:
        keys: One key or more, newest first, each text or bytes of at least 32 bytes.

    Raises:
        Invalid: There is no key, or one is too short, given twice, or neither text nor bytes.
    """

    __slots__ = ("_cursors", "_invitations", "_size")

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        newest_first = checked_keys(keys)
        self._size = len(newest_first)
        self._invitations = _signer(newest_first, b"tenantry.invitation")
        self._cursors = _signer(newest_first, b"tenantry.cursor")

    def __repr__(self) -> str:
        return f"<KeyRing of {self._size}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A KeyRing holds secrets and is never pickled or copied.")

    def sign_invitation(self, tenant_id: str, invitation_id: str, nonce: bytes) -> str:
        """Make the token that goes into an invitation's link.

        Args:
            tenant_id: The tenant's id.
            invitation_id: The invitation's id.
            nonce: What `new_nonce()` drew for this link; another nonce is another link.

        Raises:
            Invalid: An id or the nonce has not the right shape.
        """
        if not (ids.is_id(tenant_id, "ten") and ids.is_id(invitation_id, "inv")):
            raise Invalid(
                "A token names a tenant and an invitation by their ids.", field="invitation_id", rule="malformed"
            )
        if type(nonce) is not bytes or len(nonce) != _NONCE:
            raise Invalid(f"A nonce has exactly {_NONCE} bytes.", field="nonce", rule="malformed")
        payload = _encode(ids.to_bytes(tenant_id) + ids.to_bytes(invitation_id) + nonce)
        return f"{payload}.{_signature(self._invitations, payload)}"

    def read_invitation(self, token: object) -> InvitationToken:
        """Verify a token and say what it names.

        Args:
            token: What came with the link; anything.

        Raises:
            InvalidToken: It was not signed by one of these keys, or is spelled in any other way than we do. The
                message is the same for every cause.
        """
        # By length first: nothing hostile is searched or decoded.
        if type(token) is str and len(token) == _TOKEN_LENGTH and (parts := re.fullmatch(_SIGNED, token)):
            payload, signature = parts.groups()
            data = _decode(payload)
            if data is not None and _verifies(self._invitations, payload, signature):
                return InvitationToken(ids.from_bytes("ten", data[:16]), ids.from_bytes("inv", data[16:32]), data[32:])
        raise InvalidToken

    def sign_cursor(self, payload: bytes, *, context: str) -> str:
        """Make the text that leads to the next page.

        Args:
            payload: Where the next page begins; readable by whoever holds the cursor. At most 735 bytes.
            context: What the cursor is good for (tenant, verb, filters); bound by the signature, not shown.

        Raises:
            Invalid: The payload is too long for a cursor of 1,024 characters.
        """
        text = _encode(payload)
        cursor = f"{text}.{_signature(self._cursors, _bound(payload, context))}"
        if len(cursor) > _LONGEST_CURSOR:
            raise Invalid(
                f"A cursor has at most {_LONGEST_CURSOR:,} characters.",
                field="payload",
                rule="too_long",
                max=_LONGEST_CURSOR,
            )
        return cursor

    def read_cursor(self, cursor: object, *, context: str) -> bytes:
        """Verify a cursor and return its payload.

        Args:
            cursor: What came with the request; anything.
            context: What the cursor has to be good for, exactly as it was signed.

        Raises:
            InvalidCursor: It was not signed by one of these keys for this context.
        """
        if type(cursor) is str and len(cursor) <= _LONGEST_CURSOR and (parts := re.fullmatch(_CURSOR, cursor)):
            text, signature = parts.groups()
            payload = _decode(text)
            if payload is not None and _verifies(self._cursors, _bound(payload, context), signature):
                return payload
        raise InvalidCursor("This page cursor was not issued for this list.")


def checked_keys(keys: object, field: str = "secret_keys") -> list[bytes]:
    """The host's keys as bytes, newest first.

    Args:
        keys: What the host gave.
        field: What it is called, for the message.

    Raises:
        Invalid: There is none, or one is too short, given twice, or neither text nor bytes.
    """
    if not isinstance(keys, Sequence) or isinstance(keys, (str, bytes, bytearray, memoryview)):
        raise Invalid(
            "The secret keys must be a list of keys, newest first.", field=field, rule="wrong_type", expected="sequence"
        )
    if not keys:
        raise Invalid("There must be at least one secret key.", field=field, rule="empty")
    checked = [_checked_key(key, field) for key in keys]
    if len(set(checked)) < len(checked):
        raise Invalid("The same secret key is given twice.", field=field, rule="duplicate")
    return checked


def _checked_key(key: object, field: str) -> bytes:
    if type(key) is str:
        key = key.encode("utf-8", "surrogatepass")
    if type(key) is not bytes:
        raise Invalid("A secret key must be text or bytes.", field=field, rule="wrong_type", expected="text")
    if len(key) < _SHORTEST_KEY:
        raise Invalid(
            f"A secret key must have at least {_SHORTEST_KEY} bytes.", field=field, rule="too_short", min=_SHORTEST_KEY
        )
    return key


def _signer(newest_first: list[bytes], salt: bytes) -> Signer:
    # itsdangerous signs with the last key and wants the oldest first.
    return Signer(newest_first[::-1], salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def _signature(signer: Signer, value: str | bytes) -> str:
    return signer.get_signature(value).decode("ascii")


def _verifies(signer: Signer, value: str | bytes, signature: str) -> bool:
    return _decode(signature) is not None and signer.verify_signature(value, signature)


def _bound(payload: bytes, context: str) -> bytes:
    # A digest of fixed length in front: no payload can be read as a part of the context, or the other way round.
    return hashlib.sha256(context.encode("utf-8", "surrogatepass")).digest() + payload


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if hmac.compare_digest(_encode(data), text) else None
