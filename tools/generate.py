"""Write what follows from the code: `python -m tools.generate`, or `--check` it.

These are the pages of docs/reference/, and the part of CONTRIBUTING.md between two markers that draws the house.
`--check` writes nothing, and ends with 1 where a page is not what the code says.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from tenantry import Level, Scheme, schemes
from tenantry.access.scheme.catalogue import BUILT_IN
from tenantry.access.scheme.matrix import Matrix
from tenantry.audit import ACTIONS
from tenantry.invitations import model as invitations
from tenantry.members import model as members
from tenantry.tenants import model as tenants
from tenantry.workspaces import model as workspaces
from tools.errors.page import page as errors
from tools.house import House
from tools.management.page import page as management
from tools.markdown import Lines, code, table

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
GUIDE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- the house: written by tools/generate.py -->\n", "<!-- the end of the house -->\n"

S = TypeVar("S", bound=StrEnum)


def state_machines() -> Lines:
    """The page of state machines."""
    yield from ("# State machines", "", "What is not drawn is refused, or changes nothing.", "")
    yield from (*diagram("Tenants", tenants.TRANSITIONS, tenants.TenantStatus.ACTIVE, born="create"), "")
    yield "A tenant that was suspended when it was deleted is suspended again when it is restored. It can be restored"
    yield from ("before `purge_at`, and is purged a day after that or later.", "")
    yield from (*diagram("Invitations", invitations.TRANSITIONS, invitations.PENDING, born="send"), "")
    yield "A pending invitation looks expired from `expires_at` on; nothing has to run for that. An expired one is"
    yield from ("superseded by the next that is sent to the same address.", "")
    yield from (*diagram("Members", members.TRANSITIONS, members.MembershipStatus.ACTIVE, born="add, accept"), "")
    yield "A membership ends in either status, when the member is removed or leaves; no status is left then."
    yield ""
    yield from diagram("Workspaces", workspaces.TRANSITIONS, workspaces.WorkspaceStatus.ACTIVE, born="create")


def diagram(title: str, transitions: Mapping[tuple[S, str], S], first: S, *, born: str) -> Lines:
    """One state machine in the language of Mermaid."""
    yield from (f"## {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {first}: {born}")
    for (before, act), after in transitions.items():
        if after != before:
            yield f"    {before} --> {after}: {act}"
        else:  # the labels of an arrow to itself and of its neighbour are drawn one upon the other
            yield f"    note right of {before}: {act} keeps it {before}"
    reached = {first, *transitions.values()}
    for status in sorted({before for before, _ in transitions} - reached):
        yield f"    {first} --> {status}: time passes"
    for status in sorted(reached - {before for before, _ in transitions}):
        yield f"    {status} --> [*]"
    yield "```"


def permissions() -> Lines:
    """The page of permissions and roles."""
    yield from ("# Permissions and roles", "")
    yield "Every scheme has these permissions, and may add its own; patterns such as `*:*:read` then reach those too."
    yield from ("Where tenantry has no verb for one of them, such as billing, it is for the host to ask.", "")
    yield "These require the user in person: nobody who [impersonates the user](../how-to/impersonation.md) has them."
    yield from ("", *(f"* {code(each.name)}" for each in BUILT_IN if each.in_person), "")
    yield "A tenant role that acts as a workspace role holds its permissions in every workspace, without a grant there."
    for scheme in (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT):
        yield from ("", f"## `schemes.{scheme.name.upper()}`", "")
        owner, member = code(scheme.owner_role), code(scheme.member_role)
        yield from (f"Owners have the tenant role {owner}; who is invited without a role gets {member}.", "")
        yield from (*roles(scheme), *Matrix.of(scheme).to_markdown().splitlines())


def roles(scheme: Scheme) -> Lines:
    """The roles of a scheme, in words."""
    for level in Level:
        yield from (f"{level.capitalize()} roles:", "")
        for role in (role for role in scheme.roles if role.level is level):
            everywhere = scheme.acts_as(role.key) if level is Level.TENANT else None
            acts = f"; acts as {code(everywhere)} in every workspace" if everywhere else ""
            yield f"* **{role.name}** ({code(role.key)}): {role.description}{acts}."
        yield ""


def audit() -> Lines:
    """The page of the audit trail."""
    yield from ("# The audit trail", "", "What can happen, as `AuditEvent.action` has it.", "")
    yield "`target` is the `user_id` of a member or a principal, and the id of anything else. The values that are named"
    yield "here are about a person, and so are the network address and the user agent of the request, in each event."
    people = dict.fromkeys(code(each.target) for each in ACTIONS.values() if each.names_person)
    yield f"So is `target_name`, where the target is one of {', '.join(people)}."
    yield "They can be erased, and the trail still [verifies](../explanation/audit.md#personal-values)."
    for target in dict.fromkeys(each.target for each in ACTIONS.values()):
        known = [each for each in ACTIONS.values() if each.target == target]
        rows = [(code(each.name), each.description, ", ".join(map(code, each.personal))) for each in known]
        yield from ("", f"## {target.capitalize()}s", "", *table(["action", "when", "personal values"], rows))


PAGES: Mapping[str, Callable[[], Iterable[str]]] = {
    "state-machines.md": state_machines,
    "permissions.md": permissions,
    "management.md": management,
    "errors.md": errors,
    "audit.md": audit,
}


def with_house(guide: str) -> str:
    """The guide with the house as it is, between its markers."""
    before, _, rest = guide.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *House().guide(), "", END + after])


def main(arguments: Sequence[str] | None = None, folder: Path = REFERENCE, guide: Path = GUIDE) -> int:
    """Write the pages, or check them; 0 if they are as the code says."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description="Write what follows from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a page is stale")
    check = parser.parse_args(arguments).check
    logging.getLogger("tenantry").addHandler(logging.NullHandler())  # what the pages provoke is no news
    pages = {folder / name: "\n".join(lines()) + "\n" for name, lines in PAGES.items()}
    pages[guide] = with_house(guide.read_text(encoding="utf-8"))
    stale = [path for path, page in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != page]
    if check and stale:
        sys.stderr.write(f"Stale: {', '.join(path.name for path in stale)}. Run `make format`.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
