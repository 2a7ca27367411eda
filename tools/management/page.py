"""The page that says who may manage whom: what became of every attempt, folded into tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TypeAlias, TypeVar

from attrs import field, frozen

from tenantry import schemes
from tools.markdown import Lines, code, table

from .trials import Found, in_memory
from .world import DONE, Trial

__all__ = ["page"]

T = TypeVar("T")

Grid: TypeAlias = Mapping[str, Mapping[str, str]]
"""The text of a cell by row and column."""

BEYOND = "beyond_own_rights"
OWN = "own_membership"

WORDS = {
    DONE: "yes",
    "permission_missing": "no",
    BEYOND: "too high",
    OWN: "own",
    "own_role": "own",
    "inviter_lost_authority": "lost",
    "invitation_revoked": "lost",
}
"""What a cell says of an outcome; any other is said by its code."""

STRANGE = {code("not_found")}
ELSE = "everybody else"

INTRODUCTION = """
# Who may manage whom

This page is made by running the library: every command, by a principal of every rank, on a target of every rank, for
every rank that may be given. Nowhere does the library compare ranks. Three questions are asked, and all must be
answered with yes:

1. Does the principal hold the permission that the command asks for?
2. Do they hold everything that the target holds now?
3. Do they hold everything that the target is to hold?

| a cell says | which means |
| --- | --- |
| yes | done |
| a list of roles | these may be given, the others are too high or, to oneself, another custom role; *any*: all may |
| no | `Denied`, `permission_missing`: they do not hold the permission for it |
| too high | `Denied`, `beyond_own_rights`: the target holds, or is to hold, what they do not |
| own | `Denied`, `own_membership` or `own_role`: nobody changes their own rights but to have less |
| lost | `InviterLostAuthority`: who sent the invitation may not offer this any more; or has left |
| anything else | the code of the error |

A role with *here* behind it is held in the workspace in question, beside the lowest role of the tenant; with
*elsewhere*, in another workspace. **Deputy** is a custom role with `tenant-api:member:*` and `tenant-api:role:*`.
**Auditor** and **Client Manager** are adopted from the templates of `schemes.AGENCY`. So that there is something to
work on, each scheme has campaigns, as from a host: whoever reads everything reads them, and in a workspace the admin
and the next role change them.

Who is no member of the tenant gets `NotFound`, whatever they try, and is left out. Ranks and commands that fare alike
share a row, a column or a table.

Two results surprise at first. In an agency an auditor sees the billing and an admin does not: so an admin can neither
make one nor touch one. And who may manage members at the tenant, but holds nothing in the workspaces, can do nothing to
a member who has a role in one: the Deputy.
"""


@frozen
class Section:
    """What the page says of one topic, and what the columns of its tables are."""

    title: str
    sentence: str
    corner: str = field(default="who ↓ to whom →", kw_only=True)
    column: Callable[[Trial], str] = field(default=attrgetter("on.label"), kw_only=True)


def _command(trial: Trial) -> str:
    return code(trial.name)


SECTIONS: Mapping[str, Section] = {
    "role": Section(
        "Roles at the tenant",
        "Which tenant roles a member may be given. What they hold in workspaces counts too, on both sides.",
    ),
    "membership": Section(
        "Memberships",
        "Whom somebody may switch off and on again, remove, take a tenant role from, or change the recorded facts of.",
    ),
    "ownership": Section(
        "Ownership",
        "To whom somebody may hand over the ownership of the tenant. SYSTEM has none; it gives the owners' role.",
    ),
    "newcomer": Section(
        "Newcomers",
        "As what somebody may be brought in. For `accept`, the row is what has become of the sender since.",
        corner="who ↓ as what →",
        column=attrgetter("new.label"),
    ),
    "into workspace": Section(
        "Into a workspace",
        "Which role a member may be given who has none in the workspace.",
    ),
    "in workspace": Section(
        "Roles in a workspace",
        "Which other role may be given to somebody who works in it. What they hold at the tenant is not touched.",
    ),
    "out of workspace": Section("Out of a workspace", "Whose role in a workspace may be taken away."),
    "new workspace": Section("Into a new workspace", "Who may be made the admin of a workspace that is created."),
    "oneself": Section(
        "Oneself",
        "What members may do to themselves: have less, or leave. Ownership goes to somebody else.",
        corner="who ↓ does →",
        column=_command,
    ),
    "oneself in workspace": Section(
        "Oneself in a workspace",
        "What those who work in a workspace may do there to themselves.",
        corner="who ↓ does →",
        column=_command,
    ),
    "last owner": Section(
        "The last owner",
        "What can be done to the only owner there is, by SYSTEM and by themselves.",
        corner="who ↓ does →",
        column=_command,
    ),
    "new role": Section(
        "New custom roles",
        "Who may make a role that inherits from this one. From the owners' nothing inherits.",
        corner="who ↓ one like →",
        column=attrgetter("new.label"),
    ),
    "template": Section(
        "Templates",
        "Who may adopt which template as a custom role.",
        corner="who ↓ adopts →",
        column=attrgetter("new.label"),
    ),
    "custom role": Section(
        "Custom roles in use",
        "For a role that inherits from this one: which it may inherit from, and which its holders may get, instead. "
        "The owners' is never among these.",
        corner="who ↓ one like →",
    ),
    "unused role": Section(
        "Unused custom roles",
        "Who may delete a role that inherits from this one, and that nobody has.",
        corner="who ↓ one like →",
    ),
}


def page() -> Lines:
    """The page."""
    yield from INTRODUCTION.strip().splitlines()
    for scheme in (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT):
        world, found = in_memory(scheme)
        here = [rank.label for rank in world.in_workspace]
        yield from ("", f"## `schemes.{scheme.name.upper()}`", "")
        yield f"At the tenant: {', '.join(rank.label for rank in world.at_tenant)}. In a workspace: {', '.join(here)}."
        for topic, section in SECTIONS.items():
            yield from ("", f"### {section.title}", "", section.sentence)
            yield from _tables(section, [each for each in found if each[0].topic == topic], here)


def _tables(section: Section, found: Found, here: Sequence[str]) -> Lines:
    """One table for each group of commands that fare alike."""
    by_command: dict[str, list[tuple[Trial, str]]] = {}
    for trial, outcome in found:
        name = "" if section.column is _command else code(trial.name)
        by_command.setdefault(name, []).append((trial, outcome))
    grids = {command: _grid(several, section.column) for command, several in by_command.items()}
    for commands, grid in _merged(grids):
        columns = _merged(_turned(grid))
        head = [_label(labels, here) for labels, _ in columns]
        rows = _merged(_turned({label: cells for label, (_, cells) in zip(head, columns, strict=True)}))
        yield from ("", *([", ".join(commands) + ":", ""] if any(commands) else []))
        lines = [(_who(labels, row, here), *row.values()) for labels, row in rows if {*row.values()} != STRANGE]
        yield from table([section.corner, *head], sorted(lines, key=lambda line: line[0] == ELSE))


def _grid(found: Found, column: Callable[[Trial], str]) -> Grid:
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for trial, outcome in found:
        rows.setdefault(trial.by.label, {}).setdefault(column(trial), {})[trial.new.label] = outcome
    return {row: {column: _cell(outcomes) for column, outcomes in cells.items()} for row, cells in rows.items()}


def _cell(outcomes: Mapping[str, str]) -> str:
    """What may be given, or why nothing may."""
    words = {new: WORDS.get(outcome, code(outcome)) for new, outcome in outcomes.items()}
    if len({*words.values()}) == 1:
        [word] = {*words.values()}
        return "any" if len(words) > 1 and word == WORDS[DONE] else word
    given = [new for new, outcome in outcomes.items() if outcome == DONE]
    if not given or not {*outcomes.values()} <= {DONE, BEYOND, OWN}:
        raise ValueError(f"What the page has no words for: {outcomes}")
    rest = [new for new in outcomes if new not in given]
    return f"any but {', '.join(rest)}" if 3 < len(given) > len(rest) else ", ".join(given)


def _label(labels: Sequence[str], here: Sequence[str]) -> str:
    """The labels of what fares alike, as short as can be."""
    if {*here} <= {*labels}:
        labels = [*(label for label in labels if label not in here), "any role here"]
    return ", ".join(labels)


def _who(labels: Sequence[str], row: Mapping[str, str], here: Sequence[str]) -> str:
    return ELSE if {*row.values()} <= {"no", "lost"} else _label(labels, here)


def _turned(grid: Grid) -> Grid:
    """The same with its columns as rows."""
    columns = dict.fromkeys(column for row in grid.values() for column in row)
    return {column: {label: row.get(column, "") for label, row in grid.items()} for column in columns}


def _merged(rows: Mapping[str, T]) -> Sequence[tuple[list[str], T]]:
    """The rows, each once, with the labels of all that are alike."""
    found: list[tuple[list[str], T]] = []
    for label, row in rows.items():
        alike = next((labels for labels, other in found if other == row), None)
        if alike is None:
            found.append(([label], row))
        else:
            alike.append(label)
    return found
