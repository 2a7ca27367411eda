"""Every verb: whether somebody who impersonates a user may do it for them."""

from __future__ import annotations

import pytest
from attrs import evolve

from tenantry import Denied
from tenantry.memory import MemoryStore
from tests.features.verbs import IN_A_TENANT, VERBS, World

IN_PERSON = {
    "members.add": "gives roles",
    "members.add_many": "gives roles",
    "members.change_role": "gives and takes roles",
    "members.add_role": "gives roles",
    "members.remove_role": "takes roles",
    "members.deactivate": "takes access away",
    "members.reactivate": "gives access back",
    "members.plan_removal": "shows what is to be removed",
    "members.remove": "ends a membership",
    "members.leave": "ends a membership",
    "members.update": "says what the host knows of a member",
    "members.transfer_ownership": "hands the tenant over",
    "roles.define": "makes what can be given",
    "roles.adopt": "makes what can be given",
    "roles.update": "changes what members hold",
    "roles.plan_update": "shows what is to be changed",
    "roles.plan_delete": "shows what is to be given up",
    "roles.delete": "changes what members hold",
    "roles.move": "gives and takes roles",
    "roles.assignable": "offers what is to be given",
    "workspaces.add_member": "gives roles",
    "workspaces.change_member_role": "gives and takes roles",
    "workspaces.remove_member": "takes roles",
    "workspaces.create": "gives a role, where it names an admin",
    "invitations.send": "gives roles",
    "invitations.resend": "gives roles",
    "invitations.update": "gives roles",
    "invitations.revoke": "takes roles",
    "tenant.suspend": "closes the tenant",
    "tenant.resume": "opens the tenant",
    "tenant.delete": "ends the tenant",
    "tenant.restore": "opens the tenant",
    "person.create_tenant": "makes somebody an owner",
    "person.accept": "makes somebody a member",
    "person.decline": "speaks for the person",
    "person.accept_offer": "makes somebody a member",
    "person.decline_offer": "speaks for the person",
    "person.signed_in": "says when the person was there",
    "person.refresh_profile": "says what is known of the person",
}
"""What requires the user in person."""

FOR_SUPPORT = {
    "tenant.update",
    "workspaces.update",
    "workspaces.archive",
    "workspaces.restore",
    "workspaces.record_counters",
    "plan.use",
    "audit.list",
}
"""What changes something, and somebody who impersonates a user may do."""

BY_SOMEBODY = [
    name
    for name in VERBS
    if name in IN_A_TENANT or name.startswith("person.")
    if not VERBS[name].by.is_system  # whom nobody impersonates
]


def test_of_every_verb_that_changes_something_it_is_decided() -> None:
    """Law 13, E93."""
    changing = {name for name in BY_SOMEBODY if not VERBS[name].reads}
    undecided = changing - IN_PERSON.keys() - FOR_SUPPORT
    assert not undecided, (
        f"May somebody who impersonates a user do this? {sorted(undecided)}: let it ask for a permission that is marked"
        " `in_person` and add it to IN_PERSON, or add it to FOR_SUPPORT."
    )
    assert not IN_PERSON.keys() & FOR_SUPPORT
    assert {*IN_PERSON, *FOR_SUPPORT} <= {*BY_SOMEBODY}


@pytest.mark.parametrize("name", BY_SOMEBODY)
def test_a_verb_that_takes_the_user_in_person_is_refused_to_support_and_no_other(name: str) -> None:
    """E93."""
    world = World(MemoryStore())
    by = evolve(VERBS[name].by, impersonated_by="support_7")
    arguments = VERBS[name].args(world)
    act, before = world.verb(name, by), world.acme.trail()

    if name not in IN_PERSON:
        act(**arguments)
        assert "access.denied" not in world.acme.trail()
    else:
        with pytest.raises(Denied) as refused:
            act(**arguments)
        assert refused.value.decision.code == "impersonated"
        assert world.acme.trail() in (before, [*before, "access.denied"])
