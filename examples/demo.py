"""A story on SQLite, from a new tenant to a checked permission. Run it with `python -m examples.demo`."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import TextWrapper

from tenantry import Principal, Tenantry, TenantryError, schemes
from tenantry.sqlalchemy import SQLAlchemyStore

# People sign in with the host; tenantry is told who they are, and what the host has proof of.
ada = Principal("ada", name="Ada", email="ada@acme.test", email_verified=True)
bob = Principal("bob", name="Bob", email="bob@acme.test", email_verified=True)
cleo = Principal("cleo", name="Cleo", email="cleo@museum.test", email_verified=True)
dan = Principal("dan", name="Dan", email="dan@bakery.test", email_verified=True)


def story(tenancy: Tenantry) -> None:
    chapter("Ada opens an account for her agency, with a workspace for each client.")
    acme = tenancy.person(ada).create_tenant("Acme Agency")
    context = tenancy.tenant(acme.id, by=ada)
    museum = context.workspaces.create("City Museum")
    bakery = context.workspaces.create("Corner Bakery")
    row("tenant", acme.name, f"slug {acme.slug}, owned by Ada")
    for workspace in context.workspaces.list():
        row("workspace", workspace.name, "the default one" if workspace.is_default else f"slug {workspace.slug}")

    chapter("She invites Bob to run it with her, and two clients to see what is theirs.")
    for_bob = context.invitations.send("bob@acme.test", role="admin")
    for_cleo = context.invitations.send("cleo@museum.test", workspaces={museum.id: "member"})
    for_dan = context.invitations.send("dan@bakery.test", workspaces={bakery.id: "viewer"}, message="Have a look!")
    for issued in (for_bob, for_cleo, for_dan):
        row(issued.invitation.role, issued.invitation.email, f"/join/…{issued.token[-12:]}")

    chapter("A link only shows. Accepting is a separate act, and only the invited person can.")
    offer = tenancy.inspect_invitation(for_cleo.token)
    places = ", ".join(f"{place.role} of {place.name}" for place in offer.workspaces)
    row(
        "the link says",
        f"{offer.invited_by} invites {offer.email_hint}",
        f"{offer.role} of {offer.tenant_name}, {places}",
    )
    refused("Bob tries the link that Cleo got", lambda: tenancy.person(bob).accept(for_cleo.token))
    for person, issued in ((bob, for_bob), (cleo, for_cleo)):
        joined = tenancy.person(person).accept(issued.token)
        seen = " and ".join(workspace.name for workspace in joined.workspaces) or "every workspace"
        granted(f"{person.name} accepts", f"Welcome to {acme.name}: role {joined.membership.roles[0]}, with {seen}.")

    chapter("Who may do what? Every answer comes with its reasons.")
    read, update = "workspace-api:workspace:read", "workspace-api:settings:update"
    for person, permission, where in (
        (bob, update, bakery),
        (cleo, read, museum),
        (cleo, update, museum),
        (cleo, read, bakery),
    ):
        decision = tenancy.tenant(acme.id, by=person).check(permission, workspace=where.id)
        tell = granted if decision else refused
        tell(f"{person.name:<5} {permission:<30} {where.name}", " ".join(decision.reasons))

    chapter("A refusal says why. A stranger is not even told that there is such a tenant.")
    cleos, bobs, dans = (tenancy.tenant(acme.id, by=person) for person in (cleo, bob, dan))
    refused("Cleo creates a workspace", lambda: cleos.workspaces.create("Cleo's corner"))
    refused("Bob makes Cleo an owner", lambda: bobs.members.change_role("cleo", role="owner"))
    refused("Dan, who is no member yet, lists the members", dans.members.list)
    refused("Ada leaves, who is the only owner", context.members.leave)

    chapter("So Ada hands over and steps down. What she offered now needs somebody else behind it.")
    context.members.change_role("bob", role="owner")
    context.members.change_role("ada", role="member")
    granted("Ada makes Bob an owner, and steps down", "There is an active owner at every moment.")
    refused("Dan accepts", lambda: tenancy.person(dan).accept(for_dan.token))
    again = bobs.invitations.resend(for_dan.invitation.id)
    granted("Bob sends it again", "There is a new link.")
    refused("Dan uses the old link", lambda: tenancy.person(dan).accept(for_dan.token))
    tenancy.person(dan).accept(again.token)
    granted("Dan uses the new link", "He may see the Corner Bakery, and nothing else.")

    chapter("And all of it is in the audit trail, written in the same transactions.")
    names = {acme.id: acme.name, museum.id: museum.name, bakery.id: bakery.name, acme.default_workspace_id: "General"}
    names |= {issued.invitation.id: issued.invitation.email for issued in (for_bob, for_cleo, for_dan)}
    for event in bobs.audit.list(order="oldest"):
        subject = event.after.get("permission") or names.get(event.target, event.target)
        row(f"{event.sequence:2} {event.principal}", event.action, subject)


# --- how it is printed

chapters = iter(range(1, 10))
aside = TextWrapper(width=92, initial_indent=" " * 8, subsequent_indent=" " * 8, break_on_hyphens=False)


def chapter(sentence: str) -> None:
    print(f"\n {next(chapters)}  {sentence}\n")


def row(label: str, what: str, note: str) -> None:
    print(f"      {label:<14}  {what:<26}  {note}")


def granted(what: str, why: str) -> None:
    print(f"    ✓ {what}\n{aside.fill(why)}")


def refused(what: str, why: str | Callable[[], object]) -> None:
    """Tell why not; where it is something to be tried, try it first."""
    if callable(why):
        try:
            why()
        except TenantryError as error:
            why = f"{error} ({error.code})"
        else:
            raise AssertionError(f"{what}: nobody objected")
    print(f"    ✗ {what}\n{aside.fill(why)}")


def main() -> None:
    with TemporaryDirectory() as folder:
        store = SQLAlchemyStore(f"sqlite:///{Path(folder, 'demo.db')}")
        store.create_all()
        story(Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[secrets.token_urlsafe(32)]))
        store.dispose()


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that has no ✓ shows a ?
    main()
