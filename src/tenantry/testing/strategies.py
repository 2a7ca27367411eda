"""Hypothesis strategies for what tenantry takes: every example is accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from string import ascii_letters, ascii_lowercase, digits
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ..access.model import Level, Permission
from ..kernel import text
from ..kernel.emails import key_or_none
from ..kernel.errors import Invalid
from ..kernel.options import RESERVED_SLUGS
from ..kernel.principal import Principal

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["documents", "emails", "names", "permissions", "principals", "slugs", "times", "user_ids"]


def _accepted(check: Callable[..., object], *args: Any) -> Callable[[Any], bool]:
    def accepts(value: object) -> bool:
        try:
            check(value, *args)
        except Invalid:
            return False
        return True

    return accepts


def names() -> st.SearchStrategy[str]:
    """Display names, of people, tenants and workspaces, in every script."""
    visible = st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"])
    return st.text(visible, min_size=1, max_size=100).filter(_accepted(text.name))


def emails() -> st.SearchStrategy[str]:
    """Addresses in various spellings, under the reserved top-level domain `test`."""
    parts = st.text(ascii_letters + digits, min_size=1, max_size=12)
    local = st.tuples(parts, st.sampled_from(["", ".", "+", "-", "_"]), parts).map("".join)
    domain = st.text(ascii_letters + digits, min_size=1, max_size=12)
    return st.builds("{}@{}.test".format, local, domain).filter(lambda address: key_or_none(address) is not None)


def slugs() -> st.SearchStrategy[str]:
    """Slugs that no default rule reserves."""
    words = st.text(ascii_lowercase + digits, min_size=1, max_size=12)
    return st.lists(words, min_size=1, max_size=4).map("-".join).filter(lambda slug: slug not in RESERVED_SLUGS)


def user_ids() -> st.SearchStrategy[str]:
    """A host's ids of users: any text it may use."""
    anything = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
    return st.text(anything, min_size=1, max_size=255).filter(_accepted(Principal))


def principals(
    *, user_id: st.SearchStrategy[str] | None = None, verified: st.SearchStrategy[bool] | None = None
) -> st.SearchStrategy[Principal]:
    """People as a host knows them, with and without a name or an address.

    Args:
        user_id: Where their ids come from; any that there may be unless given.
        verified: Whether the host has proof of their address; both unless given.
    """
    return st.builds(
        Principal,
        user_ids() if user_id is None else user_id,
        email=st.none() | emails(),
        email_verified=st.booleans() if verified is None else verified,
        name=st.none() | names(),
    )


def permissions(level: Level | None = None) -> st.SearchStrategy[Permission]:
    """A host's own permissions.

    Args:
        level: Where they are asked; both unless given.
    """
    word = st.builds(
        "{}{}".format, st.sampled_from(ascii_lowercase), st.text(ascii_lowercase + digits + "-", max_size=10)
    )
    name = st.builds("{}-api:{}:{}".format, word, word, word).filter(
        lambda name: not name.startswith(("tenant-api:", "workspace-api:"))
    )
    return st.builds(Permission, name, st.sampled_from(Level) if level is None else st.just(level))


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects, as the settings of a workspace."""
    letters = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
    keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)
    whole = st.integers(-(2**53), 2**53)
    fractions = st.floats(-(2.0**53), 2.0**53, allow_nan=False)
    values = st.recursive(
        st.none() | st.booleans() | whole | fractions | letters,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=10,
    )
    return st.dictionaries(keys, values, max_size=5).filter(_accepted(text.settings, "settings"))


def times() -> st.SearchStrategy[datetime]:
    """Instants, in UTC, to the microsecond."""
    return st.datetimes(timezones=st.just(UTC))
