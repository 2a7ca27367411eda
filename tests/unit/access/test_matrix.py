"""The permission matrix says what is decided, and shows any name as nothing but a name."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from unicodedata import normalize

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tenantry import Level, Permission, Role, Scheme, schemes, to_dict
from tenantry.access.scheme.matrix import Column, Matrix
from tenantry.kernel import text
from tenantry.testing import strategies
from tests.properties.worlds import any_scheme
from tests.unit.access.facts import holding

SEND = Permission("campaign-api:campaign:send", Level.WORKSPACE, "Send campaigns")
EXPORT = Permission("report-api:report:export", Level.TENANT, "Export reports")
MANAGER = Role("rol_01k9z3x8qfe0atp2m4v6s1c9hd", Level.WORKSPACE, [SEND.name], name="Client Manager")
AGENCY = schemes.AGENCY.extend(
    permissions=[SEND, EXPORT], workspace_roles={"member": [SEND.name]}, tenant_roles={"admin": ["*:*:*"]}
).joined((MANAGER,))
HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "﹣1", "cmd|' /C calc'!A0", ";=1", ',"=1', "' =1", "\u20121", "\u22121"),
    *("<b>", "</th>", "</table>", "<!--", "-->", "<script>", "&lt;", "&#64;", "&copy;", '" onclick="x', "'"),
    *(
        "|",
        "\\",
        "\\|",
        "\\\\|",
        "`",
        "``",
        "**",
        "_",
        "~~",
        "[x](y)",
        "![x](y)",
        "[",
        "]",
        "<https://x.test>",
        "{{x}}",
    ),
    *(
        "www.x.test",
        "https://x.test",
        "//x.test",
        "bob@x.test",
        "@@",
        "@bob",
        "#1",
        ":smile:",
        "$x$",
        "^x",
        "==x==",
        "x",
    ),
    *(" ", "  ", "é", "العربية", "名", ".", ":", "- "),
]
names = strategies.names() | st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join).filter(
    lambda value: bool(value.strip())
)
DANGEROUS = ("=", "+", "-", "@", "\u2212", "\t", "\r", "\n")


@st.composite
def with_hostile_texts(draw: st.DrawFn) -> Matrix:
    """The matrix of a scheme whose roles and permissions are called anything."""
    scheme = draw(any_scheme())
    roles = [evolve(role, name=text.name(draw(names))) for role in scheme.roles]
    permissions = [evolve(each, description=text.name(draw(names))) for each in scheme.permissions]
    return Matrix.of(evolve(scheme, roles=roles, permissions=permissions))


class Tables(HTMLParser):
    """What a browser would show of tables, and all that it would make of the rest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.outside = ""
        self.tables: list[list[list[str]]] = []
        self._in_cell = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)
        self._in_cell |= tag in ("th", "td")
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell &= tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data
        else:
            self.outside += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def tables(matrix: Matrix) -> list[list[list[str]]]:
    """What the tables of both levels must have in their cells, but for ids in the headers."""
    found = []
    for level in Level:
        columns = matrix.roles_at(level)
        heads = [role.name if role.level is level else f"{role.name} (tenant)" for role in columns]
        found.append([["permission", "allows to", *heads]])
        for row in (row for row in matrix.rows if row.level is level):
            marks = ["✓" if role.id in row.roles else "" for role in columns]
            found[-1].append([row.permission, row.description, *marks])
    return found


def without_keys(read: list[list[list[str]]], matrix: Matrix) -> list[list[list[str]]]:
    """The tables as they were read, without the ids that tell two columns of the same name apart."""
    for table, level in zip(read, Level, strict=True):
        assert len(set(table[0])) == len(table[0]), "two columns look the same"
        for at, role in enumerate(matrix.roles_at(level), 2):
            table[0][at] = table[0][at].removesuffix(f" {role.id}")
    return read


def row(matrix: Matrix, name: str) -> tuple[str, ...]:
    """The roles that hold a permission."""
    return next(row.roles for row in matrix.rows if row.permission == name)


def test_a_row_names_the_roles_of_both_levels_that_hold_the_permission() -> None:
    """R4."""
    matrix = Matrix.of(AGENCY)
    manager = f"workspace:{MANAGER.key}"
    assert row(matrix, SEND.name) == ("tenant:owner", "tenant:admin", "workspace:admin", "workspace:member", manager)
    assert row(matrix, EXPORT.name) == ("tenant:owner", "tenant:admin")
    assert row(matrix, "tenant-api:tenant:own") == ("tenant:owner",)
    assert matrix.roles[-1] == Column(manager, Level.WORKSPACE, MANAGER.key, "Client Manager", "")
    assert matrix == Matrix.of(AGENCY)


def test_the_tenant_level_comes_first() -> None:
    matrix = Matrix.of(AGENCY)
    for levels in ([role.level for role in matrix.roles], [row.level for row in matrix.rows]):
        assert levels == sorted(levels)
    own = [row.permission for row in matrix.rows if row.permission in (SEND.name, EXPORT.name)]
    assert own == [EXPORT.name, SEND.name]


@given(any_scheme())
def test_a_cell_is_what_a_member_with_that_one_role_may_do(scheme: Scheme) -> None:
    """AC-40."""
    matrix = Matrix.of(scheme)
    assert {row.permission for row in matrix.rows} == set(scheme.catalogue)
    for role in matrix.roles:
        at_tenant = role.level is Level.TENANT
        access = holding(role.key, scheme=scheme) if at_tenant else holding(scheme=scheme, ws_a=role.key)
        for row in matrix.rows:
            cell = role.id in row.roles
            where = "ws_a" if row.level is Level.WORKSPACE else None
            assert cell is access.can(row.permission, workspace=where)
            if row.level is role.level:
                assert cell is (row.permission in scheme.permissions_of(role.key, role.level))
            elif at_tenant:
                assert cell is (access.workspaces_where(row.permission) == "all")


def test_as_plain_data_it_is_json() -> None:
    plain = to_dict(Matrix.of(AGENCY))
    assert json.loads(json.dumps(plain)) == plain
    assert plain["roles"][0] == {
        "id": "tenant:owner",
        "level": "tenant",
        "key": "owner",
        "name": "Owner",
        "description": "Everything, billing included",
    }
    assert plain["rows"][-1] == {
        "permission": SEND.name,
        "level": "workspace",
        "description": "Send campaigns",
        "roles": ["tenant:owner", "tenant:admin", "workspace:admin", "workspace:member", f"workspace:{MANAGER.key}"],
    }


@given(with_hostile_texts())
def test_a_browser_finds_nothing_but_tables(matrix: Matrix) -> None:
    """IN-06."""
    read = Tables(matrix.to_html())
    assert read.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "code"}
    assert read.attributes == {("scope", "col"), ("scope", "row"), ("dir", "auto")}
    assert read.outside.split("\n") == [line for line in read.outside.split("\n") if not line or "Permissions" in line]
    assert without_keys(read.tables, matrix) == tables(matrix)


@given(with_hostile_texts())
def test_a_reader_of_markdown_finds_nothing_but_tables(matrix: Matrix) -> None:
    """IN-06."""
    page = matrix.to_markdown()
    read = Tables(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))
    assert read.tags == {"p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert {name for name, _ in read.attributes} == {"style"}  # in the middle
    assert without_keys(read.tables, matrix) == tables(matrix)
    assert not re.search(r"www\.|//|@|<|\[|\\", re.sub(r"`[^`\n]+`", "", page)), "GitHub would make a link of it"


@given(with_hostile_texts())
def test_a_spreadsheet_finds_no_formula(matrix: Matrix) -> None:
    """IN-01."""
    head, *rows = csv.reader(io.StringIO(matrix.to_csv(), newline=""))
    cells = [role.id in row.roles for row in matrix.rows for role in matrix.roles]
    assert [cell == "yes" for row in rows for cell in row[3:]] == cells
    assert [(row[0], row[1]) for row in rows] == [(row.permission, row.level) for row in matrix.rows]
    given = [*(f"{role.name} ({role.id})" for role in matrix.roles), *(row.description for row in matrix.rows)]
    for shown, value in zip([*head[3:], *(row[2] for row in rows)], given, strict=True):
        assert shown.replace("'", "") == value.replace("'", "")
        for part in re.split(r"[,;|\t\r\n]", shown):  # as where a semicolon ends a cell
            assert not normalize("NFKC", part).strip().lstrip('" ').startswith(DANGEROUS)


def test_a_cell_that_begins_with_a_tab_or_a_line_is_inert_too() -> None:
    """IN-01. No name has one today, and this must not rest on that."""
    columns = [
        Column("tenant:x", Level.TENANT, "x", name, "") for name in ("\t=1", "\r1", "\n1", "\ufeff=1", "Sales - EU")
    ]
    (head,) = csv.reader(io.StringIO(Matrix(tuple(columns), ()).to_csv(), newline=""))
    assert [cell.removesuffix(" (tenant:x)") for cell in head[3:]] == [
        "'\t'=1",
        "'\r1",
        "'\n1",
        "\ufeff'=1",
        "Sales - EU",
    ]


def test_columns_that_look_the_same_have_their_level_and_key() -> None:
    twins = [Role(key, Level.WORKSPACE, name=name) for key, name in (("one", "Sales  Team"), ("two", "SALES TEAM"))]
    impostor = Role("impostor", Level.WORKSPACE, name="Admin (tenant)")
    matrix = Matrix.of(schemes.AGENCY.extend(roles=[*twins, impostor]))
    page = matrix.to_markdown()
    assert "| Owner (tenant) | Admin (tenant) `tenant:admin` | Member (tenant) | Admin | Member | Viewer |" in page
    assert "| Sales  Team `workspace:one` | SALES TEAM `workspace:two` | Admin (tenant) `workspace:impostor` |" in page
    assert '<th scope="col" dir="auto">Admin (tenant) <code>tenant:admin</code></th>' in matrix.to_html()


def test_what_is_harmless_is_left_as_it_is() -> None:
    """A page of Markdown is read in its source too."""
    role = Role("qa", Level.TENANT, name="QA (EU), today's: all; 100 - 5")
    matrix = Matrix.of(schemes.AGENCY.extend(roles=[role]))
    assert f"| {role.name} |" in matrix.to_markdown()
    assert f"{role.name} (tenant:qa)" in matrix.to_csv()
