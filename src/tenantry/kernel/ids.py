"""Ids: a short prefix that says what it names, and a UUIDv7 in 26 characters that sorts by creation.

`ten_01k9z3x8qfe0atp2m4v6s1c9hd` is the TypeID spelling: the 128 bits of a UUIDv7 (RFC 9562, section 5.7) in
Crockford's base32, lower case, without separators. Each collection declares the prefix of its ids.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from threading import Lock

from .errors import Invalid

__all__ = ["from_bytes", "is_id", "new", "to_bytes"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_AS_BASE_32 = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # the digits that int(…, 32) reads
_SUFFIX = r"[0-7][0-9a-hjkmnp-tv-z]{25}"  # 26 characters hold 130 bits; the first two are zero


class _Sequence:
    """The instant and the counter of the last id: the 90 ordered bits of a UUIDv7, never the same twice.

    RFC 9562, section 6.2, method 1: a counter of 42 bits follows the milliseconds, starts anew at a random value in
    its lower half each millisecond, and counts up within one. When the clock stands still or goes back, the last
    instant is kept, so that ids of this process never go back with it.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        # A child process must neither inherit a lock that another thread held, nor go on with its parent's counter.
        self._lock = Lock()
        self._milliseconds = 0
        self._counter = 0

    def next(self) -> tuple[int, int]:
        # The real clock, not the injected one: an id promises an order, not a fact, and a test that freezes or turns
        # back its clock must still get ids that are new and sorted.
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._milliseconds:
                self._milliseconds, self._counter = now, secrets.randbits(41)
            else:
                self._counter += 1
                if self._counter >> 42:
                    self._milliseconds, self._counter = self._milliseconds + 1, secrets.randbits(41)
            return self._milliseconds, self._counter


_sequence = _Sequence()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_sequence.restart)


def new(prefix: str) -> str:
    """Make a new id, greater as text than every id with this prefix that this process made before.

    Args:
        prefix: What the id names, such as `ten`.
    """
    milliseconds, counter = _sequence.next()
    number = milliseconds << 80 | 0x7 << 76 | (counter >> 30) << 64  # 48 bits of time, the version, 12 of counter
    number |= 0b10 << 62 | (counter & 0x3FFF_FFFF) << 32 | secrets.randbits(32)  # the variant, 30 of counter, random
    return _spell(prefix, number)


def is_id(value: object, prefix: str) -> bool:
    """Tell whether this is an id with this prefix, spelled in the one way in which ids are spelled.

    Args:
        value: Anything.
        prefix: What the id should name.
    """
    if type(value) is not str:
        return False
    head, _, suffix = value.partition("_")
    return head == prefix and re.fullmatch(_SUFFIX, suffix) is not None


def to_bytes(id: str) -> bytes:
    """Return the 16 bytes of the UUID in an id.

    Args:
        id: An id with any prefix.

    Raises:
        Invalid: It is not spelled as an id.
    """
    suffix = id.rpartition("_")[2] if type(id) is str else ""
    if re.fullmatch(_SUFFIX, suffix) is None:
        raise Invalid("This is not an id.", field="id", rule="malformed")
    return int(suffix.translate(_AS_BASE_32), 32).to_bytes(16, "big")


def from_bytes(prefix: str, data: bytes) -> str:
    """Return the id that has these 16 bytes; the inverse of `to_bytes`.

    Args:
        prefix: What the id names.
        data: The 16 bytes of a UUID.

    Raises:
        Invalid: There are not exactly 16 bytes.
    """
    if type(data) is not bytes or len(data) != 16:
        raise Invalid("An id is made of exactly 16 bytes.", field="data", rule="malformed")
    return _spell(prefix, int.from_bytes(data, "big"))


def _spell(prefix: str, number: int) -> str:
    return prefix + "_" + "".join([_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)])
