"""The permission matrix: which role holds which permission, as data and as tables that people read.

It follows from the scheme alone. Names of roles may come from a hostile tenant, so every format disarms them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ...kernel import text
from ...kernel.values import frozen
from ..model import Level, Role
from .scheme import NOTHING, Scheme

__all__ = ["Column", "Matrix", "Row"]

_TITLES: Final = {Level.TENANT: "Permissions at the tenant", Level.WORKSPACE: "Permissions in a workspace"}


@frozen
class Column:
    """A role in the matrix. `id` is its level and key, such as `tenant:admin`: both levels may have one of that key."""

    id: str
    level: Level
    key: str
    name: str
    description: str


@frozen
class Row:
    """A permission in the matrix. `roles` are the ids of the columns that hold it, in their order."""

    permission: str
    level: Level
    description: str
    roles: tuple[str, ...]


@frozen
class Matrix:
    """Which role holds which permission.

    A tenant role holds a workspace permission if it has it in every workspace, by the workspace role that it acts as.
    A workspace role never holds a tenant permission. The tenant level comes first, in columns and rows.

    Example:
        >>> from tenantry import schemes
        >>> matrix = Matrix.of(schemes.AGENCY)
        >>> next(row.roles for row in matrix.rows if row.permission == "workspace-api:member:invite")
        ('tenant:owner', 'tenant:admin', 'workspace:admin')
    """

    roles: tuple[Column, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, scheme: Scheme) -> Matrix:
        """The matrix of all permissions and roles of a scheme.

        Args:
            scheme: The permissions and roles that there are.
        """
        columns = {f"{role.level}:{role.key}": role for level in Level for role in scheme.roles if role.level is level}
        rows: list[Row] = []
        for level in Level:
            held = {id: _held(scheme, role, level) for id, role in columns.items()}
            rows += (
                Row(each.name, level, each.description, tuple(id for id in columns if each.name in held[id]))
                for each in scheme.catalogue.values()
                if each.level is level
            )
        return cls(
            tuple(Column(id, role.level, role.key, role.name, role.description) for id, role in columns.items()),
            tuple(rows),
        )

    def roles_at(self, level: Level) -> list[Column]:
        """The roles that may hold permissions of this level, which in a workspace are all.

        Args:
            level: Where the permissions are asked.
        """
        return [role for role in self.roles if level is Level.WORKSPACE or role.level is level]

    def to_markdown(self) -> str:
        """A table for each level, as GitHub and most others read them. No name can end a cell, or become a link."""
        return "\n\n".join("\n".join(_markdown(table)) for table in self._tables()) + "\n"

    def to_html(self) -> str:
        """A table for each level, to be put into a page, without any style."""
        return "\n".join(line for table in self._tables() for line in _html(table)) + "\n"

    def to_csv(self) -> str:
        """One table with both levels. No spreadsheet takes a cell for a formula: signs get an apostrophe before them.

        Its lines end as those of CSV do, so write it with `newline=""`.
        """
        import csv
        import io

        lines = io.StringIO()
        writer = csv.writer(lines)
        names = (_inert(f"{role.name} ({role.id})") for role in self.roles)
        writer.writerow(["permission", "level", "description", *names])
        for row in self.rows:
            marks = _marks(row, self.roles, "yes", "no")
            writer.writerow([row.permission, row.level, _inert(row.description), *marks])
        return lines.getvalue()

    def _tables(self) -> Iterator[_Table]:
        for level in Level:
            columns = self.roles_at(level)
            rows = [row for row in self.rows if row.level is level]
            yield _Table(_TITLES[level], list(_headers(columns, level)), columns, rows)


class _Table(NamedTuple):
    """What there is to say of one level. A header is a name and, where several look the same, the id."""

    title: str
    headers: list[tuple[str, str]]
    columns: list[Column]
    rows: list[Row]


def _held(scheme: Scheme, role: Role, level: Level) -> frozenset[str]:
    """The permissions of this level that the role holds, wherever they may be asked."""
    if role.level is level:
        return scheme.permissions_of(role.key, level)
    return scheme.permissions_everywhere(role.key) if role.level is Level.TENANT else NOTHING


def _headers(columns: list[Column], level: Level) -> Iterator[tuple[str, str]]:
    names = [role.name if role.level is level else f"{role.name} ({role.level})" for role in columns]
    looks = [" ".join(text.fold(name).split()) for name in names]
    times = Counter(looks)
    for role, name, look in zip(columns, names, looks, strict=True):
        yield name, role.id if times[look] > 1 else ""


def _marks(row: Row, columns: Iterable[Column], yes: str = "✓", no: str = "") -> Iterator[str]:
    holding = frozenset(row.roles)
    return (yes if role.id in holding else no for role in columns)


def _markdown(table: _Table) -> Iterator[str]:
    heads = [_plain(name) + (f" `{id}`" if id else "") for name, id in table.headers]
    yield from (f"**{table.title}**", "")
    yield _line("permission", "allows to", *heads)
    yield _line("---", "---", *(":-:" for _ in heads))
    for row in table.rows:
        yield _line(f"`{row.permission}`", _plain(row.description), *_marks(row, table.columns))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


# Every mark that some dialect of Markdown takes for its own, also those that make a web address.
_MARKS: Final = r"@+|[!#$%&*+/<=>?\[\\\]^_`{|}~]|[.:](?!\s|$)"


def _plain(value: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(_MARKS, _disarm, value)


def _disarm(mark: re.Match[str]) -> str:
    # Parsers disagree on `\\|`, so nothing is escaped by a backslash; a reference to a character is never markup. But
    # GitHub looks for addresses and mentions after it has resolved references; only code is safe from that.
    return f"`{mark[0]}`" if "@" in mark[0] else f"&#{ord(mark[0])};"


def _html(table: _Table) -> Iterator[str]:
    from html import escape

    yield from ("<table>", f"<caption>{table.title}</caption>", "<thead>", "<tr>")
    yield '<th scope="col">permission</th><th scope="col">allows to</th>'
    for name, id in table.headers:  # a name may be written from right to left
        yield f'<th scope="col" dir="auto">{escape(name)}{f" <code>{escape(id)}</code>" if id else ""}</th>'
    yield from ("</tr>", "</thead>", "<tbody>")
    for row in table.rows:
        cells = "".join(f"<td>{mark}</td>" for mark in _marks(row, table.columns))
        head = f'<th scope="row"><code>{escape(row.permission)}</code></th><td>{escape(row.description)}</td>'
        yield f"<tr>{head}{cells}</tr>"
    yield from ("</tbody>", "</table>")


# A sign that makes a formula where a cell begins, or where one would begin for a reader with other separators. The
# signs also in their small, raised, lowered and wide forms, which spreadsheets of some languages take for the same.
_FORMULA: Final = (
    r"((?:^|[,;|\t\r\n])[\s\"'\u200b-\u200f\u2060\ufeff]*?)"
    r"(?=[\t\r\n=+\-@\u207a-\u207c\u208a-\u208c\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])"
)


def _inert(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return re.sub(_FORMULA, r"\1'", value)
