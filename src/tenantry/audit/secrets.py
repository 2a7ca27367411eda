"""What is named like a secret stays out of the trail, whoever put it into the values that are recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..kernel import ids

__all__ = ["HIDDEN", "without_secrets"]

HIDDEN = "(hidden)"
"""What stands where something named like a secret was."""

_WORDS = r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])"
_PASSWORDS = frozenset("password passwords passwd passphrase pwd pin".split())
_SECRETS = _PASSWORDS | frozenset(
    "secret secrets token tokens nonce key keys apikey cookie cookies credential credentials authorization".split()
)


def without_secrets(value: Any) -> Any:
    """The value with `(hidden)` where a mapping in it, at any depth, names a secret, such as a token, key or password.

    A number stays, unless it is a password: it is how many of them there are.
    """
    if isinstance(value, Mapping):
        return {name: HIDDEN if _hides(name, each) else without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value


def _hides(name: object, value: Any) -> bool:
    if value is None or not isinstance(name, str):
        return False
    prefix = name.partition("_")[0]
    words = _words(prefix if ids.is_id(name, prefix) else name)  # the random part of an id spells `key` now and then
    return bool(words & (_PASSWORDS if isinstance(value, int | float) else _SECRETS))


@lru_cache(maxsize=1024)
def _words(name: str) -> frozenset[str]:
    """The words of a name in any of the usual spellings: `api_key`, `apiKey`, `API-KEY`."""
    return frozenset(word.lower() for word in re.findall(_WORDS, name))
