"""An invitation is honoured while someone who may offer it stands behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tenantry import InvitationRevoked, InviterLostAuthority, TenantContext, Tenantry
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, Company

Loss = Callable[[TenantContext], object]

LOSSES: dict[str, Loss] = {
    "deactivated": lambda context: context.members.deactivate(CAY.user_id),
    "demoted": lambda context: context.members.change_role(CAY.user_id, role="member"),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_an_inviter_who_lost_the_right_invites_nobody(tenancy: Tenantry, acme: Company, lose: Loss) -> None:
    """Law 5"""
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, "admin", by=CAY)
    lose(acme.context())
    before = acme.trail()

    with pytest.raises(InviterLostAuthority) as refused:
        tenancy.person(BOB).accept(issued.token)

    assert CAY.user_id not in f"{refused.value}{refused.value.data}"
    assert BOB.user_id not in acme.user_ids()
    assert acme.trail() == [*before, "invitation.refused"]
    assert acme.context().invitations.get(issued.invitation.id).status == "pending"


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_whoever_sends_it_again_stands_behind_it(tenancy: Tenantry, acme: Company, lose: Loss) -> None:
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, "admin", by=CAY)
    lose(acme.context())

    again = acme.context().invitations.resend(issued.invitation.id)

    assert again.invitation.invited_by == ADA.user_id
    assert tenancy.person(BOB).accept(again.token).membership.roles == ("admin",)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_whoever_changes_it_stands_behind_it_and_the_link_stays_good(
    tenancy: Tenantry, acme: Company, lose: Loss
) -> None:
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, "admin", by=CAY)
    lose(acme.context())

    assert acme.context().invitations.update(issued.invitation.id).invited_by == ADA.user_id

    assert tenancy.person(BOB).accept(issued.token).membership.roles == ("admin",)


@pytest.mark.parametrize("end", ["removed", "left"])
def test_who_is_gone_has_invited_nobody(tenancy: Tenantry, acme: Company, end: str) -> None:
    cay = acme.add(CAY, "admin")
    issued = acme.invite(BOB, by=CAY)

    if end == "left":
        cay.members.leave()
    else:
        acme.context().members.remove(CAY.user_id)

    with pytest.raises(InvitationRevoked):
        tenancy.person(BOB).accept(issued.token)
    acme.invite(BOB)


def test_who_is_gone_has_invited_nobody_by_an_older_clock_either(
    tenancy: Tenantry, acme: Company, clock: FrozenClock
) -> None:
    """TM-05: what was past its time when they went is not withdrawn with them."""
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, by=CAY)
    clock.advance(days=7)
    acme.context().members.remove(CAY.user_id)
    clock.advance(days=-1)

    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)


def test_who_has_the_right_again_is_honoured_again(tenancy: Tenantry, acme: Company) -> None:
    acme.add(CAY, "admin")
    issued = acme.invite(BOB, by=CAY)
    acme.context().members.deactivate(CAY.user_id)
    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)

    acme.context().members.reactivate(CAY.user_id)

    tenancy.person(BOB).accept(issued.token)


def test_an_owner_who_stepped_down_invites_no_owner_any_more(tenancy: Tenantry, acme: Company) -> None:
    acme.add(CAY, "owner")
    issued = acme.invite(BOB, "owner", by=CAY)
    acme.context().members.change_role(CAY.user_id, role="admin")

    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)

    acme.context(CAY).invitations.send("dan@acme.test", role="admin")


def test_a_workspace_admin_who_lost_the_workspace_invites_nobody(tenancy: Tenantry, acme: Company) -> None:
    justice = acme.workspace("Justice")
    acme.add(CAY, workspaces={justice: "admin"})
    issued = acme.invite(BOB, workspaces={justice: "viewer"}, by=CAY)
    acme.context().workspaces.change_member_role(justice, CAY.user_id, role="viewer")

    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)


def test_a_workspace_admins_offer_falls_with_its_only_workspace(tenancy: Tenantry, acme: Company) -> None:
    """IT-19: what is left would be a place in the tenant, which they may not offer."""
    justice = acme.workspace("Justice")
    acme.add(CAY, workspaces={justice: "admin"})
    issued = acme.invite(BOB, workspaces={justice: "viewer"}, by=CAY)
    acme.context().workspaces.archive(justice)

    with pytest.raises(InviterLostAuthority):
        tenancy.person(BOB).accept(issued.token)
    acme.context().workspaces.restore(justice)
    tenancy.person(BOB).accept(issued.token)
