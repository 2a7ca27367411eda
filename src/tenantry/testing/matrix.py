"""Who holds what, fixed by a host's test."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from ..access.model import Level, texts
from ..access.scheme import Scheme
from ..access.scheme.matrix import Matrix
from ..kernel import text

__all__ = ["assert_matrix"]


def assert_matrix(scheme: Scheme, expected: Mapping[str, Iterable[str]]) -> None:
    """Fail unless these permissions are held by these roles and by no other.

    Args:
        scheme: The permissions and roles that there are.
        expected: For each permission that the test fixes, all roles that hold it. A role of the permission's own level
            is named by its key, a tenant role that holds a workspace permission in every workspace by `tenant:<key>`.

    Raises:
        AssertionError: They are not; the message has a sentence for every difference.
        Invalid: What is expected is not such a mapping.

    Example:
        >>> from tenantry import schemes
        >>> assert_matrix(schemes.AGENCY, {"workspace-api:member:invite": {"admin", "tenant:owner", "tenant:admin"}})
    """
    __tracebackhide__ = True  # the line to look at is the caller's
    matrix = Matrix.of(scheme)
    found = [line for name, roles in expected.items() for line in _differences(matrix, name, texts(roles))]
    if found:
        raise AssertionError("\n".join([f"The scheme {scheme.name!r} is not as expected:", *found]))


def _differences(matrix: Matrix, name: str, keys: tuple[str, ...]) -> Iterator[str]:
    text.exact(name, "permission")
    row = next((row for row in matrix.rows if row.permission == name), None)
    if row is None:
        yield f"There is no permission {name!a}.{_nearest(name, (row.permission for row in matrix.rows))}"
        return
    known = [_named(role.id, row.level) for role in matrix.roles_at(row.level)]
    wanted = {_named(key, row.level) for key in keys}
    holding = {_named(id, row.level) for id in row.roles}
    kind = "tenant " if row.level is Level.TENANT else ""  # in a workspace, both kinds may hold it
    for role in sorted(wanted.difference(known)):
        yield f"{name}: there is no {kind}role {role!a}.{_nearest(role, known)}"
    for role in known:
        if role in wanted - holding:
            yield f"{name}: {role!r} should hold it, and does not."
        elif role in holding - wanted:
            yield f"{name}: {role!r} holds it, and should not."


def _named(role: str, level: Level) -> str:
    """A role as `expected` names it beside a permission of this level."""
    return role.removeprefix(f"{level}:")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
