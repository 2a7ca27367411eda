"""Who is no active member, or not yet one, does nothing at all; and what they began does not go on without them."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, Denied, InviterLostAuthority, NotFound, Principal, Tenantry
from tenantry.access.compiled import answers_of
from tenantry.memory import MemoryStore
from tests.features.people import ADA, BOB, DAN, EVE, Company, someone
from tests.features.verbs import IN_A_TENANT, QUESTIONS, VERBS, World


@pytest.mark.parametrize("name", IN_A_TENANT)
def test_who_is_invited_does_nothing_before_they_accept(name: str) -> None:
    """PE-22: they are told what a stranger is told, whatever they are to be."""
    world = World(MemoryStore())
    world.acme.invite(EVE, "owner")
    act, arguments = world.verb(name, EVE), VERBS[name].args(world)
    before = world.acme.trail()

    if name in QUESTIONS:
        answer = act(**arguments)
        assert not (any(answer) if name == "tenant.check_many" else answer) or name == "tenant.access"
    else:
        with pytest.raises(NotFound, match="There is no such tenant"):
            act(**arguments)

    assert world.acme.trail() == before


def test_neither_does_who_is_invited_anywhere(tenancy: Tenantry, acme: Company) -> None:
    """PE-22"""
    acme.invite(EVE, "owner", workspaces={acme.general: "admin"})
    context = acme.context(EVE)

    for act in (
        lambda: context.invitations.send("mallory@acme.test", role="owner"),
        lambda: context.members.add("user_mallory", role="owner"),
        context.members.list,
        context.audit.checkpoint,
        context.audit.list,
        context.get,
    ):
        with pytest.raises(NotFound):
            act()
    access = context.access(workspaces=[acme.general])
    assert (access.epoch, any(yes for answers in answers_of(access).values() for yes in answers.values())) == (0, False)


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_deactivated_member_makes_nothing(tenancy: Tenantry, acme: Company, role: str) -> None:
    """PE-22, LC-01, TI-10: no invitation, no member, no role, no checkpoint; and no session is good for anything."""
    bob = acme.add(BOB, role, workspaces={acme.general: "admin"})
    issued = acme.invite(DAN)
    epoch = bob.access().epoch
    acme.context().members.deactivate(BOB.user_id)
    before = acme.trail()
    acts = (
        lambda: bob.invitations.send("mallory@acme.test", workspaces={acme.general: "viewer"}),
        lambda: bob.invitations.resend(issued.invitation.id),
        lambda: bob.members.add("user_mallory"),
        lambda: bob.members.reactivate(BOB.user_id),
        lambda: bob.members.transfer_ownership(to=ADA.user_id),
        lambda: bob.roles.define("Backdoor", permissions=[], level="tenant"),
        bob.audit.checkpoint,
        bob.audit.list,
        bob.owners,
        bob.resume,
    )

    for act in acts:
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.decision.code == "member_deactivated"

    assert acme.trail() == [*before, "access.denied"]
    access = acme.context(BOB).access(workspaces=[acme.general])
    assert access.epoch > epoch
    assert not any(yes for answers in answers_of(access).values() for yes in answers.values())


def test_what_a_deactivated_member_offered_is_not_honoured(tenancy: Tenantry, acme: Company) -> None:
    """PE-22: a link that is out already is no way in, until somebody who may sends it again."""
    acme.add(BOB, "admin")
    issued = acme.invite(DAN, by=BOB)
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(InviterLostAuthority):
        tenancy.person(DAN).accept(issued.token)

    again = acme.context().invitations.resend(issued.invitation.id)
    assert tenancy.person(DAN).accept(again.token).membership.roles == ("member",)


@pytest.mark.parametrize("by", [ADA, SYSTEM])
def test_signing_in_reactivates_nobody(tenancy: Tenantry, acme: Company, by: Principal) -> None:
    """LC-09: nor does a new address, an invitation to it, or being there already."""
    acme.add(BOB, "admin")
    acme.context().members.deactivate(BOB.user_id)
    elsewhere = someone("bob", email="robert@acme.test")
    issued = acme.context().invitations.send("robert@acme.test", role="admin")

    acme.context(by).members.update(BOB.user_id, email="robert@acme.test")
    tenancy.person(elsewhere).signed_in()
    assert tenancy.person(elsewhere).refresh_profile() == []
    assert tenancy.person(elsewhere).tenants()[0].membership.status == "deactivated"
    with pytest.raises(Denied):
        tenancy.person(elsewhere).accept(issued.token)

    assert acme.member(BOB).status == "deactivated"
    assert not acme.context(BOB).can("tenant-api:member:read")
