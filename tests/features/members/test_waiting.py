"""Law 5: nobody ends an invitation by adding, editing or removing somebody that they could not revoke."""

from __future__ import annotations

import pytest

from tenantry import (
    SYSTEM,
    AlreadyInvited,
    AlreadyMember,
    Denied,
    InvalidRows,
    InvitationStatus,
    Issued,
    NewMember,
    Principal,
    TenantContext,
)
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, Company

DUMMY = "user_dummy"


@pytest.fixture
def bob(acme: Company) -> TenantContext:
    """An admin, who can revoke no invitation to own the tenant."""
    return acme.add(BOB, "admin")


@pytest.fixture
def owner_to_be(acme: Company) -> Issued:
    return acme.invite(DAN, "owner")


def status(acme: Company, issued: Issued) -> InvitationStatus:
    return acme.context(SYSTEM).invitations.get(issued.invitation.id).status


def parts(acme: Company, issued: Issued) -> set[tuple[str | None, str]]:
    """What is offered still, and by whom."""
    found = acme.context(SYSTEM).invitations.get(issued.invitation.id).parts
    return {(each.workspace_id, each.invited_by) for each in found}


class TestAdding:
    def test_an_invitation_that_one_could_not_revoke_stays(
        self, acme: Company, bob: TenantContext, owner_to_be: Issued
    ) -> None:
        with pytest.raises(Denied):
            bob.invitations.revoke(owner_to_be.invitation.id)
        with pytest.raises(AlreadyInvited):
            bob.members.add(DUMMY, email=" DAN@acme.test")
        assert status(acme, owner_to_be) == "pending"
        assert acme.tenancy.person(DAN).accept(owner_to_be.token).membership.roles == ("owner",)

    def test_one_that_they_could_revoke_is_closed(self, acme: Company, bob: TenantContext, owner_to_be: Issued) -> None:
        fay = acme.invite(FAY)
        bob.members.add(FAY.user_id, email=FAY.email)
        assert status(acme, fay) == "accepted"
        acme.context().members.add(DAN.user_id, email=DAN.email)
        assert status(acme, owner_to_be) == "accepted"

    def test_each_part_is_judged(self, acme: Company, bob: TenantContext) -> None:
        """One that somebody else offers beside is enough."""
        site = acme.workspace("Site")
        chief = acme.context().roles.define("Chief", level="workspace", permissions=["workspace-api:*:*"])
        keeping = ["tenant-api:member:invite"]
        greeter = acme.context().roles.define("Greeter", level="tenant", permissions=keeping, inherits=["member"])
        eve = acme.add(EVE, greeter.id)
        issued = eve.invitations.send("dan@acme.test")
        assert acme.invite(DAN, workspaces={site: chief.id}).invitation.id == issued.invitation.id
        with pytest.raises(AlreadyInvited):
            eve.members.add(DUMMY, email="dan@acme.test")
        assert parts(acme, issued) == {(None, EVE.user_id), (site, ADA.user_id)}

    def test_a_row_is_judged_alike(self, acme: Company, bob: TenantContext, owner_to_be: Issued) -> None:
        """PE-24."""
        fay = acme.invite(FAY)
        rows = [NewMember(FAY.user_id, email=FAY.email), NewMember(DUMMY, email=DAN.email)]
        with pytest.raises(InvalidRows) as refused:
            bob.members.add_many(rows)
        assert [(fault["row"], fault["code"]) for fault in refused.value.data["faults"]] == [(2, "already_invited")]
        assert (status(acme, owner_to_be), status(acme, fay)) == ("pending", "pending")
        acme.context().members.add_many(rows)
        assert (status(acme, owner_to_be), status(acme, fay)) == ("accepted", "accepted")

    def test_the_fault_of_a_row_is_that_of_the_verb(
        self, acme: Company, bob: TenantContext, owner_to_be: Issued
    ) -> None:
        """PE-24: of a member whose address somebody else is invited by."""
        acme.add(CAY)
        with pytest.raises(AlreadyInvited):
            bob.members.add(CAY.user_id, email=DAN.email)
        with pytest.raises(InvalidRows) as refused:
            bob.members.add_many([NewMember(CAY.user_id, email=DAN.email)])
        assert refused.value.data["faults"][0]["code"] == "already_invited"

    def test_one_that_is_past_its_time_stands_in_nobodys_way(
        self, acme: Company, bob: TenantContext, owner_to_be: Issued, clock: object
    ) -> None:
        clock.advance(days=8)  # type: ignore[attr-defined]
        bob.members.add(DUMMY, email=DAN.email)
        assert status(acme, owner_to_be) == "revoked"


class TestEditingAndRemoving:
    def renamed(self, acme: Company, bob: TenantContext, who: Principal = CAY) -> None:
        acme.add(who)
        bob.members.update(who.user_id, email=DAN.email)

    def test_an_address_that_was_edited_closes_nothing_of_others(
        self, acme: Company, bob: TenantContext, owner_to_be: Issued
    ) -> None:
        self.renamed(acme, bob)
        assert bob.members.plan_removal(CAY.user_id).invitations == ()
        bob.members.remove(CAY.user_id)
        assert status(acme, owner_to_be) == "pending"
        assert acme.tenancy.person(DAN).accept(owner_to_be.token).membership.roles == ("owner",)

    def test_nor_does_who_leaves_with_it(self, acme: Company, bob: TenantContext, owner_to_be: Issued) -> None:
        self.renamed(acme, bob)
        acme.context(CAY).members.leave()
        assert status(acme, owner_to_be) == "pending"

    def test_who_leaves_closes_what_they_could_decline(self, acme: Company) -> None:
        """Otherwise they would be asked to come back at once."""
        acme.add(DAN)
        site = acme.workspace("Site")
        issued = acme.invite(DAN, workspaces={site: "admin"})
        acme.context(DAN).members.leave()
        assert status(acme, issued) == "revoked"

    def test_whoever_could_revoke_it_closes_it(self, acme: Company, bob: TenantContext) -> None:
        issued = acme.invite(DAN)
        self.renamed(acme, bob)
        assert bob.members.plan_removal(CAY.user_id).invitations == (issued.invitation.id,)
        bob.members.remove(CAY.user_id)
        assert status(acme, issued) == "revoked"

    def test_each_part_is_judged(self, acme: Company) -> None:
        """What the removed member offers ends with them, what others offer only if one could revoke it."""
        remover = acme.context().roles.define(
            "Remover", level="tenant", permissions=["tenant-api:member:*"], inherits=["member"]
        )
        eve, fay = acme.add(EVE, remover.id), acme.add(FAY, remover.id)
        site = acme.workspace("Site")
        issued = fay.invitations.send("dan@acme.test")
        acme.invite(DAN, workspaces={site: "admin"})
        acme.context().members.update(FAY.user_id, email="dan@acme.test")
        assert eve.members.plan_removal(FAY.user_id).invitations == (issued.invitation.id,)
        eve.members.remove(FAY.user_id)
        assert parts(acme, issued) == {(site, ADA.user_id)}
        assert status(acme, issued) == "pending"

    def test_the_host_closes_all_of_it(self, acme: Company, bob: TenantContext, owner_to_be: Issued) -> None:
        self.renamed(acme, bob)
        acme.context(SYSTEM).members.remove(CAY.user_id)
        assert status(acme, owner_to_be) == "revoked"

    def test_to_know_another_address_of_oneself_closes_nothing(self, acme: Company, owner_to_be: Issued) -> None:
        """It is proven; and it is theirs to accept, unless they have become a member by then."""
        acme.add(CAY)
        moved = Principal(CAY.user_id, email=DAN.email, email_verified=True)
        assert acme.tenancy.person(moved).refresh_profile() == [acme.id]
        assert status(acme, owner_to_be) == "pending"
        with pytest.raises(AlreadyMember):
            acme.context().invitations.resend(owner_to_be.invitation.id)
