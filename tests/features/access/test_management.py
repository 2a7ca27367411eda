"""Who may manage whom, command by command, as an expert says it without looking at permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

import pytest
from attrs import frozen

from tenantry import Scheme, schemes
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.verbs import IN_A_TENANT, VERBS
from tests.scale import SEED, rounds
from tools.management.trials import Found, in_memory, trials
from tools.management.world import DONE, Trial, World


@frozen
class Order:
    """Who stands no lower than whom.

    Args:
        owner: The tenant role of owners.
        covers: For each rank, all those that hold nothing which it does not.
    """

    owner: str
    covers: Mapping[str, set[str]]

    def stands_above(self, by: str, *others: str) -> bool:
        """Whether somebody stands no lower than all of these."""
        return by == "SYSTEM" or {_in_workspace_alone(other) for other in others} <= self.covers[by]


def _in_workspace_alone(rank: str) -> str:
    """In a workspace it is all the same what somebody is at the tenant."""
    return rank.rpartition(" and ")[2]


HERE = {"admin here", "viewer here", "Client Manager here"}
"""The ranks in a workspace that all schemes have. The manager has the members of a workspace, and no campaigns."""

AGENCY = Order(
    owner="owner",
    covers={
        "owner": {"owner", "admin", "member", "Deputy", "Auditor", *HERE, "member here", "admin elsewhere"},
        "admin": {"admin", "member", "Deputy", *HERE, "member here", "admin elsewhere"},  # auditors see the billing
        "member": {"member"},
        "Deputy": {"member", "Deputy"},
        "Auditor": {"member", "Auditor", "viewer here"},
        "admin here": {"member", *HERE, "member here"},
        "member here": {"member", "member here", "viewer here"},
        "viewer here": {"member", "viewer here"},
        "Client Manager here": {"member", "Client Manager here", "viewer here"},
        "admin elsewhere": {"member", "admin elsewhere"},
    },
)
CENTRAL_IT = Order(
    owner="admin",
    covers={
        "admin": {"admin", "member", "Deputy", "Auditor", *HERE, "editor here", "admin elsewhere"},
        "member": {"member"},
        "Deputy": {"member", "Deputy"},
        "Auditor": {"member", "Auditor", "viewer here"},
        "admin here": {"member", *HERE, "editor here"},
        "editor here": {"member", "editor here", "viewer here"},
        "viewer here": {"member", "viewer here"},
        "Client Manager here": {"member", "Client Manager here", "viewer here"},
        "admin elsewhere": {"member", "admin elsewhere"},
    },
)
CONTENT = Order(
    owner="admin",
    covers={
        "admin": {"admin", "writer", "viewer", "basic", "Deputy", "Auditor", *HERE, "writer here", "admin elsewhere"},
        "writer": {"writer", "viewer", "basic", "writer here", "viewer here"},
        "viewer": {"viewer", "basic", "viewer here"},
        "basic": {"basic"},
        "Deputy": {"basic", "Deputy"},  # a viewer reads in every workspace; the deputy is in none
        "Auditor": {"viewer", "basic", "Auditor", "viewer here"},
        "admin here": {"basic", *HERE, "writer here"},
        "writer here": {"basic", "writer here", "viewer here"},
        "viewer here": {"basic", "viewer here"},
        "Client Manager here": {"basic", "Client Manager here", "viewer here"},
        "admin elsewhere": {"basic", "admin elsewhere"},
    },
)
ORDERS = {schemes.AGENCY: AGENCY, schemes.CENTRAL_IT: CENTRAL_IT, schemes.CONTENT: CONTENT}

MANAGERS = {"SYSTEM", "owner", "admin", "Deputy"}
"""Who has the members of the tenant in their hands, and its roles."""
IN_EVERY_WORKSPACE = {"SYSTEM", "owner", "admin"}
MANAGERS_HERE = IN_EVERY_WORKSPACE | {"admin here", "Client Manager here"}


def outcome(has_a_say: bool, stands_above: bool) -> str:
    if not has_a_say:
        return "permission_missing"
    return "done" if stands_above else "beyond_own_rights"


def brought_in(order: Order, by: str, on: str, new: str, command: str) -> str:
    """Into a workspace, whoever manages its members may invite, but not add.

    An invitation into a workspace has the lowest role in the tenant as a part of its own, which is for all managers.
    """
    into_theirs = (new.endswith(" here") and by in MANAGERS_HERE) or by == new == "admin elsewhere"
    adding = command.startswith("members.add")
    in_part = command in ("invitations.resend", "invitations.revoke", "person.accept") or (
        command == "invitations.update" and new == "viewer here"  # what it offers already
    )
    if in_part and by in MANAGERS and new.endswith((" here", " elsewhere")):
        return "done"
    result = outcome(by in MANAGERS or (into_theirs and not adding), order.stands_above(by, new))
    return "inviter_lost_authority" if command == "person.accept" and result != "done" else result


def handed_over(order: Order, by: str, on: str, new: str, command: str) -> str:
    """Owners alone have something to hand over; the host makes owners by giving the role."""
    return {"SYSTEM": "invalid", order.owner: "done"}.get(by, "permission_missing")


def to_oneself(order: Order, by: str, on: str, new: str, command: str) -> str:
    """Everybody may leave and have less; nobody may have more, or do to themselves what is done to others."""
    if command in ("members.leave", "members.remove_role"):
        return "done"
    if command == "members.transfer_ownership":
        return handed_over(order, by, on, new, command) if by != order.owner else "invalid"
    if command == "members.change_role":  # nobody steps to a custom role that they do not have
        custom = new in ("Deputy", "Auditor") and new != by
        return "own_membership" if custom else outcome(True, order.stands_above(by, new))
    return "own_membership" if by in MANAGERS else "permission_missing"


def to_oneself_here(order: Order, by: str, on: str, new: str, command: str) -> str:
    if command in ("workspaces.remove_member", "members.remove_role(workspace=…)"):
        return "done"
    return "own_membership" if by in MANAGERS_HERE else "permission_missing"


def to_the_last_owner(order: Order, by: str, on: str, new: str, command: str) -> str:
    if by == "SYSTEM" and command == "members.leave":
        return "not_found"
    if by != "SYSTEM" and command in ("members.deactivate", "members.plan_removal", "members.remove"):
        return "own_membership"
    return "last_owner"


def made(order: Order, by: str, on: str, new: str, command: str) -> str:
    if by in MANAGERS and new == order.owner:
        return "invalid"
    return outcome(by in MANAGERS, order.stands_above(by, new))


def adopted(order: Order, by: str, on: str, new: str, command: str) -> str:
    """A workspace role might be held in any workspace."""
    allowed = order.stands_above(by, new) if new == "Auditor" else by in IN_EVERY_WORKSPACE
    return outcome(by in MANAGERS, allowed)


def reshaped(order: Order, by: str, on: str, new: str, command: str) -> str:
    """Nobody does it to their own role; and who has a role in workspaces is for those who manage them everywhere."""
    if (by, on) == ("Deputy", "Deputy itself"):
        return "own_membership" if command == "roles.move" else "own_role"
    managers = IN_EVERY_WORKSPACE if command == "roles.move" and on.endswith(" here") else MANAGERS
    return outcome(by in managers, order.stands_above(by, on.removesuffix(" itself"), new))


RULES: Mapping[str, Callable[[Order, str, str, str, str], str]] = {
    "role": lambda order, by, on, new, _: outcome(by in MANAGERS, order.stands_above(by, on, new)),
    "membership": lambda order, by, on, *_: outcome(by in MANAGERS, order.stands_above(by, on)),
    "ownership": handed_over,
    "newcomer": brought_in,
    "into workspace": lambda order, by, on, new, _: outcome(by in MANAGERS_HERE, order.stands_above(by, new)),
    "in workspace": lambda order, by, on, new, _: outcome(by in MANAGERS_HERE, order.stands_above(by, on, new)),
    "out of workspace": lambda order, by, on, *_: outcome(by in MANAGERS_HERE, order.stands_above(by, on)),
    "new workspace": lambda order, by, *_: outcome(by in IN_EVERY_WORKSPACE, True),
    "oneself": to_oneself,
    "oneself in workspace": to_oneself_here,
    "last owner": to_the_last_owner,
    "new role": made,
    "template": adopted,
    "custom role": reshaped,
    "unused role": lambda order, by, on, *_: outcome(by in MANAGERS, order.stands_above(by, on)),
}


def expected(order: Order, trial: Trial) -> str:
    """What has to become of it."""
    if trial.by.label == "no member":
        return "invitation_revoked" if trial.name == "person.accept" else "not_found"
    return RULES[trial.topic](order, trial.by.label, trial.on.label, trial.new.label, trial.name)


def surprises(order: Order, tried: Found) -> list[str]:
    """Whatever did not become what it had to."""
    return [
        f"{trial.name} by {trial.by.label}, {trial.on.label!r} → {trial.new.label!r}: {found}, not {wanted}"
        for trial, found in tried
        if found != (wanted := expected(order, trial))
    ]


every_scheme = pytest.mark.parametrize("scheme", ORDERS, ids=repr)


@every_scheme
def test_who_may_manage_whom_is_as_an_expert_says(scheme: Scheme) -> None:
    """PE-01, PE-02"""
    _, tried = in_memory(scheme)
    assert surprises(ORDERS[scheme], tried) == []


@every_scheme
def test_a_database_decides_the_same_of_a_sample(scheme: Scheme, sql_store: SQLAlchemyStore) -> None:
    """PE-01: of everything, with the full counts."""
    world = World(scheme, sql_store)
    everything = list(trials(world))
    sample = Random(SEED).sample(everything, min(rounds(20_000), len(everything)))
    assert surprises(ORDERS[scheme], [(trial, world.outcome(trial)) for trial in sample]) == []


@every_scheme
def test_nobody_below_owners_touches_one_or_makes_one(scheme: Scheme) -> None:
    """PE-02"""
    owner, (_, tried) = ORDERS[scheme].owner, in_memory(scheme)
    done = [trial for trial, found in tried if found == DONE and owner in (trial.on.label, trial.new.label)]
    at_tenant = {"role", "membership", "ownership", "newcomer", "oneself"}
    assert {trial.by.label for trial in done if trial.topic in at_tenant} == {"SYSTEM", owner}
    assert {trial.topic for trial in done} <= at_tenant | {"into workspace", "new workspace"}


MANAGES_NOBODY = {
    *("tenant.update", "tenant.release_slug", "tenant.suspend", "tenant.resume", "tenant.delete", "tenant.restore"),
    *("workspaces.update", "workspaces.archive", "workspaces.restore", "workspaces.record_counters"),
    *("plan.use", "audit.list"),
}
"""What changes something, and is judged by a permission alone: it gives and takes no role."""


def test_every_verb_that_manages_is_tried() -> None:
    """PE-01"""
    verbs = {name for name in IN_A_TENANT if not VERBS[name].reads} - MANAGES_NOBODY
    verbs |= {"person.accept", "members.plan_removal"}
    tried = {trial.name.partition("(")[0] for trial, _ in in_memory(schemes.AGENCY)[1]}
    untried = {
        f"`{name}` changes something, and nobody tries who may do it to whom: add it to tools/management/commands.py,"
        " or to MANAGES_NOBODY here."
        for name in verbs - tried
    }
    assert untried == set()
    assert tried == verbs
